// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

contract EscrowRefundTest is EscrowAsserts {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    function test_refund_paysThePayer() public {
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.Refunded(channelId, 300, 0);
        _refund(300);
        assertEventCount(1);
        assertChannel(channelId, 700, 0);
        assertEq(escrow.refundNonce(channelId), 1);
        assertMoney(FUNDS - 700, 700, 0);
    }

    function test_refund_isForTheAuthorizerToo() public {
        vm.prank(authorizer);
        escrow.refund(config, 300);
        assertChannel(channelId, 700, 0);
        assertMoney(FUNDS - 700, 700, 0);
    }

    function testFuzz_refund_governedFreesTheKey(uint128 amount) public {
        amount = uint128(bound(amount, 1, type(uint128).max));
        (bytes32 keyId, IChannels.ChannelConfig memory other) = governedChannel(500);
        claim(row(other, 100));
        vm.prank(RECEIVER);
        escrow.refund(other, amount);
        assertEq(uint256(escrow.usage(keyId)), amount < 400 ? 500 - amount : 100);
    }

    function testFuzz_refund_capsAtTheUnclaimed(uint128 claimed, uint128 amount) public {
        claimed = uint128(bound(claimed, 1, 999));
        amount = uint128(bound(amount, 1, type(uint128).max));
        claim(row(config, claimed));
        uint128 returned = amount < 1000 - claimed ? amount : 1000 - claimed;
        vm.expectEmit(address(escrow));
        emit IChannels.Refunded(channelId, returned, 0);
        _refund(amount);
        assertChannel(channelId, 1000 - returned, claimed);
        assertMoney(FUNDS - 1000 + returned, 1000 - returned, 0);
    }

    /// @dev Every refund raises the nonce, also one that moves nothing: earlier signatures are spent.
    function test_refund_ofNothingSpendsTheNonceOnly() public {
        claim(row(config, 1000));
        vm.recordLogs();
        _refund(1);
        assertEventCount(0);
        assertEq(escrow.refundNonce(channelId), 1);
        assertChannel(channelId, 1000, 1000);
        assertMoney(FUNDS - 1000, 1000, 0);
    }

    function test_refund_ofAnUnfundedChannelSpendsTheNonceOnly() public {
        bytes32 other = escrow.getChannelId(channel(2));
        vm.prank(RECEIVER);
        escrow.refund(channel(2), 1);
        assertEq(escrow.refundNonce(other), 1);
        assertChannel(other, 0, 0);
    }

    function test_refund_countsUp() public {
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(escrow));
            emit IChannels.Refunded(channelId, 10, i);
            _refund(10);
        }
        assertEq(escrow.refundNonce(channelId), 3);
        assertChannel(channelId, 970, 0);
    }

    // ------------------------------------------------------------------ with a withdrawal

    function testFuzz_refund_lowersAPendingWithdrawal(uint128 asked, uint128 amount) public {
        asked = uint128(bound(asked, 2, 1000));
        amount = uint128(bound(amount, 1, asked - 1));
        _initiate(asked);
        vm.warp(START + 10);
        _refund(amount);
        assertPending(channelId, asked - amount, START);
        assertChannel(channelId, 1000 - amount, 0);
    }

    function testFuzz_refund_endsAWithdrawalThatItCovers(uint128 asked, uint128 amount) public {
        asked = uint128(bound(asked, 1, 1000));
        amount = uint128(bound(amount, asked, 1000));
        _initiate(asked);
        _refund(amount);
        assertPending(channelId, 0, 0);
        assertChannel(channelId, 1000 - amount, 0);
        deposit(config, 5);
    }

    /// @dev Only what went back counts, not what was asked for.
    function test_refund_lowersAWithdrawalByWhatWentBack() public {
        _initiate(1000);
        claim(row(config, 900));
        _refund(500);
        assertPending(channelId, 900, START);
        assertChannel(channelId, 900, 900);
    }

    function test_refund_ofNothingLeavesTheWithdrawal() public {
        _initiate(1000);
        claim(row(config, 1000));
        _refund(500);
        assertPending(channelId, 1000, START);
    }

    // ------------------------------------------------------------------ reverts

    function test_refund_revertsForZero() public {
        vm.prank(RECEIVER);
        vm.expectRevert(IChannels.ZeroAmount.selector);
        escrow.refund(config, 0);
    }

    function test_refund_revertsForThePayer() public {
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotReceiverSide.selector, payer));
        escrow.refund(config, 1);
    }

    function testFuzz_refund_revertsForOthers(address caller) public {
        vm.assume(caller != RECEIVER && caller != authorizer);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotReceiverSide.selector, caller));
        escrow.refund(config, 1);
    }

    // ------------------------------------------------------------------ helpers

    function _refund(uint128 amount) private {
        vm.prank(RECEIVER);
        escrow.refund(config, amount);
    }

    function _initiate(uint128 amount) private {
        vm.prank(payer);
        escrow.initiateWithdraw(config, amount);
    }
}
