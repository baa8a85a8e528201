// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";

/// @notice A payer consumes and races the receiver for the money.
///
/// | attack | outcome |
/// |---|---|
/// | ask for the money back, consume, wait | the receiver has the whole delay to claim |
/// | finalise in the block before the batch | that row is skipped; all others are paid |
/// | finalise a part before the batch | the row is paid as far as the money goes |
/// | hold a finished request ready and go on consuming | no deposit meanwhile; it lapses at twice the delay |
/// | renew a request while it stands, to be always ready | refused; after a cancel the delay starts anew |
/// | finalise a second early, twice, or after the lapse | refused |
/// | top up after the lapse and finalise the old request | refused: the deposit has removed it |
/// | empty the channel, open it again, show old vouchers and refunds | totals and nonces go on; nothing is paid twice |
/// | empty the channel by refunds, open it again, finalise the old request | refused: it went with the money |
/// | be refunded and finalise as well | the request shrinks by the refund |
/// | finalise first, then use a refund that was signed before | refused: the withdrawal has spent its nonce |
/// | ask for claimed money, or for another channel's | refused |
/// | keep a signed cancel and use it on a later request | refused: it names the second of the request |
contract WithdrawRaceTest is AttackBase {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    // ------------------------------------------------------------------ before the claim

    function test_initiateWithdraw_thenConsume() public {
        uint256[] memory before = purses();
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY - 1);
        settleBatch(row(config, 700));
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        assertPaid(before, 700, 300);
    }

    function test_finalizeWithdraw_blockedUntilTheReceiverHadTheDelay() public gainsNothing {
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY - 1);
        assertRefused(
            payer,
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeWithSelector(IChannels.WithdrawDelayNotElapsed.selector, START + DELAY)
        );
    }

    /// @dev Whoever sleeps through the delay loses the row, and only the row.
    function test_finalizeWithdraw_rightBeforeTheBatch() public {
        IChannels.ChannelConfig memory honest = channel(2);
        deposit(honest, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 700), row(honest, 400));
        uint256[] memory before = purses();
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        bytes memory outcomes = settleBatch(batch);
        assertOutcome(IStreamChannelEscrow.RowOutcome(uint8(outcomes[0])), IStreamChannelEscrow.RowOutcome.Unfunded);
        assertOutcome(IStreamChannelEscrow.RowOutcome(uint8(outcomes[1])), IStreamChannelEscrow.RowOutcome.Claimed);
        assertPaid(before, 400, 1000);
    }

    function test_finalizeWithdraw_aPartRightBeforeTheBatch() public {
        IChannels.VoucherClaim memory one = row(config, 700);
        uint256[] memory before = purses();
        initiateWithdraw(config, 600);
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.Claimed);
        assertPaid(before, 400, 600);
        assertChannel(channelId, 400, 400);
    }

    function test_finalizeWithdraw_rightAfterTheBatch() public {
        uint256[] memory before = purses();
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY);
        settleBatch(row(config, 1000));
        finalizeWithdraw(config);
        assertPaid(before, 1000, 0);
    }

    // ------------------------------------------------------------------ ready and waiting

    function test_deposit_whileARequestIsHeldReady() public gainsNothing {
        initiateWithdraw(config, 1000);
        uint256[2] memory times = [START, START + 2 * DELAY - 1];
        for (uint256 i = 0; i < times.length; ++i) {
            vm.warp(times[i]);
            assertRefused(
                RELAYER,
                abi.encodeCall(escrow.deposit, (config, 1, address(escrow), consent(channelId, 1))),
                abi.encodeWithSelector(IStreamChannelEscrow.WithdrawPending.selector, channelId)
            );
        }
    }

    function test_finalizeWithdraw_afterTheLapse() public gainsNothing {
        initiateWithdraw(config, 1000);
        vm.warp(START + 2 * DELAY);
        assertRefused(
            payer,
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId)
        );
    }

    function test_finalizeWithdraw_inTheLastSecondBeforeTheLapse() public {
        uint256[] memory before = purses();
        settleBatch(row(config, 700));
        initiateWithdraw(config, 300);
        vm.warp(START + 2 * DELAY - 1);
        finalizeWithdraw(config);
        assertPaid(before, 700, 300);
    }

    function test_initiateWithdraw_renewedWhileItStands() public gainsNothing {
        initiateWithdraw(config, 1000);
        vm.warp(START + 2 * DELAY - 1);
        assertRefused(
            payer,
            abi.encodeCall(escrow.initiateWithdraw, (config, 1000)),
            abi.encodeWithSelector(IChannels.WithdrawAlreadyPending.selector, channelId)
        );
    }

    function test_initiateWithdraw_renewedAfterACancel() public {
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.cancelWithdraw(config);
        initiateWithdraw(config, 1000);
        uint256[] memory before = purses();
        assertRefused(
            payer,
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeWithSelector(IChannels.WithdrawDelayNotElapsed.selector, START + 2 * DELAY)
        );
        settleBatch(row(config, 1000));
        assertPaid(before, 1000, 0);
    }

    function test_initiateWithdraw_renewedAfterTheLapse() public {
        initiateWithdraw(config, 1000);
        vm.warp(START + 2 * DELAY);
        initiateWithdraw(config, 1000);
        uint256[] memory before = purses();
        assertRefused(
            payer,
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeWithSelector(IChannels.WithdrawDelayNotElapsed.selector, START + 3 * DELAY)
        );
        assertPaid(before, 0, 0);
    }

    function test_finalizeWithdraw_oldRequestAfterATopUp() public {
        initiateWithdraw(config, 1000);
        vm.warp(START + 2 * DELAY);
        deposit(config, 500);
        uint256[] memory before = purses();
        assertRefused(
            payer,
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId)
        );
        assertPaid(before, 0, 0);
        assertEq(pendingSince(channelId), 0);
    }

    // ------------------------------------------------------------------ twice

    function test_finalizeWithdraw_twice() public {
        uint256[] memory before = purses();
        initiateWithdraw(config, 400);
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        assertRefused(
            payer,
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId)
        );
        assertPaid(before, 0, 400);
    }

    function test_finalizeWithdraw_afterARefundOfTheSameMoney() public {
        uint256[] memory before = purses();
        initiateWithdraw(config, 600);
        refund(config, 600);
        vm.warp(START + DELAY);
        assertRefused(
            payer,
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId)
        );
        settleBatch(row(config, 400));
        assertPaid(before, 400, 600);
    }

    function test_finalizeWithdraw_afterARefundOfAPart() public {
        uint256[] memory before = purses();
        initiateWithdraw(config, 600);
        refund(config, 200);
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        settleBatch(row(config, 400));
        assertPaid(before, 400, 600);
    }

    /// @dev A deposit into an empty channel does not look for a request: there must be none, standing or lapsed.
    function test_finalizeWithdraw_oldRequestAfterTheChannelWasEmptied() public {
        for (uint256 lapsed = 0; lapsed < 2; ++lapsed) {
            initiateWithdraw(config, 600);
            if (lapsed == 1) vm.warp(block.timestamp + 2 * DELAY);
            refund(config, 300);
            refund(config, 300);
            refund(config, type(uint128).max);
            assertChannel(channelId, 0, 0);
            deposit(config, 1000);
            uint256[] memory before = purses();
            vm.warp(block.timestamp + DELAY);
            assertRefused(
                payer,
                abi.encodeCall(escrow.finalizeWithdraw, (config)),
                abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId)
            );
            assertPaid(before, 0, 0);
        }
    }

    function test_initiateWithdraw_forClaimedMoney() public gainsNothing {
        claim(row(config, 700));
        assertRefused(
            payer,
            abi.encodeCall(escrow.initiateWithdraw, (config, 301)),
            abi.encodeWithSelector(IChannels.WithdrawExceedsAvailable.selector, 301, 300)
        );
    }

    function test_finalizeWithdraw_leavesOtherChannelsAlone() public {
        IChannels.ChannelConfig memory other = channel(2);
        bytes32 otherId = deposit(other, 1000);
        uint256[] memory before = purses();
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        assertPaid(before, 0, 1000);
        assertChannel(otherId, 1000, 0);
        settleBatch(row(other, 1000));
        assertPaid(before, 1000, 1000);
    }

    // ------------------------------------------------------------------ reopened

    function test_claim_oldVouchersAfterReopening() public {
        IChannels.VoucherClaim memory old = row(config, 400);
        settleBatch(old);
        initiateWithdraw(config, 600);
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        deposit(config, 1000);

        uint256[] memory before = purses();
        assertOutcome(settleBatch(old), IStreamChannelEscrow.RowOutcome.NothingNew);
        vm.prank(RECEIVER);
        escrow.claim(rows(old));
        escrow.settle(RECEIVER, address(usdc));
        assertPaid(before, 0, 0);
        assertChannel(channelId, 1400, 400);
    }

    function test_refundWithSignature_oldOneAfterReopening() public {
        bytes memory old = signRefund(channelId, 0, 1000);
        escrow.refundWithSignature(config, 1000, 0, old);
        deposit(config, 1000);
        uint256[] memory before = purses();
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (config, 1000, 0, old)),
            abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0)
        );
        assertPaid(before, 0, 0);
    }

    // ------------------------------------------------------------------ signed cancels

    function test_cancelWithdrawWithSignature_onALaterRequest() public {
        initiateWithdraw(config, 1000);
        bytes memory signature = signCancel(channelId, uint40(START));
        escrow.cancelWithdrawWithSignature(config, uint40(START), signature);
        vm.warp(START + 1);
        initiateWithdraw(config, 1000);

        assertRefused(
            RECEIVER,
            abi.encodeCall(escrow.cancelWithdrawWithSignature, (config, uint40(START), signature)),
            abi.encodeWithSelector(IStreamChannelEscrow.InitiatedAtMismatch.selector, START + 1, START)
        );
        uint256[] memory before = purses();
        vm.warp(START + 1 + DELAY);
        finalizeWithdraw(config);
        assertPaid(before, 0, 1000);
    }

    function test_cancelWithdrawWithSignature_withheldUntilALaterRequest() public gainsNothing {
        initiateWithdraw(config, 1000);
        bytes memory signature = signCancel(channelId, uint40(START));
        vm.warp(START + 2 * DELAY);
        initiateWithdraw(config, 1000);
        uint40 since = uint40(START + 2 * DELAY);
        assertRefused(
            RECEIVER,
            abi.encodeCall(escrow.cancelWithdrawWithSignature, (config, uint40(START), signature)),
            abi.encodeWithSelector(IStreamChannelEscrow.InitiatedAtMismatch.selector, since, START)
        );
        assertEq(pendingSince(channelId), since);
    }

    /// @dev A signature for the zero that stands where no request is cancels nothing.
    function test_cancelWithdrawWithSignature_ofNoRequest() public gainsNothing {
        bytes memory signature = signCancel(channelId, 0);
        assertRefused(
            RECEIVER,
            abi.encodeCall(escrow.cancelWithdrawWithSignature, (config, 0, signature)),
            abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId)
        );
    }

    // ------------------------------------------------------------------ refund after a withdrawal

    /// @dev 400 are earned, so a refund of 600 was signed; the payer's request for 600 was ready. Both would be 1000.
    function test_refundWithSignature_signedBeforeAWithdrawalWentThrough() public {
        initiateWithdraw(config, 600);
        vm.warp(START + DELAY);
        bytes memory signature = signRefund(channelId, 0, 600);
        IChannels.VoucherClaim memory earned = row(config, 400);
        uint256[] memory before = purses();
        finalizeWithdraw(config);
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (config, 600, 0, signature)),
            abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0)
        );
        assertOutcome(settleBatch(earned), IStreamChannelEscrow.RowOutcome.Claimed);
        assertPaid(before, 400, 600);
    }
}
