// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

contract EscrowInitiateWithdrawTest is EscrowAsserts {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    function test_initiateWithdraw_startsTheDelay() public {
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.WithdrawInitiated(channelId, 600, uint40(START) + DELAY);
        _initiate(600);
        assertEventCount(1);
        assertPending(channelId, 600, START);
        assertChannel(channelId, 1000, 0);
        assertMoney(FUNDS - 1000, 1000, 0);
    }

    function test_initiateWithdraw_governed() public {
        (bytes32 keyId, IChannels.ChannelConfig memory other) = governedChannel(500);
        vm.prank(payer);
        escrow.initiateWithdraw(other, 500);
        assertPending(escrow.getChannelId(other), 500, START);
        assertEq(uint256(escrow.usage(keyId)), 500);
    }

    /// @param later Seconds after the deposit.
    function testFuzz_initiateWithdraw_takesAnythingUpToTheUnclaimed(uint128 claimed, uint128 amount, uint40 later)
        public
    {
        claimed = uint128(bound(claimed, 0, 999));
        amount = uint128(bound(amount, 1, 1000 - claimed));
        later = uint40(bound(later, 0, 100 * 365 days));
        if (claimed > 0) claim(row(config, claimed));
        vm.warp(START + later);
        vm.expectEmit(address(escrow));
        emit IChannels.WithdrawInitiated(channelId, amount, uint40(START) + later + DELAY);
        _initiate(amount);
        assertPending(channelId, amount, START + later);
    }

    function testFuzz_initiateWithdraw_revertsBeyondTheUnclaimed(uint128 claimed, uint128 amount) public {
        claimed = uint128(bound(claimed, 0, 1000));
        amount = uint128(bound(amount, uint256(1000) - claimed + 1, type(uint128).max));
        if (claimed > 0) claim(row(config, claimed));
        vm.prank(payer);
        vm.expectRevert(
            abi.encodeWithSelector(IChannels.WithdrawExceedsAvailable.selector, amount, 1000 - claimed)
        );
        escrow.initiateWithdraw(config, amount);
    }

    function test_initiateWithdraw_revertsForAnUnfundedChannel() public {
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawExceedsAvailable.selector, 1, 0));
        escrow.initiateWithdraw(channel(2), 1);
    }

    function test_initiateWithdraw_revertsForZero() public {
        vm.prank(payer);
        vm.expectRevert(IChannels.ZeroAmount.selector);
        escrow.initiateWithdraw(config, 0);
    }

    /// @dev Nor can the session key: a stolen one must not stop the service.
    function test_initiateWithdraw_revertsForEveryOtherRole() public {
        address[5] memory callers = [key, RECEIVER, authorizer, freezer, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            _expectNotPayer(callers[i]);
        }
    }

    function testFuzz_initiateWithdraw_revertsForOthers(address caller) public {
        vm.assume(caller != payer);
        _expectNotPayer(caller);
    }

    function testFuzz_initiateWithdraw_revertsWhileOneIsPending(uint40 later) public {
        _initiate(600);
        vm.warp(START + bound(later, 0, 2 * DELAY - 1));
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawAlreadyPending.selector, channelId));
        escrow.initiateWithdraw(config, 1);
    }

    /// @dev Nobody can hold a request ready while they go on consuming: after twice the delay it is a new one.
    function testFuzz_initiateWithdraw_replacesALapsedRequest(uint40 later) public {
        _initiate(600);
        later = uint40(bound(later, 2 * DELAY, 100 * 365 days));
        vm.warp(START + later);
        _initiate(7);
        assertPending(channelId, 7, START + later);
        vm.prank(payer);
        vm.expectRevert(
            abi.encodeWithSelector(IChannels.WithdrawDelayNotElapsed.selector, START + later + DELAY)
        );
        escrow.finalizeWithdraw(config);
    }

    function test_initiateWithdraw_keepsChannelsApart() public {
        bytes32 other = deposit(channel(2), 1000);
        _initiate(600);
        assertPending(other, 0, 0);
        vm.prank(payer);
        escrow.initiateWithdraw(channel(2), 5);
        assertPending(channelId, 600, START);
        assertPending(other, 5, START);
    }

    function _initiate(uint128 amount) private {
        vm.prank(payer);
        escrow.initiateWithdraw(config, amount);
    }

    function _expectNotPayer(address caller) private {
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, caller));
        escrow.initiateWithdraw(config, 1);
    }
}
