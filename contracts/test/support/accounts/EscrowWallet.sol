// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev A contract account (ERC-1271) that accepts one digest and answers it as it is told to.
contract EscrowWallet {
    enum Answer {
        Magic,
        OtherWord,
        ShortWord,
        Nothing,
        Revert
    }

    bytes32 private _digest;
    Answer private _answer;

    function approve(bytes32 digest, Answer answer) external {
        (_digest, _answer) = (digest, answer);
    }

    /// @dev Calls as the account.
    function execute(address target, bytes calldata data) external {
        (bool success, bytes memory reason) = target.call(data);
        if (!success) {
            assembly {
                revert(add(reason, 32), mload(reason))
            }
        }
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        Answer answer = _answer;
        if (answer == Answer.Revert) revert("no");
        if (answer == Answer.Nothing) {
            assembly {
                return(0, 0)
            }
        }
        bytes4 magic = this.isValidSignature.selector;
        if (answer == Answer.ShortWord) {
            assembly {
                mstore(0, magic)
                return(0, 31)
            }
        }
        return answer == Answer.Magic && digest == _digest ? magic : bytes4(0xffffffff);
    }
}
