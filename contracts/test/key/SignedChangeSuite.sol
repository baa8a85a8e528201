// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {SignatureSuite} from "./SignatureSuite.sol";

/// @dev What holds for every signed change of a registered key: it names the version, so that it is worth nothing after
/// any other change.
abstract contract SignedChangeSuite is SignatureSuite {
    bytes32 internal keyId;

    function structHash(bytes32 id, uint32 version_, uint40 deadline) internal view virtual returns (bytes32);

    function call(bytes32 id, uint32 version_, uint40 deadline, bytes memory signature)
        internal
        view
        virtual
        returns (bytes memory);

    /// @dev The error that the change itself has for the state of the key; empty: none.
    function changeError(bytes32 id) internal view virtual returns (bytes memory);

    /// @dev The state that the change leaves.
    function changed(bytes32 id) internal view virtual returns (ISessionKeyValidator.KeyState memory);

    /// @dev How many words it writes and how many events it emits.
    function changeSize() internal view virtual returns (uint256 slots, uint256 events);

    function prepare(address account) internal virtual override {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        terms_.account = account;
        keyId = register(terms_);
    }

    function structHash(uint40 deadline) internal view override returns (bytes32) {
        return structHash(keyId, versionOf(keyId), deadline);
    }

    function call(uint40 deadline, bytes memory signature) internal view override returns (bytes memory) {
        return call(keyId, versionOf(keyId), deadline, signature);
    }

    function aKey() internal view override returns (bytes32) {
        return keyId;
    }

    function aVersion() internal view override returns (uint32) {
        return versionOf(keyId);
    }

    // ------------------------------------------------------------------ versions

    function test_withSignature_raisesTheVersionByOne() public {
        uint32 before = versionOf(keyId);
        assertSucceeds(RELAYER, _call(PAYER_KEY, NEVER));
        assertEq(versionOf(keyId), before + 1);
    }

    function test_withSignature_revertsTheSecondTime() public {
        bytes memory data = _call(PAYER_KEY, NEVER);
        assertSucceeds(RELAYER, data);
        assertReverts(RELAYER, data, _mismatch(versionOf(keyId), versionOf(keyId) - 1));
    }

    function test_withSignature_revertsForAnOlderVersion() public {
        uint32 current = versionOf(keyId);
        assertReverts(RELAYER, _callFor(keyId, current - 1), _mismatch(current, current - 1));
    }

    function test_withSignature_revertsForALaterVersion() public {
        uint32 current = versionOf(keyId);
        assertReverts(RELAYER, _callFor(keyId, current + 1), _mismatch(current, current + 1));
    }

    function test_withSignature_revertsWhenTheSignedVersionIsAnother() public {
        uint32 current = versionOf(keyId);
        bytes memory signature = signed(PAYER_KEY, structHash(keyId, current - 1, NEVER));
        assertReverts(RELAYER, call(keyId, current, NEVER, signature), REFUSED);
    }

    function test_withSignature_revertsForAnotherKeyOfTheAccount() public {
        bytes32 other = register(permission(8));
        uint32 current = versionOf(other);
        bytes memory signature = signed(PAYER_KEY, structHash(keyId, current, NEVER));
        assertReverts(RELAYER, call(other, current, NEVER, signature), REFUSED);
    }

    function test_withSignature_revertsForAnUnknownKey() public {
        bytes32 unknown = keyIdOf(permission(9));
        assertReverts(
            RELAYER,
            _callFor(unknown, 0),
            abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, unknown)
        );
    }

    // ------------------------------------------------------------------ a signature that was held back

    function test_withheld_isDeadAfterAFreezeOrAnUnfreeze() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        _toggle();
        assertReverts(RELAYER, withheld, _mismatch(versionOf(keyId), versionOf(keyId) - 1));
    }

    function test_withheld_isDeadWhenTheKeyIsAsItWas() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        _toggle();
        _toggle();
        assertReverts(RELAYER, withheld, _mismatch(versionOf(keyId), versionOf(keyId) - 2));
    }

    function test_withheld_isDeadAfterARevocation() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        revoke(keyId);
        assertReverts(RELAYER, withheld, _mismatch(versionOf(keyId), versionOf(keyId) - 1));
    }

    function test_withheld_isDeadAfterARotation() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        rotate(keyId, permission(7));
        assertReverts(RELAYER, withheld, _mismatch(versionOf(keyId), versionOf(keyId) - 1));
    }

    function test_withheld_livesWhileNothingChanges() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        vm.warp(block.timestamp + 20 days);
        assertSucceeds(RELAYER, withheld);
    }

    // ------------------------------------------------------------------ the version at its end

    function test_withSignature_revertsWhenVersionsAreUsedUp() public {
        _setVersion(type(uint32).max);
        assertReverts(RELAYER, _call(PAYER_KEY, NEVER), abi.encodeWithSignature("Panic(uint256)", 0x11));
    }

    // ------------------------------------------------------------------ random input

    /// @dev Errors in the order that is promised: unknown key, version, deadline, signature, the change's own.
    function testFuzz_withSignature(uint256 seed, uint256 time, uint32 anyVersion, bytes memory garbage) public {
        bytes32 id = someKeyOr(seed, keccak256(abi.encode(seed)));
        uint32 current = versionOf(id);
        uint32 given = dice(seed, "version", 5) == 0 ? anyVersion : current;
        uint40 deadline = uint40(bound(time, block.timestamp - 1, block.timestamp + 3));
        bytes memory signature = garbage;
        uint256 signer = dice(seed, "signer", 8);
        if (signer > 0) {
            signature = signed(signer == 1 ? STRANGER_KEY : PAYER_KEY, structHash(id, given, deadline));
        }

        bytes memory error = changeError(id);
        if (current == 0) error = abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, id);
        else if (given != current) error = _mismatch(current, given);
        else if (block.timestamp > deadline) {
            error = abi.encodeWithSelector(ISessionKeyValidator.SignatureExpired.selector, deadline);
        } else if (signer < 2) {
            error = abi.encodeWithSelector(REFUSED);
        }
        (uint256 slots, uint256 events) = changeSize();
        check(RELAYER, call(id, given, deadline, signature), error, id, changed(id), slots, events);
    }

    // ------------------------------------------------------------------ helpers

    function _callFor(bytes32 id, uint32 version_) internal view returns (bytes memory) {
        return call(id, version_, NEVER, signed(PAYER_KEY, structHash(id, version_, NEVER)));
    }

    function _mismatch(uint32 expected, uint32 given) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.VersionMismatch.selector, expected, given);
    }

    function _toggle() private {
        if (escrow.getKey(keyId).frozenAt > 0) unfreeze(keyId);
        else freeze(keyId);
    }

    /// @dev Finds the word that holds `key`, `revokedAt` and `version` by what a freeze writes, and sets the version.
    function _setVersion(uint32 to) private {
        uint32 from = versionOf(keyId);
        keyVm.record();
        _toggle();
        (, bytes32[] memory writes) = keyVm.accesses(address(escrow));
        _toggle();
        for (uint256 i = 0; i < writes.length; ++i) {
            uint256 word = uint256(keyVm.load(address(escrow), writes[i]));
            if (address(uint160(word)) != key) continue;
            uint256 without = word & ~(uint256(type(uint32).max) << 200);
            vm.store(address(escrow), writes[i], bytes32(without | (uint256(to) << 200)));
        }
        require(versionOf(keyId) == to && from < to, "the version is elsewhere");
    }
}
