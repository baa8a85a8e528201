// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EscrowPlainToken} from "./EscrowPlainToken.sol";

/// @dev Keeps a hundredth of every transfer.
contract EscrowFeeToken is EscrowPlainToken {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}
