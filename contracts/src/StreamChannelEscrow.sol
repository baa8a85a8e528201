// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Channels} from "./Channels.sol";
import {SessionKeyValidator} from "./SessionKeyValidator.sol";
import {IReceiveWithAuthorization} from "./interfaces/IReceiveWithAuthorization.sol";
import {IStreamChannelEscrow} from "./interfaces/IStreamChannelEscrow.sol";
import {ChannelHash} from "./libraries/ChannelHash.sol";
import {ChannelMath} from "./libraries/ChannelMath.sol";
import {Domain} from "./libraries/Domain.sol";
import {KeyHash} from "./libraries/KeyHash.sol";
import {PackedRows} from "./libraries/PackedRows.sol";

/// @title Escrow of payment channels under session keys, with packed settlement
/// @notice Money comes in by the payer's EIP-3009 signature and leaves only to the bound receiver, up to a signed
/// voucher, or back to the payer. A channel whose `salt` is a key id obeys the permission of that key.
/// @dev The functions and EIP-712 types are those of x402 `batch-settlement` under a domain of its own. No owner, no
/// proxy, no fee, no constructor.
contract StreamChannelEscrow is IStreamChannelEscrow, Channels, SessionKeyValidator {
    string private constant NAME = "PB-Stream Escrow";
    string private constant VERSION = "1";

    /// @dev The payer's EIP-3009 authorization as a deposit brings it.
    struct Consent {
        uint256 validAfter;
        uint256 validBefore;
        bytes32 salt;
        bytes signature;
    }

    // ------------------------------------------------------------------ packed settlement

    /// @inheritdoc IStreamChannelEscrow
    function settleBatch(BatchTerms calldata terms, bytes calldata rows, bytes calldata authorizerSignature)
        external
        nonReentrant
        returns (bytes memory outcomes)
    {
        if (rows.length == 0 || rows.length % PackedRows.LENGTH != 0) revert InvalidRows(rows.length);
        bytes32 domainSeparator = _domainSeparator();
        PackedRows.Batch memory batch = PackedRows.prepare(
            terms.receiver, terms.receiverAuthorizer, terms.token, terms.withdrawDelay, domainSeparator, rows
        );
        outcomes = new bytes(batch.count);
        uint256 paid = _settleRows(outcomes, batch.buffers, batch.entries, batch.row, rows.length);
        bytes32 digest = MessageHashUtils.toTypedDataHash(domainSeparator, PackedRows.claimBatch(batch));
        _requireSignature(terms.receiverAuthorizer, digest, authorizerSignature);
        // casting to 'uint128' is safe because fewer than 2^32 rows of at most 2^96 fit a transaction
        _settle(terms.receiver, terms.token, uint128(paid));
    }

    // ------------------------------------------------------------------ withdrawals

    /// @inheritdoc IStreamChannelEscrow
    function cancelWithdraw(ChannelConfig calldata config) external {
        _onlyWithdrawer(config);
        bytes32 channelId = getChannelId(config);
        _cancelWithdraw(channelId, pendingWithdrawals[channelId].initiatedAt);
    }

    /// @inheritdoc IStreamChannelEscrow
    function cancelWithdrawWithSignature(ChannelConfig calldata config, uint40 initiatedAt, bytes calldata signature)
        external
    {
        bytes32 channelId = getChannelId(config);
        uint40 expected = pendingWithdrawals[channelId].initiatedAt;
        if (initiatedAt != expected) revert InitiatedAtMismatch(expected, initiatedAt);
        _requireSignature(
            config.payer, _typedData(ChannelHash.cancelWithdraw(channelId, initiatedAt)), signature
        );
        _cancelWithdraw(channelId, initiatedAt);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IStreamChannelEscrow
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", NAME, VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    // ------------------------------------------------------------------ internals

    /// @dev Written for gas: the way of a good row is straight, what tells bad rows apart comes after it. A loop that ends
    /// in its middle keeps the compiler from inlining this function, so that its variables have the stack for themselves.
    /// @param outcomes One {RowOutcome} a row, all zero, which is `Claimed`: those of other rows are filled in.
    /// @param buffers See {PackedRows}.
    /// @param entry Memory: where the hash of the first row's claim entry belongs.
    /// @param row Calldata: the first row.
    /// @param length Bytes of all rows.
    /// @return paid What the rows add to the receiver's due.
    function _settleRows(bytes memory outcomes, uint256 buffers, uint256 entry, uint256 row, uint256 length)
        private
        returns (uint256 paid)
    {
        // Nothing overflows: amounts are below 2^96, rows are bounded by calldata, and what a row records is above what
        // was claimed before.
        unchecked {
            uint256 end = row + length;
            for (;; row += PackedRows.LENGTH) {
                if (row == end) return paid;
                (bytes32 channelId, uint256 max, uint256 total) = PackedRows.read(buffers, row, entry);
                entry += 32;
                ChannelState storage channel = channels[channelId];
                (uint256 balance, uint256 claimed) = _load(channel);
                uint256 ceiling = type(uint256).max;
                if (KeyHash.governs(PackedRows.saltOf(row))) {
                    ceiling = _ceilingOf(PackedRows.saltOf(row), PackedRows.delayOf(buffers));
                }
                uint256 recorded = ChannelMath.claimable(total, balance, ceiling);
                RowOutcome reason;
                if (recorded <= claimed) {
                    if (total <= claimed) reason = RowOutcome.NothingNew;
                    else if (total > max) reason = RowOutcome.ExceedsVoucher;
                    else if (balance <= claimed) reason = RowOutcome.Unfunded;
                    else reason = _keyReason(PackedRows.saltOf(row), PackedRows.delayOf(buffers));
                } else if (total > max) {
                    reason = RowOutcome.ExceedsVoucher;
                } else if (PackedRows.isSigned(buffers, row)) {
                    paid += recorded - claimed;
                    _store(channel, balance, recorded);
                    _emitClaimed(channelId, recorded);
                    continue;
                } else {
                    reason = RowOutcome.InvalidVoucher;
                }
                outcomes[outcomes.length - (end - row) / PackedRows.LENGTH] = bytes1(uint8(reason));
                emit ClaimSkipped(channelId, reason);
            }
        }
    }

    /// @dev `emit Claimed` from scratch space. `total` is below 2^128.
    function _emitClaimed(bytes32 channelId, uint256 total) private {
        bytes32 topic = Claimed.selector;
        assembly ("memory-safe") {
            mstore(0x00, total)
            log2(0x00, 0x20, topic, channelId)
        }
    }

    /// @dev Why a key lets nothing be claimed, when all else would.
    function _keyReason(bytes32 keyId, uint256 withdrawDelay) private view returns (RowOutcome) {
        return _isOver(_stoppedAt(keyId), withdrawDelay) ? RowOutcome.KeyStopped : RowOutcome.CeilingReached;
    }

    function _cancelWithdraw(bytes32 channelId, uint40 initiatedAt) private {
        if (initiatedAt == 0) revert NoPendingWithdraw(channelId);
        delete pendingWithdrawals[channelId];
        emit WithdrawCancelled(channelId, initiatedAt);
    }

    function _domainSeparator() internal view override returns (bytes32) {
        // Of {NAME} and {VERSION}: hashes of literals cost nothing when the code runs.
        return Domain.separator(keccak256("PB-Stream Escrow"), keccak256("1"));
    }

    /// @dev Vouchers are of a plain key only, and no money comes in while the payer is on the way out.
    function _beforeDeposit(ChannelConfig memory config, bytes32 channelId, uint128 amount, bool opens)
        internal
        override
    {
        if (config.payerAuthorizer == address(0)) revert ZeroAddress();
        if (!opens) {
            PendingWithdrawal memory pending = pendingWithdrawals[channelId];
            if (_isPending(pending, config.withdrawDelay)) revert WithdrawPending(channelId);
            if (pending.initiatedAt != 0) delete pendingWithdrawals[channelId];
        }
        if (KeyHash.governs(config.salt)) {
            _useKey(config.salt, config.payer, config.payerAuthorizer, config.token, config.receiver, amount);
        }
    }

    /// @dev The seam where other forms of consent fit in. `collector` is this contract: it is the payee of the payer's
    /// EIP-3009 authorization, whose nonce names the channel. Only the payee can submit one, so it cannot be front-run.
    /// @param collectorData `abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature)`.
    function _collect(
        ChannelConfig memory config,
        bytes32 channelId,
        uint128 amount,
        address collector,
        bytes calldata collectorData
    ) internal override {
        if (collector != address(this)) revert UnknownCollector(collector);
        // A struct with a dynamic member is encoded as its members are: it is read where it lies. Of data that points
        // outside itself the token makes what it can: it is the judge of the signature.
        Consent calldata consent;
        assembly ("memory-safe") {
            consent := collectorData.offset
        }
        IReceiveWithAuthorization(config.token).receiveWithAuthorization(
            config.payer,
            address(this),
            amount,
            consent.validAfter,
            consent.validBefore,
            Hashes.efficientKeccak256(channelId, consent.salt),
            consent.signature
        );
    }

    function _beforeClaim(ChannelConfig calldata config, bytes32, uint128 total) internal view override {
        if (!KeyHash.governs(config.salt)) return;
        uint256 ceiling = _ceilingOf(config.salt, config.withdrawDelay);
        if (total <= ceiling) return;
        uint40 stoppedAt = _stoppedAt(config.salt);
        if (_isOver(stoppedAt, config.withdrawDelay)) revert KeyIsOver(config.salt, stoppedAt);
        revert ClaimExceedsCeiling(config.salt, total, ceiling);
    }

    /// @dev A plain key, never ERC-1271: a contract's answer could change after the service was consumed.
    function _requireVoucherSignature(ChannelConfig calldata config, bytes32 digest, bytes calldata signature)
        internal
        pure
        override
    {
        if (!_isKeySignature(config.payerAuthorizer, digest, signature)) revert InvalidSignature();
    }

    function _beforeReturn(ChannelConfig calldata config, uint128 returned) internal override {
        if (KeyHash.governs(config.salt)) _freeKey(config.salt, returned);
    }

    /// @dev Spends what was signed before: a refund and a withdrawal together could return what the receiver has earned.
    function _beforeWithdraw(bytes32 channelId) internal override {
        ++refundNonce[channelId];
    }

    /// @dev Only the payer: a stolen session key must not stop the service or move money.
    function _onlyWithdrawer(ChannelConfig calldata config) internal view override {
        if (msg.sender != config.payer) revert NotPayer(msg.sender);
    }

    /// @dev A request lapses at twice the delay: nobody can hold one ready while they go on consuming.
    function _isPending(PendingWithdrawal memory pending, uint40 withdrawDelay) internal view override returns (bool) {
        return pending.initiatedAt != 0 && block.timestamp < uint256(pending.initiatedAt) + 2 * uint256(withdrawDelay);
    }
}
