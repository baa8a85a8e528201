// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {Vm} from "./TestBase.sol";
import {EscrowFixture} from "./EscrowFixture.sol";

/// @dev What a call must leave behind: state, balances and events.
abstract contract EscrowAsserts is EscrowFixture {
    /// @dev What the receiver's channels in the fixture's token have claimed and been paid.
    function assertReceiver(uint256 totalClaimed, uint256 totalSettled) internal view {
        (uint128 actualClaimed, uint128 actualSettled) = escrow.receivers(RECEIVER, address(usdc));
        assertEq(uint256(actualClaimed), totalClaimed);
        assertEq(uint256(actualSettled), totalSettled);
    }

    function assertPending(bytes32 channelId, uint256 amount, uint256 initiatedAt) internal view {
        (uint128 actualAmount, uint40 actualAt) = escrow.pendingWithdrawals(channelId);
        assertEq(uint256(actualAmount), amount);
        assertEq(uint256(actualAt), initiatedAt);
    }

    /// @dev All money of the fixture's token, wherever it lies.
    function assertMoney(uint256 ofPayer, uint256 inEscrow, uint256 ofReceiver) internal view {
        assertEq(usdc.balanceOf(payer), ofPayer);
        assertEq(usdc.balanceOf(address(escrow)), inEscrow);
        assertEq(usdc.balanceOf(RECEIVER), ofReceiver);
    }

    /// @dev What the escrow itself emitted since `vm.recordLogs`.
    function escrowLogs() internal returns (Vm.Log[] memory logs) {
        Vm.Log[] memory all = vm.getRecordedLogs();
        uint256 count;
        for (uint256 i = 0; i < all.length; ++i) {
            if (all[i].emitter == address(escrow)) all[count++] = all[i];
        }
        logs = new Vm.Log[](count);
        for (uint256 i = 0; i < count; ++i) {
            logs[i] = all[i];
        }
    }

    /// @dev Since `vm.recordLogs` the escrow emitted exactly `count` events.
    function assertEventCount(uint256 count) internal {
        assertEq(escrowLogs().length, count);
    }

    function assertBytes(bytes memory actual, bytes memory expected) internal pure {
        assertEq(actual.length, expected.length);
        assertEq(keccak256(actual), keccak256(expected));
    }

    /// @dev The event of a row that was recorded.
    function assertClaimed(Vm.Log memory log, bytes32 channelId, uint256 total) internal pure {
        assertEq(log.topics.length, 2);
        assertEq(log.topics[0], IChannels.Claimed.selector);
        assertEq(log.topics[1], channelId);
        assertBytes(log.data, abi.encode(total));
    }

    /// @dev The event of a row that changed nothing.
    function assertSkipped(Vm.Log memory log, bytes32 channelId, IStreamChannelEscrow.RowOutcome reason) internal pure {
        assertEq(log.topics.length, 2);
        assertEq(log.topics[0], IStreamChannelEscrow.ClaimSkipped.selector);
        assertEq(log.topics[1], channelId);
        assertBytes(log.data, abi.encode(reason));
    }

    /// @dev The event of a payout in the fixture's token by RELAYER.
    function assertSettled(Vm.Log memory log, uint256 amount) internal view {
        assertEq(log.topics.length, 4);
        assertEq(log.topics[0], IChannels.Settled.selector);
        assertEq(log.topics[1], bytes32(uint256(uint160(RECEIVER))));
        assertEq(log.topics[2], bytes32(uint256(uint160(address(usdc)))));
        assertEq(log.topics[3], bytes32(uint256(uint160(RELAYER))));
        assertBytes(log.data, abi.encode(amount));
    }
}
