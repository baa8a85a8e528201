// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../interfaces/ISessionKeyValidator.sol";

/// @title EIP-712 struct hashes of the session key types, and the id of a key
library KeyHash {
    /// @notice First four bytes of every key id, and of the `salt` of every channel that a key governs: "PBST".
    bytes4 internal constant TAG = 0x50425354;

    bytes32 internal constant PERMISSION = keccak256(
        "SessionKeyPermission(address account,address key,address token,address[] payees,uint128 spendCap,uint128 periodAmount,uint40 periodDuration,uint128 perPaymentMax,uint40 start,uint40 expiry,address freezer,bytes32 salt)"
    );
    bytes32 internal constant REGISTER = keccak256(
        "RegisterKey(SessionKeyPermission permission,uint40 deadline)SessionKeyPermission(address account,address key,address token,address[] payees,uint128 spendCap,uint128 periodAmount,uint40 periodDuration,uint128 perPaymentMax,uint40 start,uint40 expiry,address freezer,bytes32 salt)"
    );
    bytes32 internal constant ROTATE = keccak256(
        "RotateKey(bytes32 oldKeyId,SessionKeyPermission newPermission,uint128 maxUsage,uint32 version,uint40 deadline)SessionKeyPermission(address account,address key,address token,address[] payees,uint128 spendCap,uint128 periodAmount,uint40 periodDuration,uint128 perPaymentMax,uint40 start,uint40 expiry,address freezer,bytes32 salt)"
    );
    bytes32 internal constant FREEZE = keccak256("FreezeKey(bytes32 keyId,uint32 version,uint40 deadline)");
    bytes32 internal constant UNFREEZE = keccak256("UnfreezeKey(bytes32 keyId,uint32 version,uint40 deadline)");
    bytes32 internal constant REVOKE = keccak256("RevokeKey(bytes32 keyId,uint32 version,uint40 deadline)");

    /// @dev Encoded in two halves: a struct literal of thirteen words is more than the stack holds.
    function permission(ISessionKeyValidator.SessionKeyPermission calldata terms) internal pure returns (bytes32) {
        bytes memory who = abi.encode(
            PERMISSION, terms.account, terms.key, terms.token, keccak256(abi.encodePacked(terms.payees)), terms.spendCap
        );
        bytes memory limits = abi.encode(
            terms.periodAmount,
            terms.periodDuration,
            terms.perPaymentMax,
            terms.start,
            terms.expiry,
            terms.freezer,
            terms.salt
        );
        return keccak256(bytes.concat(who, limits));
    }

    function register(bytes32 permissionHash, uint40 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(REGISTER, permissionHash, deadline));
    }

    function rotate(bytes32 oldKeyId, bytes32 permissionHash, uint128 maxUsage, uint32 version, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(ROTATE, oldKeyId, permissionHash, maxUsage, version, deadline));
    }

    /// @param typeHash {FREEZE}, {UNFREEZE} or {REVOKE}.
    function change(bytes32 typeHash, bytes32 keyId, uint32 version, uint40 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(typeHash, keyId, version, deadline));
    }

    /// @param digest EIP-712 digest of the permission.
    function idOf(bytes32 digest) internal pure returns (bytes32) {
        return bytes32(TAG) | (digest & bytes32(uint256(type(uint224).max)));
    }

    /// @notice Whether a channel with this salt obeys the key whose id the salt is.
    function governs(bytes32 salt) internal pure returns (bool) {
        return bytes4(salt) == TAG;
    }
}
