// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../../src/libraries/ChannelMath.sol";

/// @dev {Order} with a row that may take one unit more than there is.
contract OneTooMany {
    function settleRow(uint128 balance, uint128 total, uint256 ceiling) external pure {
        unchecked {
            assert(ChannelMath.claimable(total, uint256(balance) + 1, ceiling) <= balance);
        }
    }
}
