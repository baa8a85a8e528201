// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "./TypedData.sol";
import {ISessionKeyValidator} from "./interfaces/ISessionKeyValidator.sol";
import {ChannelMath} from "./libraries/ChannelMath.sol";
import {KeyHash} from "./libraries/KeyHash.sol";

/// @title Permissions of session keys, verified and enforced
/// @notice An account registers what a key may spend, and can freeze, unfreeze, rotate and revoke it, itself or by a
/// signature that anyone may relay. The contract that inherits this one asks before it takes or pays money under a key.
/// @dev A stop ends payments at the edge at once; on chain it bites only a channel's `withdrawDelay` later, so nobody
/// can consume, stop the key and leave the receiver unpaid.
abstract contract SessionKeyValidator is ISessionKeyValidator, TypedData {
    uint256 public constant MAX_PAYEES = 32;

    mapping(bytes32 keyId => KeyState) private _keys;
    mapping(bytes32 keyId => mapping(address payee => bool)) public override isPayee;

    // ------------------------------------------------------------------ changes of a key

    /// @inheritdoc ISessionKeyValidator
    function registerKey(SessionKeyPermission calldata permission) external returns (bytes32 keyId) {
        if (msg.sender != permission.account) revert NotAccount(msg.sender);
        return _register(permission, KeyHash.permission(permission));
    }

    /// @inheritdoc ISessionKeyValidator
    function registerKeyWithSignature(
        SessionKeyPermission calldata permission,
        uint40 deadline,
        bytes calldata signature
    ) external returns (bytes32 keyId) {
        bytes32 permissionHash = KeyHash.permission(permission);
        _requireSigned(permission.account, KeyHash.register(permissionHash, deadline), deadline, signature);
        return _register(permission, permissionHash);
    }

    /// @inheritdoc ISessionKeyValidator
    function freezeKey(bytes32 keyId) external {
        KeyState storage state = _known(keyId);
        if (msg.sender != state.account && msg.sender != state.freezer) revert NotFreezer(msg.sender);
        _freeze(keyId, state);
    }

    /// @inheritdoc ISessionKeyValidator
    function freezeKeyWithSignature(
        bytes32 keyId,
        address signer,
        uint32 version,
        uint40 deadline,
        bytes calldata signature
    ) external {
        KeyState storage state = _known(keyId);
        if (signer != state.account && (signer != state.freezer || signer == address(0))) revert NotFreezer(signer);
        _requireVersion(state, version);
        _requireSigned(signer, KeyHash.change(KeyHash.FREEZE, keyId, version, deadline), deadline, signature);
        _freeze(keyId, state);
    }

    /// @inheritdoc ISessionKeyValidator
    function unfreezeKey(bytes32 keyId) external {
        _unfreeze(keyId, _own(keyId));
    }

    /// @inheritdoc ISessionKeyValidator
    function unfreezeKeyWithSignature(bytes32 keyId, uint32 version, uint40 deadline, bytes calldata signature)
        external
    {
        _unfreeze(keyId, _signedFor(KeyHash.UNFREEZE, keyId, version, deadline, signature));
    }

    /// @inheritdoc ISessionKeyValidator
    function revokeKey(bytes32 keyId) external {
        _revoke(keyId, _own(keyId));
    }

    /// @inheritdoc ISessionKeyValidator
    function revokeKeyWithSignature(bytes32 keyId, uint32 version, uint40 deadline, bytes calldata signature)
        external
    {
        _revoke(keyId, _signedFor(KeyHash.REVOKE, keyId, version, deadline, signature));
    }

    /// @inheritdoc ISessionKeyValidator
    function rotateKey(bytes32 oldKeyId, SessionKeyPermission calldata newPermission, uint128 maxUsage)
        external
        returns (bytes32 newKeyId)
    {
        return _rotate(oldKeyId, _own(oldKeyId), newPermission, KeyHash.permission(newPermission), maxUsage);
    }

    /// @inheritdoc ISessionKeyValidator
    function rotateKeyWithSignature(
        bytes32 oldKeyId,
        SessionKeyPermission calldata newPermission,
        uint128 maxUsage,
        uint32 version,
        uint40 deadline,
        bytes calldata signature
    ) external returns (bytes32 newKeyId) {
        KeyState storage old = _known(oldKeyId);
        bytes32 permissionHash = KeyHash.permission(newPermission);
        _requireVersion(old, version);
        _requireSigned(
            old.account, KeyHash.rotate(oldKeyId, permissionHash, maxUsage, version, deadline), deadline, signature
        );
        return _rotate(oldKeyId, old, newPermission, permissionHash, maxUsage);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ISessionKeyValidator
    function getKeyId(SessionKeyPermission calldata permission) external view returns (bytes32) {
        return KeyHash.idOf(_typedData(KeyHash.permission(permission)));
    }

    /// @inheritdoc ISessionKeyValidator
    function getKey(bytes32 keyId) external view returns (KeyState memory) {
        return _keys[keyId];
    }

    /// @inheritdoc ISessionKeyValidator
    function isAuthorized(bytes32 keyId, address payee, address token) external view returns (bool) {
        KeyState storage state = _keys[keyId];
        return block.timestamp >= state.limit.start && block.timestamp < state.limit.stoppedAt && token == state.token
            && isPayee[keyId][payee];
    }

    /// @inheritdoc ISessionKeyValidator
    function spendCeiling(bytes32 keyId, uint256 timestamp) external view returns (uint256) {
        KeyState storage state = _keys[keyId];
        KeyLimit storage limit = state.limit;
        uint256 ceiling =
            ChannelMath.periodCeiling(limit.start, limit.periodDuration, limit.periodAmount, timestamp);
        return ChannelMath.claimable(state.budget.spendCap, type(uint128).max, ceiling);
    }

    /// @inheritdoc ISessionKeyValidator
    function getRemainingLimit(bytes32 keyId) external view returns (uint128) {
        KeyState storage state = _keys[keyId];
        return block.timestamp < state.limit.stoppedAt ? state.budget.spendCap - state.budget.usage : 0;
    }

    /// @inheritdoc ISessionKeyValidator
    function usage(bytes32 keyId) external view returns (uint128) {
        return _keys[keyId].budget.usage;
    }

    // ------------------------------------------------------------------ for the contract that holds the money

    /// @dev Refuses a deposit that the permission does not cover and counts it. A key that is not registered covers none,
    /// so nothing registered later can bind what was consumed before.
    function _useKey(bytes32 keyId, address account, address key, address token, address payee, uint128 amount)
        internal
    {
        KeyState storage state = _known(keyId);
        if (account != state.account) revert KeyTermsMismatch(keyId, "account");
        if (key != state.key) revert KeyTermsMismatch(keyId, "key");
        if (token != state.token) revert KeyTermsMismatch(keyId, "token");
        if (!isPayee[keyId][payee]) revert KeyTermsMismatch(keyId, "payees");
        if (block.timestamp >= state.limit.stoppedAt) revert KeyAlreadyStopped(keyId, state.limit.stoppedAt);
        KeyBudget memory budget = state.budget;
        uint256 used = uint256(budget.usage) + amount;
        if (used > budget.spendCap) revert SpendCapExceeded(keyId, used, budget.spendCap);
        // casting to 'uint128' is safe because used is at most spendCap
        state.budget.usage = uint128(used);
    }

    /// @dev Money under the key went back to its account.
    function _freeKey(bytes32 keyId, uint128 amount) internal {
        _keys[keyId].budget.usage -= amount;
    }

    /// @dev The total that each channel of the key may have claimed by now, for settlement: all it needs to know of a key
    /// is in one slot, read once. Zero once the key is over.
    /// @param grace See {_isOver}.
    function _ceilingOf(bytes32 keyId, uint256 grace) internal view returns (uint256) {
        KeyLimit storage limit = _keys[keyId].limit;
        uint256 word;
        assembly ("memory-safe") {
            word := sload(limit.slot)
        }
        // The members of {KeyLimit} in order from the low end; above the last there is nothing.
        if (_isOver(uint40(word), grace)) return 0;
        return ChannelMath.periodCeiling(uint40(word >> 40), uint40(word >> 80), uint128(word >> 120), block.timestamp);
    }

    /// @dev Whether a key's stop has bitten: the receiver had `grace` seconds to claim what it had earned. Both arguments
    /// are stored in 40 bits: their sum does not overflow.
    function _isOver(uint256 stoppedAt, uint256 grace) internal view returns (bool) {
        unchecked {
            return block.timestamp >= stoppedAt + grace;
        }
    }

    function _stoppedAt(bytes32 keyId) internal view returns (uint40) {
        return _keys[keyId].limit.stoppedAt;
    }

    // ------------------------------------------------------------------ internals

    function _register(SessionKeyPermission calldata permission, bytes32 permissionHash)
        private
        returns (bytes32 keyId)
    {
        _validate(permission);
        keyId = KeyHash.idOf(_typedData(permissionHash));
        KeyState storage state = _keys[keyId];
        if (state.version != 0) revert KeyAlreadyRegistered(keyId);
        state.limit = KeyLimit(
            permission.expiry, permission.start, permission.periodDuration, permission.periodAmount
        );
        state.budget = KeyBudget(permission.spendCap, 0);
        state.account = permission.account;
        state.expiry = permission.expiry;
        state.key = permission.key;
        state.version = 1;
        state.token = permission.token;
        state.freezer = permission.freezer;
        for (uint256 i = 0; i < permission.payees.length; ++i) {
            isPayee[keyId][permission.payees[i]] = true;
        }
        emit KeyRegistered(keyId, permission.account, permission);
    }

    function _validate(SessionKeyPermission calldata permission) private view {
        if (permission.account == address(0)) revert InvalidPermission("account");
        if (permission.key == address(0)) revert InvalidPermission("key");
        if (permission.token == address(0)) revert InvalidPermission("token");
        uint256 payees = permission.payees.length;
        if (payees == 0 || payees > MAX_PAYEES) revert InvalidPermission("payees");
        for (uint256 i = 0; i < payees; ++i) {
            if (permission.payees[i] == address(0)) revert InvalidPermission("payees");
        }
        if (permission.spendCap == 0) revert InvalidPermission("spendCap");
        if ((permission.periodAmount == 0) != (permission.periodDuration == 0)) {
            revert InvalidPermission("periodDuration");
        }
        if (permission.start >= permission.expiry) revert InvalidPermission("start");
        if (permission.expiry <= block.timestamp) revert InvalidPermission("expiry");
    }

    function _freeze(bytes32 keyId, KeyState storage state) private {
        if (state.revokedAt != 0) revert KeyAlreadyRevoked(keyId);
        if (state.frozenAt != 0) revert KeyAlreadyFrozen(keyId);
        state.frozenAt = uint40(block.timestamp);
        emit KeyFrozen(keyId, _changed(state));
    }

    function _unfreeze(bytes32 keyId, KeyState storage state) private {
        if (state.frozenAt == 0) revert KeyNotFrozen(keyId);
        state.frozenAt = 0;
        emit KeyUnfrozen(keyId, _changed(state));
    }

    function _revoke(bytes32 keyId, KeyState storage state) private {
        if (state.revokedAt != 0) revert KeyAlreadyRevoked(keyId);
        state.revokedAt = uint40(block.timestamp);
        emit KeyRevoked(keyId, _changed(state));
    }

    function _rotate(
        bytes32 oldKeyId,
        KeyState storage old,
        SessionKeyPermission calldata newPermission,
        bytes32 newPermissionHash,
        uint128 maxUsage
    ) private returns (bytes32 newKeyId) {
        if (newPermission.account != old.account) revert InvalidPermission("account");
        uint128 used = old.budget.usage;
        if (used > maxUsage) revert UsageAboveMaximum(oldKeyId, used, maxUsage);
        _revoke(oldKeyId, old);
        newKeyId = _register(newPermission, newPermissionHash);
        emit KeyRotated(oldKeyId, newKeyId);
    }

    /// @dev A new version: signatures made for the one before are worth nothing from here on.
    /// @return stop The earliest stop now in force.
    function _changed(KeyState storage state) private returns (uint40 stop) {
        ++state.version;
        stop = ChannelMath.stoppedAt(state.expiry, state.frozenAt, state.revokedAt);
        state.limit.stoppedAt = stop;
    }

    function _known(bytes32 keyId) private view returns (KeyState storage state) {
        state = _keys[keyId];
        if (state.version == 0) revert KeyNotRegistered(keyId);
    }

    /// @dev The caller is the account.
    function _own(bytes32 keyId) private view returns (KeyState storage state) {
        state = _known(keyId);
        if (msg.sender != state.account) revert NotAccount(msg.sender);
    }

    /// @dev The account has signed this change of this version.
    function _signedFor(bytes32 typeHash, bytes32 keyId, uint32 version, uint40 deadline, bytes calldata signature)
        private
        view
        returns (KeyState storage state)
    {
        state = _known(keyId);
        _requireVersion(state, version);
        _requireSigned(state.account, KeyHash.change(typeHash, keyId, version, deadline), deadline, signature);
    }

    function _requireVersion(KeyState storage state, uint32 version) private view {
        if (version != state.version) revert VersionMismatch(state.version, version);
    }

    function _requireSigned(address signer, bytes32 structHash, uint40 deadline, bytes calldata signature)
        private
        view
    {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        _requireSignature(signer, _typedData(structHash), signature);
    }
}
