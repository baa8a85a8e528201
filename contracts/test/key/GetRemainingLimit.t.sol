// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

contract GetRemainingLimitTest is KeyModel {
    bytes32 private keyId;

    function setUp() public override {
        super.setUp();
        keyId = register(permission(0));
    }

    function test_getRemainingLimit_isTheCapAtFirst() public view {
        assertEq(escrow.getRemainingLimit(keyId), 1e6);
    }

    function test_getRemainingLimit_isLessWhatWasDeposited() public {
        deposit(governed(keyId), 7);
        assertEq(escrow.getRemainingLimit(keyId), 1e6 - 7);
    }

    function test_getRemainingLimit_isZeroAtTheCap() public {
        deposit(governed(keyId), 1e6);
        assertEq(escrow.getRemainingLimit(keyId), 0);
    }

    function test_getRemainingLimit_isExactlyWhatADepositMayBe() public {
        deposit(governed(keyId), 7);
        deposit(governed(keyId), escrow.getRemainingLimit(keyId));
        assertEq(escrow.usage(keyId), 1e6);
    }

    function test_getRemainingLimit_growsByARefund() public {
        deposit(governed(keyId), 7);
        vm.prank(RECEIVER);
        escrow.refund(governed(keyId), 3);
        assertEq(escrow.getRemainingLimit(keyId), 1e6 - 4);
    }

    function test_getRemainingLimit_isZeroInTheSecondOfAStop() public {
        freeze(keyId);
        assertEq(escrow.getRemainingLimit(keyId), 0);
    }

    function test_getRemainingLimit_comesBackWithAnUnfreeze() public {
        freeze(keyId);
        unfreeze(keyId);
        assertEq(escrow.getRemainingLimit(keyId), 1e6);
    }

    function test_getRemainingLimit_isTheCapInTheLastSecond() public {
        vm.warp(START + 30 days - 1);
        assertEq(escrow.getRemainingLimit(keyId), 1e6);
    }

    function test_getRemainingLimit_isZeroInTheSecondOfTheExpiry() public {
        vm.warp(START + 30 days);
        assertEq(escrow.getRemainingLimit(keyId), 0);
    }

    function test_getRemainingLimit_isZeroWhenRevoked() public {
        revoke(keyId);
        assertEq(escrow.getRemainingLimit(keyId), 0);
    }

    /// @dev Money may come in early; payments count from the start.
    function test_getRemainingLimit_isTheCapBeforeTheStart() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.start += 1 days;
        assertEq(escrow.getRemainingLimit(register(terms_)), 1e6);
    }

    function test_getRemainingLimit_isZeroForAnUnknownKey() public view {
        assertEq(escrow.getRemainingLimit(keyIdOf(permission(9))), 0);
    }

    function testFuzz_getRemainingLimit(uint256 seed, uint128 amount, uint256 time) public {
        keyId = someKeyOr(seed, keccak256(abi.encode(seed)));
        if (escrow.getRemainingLimit(keyId) > 0) deposit(governed(keyId), uint128(bound(amount, 1, 1e6)));
        vm.warp(block.timestamp + time % 40 days);
        ISessionKeyValidator.KeyState memory state = escrow.getKey(keyId);
        bool stopped = state.frozenAt > 0 || state.revokedAt > 0 || block.timestamp >= state.expiry;
        assertEq(escrow.getRemainingLimit(keyId), stopped ? 0 : state.budget.spendCap - state.budget.usage);
    }
}
