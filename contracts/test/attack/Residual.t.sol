// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";

/// @notice What the contract alone does not prevent. Beside every gain stands the way of not giving it.
///
/// | attack | gain | against it |
/// |---|---|---|
/// | consume while a signed refund is out | the signed amount | serve nobody meanwhile, or refund a unit |
/// | stolen session key and a payee, after the stop | the channel, up to its ceiling | small deposits, known payees |
/// | claim a unit in front of the payer's request for all | a failed transaction | ask for what no voucher covers |
/// | ask anew in the second of a signed cancel | one more cancel | ask a second later |
contract ResidualTest is AttackBase {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    // ------------------------------------------------------------------ consume under a signed refund

    function test_refundWithSignature_heldWhileConsuming() public {
        bytes memory held = signRefund(channelId, 0, 600);
        IChannels.VoucherClaim memory earned = row(config, 900);
        uint256[] memory before = purses();
        escrow.refundWithSignature(config, 600, 0, held);
        settleBatch(earned);
        assertPaid(before, 400, 600);
    }

    function test_refundWithSignature_heldButMadeWorthless() public {
        bytes memory held = signRefund(channelId, 0, 600);
        uint256[] memory before = purses();
        refund(config, 1);
        settleBatch(row(config, 900));
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (config, 600, 0, held)),
            abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0)
        );
        assertPaid(before, 900, 1);
    }

    // ------------------------------------------------------------------ after a stop

    /// @dev A voucher bears no date, so the grace that protects an honest receiver serves a dishonest one. The periods
    /// that begin in it count too: 25 of 10 at the end of a day, where 1 had begun at the stop.
    function test_claim_vouchersMadeAfterTheStop() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        (terms_.periodAmount, terms_.periodDuration) = (10, 1 hours);
        bytes32 keyId = register(terms_);
        IChannels.ChannelConfig memory governed_ = governed(keyId);
        deposit(governed_, 1000);
        freeze(keyId);
        uint256[] memory before = purses();
        IChannels.VoucherClaim memory stolen = row(governed_, 1000);
        settleBatch(stolen);
        assertPaid(before, 10, 0);
        vm.warp(START + DELAY - 1);
        settleBatch(stolen);
        assertPaid(before, 240, 0);
        vm.warp(START + DELAY);
        assertOutcome(settleBatch(stolen), IStreamChannelEscrow.RowOutcome.KeyStopped);
        assertPaid(before, 240, 0);
    }

    // ------------------------------------------------------------------ nuisances

    function test_initiateWithdraw_claimedInFrontOf() public gainsNothing {
        claim(row(config, 400, 1, SESSION_KEY));
        assertRefused(
            payer,
            abi.encodeCall(escrow.initiateWithdraw, (config, 1000)),
            abi.encodeWithSelector(IChannels.WithdrawExceedsAvailable.selector, 1000, 999)
        );
        // No voucher covers these: nobody can claim in front of them.
        claim(row(config, 400, 400, SESSION_KEY));
        initiateWithdraw(config, 600);
    }

    function test_cancelWithdrawWithSignature_againInTheSameSecond() public {
        initiateWithdraw(config, 1000);
        bytes memory signature = signCancel(channelId, uint40(START));
        escrow.cancelWithdrawWithSignature(config, uint40(START), signature);
        initiateWithdraw(config, 1000);
        escrow.cancelWithdrawWithSignature(config, uint40(START), signature);
        assertEq(pendingSince(channelId), 0);

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
}
