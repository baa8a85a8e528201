// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

contract FreezeKeyTest is KeyModel {
    bytes32 private keyId;

    function setUp() public override {
        super.setUp();
        keyId = register(permission(0));
    }

    // ------------------------------------------------------------------ effects

    function test_freezeKey_stopsTheKeyNow() public {
        vm.warp(START + 5);
        freeze(keyId);
        assertEq(uint256(escrow.getKey(keyId).frozenAt), START + 5);
        assertEq(stoppedAt(keyId), START + 5);
    }

    function test_freezeKey_changesNothingElse() public {
        ISessionKeyValidator.KeyState memory expected = frozen(keyId);
        freeze(keyId);
        assertKey(keyId, expected);
    }

    function test_freezeKey_raisesTheVersionByOne() public {
        freeze(keyId);
        assertEq(versionOf(keyId), 2);
    }

    function test_freezeKey_emitsTheStop() public {
        vm.warp(START + 5);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyFrozen(keyId, uint40(START + 5));
        freeze(keyId);
    }

    function test_freezeKey_emitsTheExpiryWhenThatIsEarlier() public {
        vm.warp(START + 31 days);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyFrozen(keyId, uint40(START + 30 days));
        freeze(keyId);
    }

    // ------------------------------------------------------------------ who

    function test_freezeKey_byTheFreezer() public {
        vm.prank(freezer);
        escrow.freezeKey(keyId);
        assertEq(uint256(escrow.getKey(keyId).frozenAt), START);
    }

    function test_freezeKey_byAContractThatIsTheFreezer() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.freezer = address(newWallet());
        bytes32 other = register(terms_);
        vm.prank(terms_.freezer);
        escrow.freezeKey(other);
        assertEq(stoppedAt(other), START);
    }

    function test_freezeKey_revertsForAStranger() public {
        _assertNotFreezer(keyId, stranger);
    }

    function test_freezeKey_revertsForTheSessionKey() public {
        _assertNotFreezer(keyId, key);
    }

    function test_freezeKey_revertsForTheFreezerOfAnotherKey() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.freezer = stranger;
        _assertNotFreezer(register(terms_), freezer);
    }

    function test_freezeKey_revertsForTheZeroCallerWhenThereIsAFreezer() public {
        _assertNotFreezer(keyId, address(0));
    }

    function test_freezeKey_byTheAccountWhenThereIsNoFreezer() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.freezer = address(0);
        bytes32 other = register(terms_);
        freeze(other);
        assertEq(stoppedAt(other), START);
    }

    // ------------------------------------------------------------------ which key

    function test_freezeKey_revertsForAnUnknownKey() public {
        bytes32 unknown = keyIdOf(permission(9));
        assertReverts(
            payer,
            abi.encodeCall(escrow.freezeKey, (unknown)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, unknown)
        );
    }

    function test_freezeKey_revertsWhenFrozen() public {
        freeze(keyId);
        _assertFrozenAlready(payer);
    }

    function test_freezeKey_revertsForTheFreezerWhenTheAccountHasFrozen() public {
        freeze(keyId);
        _assertFrozenAlready(freezer);
    }

    function test_freezeKey_revertsWhenRevoked() public {
        revoke(keyId);
        _assertRevoked();
    }

    function test_freezeKey_revertsWhenFrozenAndRevoked() public {
        freeze(keyId);
        revoke(keyId);
        _assertRevoked();
    }

    function test_freezeKey_beforeTheStart() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.start += 1 days;
        bytes32 other = register(terms_);
        freeze(other);
        assertEq(stoppedAt(other), START);
    }

    // ------------------------------------------------------------------ the freezer may freeze and nothing else

    function test_freezeKey_theFreezerCannotUnfreeze() public {
        freeze(keyId);
        _assertNotAccount(abi.encodeCall(escrow.unfreezeKey, (keyId)));
    }

    function test_freezeKey_theFreezerCannotRevoke() public {
        _assertNotAccount(abi.encodeCall(escrow.revokeKey, (keyId)));
    }

    function test_freezeKey_theFreezerCannotRotate() public {
        _assertNotAccount(abi.encodeCall(escrow.rotateKey, (keyId, permission(1), 0)));
    }

    /// @dev A freezer can come back after every unfreeze; the account leaves it behind without asking.
    function test_freezeKey_theAccountRotatesAwayFromAHostileFreezer() public {
        vm.prank(freezer);
        escrow.freezeKey(keyId);
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.freezer = address(0);
        _assertNotFreezer(rotate(keyId, terms_), freezer);
    }

    // ------------------------------------------------------------------ random input

    /// @dev Errors in the order in which they are promised: unknown key, caller, state.
    function testFuzz_freezeKey(uint256 seed, address anyone) public {
        bytes32 id = someKeyOr(seed, keccak256(abi.encode(seed)));
        address caller = someone(seed, anyone);
        ISessionKeyValidator.KeyState memory state = escrow.getKey(id);
        bytes memory error = freezeError(id);
        if (state.version == 0) {
            error = abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, id);
        } else if (caller != state.account && caller != state.freezer) {
            error = abi.encodeWithSelector(ISessionKeyValidator.NotFreezer.selector, caller);
        }
        check(caller, abi.encodeCall(escrow.freezeKey, (id)), error, id, frozen(id), 3, 1);
    }

    // ------------------------------------------------------------------ helpers

    function _assertNotFreezer(bytes32 id, address caller) private {
        assertReverts(
            caller,
            abi.encodeCall(escrow.freezeKey, (id)),
            abi.encodeWithSelector(ISessionKeyValidator.NotFreezer.selector, caller)
        );
    }

    function _assertNotAccount(bytes memory data) private {
        assertReverts(freezer, data, abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, freezer));
    }

    function _assertFrozenAlready(address caller) private {
        assertReverts(
            caller,
            abi.encodeCall(escrow.freezeKey, (keyId)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyFrozen.selector, keyId)
        );
    }

    function _assertRevoked() private {
        assertReverts(
            payer,
            abi.encodeCall(escrow.freezeKey, (keyId)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId)
        );
    }
}
