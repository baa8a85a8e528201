// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

contract UnfreezeKeyTest is KeyModel {
    bytes32 private keyId;

    function setUp() public override {
        super.setUp();
        keyId = register(permission(0));
        freeze(keyId);
    }

    // ------------------------------------------------------------------ effects

    function test_unfreezeKey_leavesTheExpiry() public {
        unfreeze(keyId);
        assertEq(uint256(escrow.getKey(keyId).frozenAt), 0);
        assertEq(stoppedAt(keyId), START + 30 days);
    }

    function test_unfreezeKey_leavesARevocation() public {
        vm.warp(START + 5);
        revoke(keyId);
        vm.warp(START + 9);
        unfreeze(keyId);
        assertEq(stoppedAt(keyId), START + 5);
    }

    function test_unfreezeKey_changesNothingElse() public {
        ISessionKeyValidator.KeyState memory expected = unfrozen(keyId);
        unfreeze(keyId);
        assertKey(keyId, expected);
    }

    function test_unfreezeKey_raisesTheVersionByOne() public {
        unfreeze(keyId);
        assertEq(versionOf(keyId), 3);
    }

    function test_unfreezeKey_emitsTheStop() public {
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyUnfrozen(keyId, uint40(START + 30 days));
        unfreeze(keyId);
    }

    function test_unfreezeKey_emitsTheRevocationWhenRevoked() public {
        vm.warp(START + 5);
        revoke(keyId);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyUnfrozen(keyId, uint40(START + 5));
        unfreeze(keyId);
    }

    // ------------------------------------------------------------------ who and which key

    function test_unfreezeKey_liftsTheFreezersFreeze() public {
        unfreeze(keyId);
        vm.prank(freezer);
        escrow.freezeKey(keyId);
        unfreeze(keyId);
        assertEq(stoppedAt(keyId), START + 30 days);
    }

    function test_unfreezeKey_revertsForTheFreezer() public {
        _assertNotAccount(freezer);
    }

    function test_unfreezeKey_revertsForTheSessionKey() public {
        _assertNotAccount(key);
    }

    function test_unfreezeKey_revertsForAStranger() public {
        _assertNotAccount(stranger);
    }

    function test_unfreezeKey_revertsForAnUnknownKey() public {
        bytes32 unknown = keyIdOf(permission(9));
        assertReverts(
            payer,
            abi.encodeCall(escrow.unfreezeKey, (unknown)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, unknown)
        );
    }

    function test_unfreezeKey_revertsWhenNotFrozen() public {
        unfreeze(keyId);
        _assertNotFrozen(keyId);
    }

    function test_unfreezeKey_revertsWhenRevokedAndNeverFrozen() public {
        bytes32 other = register(permission(1));
        revoke(other);
        _assertNotFrozen(other);
    }

    function test_unfreezeKey_revertsWhenExpiredAndNeverFrozen() public {
        bytes32 other = register(permission(1));
        vm.warp(START + 30 days);
        _assertNotFrozen(other);
    }

    // ------------------------------------------------------------------ random input

    /// @dev Errors in the order in which they are promised: unknown key, caller, state.
    function testFuzz_unfreezeKey(uint256 seed, address anyone) public {
        bytes32 id = someKeyOr(seed, keccak256(abi.encode(seed)));
        address caller = someone(seed, anyone);
        ISessionKeyValidator.KeyState memory state = escrow.getKey(id);
        bytes memory error = unfreezeError(id);
        if (state.version == 0) {
            error = abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, id);
        } else if (caller != state.account) {
            error = abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, caller);
        }
        check(caller, abi.encodeCall(escrow.unfreezeKey, (id)), error, id, unfrozen(id), 3, 1);
    }

    // ------------------------------------------------------------------ helpers

    function _assertNotAccount(address caller) private {
        assertReverts(
            caller,
            abi.encodeCall(escrow.unfreezeKey, (keyId)),
            abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, caller)
        );
    }

    function _assertNotFrozen(bytes32 id) private {
        assertReverts(
            payer,
            abi.encodeCall(escrow.unfreezeKey, (id)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyNotFrozen.selector, id)
        );
    }
}
