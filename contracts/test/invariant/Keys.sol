// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {World} from "./World.sol";

/// @dev What accounts and the freezer do with session keys, themselves or by signatures that are relayed.
abstract contract Keys is World {
    constructor() {
        for (uint256 i = 0; i < PAYERS; ++i) _register(i, _mix(i, 0), false);
    }

    function register(uint256 owner, uint256 seed) external step {
        if (_keys.length < KEYS_MAX) _register(owner % PAYERS, seed, seed % 2 == 0);
    }

    function freezeKey(uint256 which, uint256 how) external step {
        Key storage one = _keyThatIs(which, false);
        bool byAccount = how % 2 == 0;
        address signer = byAccount ? payerAt(one.owner) : freezer;
        bytes memory data = abi.encodeCall(ISessionKeyValidator.freezeKey, (one.id));
        if (how % 4 > 1) {
            (uint32 version, bytes memory signature) =
                _change(one, KeyHash.FREEZE, byAccount ? PAYER_KEY + one.owner : FREEZER_KEY);
            data = abi.encodeCall(
                ISessionKeyValidator.freezeKeyWithSignature, (one.id, signer, version, NEVER, signature)
            );
        }
        if (_send(how % 4 > 1 ? RELAYER : signer, data)) one.frozenAt = clock;
    }

    function unfreezeKey(uint256 which, uint256 how) external step {
        Key storage one = _keyThatIs(which, true);
        bytes memory data = abi.encodeCall(ISessionKeyValidator.unfreezeKey, (one.id));
        if (how % 2 == 1) {
            (uint32 version, bytes memory signature) = _change(one, KeyHash.UNFREEZE, PAYER_KEY + one.owner);
            data = abi.encodeCall(
                ISessionKeyValidator.unfreezeKeyWithSignature, (one.id, version, NEVER, signature)
            );
        }
        if (_send(how % 2 == 1 ? RELAYER : payerAt(one.owner), data)) one.frozenAt = 0;
    }

    /// @dev Seldom: a revoked key is of no more use to a run.
    function revokeKey(uint256 which, uint256 how) external step {
        if (how % 4 > 1) return;
        Key storage one = _keys[which % _keys.length];
        bytes memory data = abi.encodeCall(ISessionKeyValidator.revokeKey, (one.id));
        if (how % 4 == 1) {
            (uint32 version, bytes memory signature) = _change(one, KeyHash.REVOKE, PAYER_KEY + one.owner);
            data = abi.encodeCall(
                ISessionKeyValidator.revokeKeyWithSignature, (one.id, version, NEVER, signature)
            );
        }
        if (_send(how % 4 == 1 ? RELAYER : payerAt(one.owner), data)) one.revokedAt = clock;
    }

    /// @dev One in five times the old key is used more than the signed maximum.
    function rotateKey(uint256 which, uint256 seed) external step {
        if (_keys.length >= KEYS_MAX) return;
        Key storage old = _keyThatIs(which, false);
        uint128 used = escrow.usage(old.id);
        uint128 maxUsage = seed % 5 == 0 && used > 0 ? used - 1 : used;
        (ISessionKeyValidator.SessionKeyPermission memory terms, uint256 signer) = _anyPermission(old.owner, seed);
        bool ok;
        if (seed % 2 == 0) {
            ok = _rotateSigned(old, terms, maxUsage);
        } else {
            ok = _send(terms.account, abi.encodeCall(ISessionKeyValidator.rotateKey, (old.id, terms, maxUsage)));
        }
        if (!ok) return;
        old.revokedAt = clock;
        _addKey(old.owner, signer, terms);
    }

    function permissionHash(ISessionKeyValidator.SessionKeyPermission calldata terms) external pure returns (bytes32) {
        return KeyHash.permission(terms);
    }

    // ------------------------------------------------------------------ internals

    function _register(uint256 owner, uint256 seed, bool signed) private {
        (ISessionKeyValidator.SessionKeyPermission memory terms, uint256 signer) = _anyPermission(owner, seed);
        bytes memory data;
        if (signed) {
            bytes32 structHash = KeyHash.register(_hash(terms), NEVER);
            bytes memory signature = sign(PAYER_KEY + owner, typedData(structHash));
            data = abi.encodeCall(ISessionKeyValidator.registerKeyWithSignature, (terms, NEVER, signature));
        } else {
            data = abi.encodeCall(ISessionKeyValidator.registerKey, (terms));
        }
        if (_send(signed ? RELAYER : terms.account, data)) _addKey(owner, signer, terms);
    }

    function _rotateSigned(
        Key storage old,
        ISessionKeyValidator.SessionKeyPermission memory terms,
        uint128 maxUsage
    ) private returns (bool) {
        uint32 version = escrow.getKey(old.id).version;
        bytes32 structHash = KeyHash.rotate(old.id, _hash(terms), maxUsage, version, NEVER);
        bytes memory signature = sign(PAYER_KEY + old.owner, typedData(structHash));
        return _send(
            RELAYER,
            abi.encodeCall(
                ISessionKeyValidator.rotateKeyWithSignature, (old.id, terms, maxUsage, version, NEVER, signature)
            )
        );
    }

    /// @dev The key gets a channel to each of its payees.
    function _addKey(uint256 owner, uint256 signer, ISessionKeyValidator.SessionKeyPermission memory terms) private {
        bytes32 keyId = escrow.getKeyId(terms);
        _keys.push(Key(keyId, owner, signer, terms.spendCap, terms.expiry, 0, 0));
        for (uint256 i = 0; i < terms.payees.length; ++i) {
            _addLine(owner, terms.payees[i] == receiverAt(0) ? 0 : 1, signer, keyId, _keys.length);
        }
    }

    /// @dev Half of the keys have one payee, two thirds a period limit; some begin only in a few hours. Half of them share the
    /// private key of the owner's plain channels, so that a voucher of one channel is tried on another.
    function _anyPermission(uint256 owner, uint256 seed)
        private
        view
        returns (ISessionKeyValidator.SessionKeyPermission memory terms, uint256 signer)
    {
        signer = 0x5E00 + owner + (_mix(seed, 1) % 2) * 0x100 * (_keys.length + 1);
        terms = permission(_mix(seed, 2));
        terms.account = payerAt(owner);
        terms.key = vm.addr(signer);
        terms.payees = new address[](1 + _mix(seed, 3) % 2);
        for (uint256 i = 0; i < terms.payees.length; ++i) terms.payees[i] = receiverAt((_mix(seed, 4) + i) % RECEIVERS);
        terms.spendCap = uint128(50_000 + _mix(seed, 5) % 200_000);
        if (_mix(seed, 6) % 3 > 0) {
            terms.periodAmount = uint128(1 + _mix(seed, 7) % 10_000);
            terms.periodDuration = uint40(1 hours + _mix(seed, 8) % 1 days);
        }
        terms.start = uint40(clock + (_mix(seed, 9) % 4 == 0 ? 3 hours : 0));
        terms.expiry = uint40(clock + 1 days + _mix(seed, 10) % 10 days);
    }

    /// @dev A key that is frozen, or one that is neither frozen nor revoked, if there is one, looking from `which` on.
    function _keyThatIs(uint256 which, bool frozen) internal view returns (Key storage one) {
        uint256 start = which % _keys.length;
        one = _keys[start];
        for (uint256 i = 1; i < _keys.length; ++i) {
            ISessionKeyValidator.KeyState memory state = escrow.getKey(one.id);
            if (frozen ? state.frozenAt != 0 : state.frozenAt + state.revokedAt == 0) return one;
            one = _keys[(start + i) % _keys.length];
        }
    }

    function _change(Key storage one, bytes32 typeHash, uint256 signer)
        internal
        view
        returns (uint32 version, bytes memory signature)
    {
        version = escrow.getKey(one.id).version;
        signature = sign(signer, typedData(KeyHash.change(typeHash, one.id, version, NEVER)));
    }

    /// @dev Hashing wants calldata.
    function _hash(ISessionKeyValidator.SessionKeyPermission memory terms) private view returns (bytes32) {
        return this.permissionHash(terms);
    }
}
