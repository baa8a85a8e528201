// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

contract EscrowFinalizeWithdrawTest is EscrowAsserts {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    function test_finalizeWithdraw_paysThePayer() public {
        _initiate(600);
        vm.warp(START + DELAY);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.WithdrawFinalized(channelId, 600);
        _finalize();
        assertEventCount(1);
        assertChannel(channelId, 400, 0);
        assertPending(channelId, 0, 0);
        assertMoney(FUNDS - 400, 400, 0);
    }

    function test_finalizeWithdraw_governedFreesTheKey() public {
        (bytes32 keyId, IChannels.ChannelConfig memory other) = governedChannel(500);
        vm.prank(payer);
        escrow.initiateWithdraw(other, 300);
        freeze(keyId);
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.finalizeWithdraw(other);
        assertEq(uint256(escrow.usage(keyId)), 200);
        assertChannel(escrow.getChannelId(other), 200, 0);
    }

    function test_finalizeWithdraw_spendsTheRefundNonce() public {
        _initiate(600);
        assertEq(escrow.refundNonce(channelId), 0);
        vm.warp(START + DELAY);
        _finalize();
        assertEq(escrow.refundNonce(channelId), 1);
    }

    /// @dev From the delay's end to twice the delay.
    function testFuzz_finalizeWithdraw_isPossibleInItsWindow(uint40 delay, uint40 later) public {
        delay = uint40(bound(delay, 15 minutes, 30 days));
        later = uint40(bound(later, 0, 3 * delay));
        IChannels.ChannelConfig memory other = channel(2);
        other.withdrawDelay = delay;
        bytes32 id = deposit(other, 1000);
        vm.prank(payer);
        escrow.initiateWithdraw(other, 600);
        vm.warp(START + later);
        if (later < delay) {
            vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawDelayNotElapsed.selector, START + delay));
        } else if (later >= 2 * delay) {
            vm.expectRevert(abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, id));
        }
        vm.prank(payer);
        escrow.finalizeWithdraw(other);
        assertChannel(id, later >= delay && later < 2 * delay ? 400 : 1000, 0);
    }

    function test_finalizeWithdraw_opensAndClosesToTheSecond() public {
        _initiate(600);
        vm.warp(START + DELAY - 1);
        _expectRevert(abi.encodeWithSelector(IChannels.WithdrawDelayNotElapsed.selector, START + DELAY));
        vm.warp(START + 2 * DELAY);
        _expectRevert(abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId));
        vm.warp(START + 2 * DELAY - 1);
        _finalize();
        assertChannel(channelId, 400, 0);
    }

    function testFuzz_finalizeWithdraw_leavesWhatWasClaimedMeanwhile(uint128 amount, uint128 claimed) public {
        amount = uint128(bound(amount, 1, 1000));
        claimed = uint128(bound(claimed, 1, 1000));
        _initiate(amount);
        claim(row(config, claimed));
        vm.warp(START + DELAY);
        uint128 returned = amount < 1000 - claimed ? amount : 1000 - claimed;
        vm.expectEmit(address(escrow));
        emit IChannels.WithdrawFinalized(channelId, returned);
        _finalize();
        assertChannel(channelId, 1000 - returned, claimed);
        assertMoney(FUNDS - 1000 + returned, 1000 - returned, 0);
    }

    function test_finalizeWithdraw_ofNothingEndsTheRequest() public {
        (bytes32 keyId, IChannels.ChannelConfig memory other) = governedChannel(500);
        bytes32 id = escrow.getChannelId(other);
        vm.prank(payer);
        escrow.initiateWithdraw(other, 500);
        claim(row(other, 500));
        vm.warp(START + DELAY);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.WithdrawFinalized(id, 0);
        vm.prank(payer);
        escrow.finalizeWithdraw(other);
        assertEventCount(1);
        assertPending(id, 0, 0);
        assertChannel(id, 500, 500);
        assertEq(uint256(escrow.usage(keyId)), 500);
    }

    function test_finalizeWithdraw_isSpentByUse() public {
        _initiate(300);
        vm.warp(START + DELAY);
        _finalize();
        _expectRevert(abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId));
    }

    function test_finalizeWithdraw_revertsWithoutARequest() public {
        _expectRevert(abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId));
    }

    function test_finalizeWithdraw_revertsForEveryOtherRole() public {
        _initiate(600);
        vm.warp(START + DELAY);
        address[5] memory callers = [key, RECEIVER, authorizer, freezer, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, callers[i]));
            escrow.finalizeWithdraw(config);
        }
    }

    /// @dev A refund meanwhile lowers the request: the same money does not go back twice.
    function testFuzz_finalizeWithdraw_paysWhatARefundLeft(uint128 amount, uint128 refunded) public {
        amount = uint128(bound(amount, 2, 1000));
        refunded = uint128(bound(refunded, 1, amount - 1));
        _initiate(amount);
        vm.prank(RECEIVER);
        escrow.refund(config, refunded);
        vm.warp(START + DELAY);
        _finalize();
        assertChannel(channelId, 1000 - amount, 0);
        assertMoney(FUNDS - 1000 + amount, 1000 - amount, 0);
    }

    function _initiate(uint128 amount) private {
        vm.prank(payer);
        escrow.initiateWithdraw(config, amount);
    }

    function _finalize() private {
        vm.prank(payer);
        escrow.finalizeWithdraw(config);
    }

    function _expectRevert(bytes memory reason) private {
        vm.prank(payer);
        vm.expectRevert(reason);
        escrow.finalizeWithdraw(config);
    }
}
