// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

contract WithdrawTest is ChannelFixture {
    function testFuzz_finalizeWithdraw_waitsForTheDelay(uint40 delay) public {
        delay = uint40(bound(delay, 15 minutes, 30 days));
        IChannels.ChannelConfig memory config = channel(0);
        config.withdrawDelay = delay;
        bytes32 channelId = deposit(config, 1000);
        vm.prank(payer);
        settlement.initiateWithdraw(config, 600);

        vm.warp(START + delay - 1);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawDelayNotElapsed.selector, START + delay));
        settlement.finalizeWithdraw(config);

        vm.warp(START + delay);
        vm.prank(vm.addr(SESSION_KEY));
        settlement.finalizeWithdraw(config);
        assertChannel(channelId, 400, 0);
        // Whoever finalises, the money goes to the payer.
        assertEq(usdc.balanceOf(payer), 1e12 - 400);
    }

    function testFuzz_finalizeWithdraw_leavesWhatWasClaimedMeanwhile(uint128 claimed) public {
        claimed = uint128(bound(claimed, 1, 1000));
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = deposit(config, 1000);
        vm.prank(payer);
        settlement.initiateWithdraw(config, 1000);
        claim(row(config, claimed));
        vm.warp(START + 15 minutes);
        vm.prank(payer);
        settlement.finalizeWithdraw(config);
        assertChannel(channelId, claimed, claimed);
        settlement.settle(RECEIVER, address(usdc));
        assertEq(usdc.balanceOf(RECEIVER), claimed);
        assertEq(usdc.balanceOf(address(settlement)), 0);
    }

    function test_initiateWithdraw_revertsBeyondTheUnclaimed() public {
        IChannels.ChannelConfig memory config = channel(0);
        deposit(config, 1000);
        claim(row(config, 400));
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawExceedsAvailable.selector, 601, 600));
        settlement.initiateWithdraw(config, 601);
    }

    function test_initiateWithdraw_revertsForOthersForZeroAndTwice() public {
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = deposit(config, 1000);
        vm.prank(RECEIVER);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotPayerSide.selector, RECEIVER));
        settlement.initiateWithdraw(config, 1);
        vm.prank(payer);
        vm.expectRevert(IChannels.ZeroAmount.selector);
        settlement.initiateWithdraw(config, 0);
        vm.prank(payer);
        settlement.initiateWithdraw(config, 1);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawAlreadyPending.selector, channelId));
        settlement.initiateWithdraw(config, 1);
    }

    function test_finalizeWithdraw_revertsWithoutARequest() public {
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = deposit(config, 1000);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId));
        settlement.finalizeWithdraw(config);
    }
}
