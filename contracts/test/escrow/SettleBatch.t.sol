// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {Vm} from "../support/TestBase.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev What a packed batch records and pays. Rows that are skipped: SettleBatchOutcomes; signatures and malformed
/// rows: SettleBatchSignatures; keys: SettleBatchKeys; against `claim`: SettleBatchDifferential.
contract SettleBatchTest is EscrowAsserts {
    // ------------------------------------------------------------------ one batch

    function test_settleBatch_paysEveryRowInOneTransfer() public {
        bytes32 first = deposit(channel(1), 100);
        bytes32 second = deposit(channel(2), 100);
        bytes memory outcomes = settleBatch(rows(row(channel(1), 30), row(channel(2), 40)));
        assertBytes(outcomes, new bytes(2));
        assertChannel(first, 100, 30);
        assertChannel(second, 100, 40);
        assertReceiver(70, 70);
        assertMoney(FUNDS - 200, 130, 70);
    }

    function test_settleBatch_governed() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(100);
        assertOutcome(settleBatch(row(config, 30)), IStreamChannelEscrow.RowOutcome.Claimed);
        assertChannel(escrow.getChannelId(config), 100, 30);
        assertReceiver(30, 30);
        assertEq(usdc.balanceOf(RECEIVER), 30);
        assertEq(uint256(escrow.usage(keyId)), 100);
    }

    function test_settleBatch_emitsOneEventARowAndOneForThePayout() public {
        bytes32 first = deposit(channel(1), 100);
        bytes32 second = deposit(channel(2), 100);
        vm.recordLogs();
        settleBatch(rows(row(channel(1), 30), row(channel(2), 40)));
        Vm.Log[] memory logs = escrowLogs();
        assertEq(logs.length, 3);
        assertClaimed(logs[0], first, 30);
        assertClaimed(logs[1], second, 40);
        assertSettled(logs[2], 70);
    }

    function test_settleBatch_movesTheTokenOnce() public {
        deposit(channel(1), 100);
        deposit(channel(2), 100);
        vm.recordLogs();
        settleBatch(rows(row(channel(1), 30), row(channel(2), 40)));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 transfers;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IERC20.Transfer.selector) ++transfers;
        }
        assertEq(transfers, 1);
    }

    function testFuzz_settleBatch_isRelayedByAnyone(address relayer) public {
        deposit(channel(1), 100);
        IChannels.VoucherClaim[] memory batch = rows(row(channel(1), 30));
        bytes memory packed = pack(batch);
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        vm.expectEmit(address(escrow));
        emit IChannels.Settled(RECEIVER, address(usdc), relayer, 30);
        vm.prank(relayer);
        escrow.settleBatch(terms(), packed, signature);
        assertMoney(FUNDS - 100, 70, 30);
    }

    /// @dev Records the asked total as far as the money goes, never above the voucher.
    function testFuzz_settleBatch_recordsOneRow(uint96 funds, uint96 claimed, uint96 max, uint96 total) public {
        usdc.mint(payer, type(uint128).max);
        funds = uint96(bound(funds, 1, type(uint96).max));
        claimed = uint96(bound(claimed, 0, funds));
        bytes32 channelId = deposit(channel(1), funds);
        if (claimed > 0) claim(row(channel(1), claimed));
        IStreamChannelEscrow.RowOutcome outcome = settleBatch(row(channel(1), max, total, SESSION_KEY));
        uint256 recorded = claimed;
        if (total <= claimed) {
            assertOutcome(outcome, IStreamChannelEscrow.RowOutcome.NothingNew);
        } else if (total > max) {
            assertOutcome(outcome, IStreamChannelEscrow.RowOutcome.ExceedsVoucher);
        } else if (funds == claimed) {
            assertOutcome(outcome, IStreamChannelEscrow.RowOutcome.Unfunded);
        } else {
            assertOutcome(outcome, IStreamChannelEscrow.RowOutcome.Claimed);
            recorded = total < funds ? total : funds;
        }
        assertChannel(channelId, funds, recorded);
        assertReceiver(recorded, recorded);
        assertEq(usdc.balanceOf(RECEIVER), recorded);
    }

    function test_settleBatch_takesTheWidestAmounts() public {
        uint128 widest = type(uint96).max;
        usdc.mint(payer, type(uint128).max);
        bytes32 first = deposit(channel(1), widest);
        bytes32 second = deposit(channel(2), type(uint128).max - widest);
        settleBatch(rows(row(channel(1), widest), row(channel(2), widest)));
        assertChannel(first, widest, widest);
        assertChannel(second, type(uint128).max - widest, widest);
        assertReceiver(2 * widest, 2 * widest);
        assertEq(usdc.balanceOf(RECEIVER), 2 * uint256(widest));
    }

    // ------------------------------------------------------------------ too little money

    function testFuzz_settleBatch_paysWhatIsThere(uint96 funds, uint96 total) public {
        funds = uint96(bound(funds, 1, 1e12 - 1));
        total = uint96(bound(total, funds + 1, type(uint96).max));
        bytes32 channelId = deposit(channel(1), funds);
        vm.recordLogs();
        assertOutcome(settleBatch(row(channel(1), total)), IStreamChannelEscrow.RowOutcome.Claimed);
        Vm.Log[] memory logs = escrowLogs();
        assertEq(logs.length, 2);
        assertClaimed(logs[0], channelId, funds);
        assertSettled(logs[1], funds);
        assertChannel(channelId, funds, funds);
        assertMoney(FUNDS - funds, 0, funds);
    }

    /// @dev The rest of the voucher is good for what comes in later.
    function test_settleBatch_paysTheRestAfterAnotherDeposit() public {
        bytes32 channelId = deposit(channel(1), 100);
        IChannels.VoucherClaim memory one = row(channel(1), 150);
        settleBatch(one);
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.Unfunded);
        deposit(channel(1), 100);
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.Claimed);
        assertChannel(channelId, 200, 150);
        assertReceiver(150, 150);
    }

    function test_settleBatch_beatsAPendingWithdrawal() public {
        bytes32 channelId = deposit(channel(1), 100);
        vm.prank(payer);
        escrow.initiateWithdraw(channel(1), 100);
        settleBatch(row(channel(1), 70));
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.finalizeWithdraw(channel(1));
        assertChannel(channelId, 70, 70);
        assertMoney(FUNDS - 70, 0, 70);
    }

    function test_settleBatch_paysWhatAWithdrawalLeft() public {
        bytes32 channelId = deposit(channel(1), 100);
        vm.prank(payer);
        escrow.initiateWithdraw(channel(1), 60);
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.finalizeWithdraw(channel(1));
        settleBatch(row(channel(1), 70));
        assertChannel(channelId, 40, 40);
        assertMoney(FUNDS - 40, 0, 40);
    }

    // ------------------------------------------------------------------ the same channel again

    function test_settleBatch_recordsRisingTotalsOfOneChannel() public {
        bytes32 channelId = deposit(channel(1), 100);
        vm.recordLogs();
        bytes memory outcomes = settleBatch(rows(row(channel(1), 30), row(channel(1), 70)));
        Vm.Log[] memory logs = escrowLogs();
        assertEq(logs.length, 3);
        assertClaimed(logs[0], channelId, 30);
        assertClaimed(logs[1], channelId, 70);
        assertSettled(logs[2], 70);
        assertBytes(outcomes, hex"0000");
        assertChannel(channelId, 100, 70);
        assertMoney(FUNDS - 100, 30, 70);
    }

    function test_settleBatch_recordsEqualTotalsOfOneChannelOnce() public {
        bytes32 channelId = deposit(channel(1), 100);
        IChannels.VoucherClaim memory one = row(channel(1), 70);
        vm.recordLogs();
        bytes memory outcomes = settleBatch(rows(one, one));
        Vm.Log[] memory logs = escrowLogs();
        assertEq(logs.length, 3);
        assertClaimed(logs[0], channelId, 70);
        assertSkipped(logs[1], channelId, IStreamChannelEscrow.RowOutcome.NothingNew);
        assertSettled(logs[2], 70);
        assertBytes(outcomes, hex"0001");
        assertMoney(FUNDS - 100, 30, 70);
    }

    function test_settleBatch_recordsFallingTotalsOfOneChannelOnce() public {
        bytes32 channelId = deposit(channel(1), 100);
        bytes memory outcomes = settleBatch(rows(row(channel(1), 70), row(channel(1), 30)));
        assertBytes(outcomes, hex"0001");
        assertChannel(channelId, 100, 70);
        assertReceiver(70, 70);
    }

    function test_settleBatch_recordsTheMoneyOfOneChannelOnce() public {
        bytes32 channelId = deposit(channel(1), 100);
        bytes memory outcomes = settleBatch(rows(row(channel(1), 150), row(channel(1), 160)));
        assertBytes(outcomes, hex"0003");
        assertChannel(channelId, 100, 100);
        assertReceiver(100, 100);
    }

    function test_settleBatch_changesNothingTheSecondTime() public {
        bytes32 channelId = deposit(channel(1), 100);
        settleBatch(row(channel(1), 70));
        vm.recordLogs();
        assertOutcome(settleBatch(row(channel(1), 70)), IStreamChannelEscrow.RowOutcome.NothingNew);
        Vm.Log[] memory logs = escrowLogs();
        assertEq(logs.length, 1);
        assertSkipped(logs[0], channelId, IStreamChannelEscrow.RowOutcome.NothingNew);
        assertMoney(FUNDS - 100, 30, 70);
    }

    // ------------------------------------------------------------------ the order of rows

    /// @param seed Where each row goes.
    function testFuzz_settleBatch_doesNotDependOnTheOrder(uint256 seed) public {
        uint256 count = 8;
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](count);
        for (uint256 i = 0; i < count; ++i) {
            deposit(channel(i), uint128(50 + 10 * i));
            // Half of them are underfunded, one is not signed.
            uint128 total = uint128(20 + 20 * i);
            batch[i] = row(channel(i), total, total, i == 5 ? STRANGER_KEY : SESSION_KEY);
        }
        for (uint256 i = count; i > 1; --i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (batch[i - 1], batch[seed % i]) = (batch[seed % i], batch[i - 1]);
        }
        settleBatch(batch);
        uint256 sum;
        for (uint256 i = 0; i < count; ++i) {
            uint256 recorded = i == 5 ? 0 : 50 + 10 * i;
            if (20 + 20 * i < recorded) recorded = 20 + 20 * i;
            assertChannel(escrow.getChannelId(channel(i)), 50 + 10 * i, recorded);
            sum += recorded;
        }
        assertReceiver(sum, sum);
        assertEq(usdc.balanceOf(RECEIVER), sum);
    }

    // ------------------------------------------------------------------ what was claimed before

    function test_settleBatch_paysWhatClaimRecordedBefore() public {
        deposit(channel(1), 100);
        deposit(channel(2), 100);
        claim(row(channel(1), 30));
        assertReceiver(30, 0);
        vm.recordLogs();
        settleBatch(row(channel(2), 40));
        Vm.Log[] memory logs = escrowLogs();
        assertSettled(logs[1], 70);
        assertReceiver(70, 70);
        assertMoney(FUNDS - 200, 130, 70);
    }

    function test_settleBatch_paysWhatClaimRecordedEvenWhenAllRowsAreSkipped() public {
        deposit(channel(1), 100);
        claim(row(channel(1), 30));
        assertOutcome(settleBatch(row(channel(1), 30)), IStreamChannelEscrow.RowOutcome.NothingNew);
        assertReceiver(30, 30);
        assertMoney(FUNDS - 100, 70, 30);
    }

    function test_settleBatch_recordsOnTopOfAClaimOfTheSameChannel() public {
        bytes32 channelId = deposit(channel(1), 100);
        claim(row(channel(1), 30));
        settleBatch(row(channel(1), 50));
        assertChannel(channelId, 100, 50);
        assertReceiver(50, 50);
        assertMoney(FUNDS - 100, 50, 50);
    }

    function testFuzz_settleBatch_addsUpWithTheOtherPath(uint96 byClaim, uint96 byBatch, uint96 later) public {
        byClaim = uint96(bound(byClaim, 1, 300));
        byBatch = uint96(bound(byBatch, byClaim + 1, 600));
        later = uint96(bound(later, byBatch + 1, 1000));
        deposit(channel(1), 1000);
        claim(row(channel(1), byClaim));
        settleBatch(row(channel(1), byBatch));
        assertReceiver(byBatch, byBatch);
        claim(row(channel(1), later));
        assertReceiver(later, byBatch);
        escrow.settle(RECEIVER, address(usdc));
        assertReceiver(later, later);
        assertMoney(FUNDS - 1000, 1000 - later, later);
    }
}
