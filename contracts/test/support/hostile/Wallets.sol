// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @dev The ERC-1271 answer of a wallet that signed nothing, ever.
contract DenyingWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }
}

/// @dev The ERC-1271 answer of a wallet that signs everything that anybody shows it.
contract CarelessWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure virtual returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }
}

/// @dev Tries to call back while its signature is being asked for, and says yes only if that was refused.
contract PryingWallet is IERC1271 {
    address private _target;
    bytes private _call;

    function arm(address target, bytes calldata call) external {
        (_target, _call) = (target, call);
    }

    /// @dev Not `view` in truth: the caller asks by `staticcall`, which is what is tested.
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        bool success = _asIfView(_try)(_target, _call);
        return success ? bytes4(0xffffffff) : IERC1271.isValidSignature.selector;
    }

    function _try(address target, bytes memory call) private returns (bool success) {
        (success,) = target.call(call);
    }

    function _asIfView(function(address, bytes memory) returns (bool) changes)
        private
        pure
        returns (function(address, bytes memory) view returns (bool) looks)
    {
        assembly ("memory-safe") {
            looks := changes
        }
    }
}

/// @dev Signs if, and only if, a look at another contract shows what it expects.
contract PeekingWallet is IERC1271 {
    address private _target;
    bytes private _call;
    bytes32 private _expected;

    function arm(address target, bytes calldata call, bytes calldata expected) external {
        (_target, _call, _expected) = (target, call, keccak256(expected));
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        (, bytes memory answer) = _target.staticcall(_call);
        return keccak256(answer) == _expected ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @dev Answers with whatever bytes it is given: too few, too many, or a revert of a megabyte.
contract BabblingWallet {
    bytes private _answer;
    bool private _reverts;

    function arm(bytes calldata answer, bool reverts) external {
        (_answer, _reverts) = (answer, reverts);
    }

    fallback() external {
        bytes memory answer = _answer;
        bool reverts = _reverts;
        assembly ("memory-safe") {
            if reverts { revert(add(answer, 0x20), mload(answer)) }
            return(add(answer, 0x20), mload(answer))
        }
    }
}
