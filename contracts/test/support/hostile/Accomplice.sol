// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CarelessWallet} from "./Wallets.sol";

/// @dev A contract that can be payer, account, receiver and authorizer at once, and does what it was loaded with when a
/// hostile token wakes it.
contract Accomplice is CarelessWallet {
    struct Shot {
        address target;
        bytes call;
    }

    struct Result {
        bool success;
        bytes answer;
    }

    Shot[] private _shots;
    Result[] private _results;

    function load(address target, bytes calldata call) external {
        _shots.push(Shot(target, call));
    }

    /// @dev Each shot once.
    function fire() external {
        for (uint256 i = _results.length; i < _shots.length; ++i) {
            _results.push();
            (bool success, bytes memory answer) = _shots[i].target.call(_shots[i].call);
            (_results[i].success, _results[i].answer) = (success, answer);
        }
    }

    function results() external view returns (Result[] memory) {
        return _results;
    }

    /// @dev Calls as itself.
    function execute(address target, bytes calldata call) external {
        (bool success, bytes memory reason) = target.call(call);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }
}
