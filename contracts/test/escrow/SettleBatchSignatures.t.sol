// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowWallet} from "../support/accounts/EscrowWallet.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev A bad voucher is skipped; a bad batch signature and malformed rows revert.
contract SettleBatchSignaturesTest is EscrowAsserts {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 100);
    }

    // ------------------------------------------------------------------ vouchers

    function test_settleBatch_skipsTheSignatureOfAnotherRole() public {
        uint256[4] memory signers = [PAYER_KEY, AUTHORIZER_KEY, FREEZER_KEY, STRANGER_KEY];
        for (uint256 i = 0; i < signers.length; ++i) {
            _expectInvalid(row(config, 50, 50, signers[i]));
        }
    }

    function testFuzz_settleBatch_skipsAnotherMaximumThanSigned(uint96 signed, uint96 max) public {
        max = uint96(bound(max, 50, type(uint96).max));
        vm.assume(max != signed);
        IChannels.VoucherClaim memory one = row(config, signed, 50, SESSION_KEY);
        one.voucher.maxClaimableAmount = max;
        _expectInvalid(one);
    }

    function test_settleBatch_skipsAVoucherOfAnotherChannel() public {
        IChannels.VoucherClaim memory one = row(channel(2), 50);
        one.voucher.channel = config;
        _expectInvalid(one);
    }

    function test_settleBatch_skipsAVoucherOfAnotherContract() public {
        IStreamChannelEscrow other =
            IStreamChannelEscrow(deploy("StreamChannelEscrow.sol:StreamChannelEscrow"));
        IChannels.VoucherClaim memory one = row(config, 50);
        one.signature = sign(SESSION_KEY, other.getVoucherDigest(other.getChannelId(config), 50));
        _expectInvalid(one);
        one.signature = sign(SESSION_KEY, other.getVoucherDigest(channelId, 50));
        _expectInvalid(one);
    }

    function test_settleBatch_skipsTheOtherParity() public {
        IChannels.VoucherClaim memory one = row(config, 50);
        one.signature[64] = one.signature[64] == bytes1(uint8(27)) ? bytes1(uint8(28)) : bytes1(uint8(27));
        _expectInvalid(one);
    }

    /// @dev The malleated twin, with its parity in the first bit and as it is.
    function test_settleBatch_skipsAHighS() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SESSION_KEY, escrow.getVoucherDigest(channelId, 50));
        bytes32 high = bytes32(ORDER - uint256(s));
        _expectInvalid(IChannels.VoucherClaim(IChannels.Voucher(config, 50), abi.encodePacked(r, high, v), 50));
        _expectInvalid(
            IChannels.VoucherClaim(
                IChannels.Voucher(config, 50), abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27)), 50
            )
        );
    }

    function test_settleBatch_skipsRAndSThatAreNoSignature() public {
        bytes32[3] memory odd = [bytes32(0), bytes32(ORDER), bytes32(type(uint256).max)];
        IChannels.VoucherClaim memory one = row(config, 50);
        (bytes32 r, bytes32 vs) = compact(one.signature);
        for (uint256 i = 0; i < odd.length; ++i) {
            one.signature = abi.encodePacked(odd[i], vs, uint8(27));
            _expectInvalid(one);
            one.signature = abi.encodePacked(r, odd[i], uint8(27));
            _expectInvalid(one);
        }
    }

    function testFuzz_settleBatch_skipsNoise(bytes32 r, bytes32 vs) public {
        IChannels.VoucherClaim memory one = row(config, 50);
        one.signature = abi.encodePacked(r, vs, uint8(27));
        _expectInvalid(one);
    }

    /// @dev No deposit opens such a channel, so the money is written into it: what cannot be recovered is nobody.
    function test_settleBatch_skipsNobodyAsAuthorizer() public {
        IChannels.ChannelConfig memory nobodys = channel(2);
        nobodys.payerAuthorizer = address(0);
        bytes32 id = escrow.getChannelId(nobodys);
        // `channels` is the first mapping of the escrow.
        vm.store(address(escrow), keccak256(abi.encode(id, uint256(0))), bytes32(uint256(100)));
        assertChannel(id, 100, 0);
        IChannels.VoucherClaim memory one = IChannels.VoucherClaim(
            IChannels.Voucher(nobodys, 50), abi.encodePacked(bytes32(0), bytes32(0), uint8(27)), 50
        );
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
        assertChannel(id, 100, 0);
    }

    /// @dev A voucher is of a key, whatever code the key's account has.
    function test_settleBatch_asksNoContractForVouchers() public {
        EscrowWallet wallet = new EscrowWallet();
        IChannels.ChannelConfig memory other = channel(2);
        other.payerAuthorizer = address(wallet);
        bytes32 id = deposit(other, 100);
        wallet.approve(escrow.getVoucherDigest(id, 50), EscrowWallet.Answer.Magic);
        IChannels.VoucherClaim memory one = row(other, 50);
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.InvalidVoucher);

        vm.etch(key, address(new EscrowWallet()).code);
        assertOutcome(settleBatch(row(config, 50)), IStreamChannelEscrow.RowOutcome.Claimed);
    }

    // ------------------------------------------------------------------ the batch's signature

    function test_settleBatch_revertsForAnotherSigner() public {
        uint256[4] memory signers = [STRANGER_KEY, PAYER_KEY, SESSION_KEY, FREEZER_KEY];
        IChannels.VoucherClaim[] memory batch = rows(row(config, 50));
        for (uint256 i = 0; i < signers.length; ++i) {
            _expectRefused(batch, sign(signers[i], escrow.getClaimBatchDigest(batch)));
        }
    }

    function testFuzz_settleBatch_revertsForNoise(bytes calldata signature) public {
        _expectRefused(rows(row(config, 50)), signature);
    }

    function test_settleBatch_revertsWithoutASignature() public {
        _expectRefused(rows(row(config, 50)), "");
    }

    function test_settleBatch_revertsForAMalleatedSignature() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 50));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        _expectRefused(batch, abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27)));
    }

    /// @dev Not even the receiver may settle without its authorizer: it has `claim` for that.
    function test_settleBatch_revertsForTheReceiverWithoutASignature() public {
        bytes memory packed = pack(rows(row(config, 50)));
        vm.prank(RECEIVER);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.settleBatch(terms(), packed, "");
    }

    function test_settleBatch_revertsForNobodyAsReceiverAuthorizer() public {
        IStreamChannelEscrow.BatchTerms memory nobodys = terms();
        nobodys.receiverAuthorizer = address(0);
        bytes memory packed = pack(rows(row(config, 50)));
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.settleBatch(nobodys, packed, "");
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.settleBatch(nobodys, packed, new bytes(65));
    }

    function test_settleBatch_asksAContractAuthorizer() public {
        EscrowWallet wallet = new EscrowWallet();
        IChannels.ChannelConfig memory other = channel(2);
        other.receiverAuthorizer = address(wallet);
        bytes32 id = deposit(other, 100);
        IChannels.VoucherClaim[] memory batch = rows(row(other, 50));
        bytes memory packed = pack(batch);
        IStreamChannelEscrow.BatchTerms memory terms_ = terms();
        terms_.receiverAuthorizer = address(wallet);

        wallet.approve(escrow.getClaimBatchDigest(batch), EscrowWallet.Answer.Revert);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.settleBatch(terms_, packed, "");

        wallet.approve(escrow.getClaimBatchDigest(batch), EscrowWallet.Answer.Magic);
        assertBytes(escrow.settleBatch(terms_, packed, ""), hex"00");
        assertChannel(id, 100, 50);
        assertReceiver(50, 50);
    }

    /// @dev An account that delegates to code (EIP-7702) still signs with its key.
    function test_settleBatch_acceptsTheKeyOfAnAuthorizerWithCode() public {
        vm.etch(authorizer, address(new EscrowWallet()).code);
        settleBatch(row(config, 50));
        assertReceiver(50, 50);
    }

    // ------------------------------------------------------------------ what it covers

    function testFuzz_settleBatch_revertsWhenARowIsChanged(uint256 at, uint8 bit) public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 90, 50, SESSION_KEY), row(channel(2), 60));
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        bytes memory packed = pack(batch);
        // Any bit of what is hashed: addresses, salt, maximum and total of either row.
        at = bound(at, 0, 191);
        if (at >= 96) at += 64;
        packed[at] ^= bytes1(uint8(1) << (bit % 8));
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.settleBatch(terms(), packed, signature);
    }

    function test_settleBatch_revertsWhenASkippedRowIsLeftOut() public {
        IChannels.VoucherClaim memory good = row(config, 50);
        IChannels.VoucherClaim memory skipped = row(channel(2), 60);
        IChannels.VoucherClaim[] memory batch = rows(good, skipped);
        bytes memory ofBoth = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        _expectRefused(rows(good), ofBoth);
        _expectRefused(rows(skipped, good), ofBoth);
        batch = rows(good);
        bytes memory ofOne = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        _expectRefused(rows(good, skipped), ofOne);
        _expectRefused(rows(good, good), ofOne);
    }

    /// @dev A relayer may spoil a voucher's signature, which the batch does not cover: the row is skipped and can be
    /// sent again.
    function test_settleBatch_canBeRepeatedAfterARelayerSpoiltAVoucher() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 50));
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        bytes memory packed = pack(batch);
        bytes memory spoilt = pack(batch);
        spoilt[100] ^= 0x01;
        assertBytes(escrow.settleBatch(terms(), spoilt, signature), hex"06");
        assertBytes(escrow.settleBatch(terms(), packed, signature), hex"00");
        assertReceiver(50, 50);
    }

    /// @dev The same signature serves `claimWithSignature`: one kind of batch, two encodings.
    function test_settleBatch_takesTheSignatureOfAClaimBatch() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 50));
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        escrow.claimWithSignature(batch, signature);
        assertBytes(escrow.settleBatch(terms(), pack(batch), signature), hex"01");
        assertReceiver(50, 50);
    }

    function test_settleBatch_revertsForASignatureOfOtherTerms() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 50));
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        IStreamChannelEscrow.BatchTerms[3] memory wrong = [terms(), terms(), terms()];
        wrong[0].receiver = stranger;
        wrong[1].token = address(escrow);
        wrong[2].withdrawDelay = DELAY + 1;
        bytes memory packed = pack(batch);
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(TypedData.InvalidSignature.selector);
            escrow.settleBatch(wrong[i], packed, signature);
        }
    }

    // ------------------------------------------------------------------ malformed rows

    function test_settleBatch_revertsForRowsOfTheWrongLength() public {
        uint256[8] memory lengths = [uint256(0), 1, 159, 161, 319, 321, 479, 481];
        for (uint256 i = 0; i < lengths.length; ++i) {
            _expectMalformed(lengths[i]);
        }
    }

    function testFuzz_settleBatch_revertsForRowsThatAreNotWhole(uint256 length) public {
        length = bound(length, 0, 2000);
        vm.assume(length % 160 != 0);
        _expectMalformed(length);
    }

    function _expectMalformed(uint256 length) private {
        vm.expectRevert(abi.encodeWithSelector(IStreamChannelEscrow.InvalidRows.selector, length));
        escrow.settleBatch(terms(), new bytes(length), "");
    }

    // ------------------------------------------------------------------ helpers

    function _expectInvalid(IChannels.VoucherClaim memory one) private {
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
        assertChannel(channelId, 100, 0);
        assertReceiver(0, 0);
    }

    /// @dev Nothing of a refused batch stays.
    function _expectRefused(IChannels.VoucherClaim[] memory batch, bytes memory signature) private {
        bytes memory packed = pack(batch);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.settleBatch(terms(), packed, signature);
        assertChannel(channelId, 100, 0);
        assertReceiver(0, 0);
        assertMoney(FUNDS - 100, 100, 0);
    }
}
