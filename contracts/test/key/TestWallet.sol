// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev An ERC-1271 account that asks its owner, or answers whatever it was told to. The owner is in the code, so that
/// an address that delegates to it (EIP-7702) has the same.
contract TestWallet is IERC1271 {
    enum Answer {
        AsksItsOwner,
        Always,
        Never,
        Reverts,
        TooShort,
        MoreThanTheMagicValue
    }

    address private immutable _owner;
    Answer private _answer;

    constructor(address owner) {
        _owner = owner;
    }

    function setAnswer(Answer answer) external {
        _answer = answer;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes memory signature) external view returns (bytes4) {
        bytes4 yes = IERC1271.isValidSignature.selector;
        Answer answer = _answer;
        if (answer == Answer.Reverts) revert();
        if (answer == Answer.TooShort) {
            assembly ("memory-safe") {
                mstore(0x00, yes)
                return(0x00, 0x1f)
            }
        }
        if (answer == Answer.MoreThanTheMagicValue) {
            assembly ("memory-safe") {
                mstore(0x00, or(yes, 1))
                return(0x00, 0x20)
            }
        }
        if (answer == Answer.Always) return yes;
        if (answer == Answer.Never) return 0xffffffff;
        (address signer, ECDSA.RecoverError error,) = ECDSA.tryRecover(hash, signature);
        return error == ECDSA.RecoverError.NoError && signer == _owner ? yes : bytes4(0xffffffff);
    }
}
