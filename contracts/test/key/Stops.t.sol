// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

/// @dev `stoppedAt` is the earliest stop in force, whatever came first: expiry, freeze and revocation in every order.
contract StopsTest is KeyModel {
    uint256 private constant EXPIRY = START + 30 days;
    bytes32 private keyId;

    function setUp() public override {
        super.setUp();
        keyId = register(permission(0));
    }

    function test_stops_expiry() public view {
        assertEq(stoppedAt(keyId), EXPIRY);
    }

    function test_stops_freezeBeforeTheExpiry() public {
        vm.warp(EXPIRY - 1);
        freeze(keyId);
        assertEq(stoppedAt(keyId), EXPIRY - 1);
    }

    function test_stops_freezeInTheSecondOfTheExpiry() public {
        vm.warp(EXPIRY);
        freeze(keyId);
        assertEq(stoppedAt(keyId), EXPIRY);
    }

    function test_stops_freezeAfterTheExpiry() public {
        vm.warp(EXPIRY + 1);
        freeze(keyId);
        assertEq(stoppedAt(keyId), EXPIRY);
    }

    function test_stops_revokeAfterTheExpiry() public {
        vm.warp(EXPIRY + 1);
        revoke(keyId);
        assertEq(stoppedAt(keyId), EXPIRY);
    }

    function test_stops_freezeThenExpiry() public {
        freeze(keyId);
        vm.warp(EXPIRY + 1);
        assertEq(stoppedAt(keyId), START);
    }

    function test_stops_freezeThenExpiryThenUnfreeze() public {
        freeze(keyId);
        vm.warp(EXPIRY + 1);
        unfreeze(keyId);
        assertEq(stoppedAt(keyId), EXPIRY);
    }

    function test_stops_freezeThenRevoke() public {
        freeze(keyId);
        vm.warp(START + 5);
        revoke(keyId);
        assertEq(stoppedAt(keyId), START);
    }

    function test_stops_freezeThenRevokeThenUnfreeze() public {
        freeze(keyId);
        vm.warp(START + 5);
        revoke(keyId);
        vm.warp(START + 9);
        unfreeze(keyId);
        assertEq(stoppedAt(keyId), START + 5);
    }

    function test_stops_freezeThenRevokeAfterTheExpiryThenUnfreeze() public {
        freeze(keyId);
        vm.warp(EXPIRY + 5);
        revoke(keyId);
        unfreeze(keyId);
        assertEq(stoppedAt(keyId), EXPIRY);
    }

    function test_stops_freezeAndRevokeInOneSecond() public {
        vm.warp(START + 5);
        freeze(keyId);
        revoke(keyId);
        assertEq(stoppedAt(keyId), START + 5);
    }

    function test_stops_aSecondFreezeCountsFromItself() public {
        freeze(keyId);
        vm.warp(START + 5);
        unfreeze(keyId);
        vm.warp(START + 9);
        freeze(keyId);
        assertEq(stoppedAt(keyId), START + 9);
    }

    function test_stops_freezeAndUnfreezeInOneSecond() public {
        freeze(keyId);
        unfreeze(keyId);
        assertEq(stoppedAt(keyId), EXPIRY);
    }

    function test_stops_rotateAfterAFreeze() public {
        freeze(keyId);
        vm.warp(START + 5);
        rotate(keyId, permission(1));
        assertEq(stoppedAt(keyId), START);
    }

    function test_stops_unfreezeAfterARotation() public {
        freeze(keyId);
        vm.warp(START + 5);
        rotate(keyId, permission(1));
        unfreeze(keyId);
        assertEq(stoppedAt(keyId), START + 5);
    }

    // ------------------------------------------------------------------ random input

    function testFuzz_stops_isTheEarliestInForce(uint256 seed) public {
        ISessionKeyValidator.KeyState memory state = escrow.getKey(someKey(seed));
        uint40 earliest = state.expiry;
        if (state.frozenAt > 0 && state.frozenAt < earliest) earliest = state.frozenAt;
        if (state.revokedAt > 0 && state.revokedAt < earliest) earliest = state.revokedAt;
        assertEq(state.limit.stoppedAt, earliest);
    }

    /// @dev Nobody can make a grace period shorter after the fact.
    function testFuzz_stops_noChangePutsTheStopIntoThePast(uint256 seed, uint256 time) public {
        bytes32 id = someKey(seed);
        uint256 before = stoppedAt(id);
        vm.warp(block.timestamp + time % 40 days);
        uint256 step = dice(seed, "change", 4);
        if (step == 0) attempt(payer, abi.encodeCall(escrow.freezeKey, (id)));
        if (step == 1) attempt(payer, abi.encodeCall(escrow.unfreezeKey, (id)));
        if (step == 2) attempt(payer, abi.encodeCall(escrow.revokeKey, (id)));
        if (step == 3) attempt(payer, abi.encodeCall(escrow.rotateKey, (id, permission(3), 0)));
        uint256 afterwards = stoppedAt(id);
        assertTrue(afterwards >= before || afterwards == block.timestamp);
    }
}
