// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowFeeToken} from "../support/tokens/EscrowFeeToken.sol";
import {EscrowLyingToken} from "../support/tokens/EscrowLyingToken.sol";
import {EscrowMuteToken} from "../support/tokens/EscrowMuteToken.sol";
import {EscrowReentrantToken} from "../support/tokens/EscrowReentrantToken.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev Tokens that keep a fee, lie, call back or answer oddly.
contract EscrowDepositTokensTest is EscrowAsserts {
    bytes private constant CONSENT = abi.encode(uint256(0), uint256(0), uint256(0), bytes(""));

    // ------------------------------------------------------------------ only the difference counts

    function testFuzz_deposit_revertsForAFeeOnTransfer(uint128 amount) public {
        amount = uint128(bound(amount, 100, type(uint128).max));
        EscrowFeeToken token = new EscrowFeeToken();
        token.mint(payer, amount);
        vm.expectRevert(
            abi.encodeWithSelector(IChannels.DepositMismatch.selector, amount, uint256(amount) - amount / 100)
        );
        escrow.deposit(_config(address(token)), amount, address(escrow), CONSENT);
    }

    function testFuzz_deposit_revertsWhenAnotherAmountArrives(uint128 amount, uint128 arrives) public {
        vm.assume(amount != 0 && amount != arrives);
        EscrowLyingToken token = new EscrowLyingToken();
        token.setArrives(int256(uint256(arrives)));
        vm.expectRevert(abi.encodeWithSelector(IChannels.DepositMismatch.selector, amount, arrives));
        escrow.deposit(_config(address(token)), amount, address(escrow), CONSENT);
    }

    function test_deposit_revertsWhenMoneyGoesAway() public {
        EscrowLyingToken token = new EscrowLyingToken();
        token.mint(address(escrow), 1000);
        token.setArrives(-1);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        escrow.deposit(_config(address(token)), 100, address(escrow), CONSENT);
    }

    /// @dev What lies there already, from other channels or by mistake, is no deposit.
    function test_deposit_doesNotCountWhatWasThereBefore() public {
        EscrowLyingToken token = new EscrowLyingToken();
        token.mint(address(escrow), 100);
        vm.expectRevert(abi.encodeWithSelector(IChannels.DepositMismatch.selector, 100, 0));
        escrow.deposit(_config(address(token)), 100, address(escrow), CONSENT);
    }

    function test_deposit_countsTheDifference() public {
        EscrowLyingToken token = new EscrowLyingToken();
        token.mint(address(escrow), 1000);
        token.setArrives(100);
        escrow.deposit(_config(address(token)), 100, address(escrow), CONSENT);
        assertChannel(escrow.getChannelId(_config(address(token))), 100, 0);
    }

    // ------------------------------------------------------------------ calling back

    function test_deposit_cannotBeReentered() public {
        EscrowReentrantToken token = new EscrowReentrantToken();
        token.mint(payer, 1000);
        bytes[] memory callbacks = _callbacks(address(token));
        for (uint256 i = 0; i < callbacks.length; ++i) {
            token.arm(callbacks[i], false);
            vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            escrow.deposit(_config(address(token)), 100, address(escrow), CONSENT);
        }
    }

    /// @dev A token that hides the failure gains nothing by the attempt.
    function test_deposit_isUnmovedByAHiddenReentry() public {
        EscrowReentrantToken token = new EscrowReentrantToken();
        bytes[] memory callbacks = _callbacks(address(token));
        bytes32 channelId = escrow.getChannelId(_config(address(token)));
        for (uint256 i = 0; i < callbacks.length; ++i) {
            token.arm("", true);
            token.mint(payer, 100);
            token.arm(callbacks[i], true);
            escrow.deposit(_config(address(token)), 100, address(escrow), CONSENT);
            assertChannel(channelId, 100 * (i + 1), 0);
            assertEq(token.balanceOf(address(escrow)), 100 * (i + 1));
        }
    }

    function test_settle_cannotBeReentered() public {
        (EscrowReentrantToken token, IChannels.ChannelConfig memory config) = _funded();
        _claim(config, 400);
        bytes[] memory callbacks = _callbacks(address(token));
        for (uint256 i = 0; i < callbacks.length; ++i) {
            token.arm(callbacks[i], false);
            vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            escrow.settle(RECEIVER, address(token));
        }
    }

    function test_settleBatch_cannotBeReentered() public {
        (EscrowReentrantToken token, IChannels.ChannelConfig memory config) = _funded();
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400));
        bytes memory packed = pack(batch);
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        bytes[] memory callbacks = _callbacks(address(token));
        for (uint256 i = 0; i < callbacks.length; ++i) {
            token.arm(callbacks[i], false);
            vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            escrow.settleBatch(_terms(address(token)), packed, signature);
        }
    }

    /// @dev The totals stand before the token is called: hiding the failure pays once.
    function test_settle_paysOnceInAHiddenReentry() public {
        (EscrowReentrantToken token, IChannels.ChannelConfig memory config) = _funded();
        _claim(config, 400);
        token.arm(abi.encodeCall(escrow.settle, (RECEIVER, address(token))), true);
        escrow.settle(RECEIVER, address(token));
        assertEq(token.balanceOf(RECEIVER), 400);
        assertEq(token.balanceOf(address(escrow)), 600);
    }

    function test_refund_cannotBeReentered() public {
        (EscrowReentrantToken token, IChannels.ChannelConfig memory config) = _funded();
        bytes[] memory callbacks = _callbacks(address(token));
        for (uint256 i = 0; i < callbacks.length; ++i) {
            token.arm(callbacks[i], false);
            vm.prank(RECEIVER);
            vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            escrow.refund(config, 1);
        }
    }

    function test_finalizeWithdraw_cannotBeReentered() public {
        (EscrowReentrantToken token, IChannels.ChannelConfig memory config) = _funded();
        vm.prank(payer);
        escrow.initiateWithdraw(config, 400);
        vm.warp(START + DELAY);
        bytes[] memory callbacks = _callbacks(address(token));
        for (uint256 i = 0; i < callbacks.length; ++i) {
            token.arm(callbacks[i], false);
            vm.prank(payer);
            vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            escrow.finalizeWithdraw(config);
        }
    }

    // ------------------------------------------------------------------ odd answers to `transfer`

    function test_settle_acceptsATokenThatAnswersNothing() public {
        (EscrowMuteToken token, IChannels.ChannelConfig memory config) = _fundedMute();
        _claim(config, 400);
        escrow.settle(RECEIVER, address(token));
        vm.prank(RECEIVER);
        escrow.refund(config, 600);
        assertEq(token.balanceOf(RECEIVER), 400);
        assertEq(token.balanceOf(payer), 600);
    }

    function test_settle_revertsWhenTheTokenSaysNo() public {
        (EscrowMuteToken token, IChannels.ChannelConfig memory config) = _fundedMute();
        _claim(config, 400);
        token.setRefusing(true);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        escrow.settle(RECEIVER, address(token));
        (uint128 claimed, uint128 settled) = escrow.receivers(RECEIVER, address(token));
        assertEq(uint256(claimed), 400);
        assertEq(uint256(settled), 0);
    }

    function test_refund_revertsWhenTheTokenSaysNo() public {
        (EscrowMuteToken token, IChannels.ChannelConfig memory config) = _fundedMute();
        token.setRefusing(true);
        vm.prank(RECEIVER);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        escrow.refund(config, 1);
        assertChannel(escrow.getChannelId(config), 1000, 0);
    }

    function test_refund_ofNothingAsksNothingOfTheToken() public {
        (EscrowMuteToken token, IChannels.ChannelConfig memory config) = _fundedMute();
        _claim(config, 1000);
        token.setRefusing(true);
        vm.prank(RECEIVER);
        escrow.refund(config, 1);
        assertEq(escrow.refundNonce(escrow.getChannelId(config)), 1);
    }

    function test_finalizeWithdraw_ofNothingAsksNothingOfTheToken() public {
        (EscrowMuteToken token, IChannels.ChannelConfig memory config) = _fundedMute();
        vm.prank(payer);
        escrow.initiateWithdraw(config, 1000);
        _claim(config, 1000);
        token.setRefusing(true);
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.finalizeWithdraw(config);
        assertPending(escrow.getChannelId(config), 0, 0);
    }

    // ------------------------------------------------------------------ helpers

    function _config(address token) private view returns (IChannels.ChannelConfig memory config) {
        config = channel(1);
        config.token = token;
    }

    function _terms(address token) private view returns (IStreamChannelEscrow.BatchTerms memory terms_) {
        terms_ = terms();
        terms_.token = token;
    }

    function _claim(IChannels.ChannelConfig memory config, uint128 total) private {
        claim(row(config, total));
    }

    /// @dev A channel of 1000 of a token that will call back.
    function _funded() private returns (EscrowReentrantToken token, IChannels.ChannelConfig memory config) {
        token = new EscrowReentrantToken();
        token.mint(payer, 1000);
        config = _config(address(token));
        escrow.deposit(config, 1000, address(escrow), CONSENT);
    }

    function _fundedMute() private returns (EscrowMuteToken token, IChannels.ChannelConfig memory config) {
        token = new EscrowMuteToken();
        token.mint(payer, 1000);
        config = _config(address(token));
        escrow.deposit(config, 1000, address(escrow), CONSENT);
    }

    /// @dev A call of every function that moves or promises money, alone and in a multicall.
    function _callbacks(address token) private view returns (bytes[] memory calls) {
        IChannels.ChannelConfig memory config = _config(token);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 500));
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        bytes32 refundDigest = escrow.getRefundDigest(escrow.getChannelId(config), 0, 1);
        bytes[] memory inner = new bytes[](1);
        inner[0] = abi.encodeCall(escrow.settle, (RECEIVER, token));
        calls = new bytes[](10);
        calls[0] = abi.encodeCall(escrow.deposit, (config, 1, address(escrow), CONSENT));
        calls[1] = abi.encodeCall(escrow.claim, (batch));
        calls[2] = abi.encodeCall(escrow.claimWithSignature, (batch, signature));
        calls[3] = inner[0];
        calls[4] = abi.encodeCall(escrow.settleBatch, (_terms(token), pack(batch), signature));
        calls[5] = abi.encodeCall(escrow.initiateWithdraw, (config, 1));
        calls[6] = abi.encodeCall(escrow.finalizeWithdraw, (config));
        calls[7] = abi.encodeCall(escrow.refund, (config, 1));
        calls[8] = abi.encodeCall(escrow.refundWithSignature, (config, 1, 0, sign(AUTHORIZER_KEY, refundDigest)));
        calls[9] = abi.encodeCall(Multicall.multicall, (inner));
    }
}
