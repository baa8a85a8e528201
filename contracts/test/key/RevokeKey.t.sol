// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

contract RevokeKeyTest is KeyModel {
    bytes32 private keyId;

    function setUp() public override {
        super.setUp();
        keyId = register(permission(0));
    }

    // ------------------------------------------------------------------ effects

    function test_revokeKey_stopsTheKeyNow() public {
        vm.warp(START + 5);
        revoke(keyId);
        assertEq(uint256(escrow.getKey(keyId).revokedAt), START + 5);
        assertEq(stoppedAt(keyId), START + 5);
    }

    function test_revokeKey_changesNothingElse() public {
        ISessionKeyValidator.KeyState memory expected = revoked(keyId);
        revoke(keyId);
        assertKey(keyId, expected);
    }

    function test_revokeKey_raisesTheVersionByOne() public {
        revoke(keyId);
        assertEq(versionOf(keyId), 2);
    }

    function test_revokeKey_emitsTheStop() public {
        vm.warp(START + 5);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRevoked(keyId, uint40(START + 5));
        revoke(keyId);
    }

    function test_revokeKey_emitsTheFreezeWhenThatIsEarlier() public {
        freeze(keyId);
        vm.warp(START + 5);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRevoked(keyId, uint40(START));
        revoke(keyId);
    }

    function test_revokeKey_emitsTheExpiryWhenThatIsEarlier() public {
        vm.warp(START + 31 days);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRevoked(keyId, uint40(START + 30 days));
        revoke(keyId);
    }

    function test_revokeKey_leavesUsage() public {
        deposit(governed(keyId), 7);
        revoke(keyId);
        assertEq(escrow.usage(keyId), 7);
    }

    function test_revokeKey_beforeTheStart() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.start += 1 days;
        bytes32 other = register(terms_);
        revoke(other);
        assertEq(stoppedAt(other), START);
    }

    // ------------------------------------------------------------------ who and which key

    function test_revokeKey_revertsForTheFreezer() public {
        _assertNotAccount(freezer);
    }

    function test_revokeKey_revertsForTheSessionKey() public {
        _assertNotAccount(key);
    }

    function test_revokeKey_revertsForAStranger() public {
        _assertNotAccount(stranger);
    }

    function test_revokeKey_revertsForAPayee() public {
        _assertNotAccount(RECEIVER);
    }

    function test_revokeKey_revertsForAnUnknownKey() public {
        bytes32 unknown = keyIdOf(permission(9));
        assertReverts(
            payer,
            abi.encodeCall(escrow.revokeKey, (unknown)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, unknown)
        );
    }

    function test_revokeKey_revertsWhenRevoked() public {
        revoke(keyId);
        vm.warp(START + 5);
        assertReverts(
            payer,
            abi.encodeCall(escrow.revokeKey, (keyId)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId)
        );
    }

    // ------------------------------------------------------------------ random input

    /// @dev Errors in the order in which they are promised: unknown key, caller, state.
    function testFuzz_revokeKey(uint256 seed, address anyone) public {
        bytes32 id = someKeyOr(seed, keccak256(abi.encode(seed)));
        address caller = someone(seed, anyone);
        ISessionKeyValidator.KeyState memory state = escrow.getKey(id);
        bytes memory error = revokeError(id);
        if (state.version == 0) {
            error = abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, id);
        } else if (caller != state.account) {
            error = abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, caller);
        }
        check(caller, abi.encodeCall(escrow.revokeKey, (id)), error, id, revoked(id), 2, 1);
    }

    function _assertNotAccount(address caller) private {
        assertReverts(
            caller,
            abi.encodeCall(escrow.revokeKey, (keyId)),
            abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, caller)
        );
    }
}
