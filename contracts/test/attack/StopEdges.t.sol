// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";

/// @notice A stop of a key (freeze, revocation, expiry) is used to leave the receiver unpaid, or a receiver goes on
/// collecting after it. The channel's `withdrawDelay` after the stop is the receiver's.
///
/// | attack | outcome |
/// |---|---|
/// | the payer consumes, then freezes, revokes, rotates or lets the key expire | paid within the delay |
/// | the payer stops it again and again, to make a stop count from earlier | each counts from its own second |
/// | the payer stops the key and withdraws | both take the delay: nothing is taken sooner |
/// | the provider collects after stop + delay, by any function | refused or skipped; the money is the payer's |
/// | somebody deposits under a stopped or expired key, to the second | refused |
/// | an unfreeze after the delay | claims are good again, for the right receiver only |
/// | the freezer freezes again and again | the account rotates to a key without it; the receiver is paid |
/// | the freezer unfreezes, revokes, rotates or withdraws | refused |
/// | a plain channel of the same key is to be stopped with it | it is not governed: a stop says nothing about it |
contract StopEdgesTest is AttackBase {
    bytes32 private keyId;
    bytes32 private channelId;
    IChannels.ChannelConfig private config;

    function setUp() public override {
        super.setUp();
        (keyId, config) = governedChannel(1000);
        channelId = escrow.getChannelId(config);
    }

    // ------------------------------------------------------------------ consume, stop, wait

    function test_freezeKey_afterConsuming() public {
        freeze(keyId);
        _assertPaidUntil(START + DELAY);
    }

    function test_revokeKey_afterConsuming() public {
        vm.prank(payer);
        escrow.revokeKey(keyId);
        _assertPaidUntil(START + DELAY);
    }

    function test_rotateKey_afterConsuming() public {
        ISessionKeyValidator.SessionKeyPermission memory next = permission(1);
        vm.prank(payer);
        escrow.rotateKey(keyId, next, type(uint128).max);
        _assertPaidUntil(START + DELAY);
    }

    function test_expiry_afterConsuming() public {
        vm.warp(START + 30 days - 1);
        assertTrue(escrow.isAuthorized(keyId, RECEIVER, address(usdc)));
        vm.warp(START + 30 days);
        assertTrue(!escrow.isAuthorized(keyId, RECEIVER, address(usdc)));
        _assertPaidUntil(START + 30 days + DELAY);
    }

    /// @dev Earlier stops cannot be invented: what ran out by the freeze is gone with it.
    function test_unfreezeKey_thenFreezeAgain() public {
        freeze(keyId);
        vm.warp(START + DELAY - 1);
        _unfreeze();
        freeze(keyId);
        _assertPaidUntil(START + 2 * DELAY - 1);
    }

    function test_revokeKey_afterAFreezeThatIsLifted() public {
        freeze(keyId);
        vm.warp(START + 1000);
        vm.prank(payer);
        escrow.revokeKey(keyId);
        assertEq(uint256(escrow.getKey(keyId).limit.stoppedAt), START);
        _unfreeze();
        _assertPaidUntil(START + 1000 + DELAY);
    }

    function test_freezeKey_afterARevocation() public {
        vm.warp(START + 1000);
        vm.prank(payer);
        escrow.revokeKey(keyId);
        assertRefused(
            payer,
            abi.encodeCall(escrow.freezeKey, (keyId)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId)
        );
        _assertPaidUntil(START + 1000 + DELAY);
    }

    /// @dev A stop after expiry changes nothing: the earliest counts.
    function test_revokeKey_afterExpiry() public {
        vm.warp(START + 30 days + 1000);
        vm.prank(payer);
        escrow.revokeKey(keyId);
        _assertPaidUntil(START + 30 days + DELAY);
    }

    function test_finalizeWithdraw_withTheKeyStopped() public {
        uint256[] memory before = purses();
        freeze(keyId);
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY - 1);
        assertRefused(
            payer,
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeWithSelector(IChannels.WithdrawDelayNotElapsed.selector, START + DELAY)
        );
        settleBatch(row(config, 600));
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        assertPaid(before, 600, 400);
    }

    // ------------------------------------------------------------------ collect afterwards

    function test_claim_afterStopAndDelayByEveryWay() public {
        freeze(keyId);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 600));
        bytes memory signature = signBatch(batch);
        bytes memory over = abi.encodeWithSelector(IStreamChannelEscrow.KeyIsOver.selector, keyId, START);
        vm.warp(START + DELAY);
        uint256[] memory before = purses();
        assertRefused(RECEIVER, abi.encodeCall(escrow.claim, (batch)), over);
        assertRefused(RELAYER, abi.encodeCall(escrow.claimWithSignature, (batch, signature)), over);
        assertOutcome(settleBatch(batch[0]), IStreamChannelEscrow.RowOutcome.KeyStopped);
        escrow.settle(RECEIVER, address(usdc));
        assertPaid(before, 0, 0);

        initiateWithdraw(config, 1000);
        vm.warp(START + 2 * DELAY);
        finalizeWithdraw(config);
        assertPaid(before, 0, 1000);
    }

    /// @dev What was claimed in time is paid whenever: only claims run out.
    function test_settle_afterStopAndDelay() public {
        uint256[] memory before = purses();
        claim(row(config, 600));
        freeze(keyId);
        vm.warp(START + 2 * DELAY);
        escrow.settle(RECEIVER, address(usdc));
        assertPaid(before, 600, 0);
    }

    function test_claim_afterALateUnfreeze() public {
        IChannels.VoucherClaim memory one = row(config, 600);
        freeze(keyId);
        vm.warp(START + DELAY);
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.KeyStopped);
        uint256[] memory before = purses();
        _unfreeze();
        settleBatch(one);
        assertPaid(before, 600, 0);
    }

    // ------------------------------------------------------------------ deposit afterwards

    function test_deposit_underAStoppedKey() public gainsNothing {
        freeze(keyId);
        _assertNoDeposit(START);
        _unfreeze();
        vm.warp(START + 30 days);
        _assertNoDeposit(START + 30 days);
        vm.prank(payer);
        escrow.revokeKey(keyId);
        _assertNoDeposit(START + 30 days);
    }

    function test_deposit_inTheLastSecondBeforeExpiry() public {
        vm.warp(START + 30 days - 1);
        deposit(config, 1);
        assertChannel(channelId, 1001, 0);
    }

    /// @dev Money that came in before the first second of a key cannot be claimed before it.
    function test_claim_beforeTheStart() public {
        ISessionKeyValidator.SessionKeyPermission memory later = permission(1);
        later.start = uint40(START + 1000);
        IChannels.ChannelConfig memory early = governed(register(later));
        deposit(early, 1000);
        IChannels.VoucherClaim memory one = row(early, 600);
        uint256[] memory before = purses();
        vm.warp(START + 999);
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.CeilingReached);
        assertPaid(before, 0, 0);
        vm.warp(START + 1000);
        settleBatch(one);
        assertPaid(before, 600, 0);
    }

    // ------------------------------------------------------------------ the freezer

    function test_freezeKey_byAMaliciousFreezer() public {
        uint256[] memory before = purses();
        vm.prank(freezer);
        escrow.freezeKey(keyId);
        _unfreeze();
        vm.prank(freezer);
        escrow.freezeKey(keyId);
        vm.warp(START + DELAY - 1);
        settleBatch(row(config, 600));
        assertPaid(before, 600, 0);

        ISessionKeyValidator.SessionKeyPermission memory without = permission(1);
        without.freezer = address(0);
        vm.prank(payer);
        bytes32 next = escrow.rotateKey(keyId, without, 1000);
        assertRefused(
            freezer,
            abi.encodeCall(escrow.freezeKey, (next)),
            abi.encodeWithSelector(ISessionKeyValidator.NotFreezer.selector, freezer)
        );
        assertTrue(escrow.isAuthorized(next, RECEIVER, address(usdc)));
        refund(config, 400);
        assertPaid(before, 600, 400);
    }

    function test_changes_byTheFreezer() public gainsNothing {
        vm.prank(freezer);
        escrow.freezeKey(keyId);
        bytes memory notAccount = abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, freezer);
        assertRefused(freezer, abi.encodeCall(escrow.unfreezeKey, (keyId)), notAccount);
        assertRefused(freezer, abi.encodeCall(escrow.revokeKey, (keyId)), notAccount);
        assertRefused(freezer, abi.encodeCall(escrow.rotateKey, (keyId, permission(1), 1000)), notAccount);
        assertRefused(
            freezer,
            abi.encodeCall(escrow.initiateWithdraw, (config, 1)),
            abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, freezer)
        );
        assertRefused(
            freezer,
            abi.encodeCall(escrow.refund, (config, 1)),
            abi.encodeWithSelector(IChannels.NotReceiverSide.selector, freezer)
        );
    }

    function test_freezeKey_leavesPlainChannelsOfTheKeyAlone() public {
        IChannels.ChannelConfig memory plain = channel(1);
        deposit(plain, 1000);
        uint256[] memory before = purses();
        freeze(keyId);
        vm.warp(START + 2 * DELAY);
        settleBatch(row(plain, 600));
        assertPaid(before, 600, 0);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev Good in the second before `end`, worth nothing in that second.
    function _assertPaidUntil(uint256 end) private {
        uint256[] memory before = purses();
        vm.warp(end - 1);
        assertOutcome(settleBatch(row(config, 600)), IStreamChannelEscrow.RowOutcome.Claimed);
        assertPaid(before, 600, 0);
        vm.warp(end);
        assertOutcome(settleBatch(row(config, 700)), IStreamChannelEscrow.RowOutcome.KeyStopped);
        assertPaid(before, 600, 0);
    }

    function _assertNoDeposit(uint256 stoppedAt) private {
        bytes memory data = consent(channelId, 1);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.deposit, (config, 1, address(escrow), data)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyStopped.selector, keyId, stoppedAt)
        );
    }

    function _unfreeze() private {
        vm.prank(payer);
        escrow.unfreezeKey(keyId);
    }
}
