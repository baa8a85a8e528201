// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IReceiveWithAuthorization} from "../../src/interfaces/IReceiveWithAuthorization.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {Keys} from "./Keys.sol";
import {Money} from "./Money.sol";

/// @dev Somebody who sees every signature, holds one session key and the freezer's key, and tries what neither gives a
/// right to. Each call must revert whatever the state is.
abstract contract Hostile is Money, Keys {
    uint256 public constant KINDS = 5;

    /// @notice How often each kind of attack was tried.
    mapping(uint256 kind => uint256) public attacks;

    function attack(uint256 kind, uint256 which, uint256 seed) external step {
        seed = _mix(seed, which);
        kind %= KINDS;
        ++attacks[kind];
        Line storage one = _lines[which % _lines.length];
        if (kind == 0) _attackClaim(one, seed);
        else if (kind == 1) _attackBatch(one, seed);
        else if (kind == 2) _attackWayOut(one, seed);
        else if (kind == 3) _attackDeposit(one, seed);
        else _attackKey(_keyThatIs(which, seed % 2 == 0), seed / 2);
    }

    /// @dev Vouchers with a flaw in the receiver's hands, and a good one in the wrong hands.
    function _attackClaim(Line storage one, uint256 seed) private {
        (, uint256 claimed) = escrow.channels(one.id);
        uint128 total = uint128(claimed + 1 + seed % 100);
        IChannels.VoucherClaim memory voucher = row(one.config, total, total, one.signer);
        address from = one.config.receiver;
        if (seed % 5 == 0) {
            from = stranger;
        } else if (seed % 5 == 1) {
            voucher = row(one.config, total, total, STRANGER_KEY);
        } else if (seed % 5 == 2) {
            voucher.totalClaimed = total + 1;
        } else if (seed % 5 == 3) {
            voucher = _malleated(voucher);
        } else {
            // A voucher for another channel, of the same key if there is one.
            IChannels.ChannelConfig memory other = one.config;
            other.salt = keccak256(abi.encode(other.salt));
            voucher.signature = row(other, total, total, one.signer).signature;
        }
        _trespass(from, address(escrow), abi.encodeCall(IChannels.claim, (rows(voucher))));
    }

    /// @dev Batches that the authorizer did not sign.
    function _attackBatch(Line storage one, uint256 seed) private {
        (, uint256 claimed) = escrow.channels(one.id);
        uint128 total = uint128(claimed + 1);
        IChannels.VoucherClaim[] memory batch = rows(row(one.config, total, total, one.signer));
        if (seed % 3 == 0) {
            bytes memory forged = sign(STRANGER_KEY, escrow.getClaimBatchDigest(batch));
            _trespass(
                stranger,
                address(escrow),
                abi.encodeCall(IStreamChannelEscrow.settleBatch, (_terms(one.side), pack(batch), forged))
            );
            return;
        }
        bytes memory signature = sign(authorizerKey(one.side), escrow.getClaimBatchDigest(batch));
        // Changed on the way: another total, or the same row once more.
        batch[0].totalClaimed = total - 1;
        if (seed % 3 == 1) {
            _trespass(
                stranger, address(escrow), abi.encodeCall(IChannels.claimWithSignature, (batch, signature))
            );
        } else {
            _trespass(
                stranger,
                address(escrow),
                abi.encodeCall(
                    IStreamChannelEscrow.settleBatch, (_terms(one.side), pack(rows(batch[0], batch[0])), signature)
                )
            );
        }
    }

    /// @dev Withdrawals and refunds that are somebody else's to ask for, and signatures of rounds that are over.
    function _attackWayOut(Line storage one, uint256 seed) private {
        address from = seed % 2 == 0 ? one.config.payerAuthorizer : one.config.receiver;
        uint256 kind = (seed / 2) % 7;
        bytes memory data;
        if (kind == 0) {
            data = abi.encodeCall(IChannels.initiateWithdraw, (one.config, 1));
        } else if (kind == 1) {
            data = abi.encodeCall(IChannels.finalizeWithdraw, (one.config));
        } else if (kind == 2) {
            data = abi.encodeCall(IStreamChannelEscrow.cancelWithdraw, (one.config));
        } else if (kind == 3) {
            (, uint40 initiatedAt) = escrow.pendingWithdrawals(one.id);
            bytes memory stale = _cancelSignature(PAYER_KEY + one.owner, one.id, initiatedAt - (initiatedAt > 0 ? 1 : 0));
            data = abi.encodeCall(
                IStreamChannelEscrow.cancelWithdrawWithSignature, (one.config, initiatedAt, stale)
            );
        } else if (kind == 4) {
            from = one.config.payer;
            data = abi.encodeCall(IChannels.refund, (one.config, 1));
        } else {
            uint256 nonce = escrow.refundNonce(one.id);
            // The right signature for the nonce after this one, or a stranger's for this one.
            bytes memory signature = kind == 5
                ? sign(authorizerKey(one.side), escrow.getRefundDigest(one.id, nonce + 1, 1))
                : sign(STRANGER_KEY, escrow.getRefundDigest(one.id, nonce, 1));
            data = abi.encodeCall(IChannels.refundWithSignature, (one.config, 1, nonce, signature));
        }
        _trespass(from, address(escrow), data);
    }

    /// @dev The payer's consent, bent to another purpose.
    function _attackDeposit(Line storage one, uint256 seed) private {
        uint256 kind = seed % 5;
        uint256 salt = ++_consents;
        bytes memory data = consent(PAYER_KEY + one.owner, one.id, 1, salt);
        IChannels.ChannelConfig memory config = one.config;
        address collector = address(escrow);
        uint128 amount = 1;
        if (kind == 0) {
            // Straight to the token, so that the escrow has the money and nobody is credited.
            (,,, bytes memory signature) = abi.decode(data, (uint256, uint256, uint256, bytes));
            bytes32 nonce = keccak256(abi.encode(one.id, salt));
            _trespass(
                stranger,
                address(usdc),
                abi.encodeCall(
                    IReceiveWithAuthorization.receiveWithAuthorization,
                    (config.payer, address(escrow), 1, 0, type(uint256).max, nonce, signature)
                )
            );
            return;
        }
        if (kind == 1) config.receiver = stranger;
        else if (kind == 2) amount = 2;
        else if (kind == 3) collector = stranger;
        // A tagged salt under which no key is registered.
        else config.salt = bytes32(KeyHash.TAG) | bytes32(seed >> 32);
        _trespass(stranger, address(escrow), abi.encodeCall(IChannels.deposit, (config, amount, collector, data)));
    }

    /// @dev Changes of a key that are the account's; the freezer may only freeze.
    function _attackKey(Key storage one, uint256 seed) private {
        address from = seed % 2 == 0 ? freezer : vm.addr(one.signer);
        uint256 kind = (seed / 2) % 5;
        ISessionKeyValidator.SessionKeyPermission memory terms = permission(seed);
        terms.account = payerAt(one.owner);
        bytes memory data;
        if (kind == 0) {
            data = abi.encodeCall(ISessionKeyValidator.unfreezeKey, (one.id));
        } else if (kind == 1) {
            data = abi.encodeCall(ISessionKeyValidator.revokeKey, (one.id));
        } else if (kind == 2) {
            data = abi.encodeCall(ISessionKeyValidator.rotateKey, (one.id, terms, type(uint128).max));
        } else if (kind == 3) {
            data = abi.encodeCall(ISessionKeyValidator.registerKey, (terms));
        } else {
            // The account's own signature, for the version before this one.
            uint32 version = escrow.getKey(one.id).version - 1;
            bytes32 digest = typedData(KeyHash.change(KeyHash.UNFREEZE, one.id, version, NEVER));
            bytes memory stale = sign(PAYER_KEY + one.owner, digest);
            data = abi.encodeCall(ISessionKeyValidator.unfreezeKeyWithSignature, (one.id, version, NEVER, stale));
        }
        _trespass(from, address(escrow), data);
    }
}
