// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";

/// @notice A valid signature is rewritten into another that means the same, or an invalid one is dressed up.
///
/// | attack | outcome |
/// |---|---|
/// | the mirror image (n - s) of a voucher signature, 65 bytes or in a row | refused; row skipped |
/// | v of 0, 1 or 29, the other v, 64 bytes (EIP-2098) where 65 belong | refused |
/// | the other parity in a row, r or s of zero, s of all ones | row skipped |
/// | a mirrored batch, refund, cancel or key signature | refused |
/// | a channel whose voucher signer is zero, the answer of a failed recovery | no money can enter; row skipped |
/// | a signature of the right form twice | each right is used up by nonce, version or total, not by signature |
contract MalleabilityTest is AttackBase {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    // ------------------------------------------------------------------ vouchers

    function test_claim_mirroredSignature() public gainsNothing {
        _assertRefusedInAClaim(_mirror(row(config, 500).signature));
    }

    function test_claim_wrongRecoveryByte() public gainsNothing {
        bytes memory good = row(config, 500).signature;
        uint8 v = uint8(good[64]);
        uint8[4] memory wrong = [v == 27 ? 28 : 27, 0, 1, 29];
        for (uint256 i = 0; i < wrong.length; ++i) {
            bytes memory bad = bytes.concat(good);
            bad[64] = bytes1(wrong[i]);
            _assertRefusedInAClaim(bad);
        }
    }

    function test_claim_wrongLength() public gainsNothing {
        bytes memory good = row(config, 500).signature;
        (bytes32 r, bytes32 vs) = compact(good);
        _assertRefusedInAClaim(abi.encodePacked(r, vs));
        _assertRefusedInAClaim(bytes.concat(good, hex"00"));
        _assertRefusedInAClaim("");
    }

    function test_settleBatch_otherParity() public gainsNothing {
        (bytes32 r, bytes32 vs) = compact(row(config, 500).signature);
        _assertSkipped(r, vs ^ bytes32(uint256(1) << 255));
    }

    /// @dev The mirror image needs all 256 bits, one more than a row has for s.
    function test_settleBatch_mirroredSignature() public gainsNothing {
        (bytes32 r, bytes32 vs) = compact(row(config, 500).signature);
        uint256 s = uint256(vs) & ~(uint256(1) << 255);
        _assertSkipped(r, bytes32(ORDER - s));
        _assertSkipped(r, bytes32((ORDER - s) ^ (uint256(1) << 255)));
    }

    function test_settleBatch_degenerateSignature() public gainsNothing {
        (bytes32 r, bytes32 vs) = compact(row(config, 500).signature);
        _assertSkipped(0, vs);
        _assertSkipped(r, 0);
        _assertSkipped(0, 0);
        _assertSkipped(r, bytes32(type(uint256).max));
        _assertSkipped(bytes32(ORDER), vs);
    }

    function testFuzz_settleBatch_anyOtherSignature(bytes32 r, bytes32 vs) public gainsNothing {
        (bytes32 goodR, bytes32 goodVs) = compact(row(config, 500).signature);
        vm.assume(r != goodR || vs != goodVs);
        _assertSkipped(r, vs);
    }

    // ------------------------------------------------------------------ a signer that is nobody

    function test_deposit_withoutAVoucherSigner() public gainsNothing {
        IChannels.ChannelConfig memory open = channel(2);
        open.payerAuthorizer = address(0);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.deposit, (open, 1, address(escrow), consent(escrow.getChannelId(open), 1))),
            IChannels.ZeroAddress.selector
        );
    }

    function test_claim_zeroSignerByAFailedRecovery() public gainsNothing {
        IChannels.ChannelConfig memory open = channel(2);
        open.payerAuthorizer = address(0);
        IChannels.VoucherClaim memory one = row(open, 500);
        one.signature = new bytes(65);
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.Unfunded);
    }

    function test_settleBatch_zeroAuthorizerByAFailedRecovery() public gainsNothing {
        IStreamChannelEscrow.BatchTerms memory open = terms();
        open.receiverAuthorizer = address(0);
        bytes memory packed = pack(rows(row(config, 500)));
        bytes[3] memory signatures = [new bytes(65), new bytes(64), bytes("")];
        for (uint256 i = 0; i < signatures.length; ++i) {
            assertRefused(
                RELAYER,
                abi.encodeCall(escrow.settleBatch, (open, packed, signatures[i])),
                TypedData.InvalidSignature.selector
            );
        }
    }

    // ------------------------------------------------------------------ everybody else's signatures

    function test_settleBatch_mirroredAuthorizerSignature() public gainsNothing {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 500));
        bytes memory signature = signBatch(batch);
        (bytes32 r, bytes32 vs) = compact(signature);
        bytes[2] memory twins = [_mirror(signature), abi.encodePacked(r, vs)];
        for (uint256 i = 0; i < twins.length; ++i) {
            assertRefused(
                RELAYER,
                abi.encodeCall(escrow.settleBatch, (terms(), pack(batch), twins[i])),
                TypedData.InvalidSignature.selector
            );
            assertRefused(
                RELAYER,
                abi.encodeCall(escrow.claimWithSignature, (batch, twins[i])),
                TypedData.InvalidSignature.selector
            );
        }
    }

    function test_refundWithSignature_mirroredSignature() public {
        bytes memory signature = signRefund(channelId, 0, 100);
        bytes memory twin = _mirror(signature);
        uint256[] memory before = purses();
        bytes memory call = abi.encodeCall(escrow.refundWithSignature, (config, 100, 0, twin));
        assertRefused(payer, call, TypedData.InvalidSignature.selector);
        escrow.refundWithSignature(config, 100, 0, signature);
        assertRefused(payer, call, abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0));
        assertPaid(before, 0, 100);
    }

    function test_cancelWithdrawWithSignature_mirroredSignature() public gainsNothing {
        initiateWithdraw(config, 1000);
        bytes memory twin = _mirror(signCancel(channelId, uint40(START)));
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.cancelWithdrawWithSignature, (config, uint40(START), twin)),
            TypedData.InvalidSignature.selector
        );
    }

    function test_changesOfAKey_mirroredSignature() public gainsNothing {
        bytes memory register_ = _mirror(signRegister(permission(0), NEVER));
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.registerKeyWithSignature, (permission(0), NEVER, register_)),
            TypedData.InvalidSignature.selector
        );
        bytes32 keyId = register(permission(0));
        bytes memory freeze_ = _mirror(signChange(FREEZER_KEY, KeyHash.FREEZE, keyId, 1));
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.freezeKeyWithSignature, (keyId, freezer, 1, NEVER, freeze_)),
            TypedData.InvalidSignature.selector
        );
        bytes memory revoke = _mirror(signChange(PAYER_KEY, KeyHash.REVOKE, keyId, 1));
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.revokeKeyWithSignature, (keyId, 1, NEVER, revoke)),
            TypedData.InvalidSignature.selector
        );
    }

    // ------------------------------------------------------------------ helpers

    function _assertRefusedInAClaim(bytes memory signature) private {
        IChannels.VoucherClaim memory one = row(config, 500);
        one.signature = signature;
        assertRefused(RECEIVER, abi.encodeCall(escrow.claim, (rows(one))), TypedData.InvalidSignature.selector);
    }

    /// @dev The authorizer signs the batch; only the voucher's signature in the row is not the session key's.
    function _assertSkipped(bytes32 r, bytes32 vs) private {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 500));
        bytes memory packed = abi.encodePacked(payer, key, config.salt, uint96(500), uint96(500), r, vs);
        bytes memory signature = signBatch(batch);
        vm.prank(RELAYER);
        bytes memory outcomes = escrow.settleBatch(terms(), packed, signature);
        assertOutcome(
            IStreamChannelEscrow.RowOutcome(uint8(outcomes[0])), IStreamChannelEscrow.RowOutcome.InvalidVoucher
        );
        assertChannel(channelId, 1000, 0);
    }

    function _mirror(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, bytes32 vs) = compact(signature);
        uint256 s = uint256(vs) & ~(uint256(1) << 255);
        return abi.encodePacked(r, bytes32(ORDER - s), uint256(vs) >> 255 == 0 ? uint8(28) : uint8(27));
    }
}
