// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title What a contract signs for: one EIP-712 domain, and signatures of keys and of ERC-1271 accounts
abstract contract TypedData {
    error InvalidSignature();

    function _domainSeparator() internal view virtual returns (bytes32);

    function _typedData(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
    }

    /// @dev For everybody but the signer of a voucher, who is always a plain key. An address without code, or with code
    /// that it delegated to (EIP-7702), signs with its key; a contract answers by ERC-1271.
    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (_isKeySignature(signer, digest, signature)) return;
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature)) revert InvalidSignature();
    }

    function _isKeySignature(address key, bytes32 digest, bytes calldata signature) internal pure returns (bool) {
        (address signer, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, signature);
        return problem == ECDSA.RecoverError.NoError && signer == key;
    }
}
