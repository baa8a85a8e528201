// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

contract IsAuthorizedTest is KeyModel {
    bytes32 private keyId;
    uint256 private starts;
    uint256 private ends;

    function setUp() public override {
        super.setUp();
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        terms_.start += 100;
        keyId = register(terms_);
        (starts, ends) = (terms_.start, terms_.expiry);
        vm.warp(starts + 5);
    }

    // ------------------------------------------------------------------ when

    function test_isAuthorized_notASecondBeforeTheStart() public {
        vm.warp(starts - 1);
        assertTrue(!_now());
    }

    function test_isAuthorized_inTheSecondOfTheStart() public {
        vm.warp(starts);
        assertTrue(_now());
    }

    function test_isAuthorized_inTheLastSecondBeforeTheExpiry() public {
        vm.warp(ends - 1);
        assertTrue(_now());
    }

    function test_isAuthorized_notInTheSecondOfTheExpiry() public {
        vm.warp(ends);
        assertTrue(!_now());
    }

    function test_isAuthorized_notInTheSecondOfAFreeze() public {
        freeze(keyId);
        assertTrue(!_now());
    }

    function test_isAuthorized_againInTheSecondOfAnUnfreeze() public {
        freeze(keyId);
        vm.warp(starts + 9);
        unfreeze(keyId);
        assertTrue(_now());
    }

    function test_isAuthorized_notInTheSecondOfARevocation() public {
        revoke(keyId);
        assertTrue(!_now());
    }

    function test_isAuthorized_notAfterAnUnfreezeOfARevokedKey() public {
        freeze(keyId);
        vm.warp(starts + 9);
        revoke(keyId);
        unfreeze(keyId);
        assertTrue(!_now());
    }

    function test_isAuthorized_notAfterAnUnfreezeOfAnExpiredKey() public {
        freeze(keyId);
        vm.warp(ends);
        unfreeze(keyId);
        assertTrue(!_now());
    }

    function test_isAuthorized_notAfterARotation() public {
        rotate(keyId, permission(1));
        assertTrue(!_now());
    }

    function test_isAuthorized_theRotatedKey() public {
        assertTrue(escrow.isAuthorized(rotate(keyId, permission(1)), RECEIVER, address(usdc)));
    }

    function test_isAuthorized_notWhenFrozenBeforeTheStart() public {
        vm.warp(starts - 1);
        freeze(keyId);
        vm.warp(starts);
        assertTrue(!_now());
    }

    // ------------------------------------------------------------------ what

    function test_isAuthorized_notForAnotherPayee() public view {
        assertTrue(!escrow.isAuthorized(keyId, stranger, address(usdc)));
    }

    function test_isAuthorized_notForTheZeroPayee() public view {
        assertTrue(!escrow.isAuthorized(keyId, address(0), address(usdc)));
    }

    function test_isAuthorized_notForAnotherToken() public view {
        assertTrue(!escrow.isAuthorized(keyId, RECEIVER, address(0x70)));
    }

    function test_isAuthorized_notForAnUnknownKey() public view {
        assertTrue(!escrow.isAuthorized(keyIdOf(permission(9)), RECEIVER, address(0)));
    }

    /// @dev What was deposited can be paid: the cap bounds deposits.
    function test_isAuthorized_whenTheCapIsUsedUp() public {
        deposit(governed(keyId), 1e6);
        assertTrue(_now());
    }

    // ------------------------------------------------------------------ random input

    function testFuzz_isAuthorized(uint256 seed, address anyone, uint256 time) public {
        bytes32 id = someKeyOr(seed, keccak256(abi.encode(seed)));
        vm.warp(block.timestamp + time % 40 days);
        address payee = dice(seed, "payee", 5) == 0 ? anyone : RECEIVER;
        address token = dice(seed, "token", 5) == 0 ? anyone : address(usdc);
        ISessionKeyValidator.KeyState memory state = escrow.getKey(id);
        bool expected = state.version > 0 && payee == RECEIVER && token == address(usdc)
            && block.timestamp >= state.limit.start && block.timestamp < state.expiry && state.frozenAt == 0
            && state.revokedAt == 0;
        assertTrue(escrow.isAuthorized(id, payee, token) == expected);
    }

    function _now() private view returns (bool) {
        return escrow.isAuthorized(keyId, RECEIVER, address(usdc));
    }
}
