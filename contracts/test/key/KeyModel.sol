// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {Vm} from "../support/TestBase.sol";
import {KeyFixture} from "./KeyFixture.sol";

/// @dev What the interface promises of every change, for tests with random input: which error, or which new state.
abstract contract KeyModel is KeyFixture {
    bytes32 private _bystander;

    /// @dev A key, and another with money, that nothing done to the first may touch.
    function setUp() public virtual override {
        super.setUp();
        _bystander = register(permission(0xB5));
        deposit(governed(_bystander), 5);
    }

    // ------------------------------------------------------------------ random input

    function dice(uint256 seed, string memory what, uint256 sides) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what))) % sides;
    }

    /// @dev A key somewhere in its life: days passed, it was frozen, unfrozen and revoked, by whoever may.
    function someKey(uint256 seed) internal returns (bytes32 keyId) {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(uint256(keccak256(abi.encode(seed))));
        if (dice(seed, "freezer", 4) == 0) terms_.freezer = address(0);
        if (dice(seed, "short", 2) == 0) terms_.expiry = uint40(START + 9 days);
        keyId = register(terms_);
        for (uint256 i = 0; i < 5; ++i) {
            uint256 step = uint256(keccak256(abi.encode(seed, i)));
            vm.warp(block.timestamp + (step >> 8) % 8 days);
            if (step % 5 == 0) attempt(freezer, abi.encodeCall(escrow.freezeKey, (keyId)));
            if (step % 5 == 1) attempt(payer, abi.encodeCall(escrow.freezeKey, (keyId)));
            if (step % 5 == 2) attempt(payer, abi.encodeCall(escrow.unfreezeKey, (keyId)));
            if (step % 10 == 3) attempt(payer, abi.encodeCall(escrow.revokeKey, (keyId)));
        }
    }

    /// @dev That key, or now and then one that nobody registered.
    function someKeyOr(uint256 seed, bytes32 other) internal returns (bytes32 keyId) {
        keyId = someKey(seed);
        if (dice(seed, "unknown", 10) == 0) return other;
    }

    /// @dev One of the key's own people, or anyone.
    function someone(uint256 seed, address anyone) internal view returns (address) {
        address[5] memory people = [payer, freezer, key, stranger, anyone];
        return people[dice(seed, "caller", 5)];
    }

    /// @dev Valid more often than not; each member is wrong now and then.
    function mend(ISessionKeyValidator.SessionKeyPermission memory terms_, uint256 seed) internal view {
        if (dice(seed, "account", 10) > 0) terms_.account = payer;
        if (dice(seed, "key", 20) == 0) terms_.key = address(0);
        if (dice(seed, "token", 20) == 0) terms_.token = address(0);
        uint256 count = dice(seed, "few", 10) > 0 ? 1 + dice(seed, "count", 32) : 33 * dice(seed, "none", 2);
        terms_.payees = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            // The first third is the last third again, but the last of all is new.
            uint256 name = i < count / 3 && i != 0 ? count - 1 - i : i;
            terms_.payees[i] = address(uint160(uint256(keccak256(abi.encode(seed, name)))));
        }
        if (count > 0 && dice(seed, "zero payee", 10) == 0) {
            terms_.payees[dice(seed, "which", count)] = address(0);
        }
        if (dice(seed, "spendCap", 20) == 0) terms_.spendCap = 0;
        uint256 period = dice(seed, "period", 20);
        if (period < 8 || period == 18) terms_.periodAmount = 0;
        if (period < 8 || period == 19) terms_.periodDuration = 0;
        if (dice(seed, "expiry", 10) > 0) {
            terms_.expiry = uint40(bound(terms_.expiry, block.timestamp + 1, type(uint40).max));
        }
        if (dice(seed, "past", 12) == 0) terms_.expiry = uint40(block.timestamp - dice(seed, "long", 2));
        if (terms_.expiry > 0 && dice(seed, "start", 10) > 0) {
            terms_.start = uint40(bound(terms_.start, 0, terms_.expiry - 1));
        }
        if (dice(seed, "at once", 12) == 0) terms_.start = terms_.expiry;
    }

    // ------------------------------------------------------------------ what is promised

    /// @return The error of the first member that cannot be accepted, empty if all can.
    function registerError(ISessionKeyValidator.SessionKeyPermission memory terms_)
        internal
        view
        returns (bytes memory)
    {
        string memory field;
        if (terms_.account == address(0)) field = "account";
        else if (terms_.key == address(0)) field = "key";
        else if (terms_.token == address(0)) field = "token";
        else if (terms_.payees.length == 0 || terms_.payees.length > 32 || _names(terms_.payees, address(0))) {
            field = "payees";
        } else if (terms_.spendCap == 0) field = "spendCap";
        else if (terms_.periodAmount == 0 && terms_.periodDuration > 0) field = "periodDuration";
        else if (terms_.periodAmount > 0 && terms_.periodDuration == 0) field = "periodDuration";
        else if (terms_.start >= terms_.expiry) field = "start";
        else if (terms_.expiry <= block.timestamp) field = "expiry";
        else if (versionOf(keyIdOf(terms_)) > 0) {
            return abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, keyIdOf(terms_));
        } else {
            return "";
        }
        return abi.encodeWithSelector(ISessionKeyValidator.InvalidPermission.selector, field);
    }

    function registered(ISessionKeyValidator.SessionKeyPermission memory terms_)
        internal
        pure
        returns (ISessionKeyValidator.KeyState memory state)
    {
        state.limit = ISessionKeyValidator.KeyLimit({
            stoppedAt: terms_.expiry,
            start: terms_.start,
            periodDuration: terms_.periodDuration,
            periodAmount: terms_.periodAmount
        });
        state.budget = ISessionKeyValidator.KeyBudget({spendCap: terms_.spendCap, usage: 0});
        state.account = terms_.account;
        state.expiry = terms_.expiry;
        state.key = terms_.key;
        state.version = 1;
        state.token = terms_.token;
        state.freezer = terms_.freezer;
    }

    /// @dev Slots that a registration writes: six words of state and one a payee.
    function registeredSlots(ISessionKeyValidator.SessionKeyPermission memory terms_) internal pure returns (uint256) {
        bytes32[] memory words = new bytes32[](terms_.payees.length);
        for (uint256 i = 0; i < words.length; ++i) {
            words[i] = bytes32(uint256(uint160(terms_.payees[i])));
        }
        return 6 + distinct(words);
    }

    function freezeError(bytes32 keyId) internal view returns (bytes memory) {
        ISessionKeyValidator.KeyState memory state = escrow.getKey(keyId);
        if (state.revokedAt > 0) return abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId);
        if (state.frozenAt > 0) return abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyFrozen.selector, keyId);
        return "";
    }

    function unfreezeError(bytes32 keyId) internal view returns (bytes memory) {
        if (escrow.getKey(keyId).frozenAt > 0) return "";
        return abi.encodeWithSelector(ISessionKeyValidator.KeyNotFrozen.selector, keyId);
    }

    function revokeError(bytes32 keyId) internal view returns (bytes memory) {
        if (escrow.getKey(keyId).revokedAt == 0) return "";
        return abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId);
    }

    function frozen(bytes32 keyId) internal view returns (ISessionKeyValidator.KeyState memory state) {
        state = escrow.getKey(keyId);
        state.frozenAt = uint40(block.timestamp);
        _change(state);
    }

    function unfrozen(bytes32 keyId) internal view returns (ISessionKeyValidator.KeyState memory state) {
        state = escrow.getKey(keyId);
        state.frozenAt = 0;
        _change(state);
    }

    function revoked(bytes32 keyId) internal view returns (ISessionKeyValidator.KeyState memory state) {
        state = escrow.getKey(keyId);
        state.revokedAt = uint40(block.timestamp);
        _change(state);
    }

    // ------------------------------------------------------------------ the comparison

    /// @dev Either reverts with exactly `error`, or does what is promised and no more.
    /// @param error Empty: succeeds.
    /// @param expected Of `keyId`, after success.
    /// @param slots How many words the contract writes.
    /// @param events How many events it emits.
    function check(
        address caller,
        bytes memory data,
        bytes memory error,
        bytes32 keyId,
        ISessionKeyValidator.KeyState memory expected,
        uint256 slots,
        uint256 events
    ) internal returns (bool success) {
        bytes32 before = _rest(keyId);
        bytes32 others = _rest(_bystander);
        bytes memory result;
        keyVm.record();
        vm.recordLogs();
        (success, result) = attempt(caller, data);
        (, bytes32[] memory writes) = keyVm.accesses(address(escrow));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        require(_rest(_bystander) == others, "another key has changed");
        if (error.length > 0) {
            require(!success, "did not revert");
            require(keccak256(result) == keccak256(error), "reverted for another reason");
            require(_rest(keyId) == before, "changed and reverted");
        } else {
            require(success, "reverted");
            assertKey(keyId, expected);
            assertEq(distinct(writes), slots);
            assertEq(logs.length, events);
        }
    }

    function _rest(bytes32 keyId) private view returns (bytes32) {
        (uint128 balance, uint128 totalClaimed) = escrow.channels(escrow.getChannelId(governed(keyId)));
        return keccak256(abi.encode(escrow.getKey(keyId), escrow.isPayee(keyId, RECEIVER), balance, totalClaimed));
    }

    function _change(ISessionKeyValidator.KeyState memory state) private pure {
        state.version += 1;
        uint40[3] memory stops = [state.expiry, state.frozenAt, state.revokedAt];
        state.limit.stoppedAt = type(uint40).max;
        for (uint256 i = 0; i < 3; ++i) {
            if (stops[i] > 0 && stops[i] < state.limit.stoppedAt) state.limit.stoppedAt = stops[i];
        }
    }

    function _names(address[] memory list, address who) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == who) return true;
        }
        return false;
    }
}
