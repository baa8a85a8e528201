// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

contract RefundTest is ChannelFixture {
    function testFuzz_refund_capsAtTheUnclaimed(uint128 claimed, uint128 amount) public {
        claimed = uint128(bound(claimed, 1, 999));
        amount = uint128(bound(amount, 1, type(uint128).max));
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = deposit(config, 1000);
        claim(row(config, claimed));
        uint128 returned = amount < 1000 - claimed ? amount : 1000 - claimed;
        vm.expectEmit(address(settlement));
        emit IChannels.Refunded(channelId, returned, 0);
        vm.prank(RECEIVER);
        settlement.refund(config, amount);
        assertChannel(channelId, 1000 - returned, claimed);
        assertEq(usdc.balanceOf(payer), 1e12 - 1000 + returned);
    }

    function test_refund_ofAnUnusedChannelEmptiesItAndADepositReopens() public {
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = deposit(config, 1000);
        vm.prank(authorizer);
        settlement.refund(config, 1000);
        assertChannel(channelId, 0, 0);
        deposit(config, 5);
        assertChannel(channelId, 5, 0);
    }

    function test_refund_ofNothingStillSpendsTheNonce() public {
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = settlement.getChannelId(config);
        vm.prank(RECEIVER);
        settlement.refund(config, 1);
        assertEq(settlement.refundNonce(channelId), 1);
    }

    function test_refund_revertsForThePayerAndForZero() public {
        IChannels.ChannelConfig memory config = channel(0);
        deposit(config, 1000);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotReceiverSide.selector, payer));
        settlement.refund(config, 1);
        vm.prank(RECEIVER);
        vm.expectRevert(IChannels.ZeroAmount.selector);
        settlement.refund(config, 0);
    }

    function test_refund_lowersAPendingWithdrawalAndCancelsItWhenCovered() public {
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = deposit(config, 1000);
        vm.prank(payer);
        settlement.initiateWithdraw(config, 600);
        vm.prank(RECEIVER);
        settlement.refund(config, 200);
        (uint128 amount, uint40 initiatedAt) = settlement.pendingWithdrawals(channelId);
        assertEq(uint256(amount), 400);
        assertEq(uint256(initiatedAt), START);
        vm.prank(RECEIVER);
        settlement.refund(config, 400);
        (amount, initiatedAt) = settlement.pendingWithdrawals(channelId);
        assertEq(uint256(initiatedAt), 0);
    }

    function test_refundWithSignature_isRelayedByAnyone() public {
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = deposit(config, 1000);
        bytes memory signature = sign(AUTHORIZER_KEY, settlement.getRefundDigest(channelId, 0, 300));
        settlement.refundWithSignature(config, 300, 0, signature);
        assertChannel(channelId, 700, 0);
    }

    function test_multicall_claimsThenRefundsTheRest() public {
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = deposit(config, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(
            settlement.claimWithSignature, (batch, sign(AUTHORIZER_KEY, settlement.getClaimBatchDigest(batch)))
        );
        calls[1] = abi.encodeCall(
            settlement.refundWithSignature,
            (config, 1000, 0, sign(AUTHORIZER_KEY, settlement.getRefundDigest(channelId, 0, 1000)))
        );
        settlement.multicall(calls);
        assertChannel(channelId, 400, 400);
    }
}
