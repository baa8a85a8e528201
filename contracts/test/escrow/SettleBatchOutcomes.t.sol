// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {Vm} from "../support/TestBase.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev Why a row is skipped. Each one lies between two good rows, which must be paid all the same.
contract SettleBatchOutcomesTest is EscrowAsserts {
    bytes32 private firstId;
    bytes32 private lastId;

    function setUp() public override {
        super.setUp();
        firstId = deposit(channel(1), 100);
        lastId = deposit(channel(3), 100);
    }

    // ------------------------------------------------------------------ each reason

    function testFuzz_settleBatch_skipsWhatIsRecorded(uint96 total) public {
        deposit(channel(2), 100);
        claim(row(channel(2), 50));
        _expectSkipped(row(channel(2), uint96(bound(total, 0, 50))), IStreamChannelEscrow.RowOutcome.NothingNew);
    }

    function test_settleBatch_skipsATotalOfZero() public {
        _expectSkipped(row(channel(2), 100, 0, SESSION_KEY), IStreamChannelEscrow.RowOutcome.NothingNew);
    }

    function testFuzz_settleBatch_skipsATotalAboveTheVoucher(uint96 max, uint96 total) public {
        deposit(channel(2), 100);
        max = uint96(bound(max, 0, type(uint96).max - 1));
        total = uint96(bound(total, max + 1, type(uint96).max));
        _expectSkipped(row(channel(2), max, total, SESSION_KEY), IStreamChannelEscrow.RowOutcome.ExceedsVoucher);
    }

    function test_settleBatch_skipsAChannelThatWasNeverFunded() public {
        _expectSkipped(row(channel(2), 50), IStreamChannelEscrow.RowOutcome.Unfunded);
    }

    function test_settleBatch_skipsAChannelThatIsClaimedWhole() public {
        deposit(channel(2), 100);
        claim(row(channel(2), 100));
        _expectSkipped(row(channel(2), 101), IStreamChannelEscrow.RowOutcome.Unfunded);
    }

    function test_settleBatch_skipsAChannelThatWasRefunded() public {
        deposit(channel(2), 100);
        vm.prank(RECEIVER);
        escrow.refund(channel(2), 100);
        _expectSkipped(row(channel(2), 50), IStreamChannelEscrow.RowOutcome.Unfunded);
    }

    function test_settleBatch_skipsAKeyThatIsOver() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(100);
        freeze(keyId);
        vm.warp(START + DELAY);
        _expectSkipped(row(config, 50), IStreamChannelEscrow.RowOutcome.KeyStopped);
    }

    function test_settleBatch_skipsAKeyWhoseCeilingIsReached() public {
        IChannels.ChannelConfig memory config = _withCeiling(50);
        claim(row(config, 50));
        _expectSkipped(row(config, 51), IStreamChannelEscrow.RowOutcome.CeilingReached);
    }

    function test_settleBatch_skipsAVoucherOfAnother() public {
        deposit(channel(2), 100);
        _expectSkipped(row(channel(2), 50, 50, STRANGER_KEY), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
    }

    function test_settleBatch_skipsAVoucherOfAnotherUnderAKey() public {
        (, IChannels.ChannelConfig memory config) = governedChannel(100);
        _expectSkipped(row(config, 50, 50, STRANGER_KEY), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
    }

    // ------------------------------------------------------------------ terms that the channel does not have

    function test_settleBatch_skipsChannelsOfOtherTerms() public {
        IStreamChannelEscrow.BatchTerms[4] memory wrong = [terms(), terms(), terms(), terms()];
        wrong[0].receiver = stranger;
        wrong[1].receiverAuthorizer = stranger;
        wrong[2].token = address(escrow);
        wrong[3].withdrawDelay = DELAY + 1;
        for (uint256 i = 0; i < wrong.length; ++i) {
            // What the terms make of the row: another channel, which has no money.
            IChannels.ChannelConfig memory config = channel(1);
            (config.receiver, config.receiverAuthorizer) = (wrong[i].receiver, wrong[i].receiverAuthorizer);
            (config.token, config.withdrawDelay) = (wrong[i].token, wrong[i].withdrawDelay);
            IChannels.VoucherClaim[] memory batch = rows(row(channel(1), 50));
            batch[0].voucher.channel = config;
            bytes memory signature =
                sign(i == 1 ? STRANGER_KEY : AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
            bytes memory packed = pack(batch);
            bytes32 channelId = escrow.getChannelId(config);
            vm.recordLogs();
            bytes memory outcomes = escrow.settleBatch(wrong[i], packed, signature);
            Vm.Log[] memory logs = escrowLogs();
            assertEq(logs.length, 1);
            assertSkipped(logs[0], channelId, IStreamChannelEscrow.RowOutcome.Unfunded);
            assertBytes(outcomes, abi.encodePacked(uint8(IStreamChannelEscrow.RowOutcome.Unfunded)));
        }
        assertChannel(firstId, 100, 0);
        assertReceiver(0, 0);
    }

    // ------------------------------------------------------------------ which reason is given

    function test_settleBatch_namesTheFirstReason() public {
        // Everything is wrong with this row; each line takes away the reason before.
        IChannels.ChannelConfig memory config = _withCeiling(50);
        bytes32 keyId = config.salt;
        claim(row(config, 50));
        freeze(keyId);
        vm.warp(START + DELAY);
        vm.prank(RECEIVER);
        escrow.refund(config, 50);
        _expectSkipped(row(config, 49, 50, STRANGER_KEY), IStreamChannelEscrow.RowOutcome.NothingNew);
        _expectSkipped(row(config, 50, 51, STRANGER_KEY), IStreamChannelEscrow.RowOutcome.ExceedsVoucher);
        _expectSkipped(row(config, 51, 51, STRANGER_KEY), IStreamChannelEscrow.RowOutcome.Unfunded);
        vm.prank(payer);
        escrow.unfreezeKey(keyId);
        deposit(config, 50);
        vm.prank(payer);
        escrow.revokeKey(keyId);
        vm.warp(START + 2 * DELAY);
        _expectSkipped(row(config, 51, 51, STRANGER_KEY), IStreamChannelEscrow.RowOutcome.KeyStopped);
    }

    function test_settleBatch_namesTheCeilingBeforeTheSignature() public {
        IChannels.ChannelConfig memory config = _withCeiling(50);
        claim(row(config, 50));
        _expectSkipped(row(config, 51, 51, STRANGER_KEY), IStreamChannelEscrow.RowOutcome.CeilingReached);
    }

    // ------------------------------------------------------------------ all together

    function test_settleBatch_tellsWhatBecameOfEveryRow() public {
        IChannels.ChannelConfig memory over = _keyed(1, 0, 1);
        IChannels.ChannelConfig memory limited = _keyed(2, 50, NEVER);
        claim(row(limited, 50));
        claim(row(channel(3), 50));
        vm.warp(START + 1 + DELAY);
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](8);
        batch[0] = row(over, 50);
        batch[1] = row(channel(1), 99, 100, SESSION_KEY);
        batch[2] = row(channel(1), 60);
        batch[3] = row(limited, 60);
        batch[4] = row(channel(3), 50);
        batch[5] = row(channel(9), 50);
        batch[6] = row(channel(3), 80, 80, PAYER_KEY);
        batch[7] = row(channel(3), 90);
        vm.recordLogs();
        bytes memory outcomes = settleBatch(batch);
        assertBytes(outcomes, hex"0402000501030600");
        Vm.Log[] memory logs = escrowLogs();
        assertEq(logs.length, 9);
        for (uint256 i = 0; i < 8; ++i) {
            if (i == 2) assertClaimed(logs[i], firstId, 60);
            else if (i == 7) assertClaimed(logs[i], lastId, 90);
            else assertSkipped(logs[i], _id(batch[i]), IStreamChannelEscrow.RowOutcome(uint8(outcomes[i])));
        }
        assertSettled(logs[8], 50 + 50 + 60 + 40);
        assertReceiver(200, 200);
        assertEq(usdc.balanceOf(RECEIVER), 200);
    }

    /// @dev A simulation tells before sending what a transaction will do.
    function test_settleBatch_neverRevertsForItsRows() public {
        bytes memory outcomes = settleBatch(rows(row(channel(8), 1), row(channel(9), 2, 3, STRANGER_KEY)));
        assertBytes(outcomes, hex"0302");
        assertReceiver(0, 0);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev Settles `bad` between two good rows, each worth 10 more than the time before.
    function _expectSkipped(IChannels.VoucherClaim memory bad, IStreamChannelEscrow.RowOutcome reason) private {
        (, uint128 before) = escrow.channels(firstId);
        uint128 total = before + 10;
        bytes32 badId = _id(bad);
        (uint128 balance, uint128 claimed) = escrow.channels(badId);
        (uint128 due, uint128 paid) = escrow.receivers(RECEIVER, address(usdc));
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](3);
        batch[0] = row(channel(1), total);
        batch[1] = bad;
        batch[2] = row(channel(3), total);

        vm.recordLogs();
        bytes memory outcomes = settleBatch(batch);

        Vm.Log[] memory logs = escrowLogs();
        assertEq(logs.length, 4);
        assertClaimed(logs[0], firstId, total);
        assertSkipped(logs[1], badId, reason);
        assertClaimed(logs[2], lastId, total);
        assertSettled(logs[3], due - paid + 20);
        assertBytes(outcomes, abi.encodePacked(uint8(0), uint8(reason), uint8(0)));
        assertChannel(badId, balance, claimed);
        assertChannel(firstId, 100, total);
        assertChannel(lastId, 100, total);
        assertReceiver(due + 20, due + 20);
    }

    function _id(IChannels.VoucherClaim memory one) private view returns (bytes32) {
        return escrow.getChannelId(one.voucher.channel);
    }

    /// @dev A governed channel of 100 that may be claimed up to `ceiling` for a year.
    function _withCeiling(uint128 ceiling) private returns (IChannels.ChannelConfig memory) {
        return _keyed(0, ceiling, 365 days);
    }

    /// @param ceiling Zero: none.
    /// @param lasts Seconds until the key expires.
    function _keyed(uint256 salt, uint128 ceiling, uint40 lasts)
        private
        returns (IChannels.ChannelConfig memory config)
    {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(salt);
        terms_.expiry = lasts == NEVER ? NEVER : uint40(START) + lasts;
        if (ceiling > 0) (terms_.periodAmount, terms_.periodDuration) = (ceiling, 365 days);
        config = governed(register(terms_));
        deposit(config, 100);
    }
}
