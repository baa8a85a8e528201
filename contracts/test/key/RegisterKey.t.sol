// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

interface IMaxPayees {
    function MAX_PAYEES() external view returns (uint256);
}

contract RegisterKeyTest is KeyModel {
    ISessionKeyValidator.SessionKeyPermission private terms_;

    function setUp() public override {
        super.setUp();
        terms_ = permission(0);
    }

    // ------------------------------------------------------------------ effects

    function test_registerKey_storesTheTerms() public {
        terms_.periodAmount = 7;
        terms_.periodDuration = 8;
        assertKey(register(terms_), registered(terms_));
    }

    function test_registerKey_returnsTheId() public {
        assertEq(register(terms_), keyIdOf(terms_));
    }

    function test_registerKey_emitsThePermission() public {
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRegistered(keyIdOf(terms_), payer, terms_);
        register(terms_);
    }

    function test_registerKey_beginsAtVersionOne() public {
        assertEq(versionOf(register(terms_)), 1);
    }

    function test_registerKey_ofAContract() public {
        terms_.account = address(newWallet());
        assertKey(register(terms_), registered(terms_));
    }

    function test_registerKey_ofAnAccountThatDelegates() public {
        delegate(payer, STRANGER_KEY);
        assertKey(register(terms_), registered(terms_));
    }

    function test_registerKey_anotherSaltIsAnotherKey() public {
        bytes32 first = register(terms_);
        terms_.salt = bytes32(uint256(1));
        assertTrue(register(terms_) != first);
    }

    // ------------------------------------------------------------------ who

    function test_registerKey_revertsForAStranger() public {
        _assertNotAccount(stranger);
    }

    function test_registerKey_revertsForTheFreezer() public {
        _assertNotAccount(freezer);
    }

    function test_registerKey_revertsForTheSessionKey() public {
        _assertNotAccount(key);
    }

    // ------------------------------------------------------------------ once

    function test_registerKey_revertsWhenRegistered() public {
        _assertRegistered(register(terms_));
    }

    function test_registerKey_revertsWhenFrozen() public {
        bytes32 keyId = register(terms_);
        freeze(keyId);
        _assertRegistered(keyId);
    }

    function test_registerKey_revertsWhenRevoked() public {
        bytes32 keyId = register(terms_);
        revoke(keyId);
        _assertRegistered(keyId);
    }

    function test_registerKey_revertsWhenRotatedAway() public {
        bytes32 keyId = register(terms_);
        rotate(keyId, permission(1));
        _assertRegistered(keyId);
    }

    // ------------------------------------------------------------------ parties

    function test_registerKey_revertsForTheZeroAccount() public {
        terms_.account = address(0);
        _assertInvalid("account");
    }

    function test_registerKey_revertsForTheZeroKey() public {
        terms_.key = address(0);
        _assertInvalid("key");
    }

    function test_registerKey_revertsForTheZeroToken() public {
        terms_.token = address(0);
        _assertInvalid("token");
    }

    function test_registerKey_takesNoFreezer() public {
        terms_.freezer = address(0);
        assertKey(register(terms_), registered(terms_));
    }

    function test_registerKey_takesTheAccountAsItsOwnKeyPayeeAndFreezer() public {
        terms_.key = payer;
        terms_.freezer = payer;
        terms_.payees[0] = payer;
        assertKey(register(terms_), registered(terms_));
    }

    // ------------------------------------------------------------------ payees

    function test_registerKey_takesAsManyPayeesAsItSays() public view {
        assertEq(IMaxPayees(address(escrow)).MAX_PAYEES(), 32);
    }

    function test_registerKey_revertsForNoPayee() public {
        terms_.payees = new address[](0);
        _assertInvalid("payees");
    }

    function test_registerKey_takesOnePayee() public {
        assertTrue(escrow.isPayee(register(terms_), RECEIVER));
    }

    function test_registerKey_takesThirtyTwoPayees() public {
        terms_.payees = _payees(32);
        bytes32 keyId = register(terms_);
        for (uint256 i = 0; i < 32; ++i) {
            assertTrue(escrow.isPayee(keyId, terms_.payees[i]));
        }
    }

    function test_registerKey_revertsForThirtyThreePayees() public {
        terms_.payees = _payees(33);
        _assertInvalid("payees");
    }

    function test_registerKey_revertsForThirtyThreeTimesTheSamePayee() public {
        terms_.payees = _payees(33);
        for (uint256 i = 0; i < 33; ++i) {
            terms_.payees[i] = RECEIVER;
        }
        _assertInvalid("payees");
    }

    function test_registerKey_takesAPayeeTwice() public {
        terms_.payees = _payees(2);
        terms_.payees[1] = terms_.payees[0];
        assertTrue(escrow.isPayee(register(terms_), terms_.payees[0]));
    }

    function test_registerKey_revertsWhenTheFirstPayeeIsZero() public {
        terms_.payees = _payees(3);
        terms_.payees[0] = address(0);
        _assertInvalid("payees");
    }

    function test_registerKey_revertsWhenTheLastPayeeIsZero() public {
        terms_.payees = _payees(32);
        terms_.payees[31] = address(0);
        _assertInvalid("payees");
    }

    /// @dev Whatever is in the upper bytes of an address was not signed.
    function test_registerKey_revertsForAPayeeOfMoreThanTwentyBytes() public {
        bytes memory data = abi.encodeCall(escrow.registerKey, (terms_));
        data[data.length - 32] = 0x01;
        assertReverts(payer, data, bytes(""));
    }

    // ------------------------------------------------------------------ amounts

    function test_registerKey_revertsForNoSpendCap() public {
        terms_.spendCap = 0;
        _assertInvalid("spendCap");
    }

    function test_registerKey_revertsForAPeriodAmountWithoutADuration() public {
        terms_.periodAmount = 1;
        _assertInvalid("periodDuration");
    }

    function test_registerKey_revertsForAPeriodDurationWithoutAnAmount() public {
        terms_.periodDuration = 1;
        _assertInvalid("periodDuration");
    }

    function test_registerKey_takesTheLargestOfEverything() public {
        terms_.spendCap = type(uint128).max;
        terms_.periodAmount = type(uint128).max;
        terms_.periodDuration = type(uint40).max;
        terms_.perPaymentMax = type(uint128).max;
        terms_.start = type(uint40).max - 1;
        terms_.expiry = type(uint40).max;
        assertKey(register(terms_), registered(terms_));
    }

    function test_registerKey_takesTheSmallestOfEverything() public {
        terms_.spendCap = 1;
        terms_.periodAmount = 1;
        terms_.periodDuration = 1;
        terms_.perPaymentMax = 0;
        terms_.start = 0;
        terms_.expiry = uint40(block.timestamp + 1);
        assertKey(register(terms_), registered(terms_));
    }

    // ------------------------------------------------------------------ times

    function test_registerKey_takesAStartASecondBeforeTheExpiry() public {
        terms_.start = terms_.expiry - 1;
        assertKey(register(terms_), registered(terms_));
    }

    function test_registerKey_revertsForAStartAtTheExpiry() public {
        terms_.start = terms_.expiry;
        _assertInvalid("start");
    }

    function test_registerKey_revertsForAStartAfterTheExpiry() public {
        terms_.start = terms_.expiry + 1;
        _assertInvalid("start");
    }

    function test_registerKey_takesAnExpiryASecondAhead() public {
        terms_.expiry = uint40(block.timestamp + 1);
        assertKey(register(terms_), registered(terms_));
    }

    function test_registerKey_revertsForAnExpiryInThisSecond() public {
        terms_.start = 0;
        terms_.expiry = uint40(block.timestamp);
        _assertInvalid("expiry");
    }

    function test_registerKey_revertsForAnExpiryInThePast() public {
        terms_.start = 0;
        terms_.expiry = uint40(block.timestamp - 1);
        _assertInvalid("expiry");
    }

    // ------------------------------------------------------------------ random input

    /// @dev Errors in the order in which they are promised: caller, terms in the order of their members.
    function testFuzz_registerKey(
        ISessionKeyValidator.SessionKeyPermission memory random,
        uint256 seed,
        address anyone
    ) public {
        mend(random, seed);
        address caller = dice(seed, "who", 8) == 0 ? anyone : random.account;
        if (dice(seed, "again", 10) == 0) attempt(random.account, abi.encodeCall(escrow.registerKey, (random)));
        bytes memory error = registerError(random);
        if (caller != random.account) error = _notAccount(caller);
        check(
            caller,
            abi.encodeCall(escrow.registerKey, (random)),
            error,
            keyIdOf(random),
            registered(random),
            registeredSlots(random),
            1
        );
    }

    function testFuzz_registerKey_marksExactlyItsPayees(
        ISessionKeyValidator.SessionKeyPermission memory random,
        uint256 seed,
        address other
    ) public {
        mend(random, seed);
        random.account = payer;
        vm.assume(registerError(random).length == 0);
        bytes32 keyId = register(random);
        bool named;
        for (uint256 i = 0; i < random.payees.length; ++i) {
            assertTrue(escrow.isPayee(keyId, random.payees[i]));
            named = named || random.payees[i] == other;
        }
        assertTrue(escrow.isPayee(keyId, other) == named);
    }

    // ------------------------------------------------------------------ helpers

    function _payees(uint256 count) private pure returns (address[] memory payees) {
        payees = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            payees[i] = address(uint160(0x1000 + i));
        }
    }

    function _assertInvalid(string memory field) private {
        assertReverts(
            terms_.account,
            abi.encodeCall(escrow.registerKey, (terms_)),
            abi.encodeWithSelector(ISessionKeyValidator.InvalidPermission.selector, field)
        );
    }

    function _assertRegistered(bytes32 keyId) private {
        assertReverts(
            payer,
            abi.encodeCall(escrow.registerKey, (terms_)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, keyId)
        );
    }

    function _assertNotAccount(address caller) private {
        assertReverts(caller, abi.encodeCall(escrow.registerKey, (terms_)), _notAccount(caller));
    }

    function _notAccount(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, caller);
    }
}
