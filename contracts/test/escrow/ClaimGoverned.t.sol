// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev What a key's stop and its period ceiling do to `claim` and `claimWithSignature`.
contract EscrowClaimGovernedTest is EscrowAsserts {
    uint256 private constant DAY = 1 days;

    function test_claim_governed() public {
        (, IChannels.ChannelConfig memory config) = governedChannel(1000);
        claim(row(config, 1000));
        assertChannel(escrow.getChannelId(config), 1000, 1000);
        assertReceiver(1000, 0);
    }

    // ------------------------------------------------------------------ stops

    /// @param later Seconds after the freeze.
    function testFuzz_claim_isPossibleForTheDelayAfterAStop(uint40 later) public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        freeze(keyId);
        later = uint40(bound(later, 0, 2 * DELAY));
        vm.warp(START + later);
        if (later < DELAY) {
            claim(row(config, 400));
            assertReceiver(400, 0);
        } else {
            _expectOver(config, keyId, START);
        }
    }

    function test_claim_revertsFromTheSecondOfStopPlusDelay() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        vm.warp(START + 100);
        freeze(keyId);
        vm.warp(START + 100 + DELAY - 1);
        claim(row(config, 400));
        vm.warp(START + 100 + DELAY);
        _expectOver(config, keyId, START + 100);
    }

    function test_claim_revertsFromTheSecondOfExpiryPlusDelay() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        vm.warp(START + 30 days + DELAY - 1);
        claim(row(config, 400));
        vm.warp(START + 30 days + DELAY);
        _expectOver(config, keyId, START + 30 days);
    }

    /// @dev The grace is the channel's own delay.
    function test_claim_givesEachChannelItsDelay() public {
        bytes32 keyId = register(permission(0));
        IChannels.ChannelConfig memory slow = governed(keyId);
        slow.withdrawDelay = 2 * DELAY;
        deposit(governed(keyId), 1000);
        deposit(slow, 1000);
        freeze(keyId);
        vm.warp(START + DELAY);
        _expectOver(governed(keyId), keyId, START);
        claim(row(slow, 400));
        vm.warp(START + 2 * DELAY);
        _expectOver(slow, keyId, START);
    }

    function test_claim_worksAgainAfterALateThaw() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        freeze(keyId);
        vm.warp(START + 2 * DELAY);
        vm.prank(payer);
        escrow.unfreezeKey(keyId);
        claim(row(config, 400));
        assertReceiver(400, 0);
    }

    /// @dev What is recorded stays recorded, and is paid.
    function test_settle_paysWhatWasClaimedBeforeTheStop() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        claim(row(config, 400));
        vm.prank(payer);
        escrow.revokeKey(keyId);
        vm.warp(START + 10 * DELAY);
        claim(row(config, 400));
        escrow.settle(RECEIVER, address(usdc));
        assertMoney(FUNDS - 1000, 600, 400);
    }

    // ------------------------------------------------------------------ ceilings

    function test_claim_revertsBeforeTheStart() public {
        ISessionKeyValidator.SessionKeyPermission memory later = permission(0);
        later.start = uint40(START + DAY);
        bytes32 keyId = register(later);
        IChannels.ChannelConfig memory config = governed(keyId);
        deposit(config, 1000);
        vm.warp(START + DAY - 1);
        _expectAbove(config, keyId, 1, 0);
        vm.warp(START + DAY);
        claim(row(config, 1));
        assertReceiver(1, 0);
    }

    function test_claim_followsTheCeilingFromPeriodToPeriod() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = _withPeriods();
        _expectAbove(config, keyId, 101, 100);
        claim(row(config, 100));
        vm.warp(START + DAY - 1);
        _expectAbove(config, keyId, 101, 100);
        vm.warp(START + DAY);
        _expectAbove(config, keyId, 201, 200);
        claim(row(config, 200));
        assertReceiver(200, 0);
    }

    function testFuzz_claim_staysBelowTheCeiling(uint40 later, uint128 total) public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = _withPeriods();
        later = uint40(bound(later, 0, 29 days));
        total = uint128(bound(total, 1, 1000));
        vm.warp(START + later);
        uint256 ceiling = 100 * (1 + later / DAY);
        if (total > ceiling) _expectAbove(config, keyId, total, ceiling);
        else claim(row(config, total));
        assertReceiver(total > ceiling ? 0 : total, 0);
    }

    /// @dev Each channel of a key has the whole ceiling for itself.
    function test_claim_givesEachChannelTheCeiling() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = _withPeriods();
        IChannels.ChannelConfig memory other = governed(keyId);
        other.withdrawDelay = DELAY + 1;
        deposit(other, 1000);
        claim(row(config, 100));
        claim(row(other, 100));
        assertReceiver(200, 0);
    }

    function test_claimWithSignature_obeysTheKeyToo() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = _withPeriods();
        IChannels.VoucherClaim[] memory batch = rows(row(config, 101));
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        vm.expectRevert(
            abi.encodeWithSelector(ISessionKeyValidator.ClaimExceedsCeiling.selector, keyId, 101, 100)
        );
        escrow.claimWithSignature(batch, signature);
        freeze(keyId);
        vm.warp(START + DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(IStreamChannelEscrow.KeyIsOver.selector, keyId, uint40(START))
        );
        escrow.claimWithSignature(batch, signature);
    }

    /// @dev A plain channel obeys no key, even one with the same signer.
    function test_claim_plainObeysNoKey() public {
        (bytes32 keyId,) = _withPeriods();
        deposit(channel(1), 1000);
        freeze(keyId);
        vm.warp(START + 10 * DELAY);
        claim(row(channel(1), 1000));
        assertReceiver(1000, 0);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev 100 a day, in a channel of 1000.
    function _withPeriods() private returns (bytes32 keyId, IChannels.ChannelConfig memory config) {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        (terms_.periodAmount, terms_.periodDuration) = (100, uint40(DAY));
        keyId = register(terms_);
        config = governed(keyId);
        deposit(config, 1000);
    }

    function _expectOver(IChannels.ChannelConfig memory config, bytes32 keyId, uint256 stoppedAt) private {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 500));
        vm.prank(RECEIVER);
        vm.expectRevert(
            abi.encodeWithSelector(IStreamChannelEscrow.KeyIsOver.selector, keyId, uint40(stoppedAt))
        );
        escrow.claim(batch);
    }

    function _expectAbove(IChannels.ChannelConfig memory config, bytes32 keyId, uint128 total, uint256 ceiling)
        private
    {
        IChannels.VoucherClaim[] memory batch = rows(row(config, total));
        vm.prank(RECEIVER);
        vm.expectRevert(
            abi.encodeWithSelector(ISessionKeyValidator.ClaimExceedsCeiling.selector, keyId, total, ceiling)
        );
        escrow.claim(batch);
    }
}
