// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {Vm} from "../support/TestBase.sol";
import {EscrowFeeToken} from "../support/tokens/EscrowFeeToken.sol";
import {TestWallet} from "../key/TestWallet.sol";
import {RulesFixture} from "./RulesFixture.sol";

/// @notice The rules of the escrow, each clause with the tests that are named after it.
/// @dev Tests are named `test_rule<number>_<name>` or `testFuzz_rule<number>_<name>`.
///
/// | rule | clause | name |
/// |---|---|---|
/// | 1 | money leaves only to the bound receiver | `claimedMoneyGoesToTheReceiver` |
/// | 1 | up to a signed voucher | `noMoreThanTheVoucherIsClaimed` |
/// | 1 | within the deposit | `noMoreThanTheDepositIsClaimed` |
/// | 1 | or back to the payer | `refundedMoneyGoesToThePayer` |
/// | 1 | | `withdrawnMoneyGoesToThePayer` |
/// | 1 | claims carry `totalClaimed` | `aClaimCarriesItsTotal` |
/// | 1 | authorised by the receiver | `theReceiverClaims` |
/// | 1 | or by one `ClaimBatch` signature | `oneSignatureOfTheAuthorizerClaims` |
/// | 1 | | `noOtherSignatureClaims` |
/// | 1 | only `settle` is open to all | `settleIsOpenToAll` |
/// | 1 | | `nothingElseIsOpenToAll` |
/// | 1 | the gas key can only delay | `theGasKeyCannotChangeARow` |
/// | 1 | | `theGasKeyCannotLeaveARowOut` |
/// | 1 | | `theGasKeyCannotSendTheMoneyElsewhere` |
/// | 1 | a stolen authorizer takes at most what was accepted | `aStolenAuthorizerTakesNoMoreThanTheHighestVoucher` |
/// | 1 | or refunds unclaimed money to the payer | `aStolenAuthorizerRefundsOnlyWhatIsUnclaimed` |
/// | 1 | the SDK keeps that room small | (the edge's work, not on chain) |
/// | 2 | a bad row is skipped, never a revert of the batch | `aRowWithNothingNewIsSkipped` |
/// | 2 | | `aRowAboveItsVoucherIsSkipped` |
/// | 2 | | `aRowWithoutMoneyIsSkipped` |
/// | 2 | | `aRowOfAStoppedKeyIsSkipped` |
/// | 2 | | `aRowAtItsCeilingIsSkipped` |
/// | 2 | | `aRowWithoutItsVoucherIsSkipped` |
/// | 2 | underfunded rows pay what is there | `anUnderfundedRowPaysWhatIsThere` |
/// | 2 | the canonical functions keep canonical behaviour | `aBadRowRevertsACanonicalClaim` |
/// | 3 | vouchers are ECDSA from `payerAuthorizer` only | `aVoucherOfAnotherKeyIsNone` |
/// | 3 | | `aContractCannotSignVouchers` |
/// | 3 | zero is refused at deposit | `aDepositWithoutAKeyReverts` |
/// | 3 | no validator can be turned off after consuming | `aPayerWhoDelegatesStillPays` |
/// | 4 | only the payer opens a withdrawal | `onlyThePayerOpens` |
/// | 4 | finalises it | `onlyThePayerFinalises` |
/// | 4 | or cancels it | `onlyThePayerCancels` |
/// | 4 | | `onlyThePayerSignsACancel` |
/// | 4 | a signed cancel names `initiatedAt` | `aSignedCancelNamesTheRequest` |
/// | 4 | while one is pending, deposits revert | `noDepositWhileOneIsPending` |
/// | 4 | it lapses at twice the delay | `itLapsesAtTwiceTheDelay` |
/// | 4 | | `depositsGoOnOnceItLapsed` |
/// | 4 | totals never reset: reopening cannot replay | `reopeningCannotReplay` |
/// | 4 | service stops while one is pending | (the edge's work, not on chain) |
/// | 5 | by EIP-3009 with the escrow itself as `to` | `theEscrowIsThePayeeOfTheConsent` |
/// | 5 | | `thereIsNoOtherCollector` |
/// | 5 | the nonce binds the channel | `theConsentIsForOneChannel` |
/// | 5 | a balance-difference check, no fee on transfer | `aTokenWithAFeeIsRefused` |
/// | 5 | one event on a first deposit | `aFirstDepositIsOneEvent` |
/// | 6 | a row is 160 bytes | `aRowIsOneHundredAndSixtyBytes` |
/// | 6 | | `anyOtherLengthReverts` |
/// | 6 | the signature is over skipped rows too | `theSignatureIsOverSkippedRowsToo` |
/// | 6 | only a bad batch signature reverts | `aBatchOfBadRowsStands` |
/// | 6 | | `aBadBatchSignatureReverts` |
/// | 6 | one token transfer; `Claimed` with the new total | `oneTransferAndOneClaimedARow` |
/// | 6 | one channel slot a row | `aPlainRowIsOneSlot` |
/// | 6 | for governed rows one more word | `aGovernedRowIsOneMoreWord` |
/// | 7 | 1 day on public networks | `aDayIsAccepted` |
/// | 7 | | `thirtyDaysIsTheLongest` |
/// | 7 | 15 minutes locally | `fifteenMinutesIsTheShortest` |
contract EscrowRulesTest is RulesFixture {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    // ------------------------------------------------------------------ 1: powers

    function test_rule1_claimedMoneyGoesToTheReceiver() public {
        settleBatch(row(config, 30));
        assertEq(usdc.balanceOf(RECEIVER), 30);
        assertEq(usdc.balanceOf(RELAYER), 0);
    }

    function test_rule1_noMoreThanTheVoucherIsClaimed() public {
        assertReverts(
            RECEIVER,
            abi.encodeCall(escrow.claim, (rows(row(config, 30, 31, SESSION_KEY)))),
            abi.encodeWithSelector(IChannels.ClaimExceedsVoucher.selector, channelId, 31, 30)
        );
    }

    function test_rule1_noMoreThanTheDepositIsClaimed() public {
        assertReverts(
            RECEIVER,
            abi.encodeCall(escrow.claim, (rows(row(config, 1001)))),
            abi.encodeWithSelector(IChannels.ClaimExceedsBalance.selector, channelId, 1001, 1000)
        );
    }

    function test_rule1_refundedMoneyGoesToThePayer() public {
        vm.prank(RECEIVER);
        escrow.refund(config, 30);
        assertEq(usdc.balanceOf(payer), FUNDS - 970);
    }

    function test_rule1_withdrawnMoneyGoesToThePayer() public {
        initiate(config, 30);
        vm.warp(START + DELAY);
        finalize(config);
        assertEq(usdc.balanceOf(payer), FUNDS - 970);
    }

    function test_rule1_aClaimCarriesItsTotal() public {
        claim(row(config, 30, 20, SESSION_KEY));
        assertChannel(channelId, 1000, 20);
    }

    function test_rule1_theReceiverClaims() public {
        claim(row(config, 30));
        assertChannel(channelId, 1000, 30);
    }

    function test_rule1_oneSignatureOfTheAuthorizerClaims() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 30));
        escrow.claimWithSignature(batch, authorized(batch));
        assertChannel(channelId, 1000, 30);
    }

    function test_rule1_noOtherSignatureClaims() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 30));
        uint256[3] memory others = [PAYER_KEY, SESSION_KEY, STRANGER_KEY];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory signature = sign(others[i], escrow.getClaimBatchDigest(batch));
            assertReverts(RELAYER, abi.encodeCall(escrow.claimWithSignature, (batch, signature)), REFUSED);
            assertReverts(RELAYER, abi.encodeCall(escrow.settleBatch, (terms(), pack(batch), signature)), REFUSED);
        }
    }

    function test_rule1_settleIsOpenToAll() public {
        claim(row(config, 30));
        vm.prank(stranger);
        escrow.settle(RECEIVER, address(usdc));
        assertEq(usdc.balanceOf(RECEIVER), 30);
    }

    function test_rule1_nothingElseIsOpenToAll() public {
        bytes memory notPayer = abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, stranger);
        bytes memory notReceiver = abi.encodeWithSelector(IChannels.NotReceiverSide.selector, stranger);
        assertReverts(stranger, abi.encodeCall(escrow.claim, (rows(row(config, 1)))), notReceiver);
        assertReverts(stranger, abi.encodeCall(escrow.refund, (config, 1)), notReceiver);
        assertReverts(stranger, abi.encodeCall(escrow.initiateWithdraw, (config, 1)), notPayer);
        assertReverts(stranger, abi.encodeCall(escrow.finalizeWithdraw, (config)), notPayer);
        assertReverts(stranger, abi.encodeCall(escrow.cancelWithdraw, (config)), notPayer);
    }

    function test_rule1_theGasKeyCannotChangeARow() public {
        bytes memory signature = authorized(rows(row(config, 30, 20, SESSION_KEY)));
        bytes memory other = pack(rows(row(config, 30, 21, SESSION_KEY)));
        assertReverts(RELAYER, abi.encodeCall(escrow.settleBatch, (terms(), other, signature)), REFUSED);
    }

    function test_rule1_theGasKeyCannotLeaveARowOut() public {
        deposit(channel(2), 1000);
        IChannels.VoucherClaim[] memory both = rows(row(config, 30), row(channel(2), 40));
        bytes memory signature = authorized(both);
        bytes memory one = pack(rows(row(config, 30)));
        assertReverts(RELAYER, abi.encodeCall(escrow.settleBatch, (terms(), one, signature)), REFUSED);
    }

    function test_rule1_theGasKeyCannotSendTheMoneyElsewhere() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 30));
        bytes memory signature = authorized(batch);
        IStreamChannelEscrow.BatchTerms memory elsewhere = terms();
        elsewhere.receiver = RELAYER;
        assertReverts(RELAYER, abi.encodeCall(escrow.settleBatch, (elsewhere, pack(batch), signature)), REFUSED);
    }

    function test_rule1_aStolenAuthorizerTakesNoMoreThanTheHighestVoucher() public {
        IChannels.VoucherClaim memory highest = row(config, 30, 30, SESSION_KEY);
        highest.totalClaimed = 31;
        assertOutcome(settleBatch(highest), IStreamChannelEscrow.RowOutcome.ExceedsVoucher);
        highest.voucher.maxClaimableAmount = 31;
        assertOutcome(settleBatch(highest), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
        assertOutcome(settleBatch(row(config, 30)), IStreamChannelEscrow.RowOutcome.Claimed);
        assertEq(usdc.balanceOf(RECEIVER), 30);
    }

    function test_rule1_aStolenAuthorizerRefundsOnlyWhatIsUnclaimed() public {
        claim(row(config, 30));
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getRefundDigest(channelId, 0, 1000));
        escrow.refundWithSignature(config, 1000, 0, signature);
        assertChannel(channelId, 30, 30);
        assertEq(usdc.balanceOf(payer), FUNDS - 30);
    }

    // ------------------------------------------------------------------ 2: a bad row never blocks a batch

    function test_rule2_aRowWithNothingNewIsSkipped() public {
        claim(row(config, 30));
        _assertSkipped(row(config, 30), IStreamChannelEscrow.RowOutcome.NothingNew);
    }

    function test_rule2_aRowAboveItsVoucherIsSkipped() public {
        _assertSkipped(row(config, 30, 31, SESSION_KEY), IStreamChannelEscrow.RowOutcome.ExceedsVoucher);
    }

    function test_rule2_aRowWithoutMoneyIsSkipped() public {
        _assertSkipped(row(channel(3), 30), IStreamChannelEscrow.RowOutcome.Unfunded);
    }

    function test_rule2_aRowOfAStoppedKeyIsSkipped() public {
        (bytes32 keyId, IChannels.ChannelConfig memory underKey) = governedChannel(100);
        revoke(keyId);
        vm.warp(START + DELAY);
        _assertSkipped(row(underKey, 30), IStreamChannelEscrow.RowOutcome.KeyStopped);
    }

    function test_rule2_aRowAtItsCeilingIsSkipped() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        (terms_.periodAmount, terms_.periodDuration) = (10, 1 hours);
        IChannels.ChannelConfig memory underKey = governed(register(terms_));
        deposit(underKey, 100);
        claim(row(underKey, 10));
        _assertSkipped(row(underKey, 11), IStreamChannelEscrow.RowOutcome.CeilingReached);
    }

    function test_rule2_aRowWithoutItsVoucherIsSkipped() public {
        _assertSkipped(row(config, 30, 30, STRANGER_KEY), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
    }

    function test_rule2_anUnderfundedRowPaysWhatIsThere() public {
        assertOutcome(settleBatch(row(config, 1001)), IStreamChannelEscrow.RowOutcome.Claimed);
        assertEq(usdc.balanceOf(RECEIVER), 1000);
    }

    function test_rule2_aBadRowRevertsACanonicalClaim() public {
        deposit(channel(2), 1000);
        IChannels.VoucherClaim[] memory both = rows(row(channel(2), 40), row(config, 30, 30, STRANGER_KEY));
        assertReverts(RECEIVER, abi.encodeCall(escrow.claim, (both)), REFUSED);
        assertChannel(escrow.getChannelId(channel(2)), 1000, 0);
    }

    // ------------------------------------------------------------------ 3: vouchers are of a plain key

    function test_rule3_aVoucherOfAnotherKeyIsNone() public {
        assertReverts(
            RECEIVER, abi.encodeCall(escrow.claim, (rows(row(config, 30, 30, PAYER_KEY)))), REFUSED
        );
    }

    function test_rule3_aContractCannotSignVouchers() public {
        TestWallet wallet = newWallet();
        wallet.setAnswer(TestWallet.Answer.Always);
        config.payerAuthorizer = address(wallet);
        deposit(config, 1000);
        assertReverts(RECEIVER, abi.encodeCall(escrow.claim, (rows(row(config, 30)))), REFUSED);
        assertOutcome(settleBatch(row(config, 30)), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
    }

    function test_rule3_aDepositWithoutAKeyReverts() public {
        config.payerAuthorizer = address(0);
        assertReverts(
            RELAYER, depositCall(config, 7), abi.encodeWithSelector(IChannels.ZeroAddress.selector)
        );
    }

    /// @dev The payer signs vouchers with its own key and then delegates to a contract that denies everything.
    function test_rule3_aPayerWhoDelegatesStillPays() public {
        config.payerAuthorizer = payer;
        deposit(config, 1000);
        IChannels.VoucherClaim memory consumed = row(config, 30, 30, PAYER_KEY);
        delegate(payer, STRANGER_KEY).setAnswer(TestWallet.Answer.Never);
        claim(row(config, 20, 20, PAYER_KEY));
        assertOutcome(settleBatch(consumed), IStreamChannelEscrow.RowOutcome.Claimed);
        assertEq(usdc.balanceOf(RECEIVER), 30);
    }

    // ------------------------------------------------------------------ 4: withdrawal

    function test_rule4_onlyThePayerOpens() public {
        _assertOnlyPayer(abi.encodeCall(escrow.initiateWithdraw, (config, 1)));
    }

    function test_rule4_onlyThePayerFinalises() public {
        initiate(config, 1);
        vm.warp(START + DELAY);
        _assertOnlyPayer(abi.encodeCall(escrow.finalizeWithdraw, (config)));
    }

    function test_rule4_onlyThePayerCancels() public {
        initiate(config, 1);
        _assertOnlyPayer(abi.encodeCall(escrow.cancelWithdraw, (config)));
    }

    function test_rule4_onlyThePayerSignsACancel() public {
        initiate(config, 1);
        bytes memory others = signed(SESSION_KEY, _cancelHash(START));
        bytes memory own = signed(PAYER_KEY, _cancelHash(START));
        assertReverts(
            RELAYER, abi.encodeCall(escrow.cancelWithdrawWithSignature, (config, uint40(START), others)), REFUSED
        );
        assertSucceeds(RELAYER, abi.encodeCall(escrow.cancelWithdrawWithSignature, (config, uint40(START), own)));
    }

    function test_rule4_aSignedCancelNamesTheRequest() public {
        initiate(config, 1);
        bytes memory withheld = signed(PAYER_KEY, _cancelHash(START));
        vm.prank(payer);
        escrow.cancelWithdraw(config);
        vm.warp(START + 5);
        initiate(config, 1);
        assertReverts(
            RELAYER,
            abi.encodeCall(escrow.cancelWithdrawWithSignature, (config, uint40(START), withheld)),
            abi.encodeWithSelector(IStreamChannelEscrow.InitiatedAtMismatch.selector, START + 5, START)
        );
        assertReverts(
            RELAYER, abi.encodeCall(escrow.cancelWithdrawWithSignature, (config, uint40(START + 5), withheld)), REFUSED
        );
    }

    function test_rule4_noDepositWhileOneIsPending() public {
        initiate(config, 1);
        vm.warp(START + 2 * DELAY - 1);
        assertReverts(
            RELAYER,
            depositCall(config, 7),
            abi.encodeWithSelector(IStreamChannelEscrow.WithdrawPending.selector, channelId)
        );
    }

    function test_rule4_itLapsesAtTwiceTheDelay() public {
        initiate(config, 1);
        vm.warp(START + 2 * DELAY);
        assertReverts(
            payer,
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId)
        );
    }

    function test_rule4_depositsGoOnOnceItLapsed() public {
        initiate(config, 1);
        vm.warp(START + 2 * DELAY);
        deposit(config, 7);
        assertChannel(channelId, 1007, 0);
    }

    function test_rule4_reopeningCannotReplay() public {
        IChannels.VoucherClaim memory old = row(config, 30);
        settleBatch(old);
        initiate(config, 970);
        vm.warp(START + DELAY);
        finalize(config);
        deposit(config, 1000);
        assertOutcome(settleBatch(old), IStreamChannelEscrow.RowOutcome.NothingNew);
        assertEq(usdc.balanceOf(RECEIVER), 30);
    }

    // ------------------------------------------------------------------ 5: deposits

    function test_rule5_theEscrowIsThePayeeOfTheConsent() public {
        vm.recordLogs();
        deposit(config, 7);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        assertEq(last.topics[0], IERC20.Transfer.selector);
        assertEq(last.topics[2], bytes32(uint256(uint160(address(escrow)))));
    }

    function test_rule5_thereIsNoOtherCollector() public {
        assertReverts(
            RELAYER,
            abi.encodeCall(escrow.deposit, (config, 7, stranger, consent(channelId, 7))),
            abi.encodeWithSelector(IStreamChannelEscrow.UnknownCollector.selector, stranger)
        );
    }

    function test_rule5_theConsentIsForOneChannel() public {
        bytes memory payersConsent = consent(channelId, 7);
        assertReverts(
            RELAYER, abi.encodeCall(escrow.deposit, (channel(2), 7, address(escrow), payersConsent)), REFUSED
        );
    }

    function test_rule5_aTokenWithAFeeIsRefused() public {
        EscrowFeeToken token = new EscrowFeeToken();
        token.mint(payer, 700);
        config.token = address(token);
        assertReverts(
            RELAYER, depositCall(config, 700), abi.encodeWithSelector(IChannels.DepositMismatch.selector, 700, 693)
        );
    }

    function test_rule5_aFirstDepositIsOneEvent() public {
        bytes memory data = depositCall(channel(2), 7);
        vm.recordLogs();
        assertSucceeds(RELAYER, data);
        assertEq(countOf(vm.getRecordedLogs(), address(escrow)), 1);
    }

    // ------------------------------------------------------------------ 6: packed settlement

    /// @dev payer 20, authorizer 20, salt 32, max 12, total 12, r 32, vs 32.
    function test_rule6_aRowIsOneHundredAndSixtyBytes() public {
        IChannels.VoucherClaim memory one = row(config, 30, 20, SESSION_KEY);
        (bytes32 r, bytes32 vs) = compact(one.signature);
        bytes memory packed = abi.encodePacked(payer, key, bytes32(uint256(1)), uint96(30), uint96(20), r, vs);
        assertEq(packed.length, 160);
        escrow.settleBatch(terms(), packed, authorized(rows(one)));
        assertChannel(channelId, 1000, 20);
    }

    function test_rule6_anyOtherLengthReverts() public {
        uint16[4] memory lengths = [0, 159, 161, 319];
        for (uint256 i = 0; i < 4; ++i) {
            assertReverts(
                RELAYER,
                abi.encodeCall(escrow.settleBatch, (terms(), new bytes(lengths[i]), "")),
                abi.encodeWithSelector(IStreamChannelEscrow.InvalidRows.selector, lengths[i])
            );
        }
    }

    function test_rule6_theSignatureIsOverSkippedRowsToo() public {
        IChannels.VoucherClaim[] memory both = rows(row(config, 30), row(channel(3), 40));
        bytes memory overOne = authorized(rows(row(config, 30)));
        assertReverts(RELAYER, abi.encodeCall(escrow.settleBatch, (terms(), pack(both), overOne)), REFUSED);
        settleBatch(both);
        assertChannel(channelId, 1000, 30);
    }

    function test_rule6_aBatchOfBadRowsStands() public {
        bytes memory outcomes = settleBatch(rows(row(channel(3), 30), row(config, 30, 30, STRANGER_KEY)));
        assertEq(outcomes.length, 2);
        assertEq(usdc.balanceOf(RECEIVER), 0);
    }

    function test_rule6_aBadBatchSignatureReverts() public {
        bytes memory packed = pack(rows(row(config, 30)));
        assertReverts(RELAYER, abi.encodeCall(escrow.settleBatch, (terms(), packed, new bytes(65))), REFUSED);
    }

    function test_rule6_oneTransferAndOneClaimedARow() public {
        bytes32 second = deposit(channel(2), 1000);
        IChannels.VoucherClaim[] memory both = rows(row(config, 30), row(channel(2), 40));
        bytes memory signature = authorized(both);
        vm.expectEmit(address(escrow));
        emit IChannels.Claimed(channelId, 30);
        vm.expectEmit(address(escrow));
        emit IChannels.Claimed(second, 40);
        vm.expectEmit(address(usdc));
        emit IERC20.Transfer(address(escrow), RECEIVER, 70);
        vm.recordLogs();
        escrow.settleBatch(terms(), pack(both), signature);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(countOf(logs, address(usdc)), 1);
        assertEq(countOf(logs, address(escrow)), 3);
    }

    function test_rule6_aPlainRowIsOneSlot() public {
        deposit(channel(2), 1000);
        uint256 one = distinct(settledWords(rows(row(config, 30))));
        assertEq(distinct(settledWords(rows(row(config, 40), row(channel(2), 40)))), one + 1);
    }

    function test_rule6_aGovernedRowIsOneMoreWord() public {
        (, IChannels.ChannelConfig memory underKey) = governedChannel(1000);
        uint256 plain = distinct(settledWords(rows(row(config, 30))));
        assertEq(distinct(settledWords(rows(row(underKey, 30)))), plain + 1);
    }

    // ------------------------------------------------------------------ 7: the delay

    function test_rule7_aDayIsAccepted() public {
        config.withdrawDelay = 1 days;
        assertSucceeds(RELAYER, depositCall(config, 7));
    }

    function test_rule7_fifteenMinutesIsTheShortest() public {
        config.withdrawDelay = 15 minutes;
        assertSucceeds(RELAYER, depositCall(config, 7));
        config.withdrawDelay = 15 minutes - 1;
        _assertDelayRefused();
    }

    function test_rule7_thirtyDaysIsTheLongest() public {
        config.withdrawDelay = 30 days;
        assertSucceeds(RELAYER, depositCall(config, 7));
        config.withdrawDelay = 30 days + 1;
        _assertDelayRefused();
    }

    // ------------------------------------------------------------------ helpers

    function _cancelHash(uint256 initiatedAt) private view returns (bytes32) {
        return keccak256(
            abi.encode(keccak256("CancelWithdraw(bytes32 channelId,uint40 initiatedAt)"), channelId, initiatedAt)
        );
    }

    /// @dev The row is skipped, and the one after it is paid.
    function _assertSkipped(IChannels.VoucherClaim memory bad, IStreamChannelEscrow.RowOutcome reason) private {
        deposit(channel(2), 1000);
        IChannels.VoucherClaim[] memory both = rows(bad, row(channel(2), 40));
        vm.expectEmit(address(escrow));
        emit IStreamChannelEscrow.ClaimSkipped(escrow.getChannelId(bad.voucher.channel), reason);
        bytes memory outcomes = settleBatch(both);
        assertOutcome(IStreamChannelEscrow.RowOutcome(uint8(outcomes[0])), reason);
        assertOutcome(IStreamChannelEscrow.RowOutcome(uint8(outcomes[1])), IStreamChannelEscrow.RowOutcome.Claimed);
        assertChannel(escrow.getChannelId(channel(2)), 1000, 40);
    }

    function _assertOnlyPayer(bytes memory data) private {
        address[4] memory others = [key, RECEIVER, authorizer, stranger];
        for (uint256 i = 0; i < 4; ++i) {
            assertReverts(
                others[i], data, abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, others[i])
            );
        }
        assertSucceeds(payer, data);
    }

    function _assertDelayRefused() private {
        assertReverts(
            RELAYER,
            depositCall(config, 7),
            abi.encodeWithSelector(IChannels.WithdrawDelayOutOfRange.selector, config.withdrawDelay)
        );
    }
}
