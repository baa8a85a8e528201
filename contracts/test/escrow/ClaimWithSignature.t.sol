// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {EscrowWallet} from "../support/accounts/EscrowWallet.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

contract EscrowClaimWithSignatureTest is EscrowAsserts {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    // ------------------------------------------------------------------ recording

    function testFuzz_claimWithSignature_isRelayedByAnyone(address relayer, uint128 total) public {
        total = uint128(bound(total, 1, 1000));
        IChannels.VoucherClaim[] memory batch = rows(row(config, total));
        bytes memory signature = _sign(batch);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.Claimed(channelId, total);
        vm.prank(relayer);
        escrow.claimWithSignature(batch, signature);
        assertEventCount(1);
        assertChannel(channelId, 1000, total);
        assertReceiver(total, 0);
        assertMoney(FUNDS - 1000, 1000, 0);
    }

    function test_claimWithSignature_recordsForSeveralReceivers() public {
        IChannels.ChannelConfig memory other = channel(1);
        other.receiver = address(0xF00D);
        bytes32 second = deposit(other, 500);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400), row(other, 300));
        escrow.claimWithSignature(batch, _sign(batch));
        assertChannel(channelId, 1000, 400);
        assertChannel(second, 500, 300);
        assertReceiver(400, 0);
    }

    function test_claimWithSignature_asksAContractAuthorizer() public {
        (EscrowWallet wallet, IChannels.ChannelConfig memory other) = _withWallet();
        IChannels.VoucherClaim[] memory batch = rows(row(other, 400));
        wallet.approve(escrow.getClaimBatchDigest(batch), EscrowWallet.Answer.Magic);
        escrow.claimWithSignature(batch, "");
        assertReceiver(400, 0);
    }

    function test_claimWithSignature_changesNothingTheSecondTime() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400));
        bytes memory signature = _sign(batch);
        escrow.claimWithSignature(batch, signature);
        vm.recordLogs();
        escrow.claimWithSignature(batch, signature);
        assertEventCount(0);
        assertChannel(channelId, 1000, 400);
        assertReceiver(400, 0);
    }

    // ------------------------------------------------------------------ reverts

    function test_claimWithSignature_revertsForAnEmptyBatch() public {
        vm.expectRevert(IChannels.EmptyBatch.selector);
        escrow.claimWithSignature(new IChannels.VoucherClaim[](0), "");
    }

    function test_claimWithSignature_revertsForAnotherSigner() public {
        uint256[4] memory signers = [STRANGER_KEY, PAYER_KEY, SESSION_KEY, FREEZER_KEY];
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400));
        for (uint256 i = 0; i < signers.length; ++i) {
            _expectInvalidSignature(batch, sign(signers[i], escrow.getClaimBatchDigest(batch)));
        }
    }

    /// @dev The receiver calls `claim` itself; a signature is the authorizer's.
    function test_claimWithSignature_revertsForTheSignatureOfTheReceiver() public {
        IChannels.ChannelConfig memory other = channel(2);
        other.receiver = stranger;
        deposit(other, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(other, 400));
        _expectInvalidSignature(batch, sign(STRANGER_KEY, escrow.getClaimBatchDigest(batch)));
    }

    function test_claimWithSignature_revertsWithoutASignature() public {
        _expectInvalidSignature(rows(row(config, 400)), "");
    }

    function test_claimWithSignature_revertsWhenAContractAuthorizerRefuses() public {
        (EscrowWallet wallet, IChannels.ChannelConfig memory other) = _withWallet();
        IChannels.VoucherClaim[] memory batch = rows(row(other, 400));
        wallet.approve(escrow.getClaimBatchDigest(batch), EscrowWallet.Answer.OtherWord);
        _expectInvalidSignature(batch, "");
    }

    function testFuzz_claimWithSignature_revertsWhenATotalIsChanged(uint128 total) public {
        total = uint128(bound(total, 1, 1000));
        vm.assume(total != 400);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 1000, 400, SESSION_KEY));
        bytes memory signature = _sign(batch);
        batch[0].totalClaimed = total;
        _expectInvalidSignature(batch, signature);
    }

    function test_claimWithSignature_revertsWhenRowsAreSwappedLeftOutOrAdded() public {
        deposit(channel(2), 500);
        IChannels.VoucherClaim memory one = row(config, 400);
        IChannels.VoucherClaim memory two = row(channel(2), 300);
        bytes memory ofBoth = _sign(rows(one, two));
        _expectInvalidSignature(rows(two, one), ofBoth);
        _expectInvalidSignature(rows(one), ofBoth);
        _expectInvalidSignature(rows(one, two), _sign(rows(one)));
    }

    /// @dev Rows that change nothing are covered as well.
    function test_claimWithSignature_revertsWhenASkippedRowIsChanged() public {
        claim(row(config, 400));
        deposit(channel(2), 500);
        IChannels.VoucherClaim memory skipped = row(config, 300);
        IChannels.VoucherClaim memory two = row(channel(2), 300);
        bytes memory signature = _sign(rows(skipped, two));
        skipped.totalClaimed = 299;
        _expectInvalidSignature(rows(skipped, two), signature);
    }

    function test_claimWithSignature_revertsForMixedAuthorizers() public {
        IChannels.ChannelConfig memory other = channel(2);
        other.receiverAuthorizer = stranger;
        deposit(other, 500);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400), row(other, 300));
        bytes memory signature = _sign(batch);
        vm.expectRevert(abi.encodeWithSelector(IChannels.MixedAuthorizers.selector, authorizer, stranger));
        escrow.claimWithSignature(batch, signature);
        assertChannel(channelId, 1000, 0);
    }

    function test_claimWithSignature_revertsForABadVoucher() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400, 400, PAYER_KEY));
        _expectInvalidSignature(batch, _sign(batch));
    }

    function test_claimWithSignature_revertsBeyondVoucherAndBalance() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 300, 301, SESSION_KEY));
        bytes memory signature = _sign(batch);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ClaimExceedsVoucher.selector, channelId, 301, 300));
        escrow.claimWithSignature(batch, signature);

        batch = rows(row(config, 1001));
        signature = _sign(batch);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ClaimExceedsBalance.selector, channelId, 1001, 1000));
        escrow.claimWithSignature(batch, signature);
    }

    // ------------------------------------------------------------------ helpers

    function _sign(IChannels.VoucherClaim[] memory batch) private view returns (bytes memory) {
        return sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
    }

    function _withWallet() private returns (EscrowWallet wallet, IChannels.ChannelConfig memory other) {
        wallet = new EscrowWallet();
        other = channel(2);
        other.receiverAuthorizer = address(wallet);
        deposit(other, 1000);
    }

    function _expectInvalidSignature(IChannels.VoucherClaim[] memory batch, bytes memory signature) private {
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.claimWithSignature(batch, signature);
    }
}
