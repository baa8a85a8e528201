// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {Vm} from "../support/TestBase.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev What a key's stop and its period ceiling do to a packed batch, to the second.
contract SettleBatchKeysTest is EscrowAsserts {
    uint256 private constant DAY = 1 days;

    // ------------------------------------------------------------------ stops

    function test_settleBatch_paysUntilTheSecondOfStopPlusDelay() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        vm.warp(START + 100);
        freeze(keyId);
        vm.warp(START + 100 + DELAY - 1);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 400);
        vm.warp(START + 100 + DELAY);
        _expect(row(config, 500), IStreamChannelEscrow.RowOutcome.KeyStopped, 400);
    }

    function test_settleBatch_paysUntilTheSecondOfExpiryPlusDelay() public {
        (, IChannels.ChannelConfig memory config) = governedChannel(1000);
        vm.warp(START + 30 days + DELAY - 1);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 400);
        vm.warp(START + 30 days + DELAY);
        _expect(row(config, 500), IStreamChannelEscrow.RowOutcome.KeyStopped, 400);
    }

    function test_settleBatch_paysUntilTheSecondOfRevocationPlusDelay() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        vm.prank(payer);
        escrow.revokeKey(keyId);
        vm.warp(START + DELAY - 1);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 400);
        vm.warp(START + DELAY);
        _expect(row(config, 500), IStreamChannelEscrow.RowOutcome.KeyStopped, 400);
    }

    function testFuzz_settleBatch_paysForTheDelayAfterAStop(uint40 stop, uint40 later) public {
        stop = uint40(bound(stop, 0, 30 days - 1));
        later = uint40(bound(later, 0, 2 * DELAY));
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        vm.warp(START + stop);
        freeze(keyId);
        vm.warp(START + stop + later);
        if (later < DELAY) _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 400);
        else _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.KeyStopped, 0);
    }

    /// @dev A freeze after expiry is no new stop: the grace ran from the expiry.
    function test_settleBatch_countsFromTheEarliestStop() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        vm.warp(START + 30 days + 10);
        freeze(keyId);
        vm.warp(START + 30 days + DELAY - 1);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 400);
        vm.warp(START + 30 days + DELAY);
        _expect(row(config, 500), IStreamChannelEscrow.RowOutcome.KeyStopped, 400);
    }

    function test_settleBatch_paysAgainAfterALateThaw() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        freeze(keyId);
        vm.warp(START + 2 * DELAY);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.KeyStopped, 0);
        vm.prank(payer);
        escrow.unfreezeKey(keyId);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 400);
    }

    /// @dev The grace is that of the batch's terms, which are the channel's own.
    function test_settleBatch_givesEachChannelItsDelay() public {
        bytes32 keyId = register(permission(0));
        IChannels.ChannelConfig memory slow = governed(keyId);
        slow.withdrawDelay = 2 * DELAY;
        deposit(governed(keyId), 1000);
        deposit(slow, 1000);
        freeze(keyId);
        vm.warp(START + 2 * DELAY - 1);
        _expect(row(governed(keyId), 400), IStreamChannelEscrow.RowOutcome.KeyStopped, 0);
        IStreamChannelEscrow.BatchTerms memory terms_ = terms();
        terms_.withdrawDelay = 2 * DELAY;
        IChannels.VoucherClaim[] memory batch = rows(row(slow, 400));
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        assertBytes(escrow.settleBatch(terms_, pack(batch), signature), hex"00");
        assertReceiver(400, 400);
    }

    /// @dev Terms with a longer delay are those of another channel: they buy no time.
    function test_settleBatch_cannotStretchTheGraceByItsTerms() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        freeze(keyId);
        vm.warp(START + DELAY);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400));
        bytes memory packed = pack(batch);
        batch[0].voucher.channel.withdrawDelay = 30 days;
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        IStreamChannelEscrow.BatchTerms memory terms_ = terms();
        terms_.withdrawDelay = 30 days;
        assertBytes(escrow.settleBatch(terms_, packed, signature), hex"03");
        assertReceiver(0, 0);
    }

    // ------------------------------------------------------------------ ceilings

    function test_settleBatch_paysNothingBeforeTheStart() public {
        ISessionKeyValidator.SessionKeyPermission memory later = permission(0);
        later.start = uint40(START + DAY);
        IChannels.ChannelConfig memory config = governed(register(later));
        deposit(config, 1000);
        vm.warp(START + DAY - 1);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.CeilingReached, 0);
        vm.warp(START + DAY);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 400);
    }

    function test_settleBatch_paysUpToTheCeiling() public {
        IChannels.ChannelConfig memory config = _withPeriods();
        vm.recordLogs();
        assertOutcome(settleBatch(row(config, 400)), IStreamChannelEscrow.RowOutcome.Claimed);
        Vm.Log[] memory logs = escrowLogs();
        assertClaimed(logs[0], escrow.getChannelId(config), 100);
        assertSettled(logs[1], 100);
        assertChannel(escrow.getChannelId(config), 1000, 100);
        assertReceiver(100, 100);
    }

    function test_settleBatch_paysMoreFromTheSecondAPeriodBegins() public {
        IChannels.ChannelConfig memory config = _withPeriods();
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 100);
        vm.warp(START + DAY - 1);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.CeilingReached, 100);
        vm.warp(START + DAY);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 200);
        vm.warp(START + 2 * DAY - 1);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.CeilingReached, 200);
        vm.warp(START + 5 * DAY);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 400);
    }

    /// @dev Total, money and ceiling: the least of the three.
    function testFuzz_settleBatch_paysTheLeast(uint96 total, uint96 funds, uint40 later) public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        (terms_.periodAmount, terms_.periodDuration) = (100, uint40(DAY));
        IChannels.ChannelConfig memory config = governed(register(terms_));
        funds = uint96(bound(funds, 1, 4000));
        total = uint96(bound(total, 1, 4000));
        later = uint40(bound(later, 0, 29 days));
        deposit(config, funds);
        vm.warp(START + later);
        uint256 least = 100 * (1 + later / DAY);
        if (funds < least) least = funds;
        if (total < least) least = total;
        _expect(row(config, total), IStreamChannelEscrow.RowOutcome.Claimed, least);
        assertChannel(escrow.getChannelId(config), funds, least);
    }

    function test_settleBatch_givesEachChannelTheCeiling() public {
        IChannels.ChannelConfig memory config = _withPeriods();
        IChannels.ChannelConfig memory other = governed(config.salt);
        other.withdrawDelay = DELAY + 1;
        deposit(other, 1000);
        _expect(row(config, 400), IStreamChannelEscrow.RowOutcome.Claimed, 100);
        claim(row(other, 100));
        assertReceiver(200, 100);
    }

    // ------------------------------------------------------------------ several keys

    function test_settleBatch_readsEachRowsOwnKey() public {
        IChannels.ChannelConfig memory limited = _withPeriods();
        bytes32 frozen = register(permission(1));
        bytes32 free = register(permission(2));
        deposit(governed(frozen), 1000);
        deposit(governed(free), 1000);
        deposit(channel(1), 1000);
        freeze(frozen);
        vm.warp(START + DELAY);
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](5);
        batch[0] = row(governed(frozen), 300);
        batch[1] = row(governed(free), 300);
        batch[2] = row(limited, 300);
        batch[3] = row(channel(1), 300);
        batch[4] = row(limited, 301);
        assertBytes(settleBatch(batch), hex"0400000005");
        assertReceiver(300 + 200 + 300, 800);
    }

    /// @dev A salt like the id of a key that nobody registered: no deposit opens such a channel.
    function testFuzz_settleBatch_paysNothingUnderAnUnknownKey(uint224 id) public {
        bytes32 keyId = bytes32((uint256(0x50425354) << 224) | id);
        _expect(row(governed(keyId), 400), IStreamChannelEscrow.RowOutcome.Unfunded, 0);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev 100 a day, in a channel of 1000.
    function _withPeriods() private returns (IChannels.ChannelConfig memory config) {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        (terms_.periodAmount, terms_.periodDuration) = (100, uint40(DAY));
        config = governed(register(terms_));
        deposit(config, 1000);
    }

    /// @param paid All that the receiver has been paid afterwards.
    function _expect(IChannels.VoucherClaim memory one, IStreamChannelEscrow.RowOutcome outcome, uint256 paid)
        private
    {
        assertOutcome(settleBatch(one), outcome);
        assertReceiver(paid, paid);
        assertEq(usdc.balanceOf(RECEIVER), paid);
    }
}
