// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {EscrowWallet} from "../support/accounts/EscrowWallet.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev `claim` behaves as in the canonical contract: one bad row reverts the batch. Keys: ClaimGoverned.
contract EscrowClaimTest is EscrowAsserts {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    // ------------------------------------------------------------------ recording

    function test_claim_recordsAndDoesNotPay() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 600, 400, SESSION_KEY));
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.Claimed(channelId, 400);
        vm.prank(RECEIVER);
        escrow.claim(batch);
        assertEventCount(1);
        assertChannel(channelId, 1000, 400);
        assertReceiver(400, 0);
        assertMoney(FUNDS - 1000, 1000, 0);
    }

    function test_claim_isForTheAuthorizerToo() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400));
        vm.prank(authorizer);
        escrow.claim(batch);
        assertChannel(channelId, 1000, 400);
    }

    function test_claim_recordsSeveralChannels() public {
        bytes32 second = deposit(channel(2), 500);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400), row(channel(2), 500));
        vm.recordLogs();
        vm.prank(RECEIVER);
        escrow.claim(batch);
        assertEventCount(2);
        assertChannel(channelId, 1000, 400);
        assertChannel(second, 500, 500);
        assertReceiver(900, 0);
    }

    function test_claim_recordsForSeveralReceiversOfOneAuthorizer() public {
        IChannels.ChannelConfig memory other = channel(1);
        other.receiver = address(0xF00D);
        bytes32 second = deposit(other, 500);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400), row(other, 300));
        vm.prank(authorizer);
        escrow.claim(batch);
        assertChannel(second, 500, 300);
        assertReceiver(400, 0);
        (uint128 claimed,) = escrow.receivers(address(0xF00D), address(usdc));
        assertEq(uint256(claimed), 300);
    }

    function test_claim_recordsRisingTotalsOfOneChannel() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400), row(config, 700));
        vm.recordLogs();
        vm.prank(RECEIVER);
        escrow.claim(batch);
        assertEventCount(2);
        assertChannel(channelId, 1000, 700);
        assertReceiver(700, 0);
    }

    function testFuzz_claim_recordsUpToTheVoucher(uint128 max, uint128 total) public {
        max = uint128(bound(max, 1, type(uint128).max));
        total = uint128(bound(total, 1, max < 1000 ? max : 1000));
        claim(row(config, max, total, SESSION_KEY));
        assertChannel(channelId, 1000, total);
        assertReceiver(total, 0);
    }

    /// @dev Amounts beyond 2^96, which a packed row cannot carry.
    function test_claim_recordsTheWidestAmounts() public {
        usdc.mint(payer, type(uint128).max);
        bytes32 wide = deposit(channel(2), type(uint128).max);
        claim(row(channel(2), type(uint128).max));
        assertChannel(wide, type(uint128).max, type(uint128).max);
        assertReceiver(type(uint128).max, 0);
    }

    // ------------------------------------------------------------------ nothing new

    function testFuzz_claim_skipsWhatIsRecorded(uint128 total) public {
        claim(row(config, 400));
        total = uint128(bound(total, 0, 400));
        IChannels.VoucherClaim[] memory batch = rows(row(config, total));
        vm.recordLogs();
        vm.prank(RECEIVER);
        escrow.claim(batch);
        assertEventCount(0);
        assertChannel(channelId, 1000, 400);
        assertReceiver(400, 0);
    }

    /// @dev Nothing changes, so nothing is asked.
    function test_claim_skipsWhatIsRecordedWhateverTheSignature() public {
        claim(row(config, 400));
        IChannels.VoucherClaim memory one = row(config, 0, 400, SESSION_KEY);
        one.signature = "";
        claim(one);
        assertChannel(channelId, 1000, 400);
    }

    function test_claim_countsAChannelNamedTwiceOnce() public {
        IChannels.VoucherClaim memory one = row(config, 600);
        vm.prank(RECEIVER);
        escrow.claim(rows(one, one));
        assertChannel(channelId, 1000, 600);
        assertReceiver(600, 0);
    }

    // ------------------------------------------------------------------ reverts

    function test_claim_revertsForAnEmptyBatch() public {
        vm.prank(RECEIVER);
        vm.expectRevert(IChannels.EmptyBatch.selector);
        escrow.claim(new IChannels.VoucherClaim[](0));
    }

    function testFuzz_claim_revertsForOthers(address caller) public {
        vm.assume(caller != RECEIVER && caller != authorizer);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400));
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotReceiverSide.selector, caller));
        escrow.claim(batch);
    }

    function test_claim_revertsForAReceiverThatIsNotInEveryRow() public {
        IChannels.ChannelConfig memory other = channel(1);
        other.receiver = address(0xF00D);
        deposit(other, 500);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400), row(other, 300));
        vm.prank(RECEIVER);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotReceiverSide.selector, RECEIVER));
        escrow.claim(batch);
        assertChannel(channelId, 1000, 0);
    }

    function testFuzz_claim_revertsBeyondTheVoucher(uint128 max, uint128 total) public {
        max = uint128(bound(max, 0, type(uint128).max - 1));
        total = uint128(bound(total, uint256(max) + 1, type(uint128).max));
        _expectRevert(
            row(config, max, total, SESSION_KEY),
            abi.encodeWithSelector(IChannels.ClaimExceedsVoucher.selector, channelId, total, max)
        );
    }

    function testFuzz_claim_revertsBeyondTheBalance(uint128 total) public {
        total = uint128(bound(total, 1001, type(uint128).max));
        _expectRevert(
            row(config, total),
            abi.encodeWithSelector(IChannels.ClaimExceedsBalance.selector, channelId, total, 1000)
        );
    }

    function test_claim_revertsForAChannelWithoutMoney() public {
        _expectRevert(
            row(channel(2), 1),
            abi.encodeWithSelector(
                IChannels.ClaimExceedsBalance.selector, escrow.getChannelId(channel(2)), 1, 0
            )
        );
    }

    function test_claim_revertsForTheWrongSigner() public {
        uint256[3] memory signers = [STRANGER_KEY, PAYER_KEY, AUTHORIZER_KEY];
        for (uint256 i = 0; i < signers.length; ++i) {
            _expectInvalidSignature(row(config, 400, 400, signers[i]));
        }
    }

    function test_claim_revertsForAVoucherOfAnotherChannel() public {
        deposit(channel(2), 1000);
        IChannels.VoucherClaim memory one = row(config, 400);
        one.voucher.channel = channel(2);
        _expectInvalidSignature(one);
    }

    function testFuzz_claim_revertsForAnotherMaximumThanSigned(uint128 signed, uint128 max) public {
        max = uint128(bound(max, 400, type(uint128).max));
        vm.assume(signed != max);
        IChannels.VoucherClaim memory one = row(config, signed, 400, SESSION_KEY);
        one.voucher.maxClaimableAmount = max;
        _expectInvalidSignature(one);
    }

    function test_claim_revertsForAMalleatedSignature() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SESSION_KEY, escrow.getVoucherDigest(channelId, 400));
        bytes memory twin = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        _expectInvalidSignature(IChannels.VoucherClaim(IChannels.Voucher(config, 400), twin, 400));
    }

    function test_claim_revertsForTheCompactSignature() public {
        IChannels.VoucherClaim memory one = row(config, 400);
        (bytes32 r, bytes32 vs) = compact(one.signature);
        one.signature = abi.encodePacked(r, vs);
        _expectInvalidSignature(one);
    }

    /// @dev A voucher is of a key: a contract's word could change after the service was consumed.
    function test_claim_revertsForAContractThatVouches() public {
        EscrowWallet wallet = new EscrowWallet();
        IChannels.ChannelConfig memory other = channel(2);
        other.payerAuthorizer = address(wallet);
        bytes32 id = deposit(other, 1000);
        wallet.approve(escrow.getVoucherDigest(id, 400), EscrowWallet.Answer.Magic);
        _expectInvalidSignature(IChannels.VoucherClaim(IChannels.Voucher(other, 400), "", 400));
    }

    function test_claim_revertsWholeForOneBadRow() public {
        deposit(channel(2), 500);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400), row(channel(2), 300, 300, STRANGER_KEY));
        vm.prank(RECEIVER);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.claim(batch);
        assertChannel(channelId, 1000, 0);
        assertReceiver(0, 0);
    }

    // ------------------------------------------------------------------ with the other ways out

    function test_claim_worksWhileAWithdrawalIsPending() public {
        vm.prank(payer);
        escrow.initiateWithdraw(config, 1000);
        claim(row(config, 700));
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.finalizeWithdraw(config);
        assertChannel(channelId, 700, 700);
        assertMoney(FUNDS - 700, 700, 0);
    }

    function test_claim_cannotBeRepeatedAfterReopening() public {
        IChannels.VoucherClaim memory used = row(config, 400);
        claim(used);
        vm.prank(RECEIVER);
        escrow.refund(config, 600);
        deposit(config, 1000);
        claim(used);
        assertChannel(channelId, 1400, 400);
    }

    // ------------------------------------------------------------------ helpers

    function _expectInvalidSignature(IChannels.VoucherClaim memory one) private {
        _expectRevert(one, abi.encodeWithSelector(TypedData.InvalidSignature.selector));
    }

    function _expectRevert(IChannels.VoucherClaim memory one, bytes memory reason) private {
        vm.prank(RECEIVER);
        vm.expectRevert(reason);
        escrow.claim(rows(one));
    }
}
