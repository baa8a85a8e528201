// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {SessionKeyFixture} from "./SessionKeyFixture.sol";

interface IMulticall {
    function multicall(bytes[] calldata data) external returns (bytes[] memory results);
}

/// @notice The rules of session keys, each clause with the tests that are named after it.
/// @dev Tests are named `test_rule<number>_<name>` or `testFuzz_rule<number>_<name>`.
///
/// | rule | clause | name |
/// |---|---|---|
/// | 1 | governed if and only if the salt begins with the tag | `aChannelWithoutTheTagIsUngoverned` |
/// | 1 | | `theFirstFourBytesOfTheSaltDecide` |
/// | 1 | | `aSaltOneBitOffTheTagIsUngoverned` |
/// | 1 | a tagged deposit reverts unless the key is registered | `aTaggedDepositRevertsUnlessRegistered` |
/// | 1 | and not stopped | `aTaggedDepositRevertsWhenFrozen` |
/// | 1 | | `aTaggedDepositRevertsWhenRevoked` |
/// | 1 | | `aTaggedDepositRevertsWhenExpired` |
/// | 1 | and the account matches | `aTaggedDepositRevertsForAnotherAccount` |
/// | 1 | and the key is `payerAuthorizer` | `aTaggedDepositRevertsForAnotherKey` |
/// | 1 | and the token matches | `aTaggedDepositRevertsForAnotherToken` |
/// | 1 | and the payee matches | `aTaggedDepositRevertsForAnotherPayee` |
/// | 1 | no flag is stored | `noFlagIsStored` |
/// | 1 | nothing registered later can bind what was consumed | `nothingRegisteredLaterBindsWhatWasConsumedBefore` |
/// | 1 | a front-run deposit cannot escape the terms | `aFrontRunDepositWaitsForTheRegistration` |
/// | 1 | | `aFrontRunDepositCannotEscapeToAnotherChannel` |
/// | 1 | | `aFrontRunRegistrationLeavesTheDepositStanding` |
/// | 1 | | `registrationAndDepositMayGoInOneCall` |
/// | 2 | a deposit reverts if the sum would pass the cap | `theCapIsEnforcedWhereMoneyComesIn` |
/// | 2 | | `theWholeCapMayBeDeposited` |
/// | 2 | the sum over the key's channels | `theCapCountsAllChannelsOfTheKey` |
/// | 2 | of deposited less returned | `whatWasRefundedMayBeDepositedAgain` |
/// | 2 | | `whatWasWithdrawnMayBeDepositedAgain` |
/// | 2 | | `whatWasClaimedMayNotBeDepositedAgain` |
/// | 2 | one slot, never touched by settlement | `settlementNeverTouchesTheCount` |
/// | 2 | | `aClaimNeverTouchesTheCount` |
/// | 2 | `usage` is that sum | `usageIsThatSum` |
/// | 2 | a cap cannot be burnt by a voucher to oneself | `aVoucherToOneselfLeavesNoProviderUnpaid` |
/// | 2 | no payee can use up another's money | `noPayeeUsesUpAnothersMoney` |
/// | 3 | one amount more as each period begins | `theCeilingGrowsByOneAmountAPeriod` |
/// | 3 | | `nothingIsClaimedBeforeTheStart` |
/// | 3 | duration 0: none | `noDurationIsNoLimit` |
/// | 3 | it only grows | `theCeilingOnlyGrows` |
/// | 3 | it binds each channel against its own total | `itBindsEachChannelAgainstItsOwnTotal` |
/// | 3 | never a window that resets | `aLateBatchStaysValid` |
/// | 3 | above it | `aClaimAboveTheCeilingReverts` |
/// | 3 | | `aRowAboveTheCeilingIsPaidAsFarAsItGoes` |
/// | 4 | a stop ends service at once | `aFreezeStopsServiceAtOnce` |
/// | 4 | | `aRevocationStopsServiceAtOnce` |
/// | 4 | | `anExpiryStopsServiceAtOnce` |
/// | 4 | it bites the delay later | `aFreezeBitesTheDelayLater` |
/// | 4 | | `aRevocationBitesTheDelayLater` |
/// | 4 | | `anExpiryBitesTheDelayLater` |
/// | 4 | | `theLatestExpiryBitesTheDelayLaterToo` |
/// | 4 | that channel's `withdrawDelay` | `theDelayIsTheChannelsOwn` |
/// | 4 | `stoppedAt` is the earliest stop in force | `theEarliestStopCounts` |
/// | 4 | consume, stop the key, leave unpaid: cannot be | `aPayerWhoStopsTheKeyStillPays` |
/// | 4 | unfreeze clears only a freeze | `anUnfreezeClearsAFreeze` |
/// | 4 | | `anUnfreezeLeavesARevocation` |
/// | 4 | | `anUnfreezeLeavesAnExpiry` |
/// | 4 | revoke is final | `aRevocationIsFinal` |
/// | 5 | rotation registers the new terms as signed | `aRotationRegistersTheNewTermsAsSigned` |
/// | 5 | and reverts if `usage(old) > maxUsage` | `aRotationRevertsWhenMoreWasDepositedThanSigned` |
/// | 5 | a second channel opens while the first drains | `aSecondChannelOpensWhileTheFirstDrains` |
/// | 5 | | `theOldKeyTakesNoMoreMoney` |
/// | 5 | the old rest is refunded | `theOldRestIsRefunded` |
/// | 5 | the edge switches within 10 minutes | (the edge's work, not on chain) |
/// | 6 | `perPaymentMax` is not enforced | `aPaymentAboveTheMaximumIsClaimed` |
/// | 6 | | `theMaximumIsNotStored` |
/// | 6 | but the account signed it | `theKeyIdBindsTheMaximum` |
/// | 6 | frequency is not enforced | `paymentsMayBeAsFrequentAsBlocks` |
contract SessionKeyRulesTest is SessionKeyFixture {
    // ------------------------------------------------------------------ 1: governed by the tag

    function test_rule1_aChannelWithoutTheTagIsUngoverned() public {
        deposit(channel(1), CAP + 1);
        revoke(keyId);
        vm.warp(EXPIRY + DELAY);
        assertOutcome(settleBatch(row(channel(1), CAP + 1)), IStreamChannelEscrow.RowOutcome.Claimed);
    }

    function testFuzz_rule1_theFirstFourBytesOfTheSaltDecide(bytes32 salt, bool tagged) public {
        config.salt = tagged ? _tagged(salt) : salt;
        // The fuzzer knows the id of the registered key, and tries it.
        vm.assume(config.salt != keyId);
        if (bytes4(config.salt) == 0x50425354) {
            assertDepositReverts(abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, config.salt));
        } else {
            assertChannel(deposit(config, 7), 7, 0);
        }
    }

    function testFuzz_rule1_aSaltOneBitOffTheTagIsUngoverned(bytes32 salt, uint8 bit) public {
        config.salt = _tagged(salt) ^ bytes32(uint256(1) << (224 + bit % 32));
        assertChannel(deposit(config, 7), 7, 0);
    }

    function test_rule1_aTaggedDepositRevertsUnlessRegistered() public {
        config.salt = keyIdOf(termsOf(9));
        assertDepositReverts(abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, config.salt));
    }

    function test_rule1_aTaggedDepositRevertsWhenFrozen() public {
        freeze(keyId);
        assertDepositReverts(stoppedError(START));
    }

    function test_rule1_aTaggedDepositRevertsWhenRevoked() public {
        revoke(keyId);
        assertDepositReverts(stoppedError(START));
    }

    function test_rule1_aTaggedDepositRevertsWhenExpired() public {
        vm.warp(EXPIRY);
        assertDepositReverts(stoppedError(EXPIRY));
    }

    function test_rule1_aTaggedDepositRevertsForAnotherAccount() public {
        config.payer = stranger;
        assertDepositReverts(mismatchError("account"));
    }

    function test_rule1_aTaggedDepositRevertsForAnotherKey() public {
        config.payerAuthorizer = stranger;
        assertDepositReverts(mismatchError("key"));
    }

    function test_rule1_aTaggedDepositRevertsForAnotherToken() public {
        config.token = address(0x70);
        assertDepositReverts(mismatchError("token"));
    }

    function test_rule1_aTaggedDepositRevertsForAnotherPayee() public {
        config.receiver = stranger;
        assertDepositReverts(mismatchError("payees"));
    }

    /// @dev A plain deposit writes its channel, a governed one also the count of its key.
    function test_rule1_noFlagIsStored() public {
        assertEq(distinct(depositedWords(channel(1), 7)), 1);
        assertEq(distinct(depositedWords(config, 7)), 2);
    }

    function test_rule1_nothingRegisteredLaterBindsWhatWasConsumedBefore() public {
        deposit(channel(1), 100);
        IChannels.VoucherClaim memory consumed = row(channel(1), 100);
        ISessionKeyValidator.SessionKeyPermission memory later = termsOf(1);
        (later.spendCap, later.periodAmount, later.periodDuration) = (1, 1, 1);
        bytes32 laterId = register(later);
        revoke(laterId);
        vm.warp(EXPIRY + DELAY);
        assertOutcome(settleBatch(consumed), IStreamChannelEscrow.RowOutcome.Claimed);
        assertEq(usdc.balanceOf(RECEIVER), 100);
    }

    function test_rule1_aFrontRunDepositWaitsForTheRegistration() public {
        config.salt = keyIdOf(termsOf(1));
        bytes memory data = depositCall(config, CAP);
        assertReverts(
            stranger, data, abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, config.salt)
        );
        register(termsOf(1));
        assertSucceeds(stranger, data);
        assertEq(escrow.usage(config.salt), CAP);
    }

    function test_rule1_aFrontRunDepositCannotEscapeToAnotherChannel() public {
        bytes memory payersConsent = consent(escrow.getChannelId(config), 7);
        assertReverts(
            stranger, abi.encodeCall(escrow.deposit, (channel(1), 7, address(escrow), payersConsent)), REFUSED
        );
    }

    /// @dev Registration and deposit in one call fail together when someone relays the registration first; what is left
    /// is the deposit alone.
    function test_rule1_aFrontRunRegistrationLeavesTheDepositStanding() public {
        config.salt = keyIdOf(termsOf(1));
        bytes memory signature = signed(PAYER_KEY, registerHash(termsOf(1), NEVER));
        bytes[] memory both = new bytes[](2);
        both[0] = abi.encodeCall(escrow.registerKeyWithSignature, (termsOf(1), NEVER, signature));
        both[1] = depositCall(config, 7);
        assertSucceeds(stranger, both[0]);
        assertReverts(
            RELAYER,
            abi.encodeCall(IMulticall.multicall, (both)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, config.salt)
        );
        assertSucceeds(RELAYER, both[1]);
    }

    function test_rule1_registrationAndDepositMayGoInOneCall() public {
        config.salt = keyIdOf(termsOf(1));
        bytes[] memory both = new bytes[](2);
        bytes memory signature = signed(PAYER_KEY, registerHash(termsOf(1), NEVER));
        both[0] = abi.encodeCall(escrow.registerKeyWithSignature, (termsOf(1), NEVER, signature));
        both[1] = depositCall(config, 7);
        assertSucceeds(RELAYER, abi.encodeCall(IMulticall.multicall, (both)));
        assertEq(escrow.usage(config.salt), 7);
    }

    // ------------------------------------------------------------------ 2: the cap

    function test_rule2_theCapIsEnforcedWhereMoneyComesIn() public {
        deposit(config, CAP - 7);
        assertDepositReverts(8, capError(CAP + 1));
    }

    function test_rule2_theWholeCapMayBeDeposited() public {
        deposit(config, CAP - 7);
        deposit(config, 7);
        assertEq(escrow.usage(keyId), CAP);
    }

    function test_rule2_theCapCountsAllChannelsOfTheKey() public {
        deposit(config, CAP - 9);
        deposit(channelTo(OTHER), 5);
        config.withdrawDelay = 15 minutes;
        assertDepositReverts(5, capError(CAP + 1));
    }

    function test_rule2_whatWasRefundedMayBeDepositedAgain() public {
        deposit(config, CAP);
        vm.prank(RECEIVER);
        escrow.refund(config, 7);
        deposit(config, 7);
        assertEq(escrow.usage(keyId), CAP);
    }

    function test_rule2_whatWasWithdrawnMayBeDepositedAgain() public {
        deposit(config, CAP);
        initiate(config, 7);
        vm.warp(START + DELAY);
        finalize(config);
        deposit(config, 7);
        assertEq(escrow.usage(keyId), CAP);
    }

    function test_rule2_whatWasClaimedMayNotBeDepositedAgain() public {
        deposit(config, CAP);
        settleBatch(row(config, CAP));
        assertDepositReverts(1, capError(CAP + 1));
    }

    /// @dev A deposit writes its channel and the count; of these two a settlement touches only the channel.
    function test_rule2_settlementNeverTouchesTheCount() public {
        bytes32[] memory deposited = depositedWords(config, 100);
        bytes32[] memory settled = settledWords(rows(row(config, 40)));
        assertEq(distinct(deposited) + distinct(settled) - distinct(joined(deposited, settled)), 1);
    }

    function test_rule2_aClaimNeverTouchesTheCount() public {
        bytes32[] memory deposited = depositedWords(config, 100);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 40));
        keyVm.record();
        vm.prank(RECEIVER);
        escrow.claim(batch);
        (bytes32[] memory claimed,) = keyVm.accesses(address(escrow));
        assertEq(distinct(deposited) + distinct(claimed) - distinct(joined(deposited, claimed)), 1);
    }

    function testFuzz_rule2_usageIsThatSum(uint256 seed) public {
        IChannels.ChannelConfig[3] memory all = [config, channelTo(OTHER), channelTo(payer)];
        for (uint256 i = 0; i < 12; ++i) {
            uint256 step = uint256(keccak256(abi.encode(seed, i)));
            act(all[step % 3], step / 3 % 4, uint128((step >> 64) % 4e5));
        }
        uint256 sum;
        for (uint256 i = 0; i < 3; ++i) {
            (uint128 balance,) = escrow.channels(escrow.getChannelId(all[i]));
            sum += balance;
        }
        assertEq(escrow.usage(keyId), sum);
        assertTrue(sum <= CAP);
    }

    function test_rule2_aVoucherToOneselfLeavesNoProviderUnpaid() public {
        deposit(config, 600_000);
        IChannels.ChannelConfig memory own = channelTo(payer);
        deposit(own, 400_000);
        IChannels.VoucherClaim[] memory toHimself = rows(row(own, 400_000));
        vm.prank(payer);
        escrow.claim(toHimself);
        escrow.settle(payer, address(usdc));
        settleBatch(row(config, 600_000));
        assertEq(usdc.balanceOf(RECEIVER), 600_000);
    }

    function test_rule2_noPayeeUsesUpAnothersMoney() public {
        deposit(config, 10);
        bytes32 others = deposit(channelTo(OTHER), 90);
        settleBatch(row(config, 100));
        assertEq(usdc.balanceOf(RECEIVER), 10);
        assertChannel(others, 90, 0);
    }

    // ------------------------------------------------------------------ 3: the period ceiling

    function test_rule3_theCeilingGrowsByOneAmountAPeriod() public {
        usePeriods();
        deposit(config, 1000);
        settleBatch(row(config, 1000));
        assertEq(usdc.balanceOf(RECEIVER), 100);
        vm.warp(START + 1 hours - 1);
        assertOutcome(settleBatch(row(config, 1000)), IStreamChannelEscrow.RowOutcome.CeilingReached);
        vm.warp(START + 1 hours);
        settleBatch(row(config, 1000));
        assertEq(usdc.balanceOf(RECEIVER), 200);
    }

    function test_rule3_nothingIsClaimedBeforeTheStart() public {
        usePeriods();
        deposit(config, 1000);
        vm.warp(START - 1);
        assertOutcome(settleBatch(row(config, 1)), IStreamChannelEscrow.RowOutcome.CeilingReached);
    }

    function test_rule3_noDurationIsNoLimit() public {
        deposit(config, CAP);
        settleBatch(row(config, CAP));
        assertEq(usdc.balanceOf(RECEIVER), CAP);
    }

    function testFuzz_rule3_theCeilingOnlyGrows(uint128 amount, uint40 duration, uint40 t, uint40 later) public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = termsOf(2);
        terms_.spendCap = type(uint128).max;
        terms_.periodAmount = uint128(bound(amount, 1, type(uint128).max));
        terms_.periodDuration = uint40(bound(duration, 1, type(uint40).max));
        bytes32 id = register(terms_);
        (uint256 first, uint256 second) = t < later ? (t, later) : (later, t);
        assertTrue(escrow.spendCeiling(id, first) <= escrow.spendCeiling(id, second));
    }

    function test_rule3_itBindsEachChannelAgainstItsOwnTotal() public {
        usePeriods();
        deposit(config, 500);
        deposit(channelTo(OTHER), 500);
        claim(row(config, 100));
        IChannels.VoucherClaim[] memory others = rows(row(channelTo(OTHER), 100));
        vm.prank(OTHER);
        escrow.claim(others);
        assertChannel(escrow.getChannelId(channelTo(OTHER)), 500, 100);
    }

    function test_rule3_aLateBatchStaysValid() public {
        usePeriods();
        deposit(config, 1000);
        vm.warp(START + 5 hours);
        settleBatch(row(config, 600));
        assertEq(usdc.balanceOf(RECEIVER), 600);
    }

    function test_rule3_aClaimAboveTheCeilingReverts() public {
        usePeriods();
        deposit(config, 1000);
        assertReverts(
            RECEIVER,
            abi.encodeCall(escrow.claim, (rows(row(config, 101)))),
            abi.encodeWithSelector(ISessionKeyValidator.ClaimExceedsCeiling.selector, keyId, 101, 100)
        );
    }

    function test_rule3_aRowAboveTheCeilingIsPaidAsFarAsItGoes() public {
        usePeriods();
        deposit(config, 1000);
        assertOutcome(settleBatch(row(config, 101)), IStreamChannelEscrow.RowOutcome.Claimed);
        assertEq(usdc.balanceOf(RECEIVER), 100);
    }

    // ------------------------------------------------------------------ 4: stopping must not steal

    function test_rule4_aFreezeStopsServiceAtOnce() public {
        freeze(keyId);
        assertNoService();
    }

    function test_rule4_aRevocationStopsServiceAtOnce() public {
        revoke(keyId);
        assertNoService();
    }

    function test_rule4_anExpiryStopsServiceAtOnce() public {
        vm.warp(EXPIRY);
        assertNoService();
    }

    function test_rule4_aFreezeBitesTheDelayLater() public {
        deposit(config, 100);
        freeze(keyId);
        assertBitesAt(START + DELAY);
    }

    function test_rule4_aRevocationBitesTheDelayLater() public {
        deposit(config, 100);
        revoke(keyId);
        assertBitesAt(START + DELAY);
    }

    function test_rule4_anExpiryBitesTheDelayLater() public {
        deposit(config, 100);
        assertBitesAt(EXPIRY + DELAY);
    }

    function test_rule4_theDelayIsTheChannelsOwn() public {
        deposit(config, 100);
        config.withdrawDelay = 15 minutes;
        deposit(config, 100);
        freeze(keyId);
        vm.warp(START + 15 minutes);
        assertClaimIsOver();
        config.withdrawDelay = DELAY;
        claim(row(config, 1));
    }

    function test_rule4_theLatestExpiryBitesTheDelayLaterToo() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = termsOf(1);
        terms_.expiry = type(uint40).max;
        keyId = register(terms_);
        config = governed(keyId);
        deposit(config, 100);
        assertBitesAt(uint256(type(uint40).max) + DELAY);
    }

    function test_rule4_theEarliestStopCounts() public {
        deposit(config, 100);
        freeze(keyId);
        vm.warp(START + DELAY - 1);
        revoke(keyId);
        assertBitesAt(START + DELAY);
    }

    function test_rule4_aPayerWhoStopsTheKeyStillPays() public {
        deposit(config, 100);
        IChannels.VoucherClaim memory consumed = row(config, 100);
        initiate(config, 100);
        freeze(keyId);
        revoke(keyId);
        vm.warp(START + DELAY - 1);
        settleBatch(consumed);
        vm.warp(START + DELAY);
        finalize(config);
        assertEq(usdc.balanceOf(RECEIVER), 100);
        assertEq(usdc.balanceOf(payer), FUNDS - 100);
    }

    function test_rule4_anUnfreezeClearsAFreeze() public {
        deposit(config, 100);
        freeze(keyId);
        vm.warp(START + DELAY);
        unfreeze(keyId);
        claim(row(config, 100));
        deposit(config, 1);
    }

    function test_rule4_anUnfreezeLeavesARevocation() public {
        freeze(keyId);
        revoke(keyId);
        unfreeze(keyId);
        assertNoService();
    }

    function test_rule4_anUnfreezeLeavesAnExpiry() public {
        freeze(keyId);
        vm.warp(EXPIRY);
        unfreeze(keyId);
        assertNoService();
    }

    function test_rule4_aRevocationIsFinal() public {
        revoke(keyId);
        bytes memory final_ = abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId);
        assertReverts(payer, abi.encodeCall(escrow.freezeKey, (keyId)), final_);
        assertReverts(payer, abi.encodeCall(escrow.revokeKey, (keyId)), final_);
        assertReverts(payer, abi.encodeCall(escrow.rotateKey, (keyId, termsOf(1), 0)), final_);
        assertReverts(
            payer,
            abi.encodeCall(escrow.unfreezeKey, (keyId)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyNotFrozen.selector, keyId)
        );
        assertReverts(
            payer,
            abi.encodeCall(escrow.registerKey, (termsOf(0))),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, keyId)
        );
    }

    // ------------------------------------------------------------------ 5: rotation

    function test_rule5_aRotationRegistersTheNewTermsAsSigned() public {
        bytes memory signature = signed(PAYER_KEY, rotateHash(keyId, termsOf(1), 0, 1, NEVER));
        vm.prank(RELAYER);
        bytes32 newKeyId = escrow.rotateKeyWithSignature(keyId, termsOf(1), 0, 1, NEVER, signature);
        assertEq(newKeyId, keyIdOf(termsOf(1)));
        assertEq(stoppedAt(newKeyId), EXPIRY);
        assertEq(stoppedAt(keyId), START);
    }

    function test_rule5_aRotationRevertsWhenMoreWasDepositedThanSigned() public {
        bytes memory signature = signed(PAYER_KEY, rotateHash(keyId, termsOf(1), 6, 1, NEVER));
        deposit(config, 7);
        assertReverts(
            RELAYER,
            abi.encodeCall(escrow.rotateKeyWithSignature, (keyId, termsOf(1), 6, 1, NEVER, signature)),
            abi.encodeWithSelector(ISessionKeyValidator.UsageAboveMaximum.selector, keyId, 7, 6)
        );
    }

    function test_rule5_aSecondChannelOpensWhileTheFirstDrains() public {
        deposit(config, 100);
        bytes32 newKeyId = rotate(keyId, termsOf(1));
        deposit(governed(newKeyId), 100);
        settleBatch(rows(row(config, 60), row(governed(newKeyId), 40)));
        assertEq(usdc.balanceOf(RECEIVER), 100);
    }

    function test_rule5_theOldKeyTakesNoMoreMoney() public {
        rotate(keyId, termsOf(1));
        assertDepositReverts(stoppedError(START));
    }

    function test_rule5_theOldRestIsRefunded() public {
        deposit(config, 100);
        rotate(keyId, termsOf(1));
        settleBatch(row(config, 60));
        vm.prank(RECEIVER);
        escrow.refund(config, 40);
        assertEq(usdc.balanceOf(payer), FUNDS - 60);
        assertEq(escrow.usage(keyId), 60);
    }

    // ------------------------------------------------------------------ 6: what no contract can see

    function test_rule6_aPaymentAboveTheMaximumIsClaimed() public {
        deposit(config, CAP);
        settleBatch(row(config, termsOf(0).perPaymentMax + 1));
        assertEq(usdc.balanceOf(RECEIVER), termsOf(0).perPaymentMax + 1);
    }

    function test_rule6_theMaximumIsNotStored() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = termsOf(0);
        terms_.perPaymentMax += 1;
        assertKey(register(terms_), escrow.getKey(keyId));
    }

    function test_rule6_theKeyIdBindsTheMaximum() public view {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = termsOf(0);
        terms_.perPaymentMax += 1;
        assertTrue(escrow.getKeyId(terms_) != keyId);
    }

    function test_rule6_paymentsMayBeAsFrequentAsBlocks() public {
        deposit(config, 100);
        settleBatch(row(config, 1));
        settleBatch(row(config, 2));
        assertEq(usdc.balanceOf(RECEIVER), 2);
    }

    /// @dev With the tag before the first 28 bytes.
    function _tagged(bytes32 salt) private pure returns (bytes32) {
        return bytes32(uint256(0x50425354) << 224) | (salt >> 32);
    }
}
