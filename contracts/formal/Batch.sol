// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../src/libraries/ChannelMath.sol";

/// @dev The loop of `settleBatch` adds up without checks, to save gas: nothing overflows, and the cast of the sum loses
/// nothing.
contract Batch {
    uint256 private constant WIDTH = 2 ** 96;

    /// @param paid What the rows before this one added to the receiver's due; `rows` counts them.
    /// @param total As wide as a row has it.
    function row(uint256 rows, uint256 paid, uint128 balance, uint128 claimed, uint96 total, uint256 ceiling)
        external
        pure
    {
        unchecked {
            require(rows < 2 ** 32 - 1 && paid <= rows * WIDTH);
            uint256 recorded = ChannelMath.claimable(total, balance, ceiling);
            require(recorded > claimed);
            uint256 sum = paid + (recorded - claimed);
            assert(sum > paid && sum <= (rows + 1) * WIDTH && sum <= type(uint128).max);
        }
    }
}
