// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {EscrowPlainToken} from "../support/tokens/EscrowPlainToken.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

contract EscrowSettleTest is EscrowAsserts {
    function test_settle_paysWhatWasClaimed() public {
        bytes32 channelId = deposit(channel(1), 1000);
        claim(row(channel(1), 400));
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.Settled(RECEIVER, address(usdc), RELAYER, 400);
        vm.prank(RELAYER);
        escrow.settle(RECEIVER, address(usdc));
        assertEventCount(1);
        assertReceiver(400, 400);
        assertChannel(channelId, 1000, 400);
        assertMoney(FUNDS - 1000, 600, 400);
    }

    function test_settle_paysAllChannelsAtOnce() public {
        deposit(channel(1), 1000);
        (, IChannels.ChannelConfig memory config) = governedChannel(1000);
        claim(row(channel(1), 400));
        claim(row(config, 300));
        escrow.settle(RECEIVER, address(usdc));
        assertReceiver(700, 700);
        assertMoney(FUNDS - 2000, 1300, 700);
    }

    function testFuzz_settle_paysTheDifferenceEachTime(uint128 first, uint128 second, address caller) public {
        first = uint128(bound(first, 1, 999));
        second = uint128(bound(second, first + 1, 1000));
        deposit(channel(1), 1000);
        claim(row(channel(1), first));
        vm.prank(caller);
        escrow.settle(RECEIVER, address(usdc));
        assertMoney(FUNDS - 1000, 1000 - first, first);
        claim(row(channel(1), second));
        vm.expectEmit(address(escrow));
        emit IChannels.Settled(RECEIVER, address(usdc), caller, second - first);
        vm.prank(caller);
        escrow.settle(RECEIVER, address(usdc));
        assertReceiver(second, second);
        assertMoney(FUNDS - 1000, 1000 - second, second);
    }

    function test_settle_doesNothingWhenNothingIsDue() public {
        deposit(channel(1), 1000);
        vm.recordLogs();
        escrow.settle(RECEIVER, address(usdc));
        assertEventCount(0);
        assertReceiver(0, 0);
        assertMoney(FUNDS - 1000, 1000, 0);
    }

    function test_settle_paysOnce() public {
        deposit(channel(1), 1000);
        claim(row(channel(1), 400));
        escrow.settle(RECEIVER, address(usdc));
        vm.recordLogs();
        escrow.settle(RECEIVER, address(usdc));
        assertEventCount(0);
        assertMoney(FUNDS - 1000, 600, 400);
    }

    /// @dev Nothing is asked of a token that owes nothing: it may not even be one.
    function testFuzz_settle_doesNothingForStrangers(address receiver, address token) public {
        vm.assume(receiver != RECEIVER);
        deposit(channel(1), 1000);
        claim(row(channel(1), 400));
        vm.recordLogs();
        escrow.settle(receiver, token);
        assertEventCount(0);
        assertReceiver(400, 0);
    }

    function test_settle_keepsReceiversApart() public {
        IChannels.ChannelConfig memory other = channel(1);
        other.receiver = address(0xF00D);
        deposit(channel(1), 1000);
        deposit(other, 1000);
        claim(row(channel(1), 400));
        IChannels.VoucherClaim[] memory batch = rows(row(other, 300));
        vm.prank(other.receiver);
        escrow.claim(batch);
        escrow.settle(other.receiver, address(usdc));
        assertReceiver(400, 0);
        assertEq(usdc.balanceOf(other.receiver), 300);
        assertMoney(FUNDS - 2000, 1700, 0);
    }

    function test_settle_keepsTokensApart() public {
        EscrowPlainToken token = new EscrowPlainToken();
        token.mint(payer, 1000);
        IChannels.ChannelConfig memory other = channel(1);
        other.token = address(token);
        escrow.deposit(other, 1000, address(escrow), abi.encode(uint256(0), uint256(0), uint256(0), bytes("")));
        deposit(channel(1), 1000);
        claim(row(channel(1), 400));
        claim(row(other, 300));
        escrow.settle(RECEIVER, address(token));
        assertReceiver(400, 0);
        assertEq(token.balanceOf(RECEIVER), 300);
        assertMoney(FUNDS - 1000, 1000, 0);
    }

    /// @dev A payout is no reason to lower what a channel holds: claims and payouts are counted apart.
    function test_settle_leavesTheUnclaimedToThePayer() public {
        deposit(channel(1), 1000);
        claim(row(channel(1), 400));
        escrow.settle(RECEIVER, address(usdc));
        vm.prank(RECEIVER);
        escrow.refund(channel(1), type(uint128).max);
        assertMoney(FUNDS - 400, 0, 400);
    }
}
