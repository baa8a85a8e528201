// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EscrowPlainToken} from "./EscrowPlainToken.sol";

/// @dev Calls back into whoever moves it.
contract EscrowReentrantToken is EscrowPlainToken {
    bytes private _callback;
    bool private _quiet;

    /// @param quiet Whether it hides that the callback failed.
    function arm(bytes calldata callback, bool quiet) external {
        (_callback, _quiet) = (callback, quiet);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_callback.length == 0) return;
        (bool success, bytes memory answer) = msg.sender.call(_callback);
        if (success || _quiet) return;
        assembly {
            revert(add(answer, 32), mload(answer))
        }
    }
}
