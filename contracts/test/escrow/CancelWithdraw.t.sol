// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

contract EscrowCancelWithdrawTest is EscrowAsserts {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    function test_cancelWithdraw_takesTheRequestBack() public {
        _initiate();
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IStreamChannelEscrow.WithdrawCancelled(channelId, uint40(START));
        vm.prank(payer);
        escrow.cancelWithdraw(config);
        assertEventCount(1);
        assertPending(channelId, 0, 0);
        assertChannel(channelId, 1000, 0);
        assertMoney(FUNDS - 1000, 1000, 0);
        vm.warp(START + DELAY);
        _expectNone(abi.encodeCall(escrow.finalizeWithdraw, (config)));
    }

    function test_cancelWithdraw_governed() public {
        (, IChannels.ChannelConfig memory other) = governedChannel(500);
        vm.prank(payer);
        escrow.initiateWithdraw(other, 300);
        vm.prank(payer);
        escrow.cancelWithdraw(other);
        assertPending(escrow.getChannelId(other), 0, 0);
    }

    /// @dev At any time, lapsed or not.
    function testFuzz_cancelWithdraw_worksAtAnyTime(uint40 initiated, uint40 later) public {
        initiated = uint40(bound(initiated, 0, 365 days));
        later = uint40(bound(later, 0, 365 days));
        vm.warp(START + initiated);
        _initiate();
        vm.warp(START + initiated + later);
        vm.expectEmit(address(escrow));
        emit IStreamChannelEscrow.WithdrawCancelled(channelId, uint40(START) + initiated);
        vm.prank(payer);
        escrow.cancelWithdraw(config);
        assertPending(channelId, 0, 0);
    }

    function test_cancelWithdraw_makesRoomForANewRequest() public {
        _initiate();
        vm.prank(payer);
        escrow.cancelWithdraw(config);
        vm.warp(START + 5);
        _initiate();
        assertPending(channelId, 600, START + 5);
    }

    function test_cancelWithdraw_revertsWithoutARequest() public {
        _expectNone(abi.encodeCall(escrow.cancelWithdraw, (config)));
    }

    function test_cancelWithdraw_revertsTheSecondTime() public {
        _initiate();
        vm.prank(payer);
        escrow.cancelWithdraw(config);
        _expectNone(abi.encodeCall(escrow.cancelWithdraw, (config)));
    }

    function test_cancelWithdraw_revertsAfterTheWithdrawal() public {
        _initiate();
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.finalizeWithdraw(config);
        _expectNone(abi.encodeCall(escrow.cancelWithdraw, (config)));
    }

    /// @dev A refund that covers the request ends it.
    function test_cancelWithdraw_revertsAfterARefundOfAsMuch() public {
        _initiate();
        vm.prank(RECEIVER);
        escrow.refund(config, 600);
        _expectNone(abi.encodeCall(escrow.cancelWithdraw, (config)));
    }

    function test_cancelWithdraw_revertsForEveryOtherRole() public {
        _initiate();
        address[5] memory callers = [key, RECEIVER, authorizer, freezer, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, callers[i]));
            escrow.cancelWithdraw(config);
        }
        assertPending(channelId, 600, START);
    }

    function test_cancelWithdraw_keepsChannelsApart() public {
        bytes32 other = deposit(channel(2), 1000);
        _initiate();
        vm.prank(payer);
        escrow.initiateWithdraw(channel(2), 5);
        vm.prank(payer);
        escrow.cancelWithdraw(config);
        assertPending(channelId, 0, 0);
        assertPending(other, 5, START);
    }

    function _initiate() private {
        vm.prank(payer);
        escrow.initiateWithdraw(config, 600);
    }

    function _expectNone(bytes memory call) private {
        vm.prank(payer);
        (bool success, bytes memory reason) = address(escrow).call(call);
        assertTrue(!success);
        assertBytes(reason, abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId));
    }
}
