// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

contract SpendCeilingTest is KeyModel {
    bytes32 private keyId;

    /// @dev 100 an hour from START, 1,000 in all.
    function setUp() public override {
        super.setUp();
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        terms_.spendCap = 1000;
        terms_.periodAmount = 100;
        terms_.periodDuration = 1 hours;
        keyId = register(terms_);
    }

    function test_spendCeiling_isZeroASecondBeforeTheStart() public view {
        assertEq(escrow.spendCeiling(keyId, START - 1), 0);
    }

    function test_spendCeiling_isOnePeriodAtTheStart() public view {
        assertEq(escrow.spendCeiling(keyId, START), 100);
    }

    function test_spendCeiling_isOnePeriodInItsLastSecond() public view {
        assertEq(escrow.spendCeiling(keyId, START + 1 hours - 1), 100);
    }

    function test_spendCeiling_growsInTheFirstSecondOfTheNextPeriod() public view {
        assertEq(escrow.spendCeiling(keyId, START + 1 hours), 200);
    }

    function test_spendCeiling_endsAtTheSpendCap() public view {
        assertEq(escrow.spendCeiling(keyId, START + 9 hours), 1000);
        assertEq(escrow.spendCeiling(keyId, START + 10 hours), 1000);
    }

    function test_spendCeiling_isTheCapWhenAPeriodAllowsMore() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.periodAmount = terms_.spendCap + 1;
        terms_.periodDuration = 1 hours;
        assertEq(escrow.spendCeiling(register(terms_), START), terms_.spendCap);
    }

    function test_spendCeiling_isTheCapWithoutAPeriod() public {
        assertEq(escrow.spendCeiling(register(permission(1)), START), 1e6);
    }

    function test_spendCeiling_isZeroBeforeTheStartWithoutAPeriod() public {
        assertEq(escrow.spendCeiling(register(permission(1)), START - 1), 0);
    }

    function test_spendCeiling_isZeroForAnUnknownKey() public view {
        assertEq(escrow.spendCeiling(keyIdOf(permission(9)), START), 0);
    }

    function test_spendCeiling_staysWhenTheKeyStops() public {
        freeze(keyId);
        revoke(keyId);
        assertEq(escrow.spendCeiling(keyId, START + 1 hours), 200);
    }

    function test_spendCeiling_growsBeyondTheExpiry() public view {
        assertEq(escrow.spendCeiling(keyId, START + 31 days), 1000);
    }

    function test_spendCeiling_ofTheLargestTermsDoesNotOverflow() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.spendCap = type(uint128).max;
        terms_.periodAmount = type(uint128).max;
        terms_.periodDuration = 1;
        terms_.start = 0;
        assertEq(escrow.spendCeiling(register(terms_), type(uint40).max), type(uint128).max);
    }

    // ------------------------------------------------------------------ random input

    function testFuzz_spendCeiling(
        ISessionKeyValidator.SessionKeyPermission memory terms_,
        uint256 seed,
        uint128 timestamp
    ) public {
        mend(terms_, seed);
        terms_.account = payer;
        vm.assume(registerError(terms_).length == 0);
        if (dice(seed, "time", 4) > 0) timestamp = uint128(bound(timestamp, terms_.start, type(uint40).max));
        uint256 expected;
        if (timestamp >= terms_.start) {
            expected = terms_.spendCap;
            if (terms_.periodDuration > 0) {
                uint256 begun = (uint256(timestamp) - terms_.start + terms_.periodDuration) / terms_.periodDuration;
                if (begun * terms_.periodAmount < expected) expected = begun * terms_.periodAmount;
            }
        }
        assertEq(escrow.spendCeiling(register(terms_), timestamp), expected);
    }
}
