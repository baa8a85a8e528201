// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

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

    // ------------------------------------------------------------------ packed settlement

    /// @inheritdoc IStreamChannelEscrow
    function settleBatch(BatchTerms calldata terms, bytes calldata rows, bytes calldata authorizerSignature)
        external
        nonReentrant
        returns (bytes memory outcomes) {
        uint256 count = rows.length / PackedRows.LENGTH;
        if (count == 0 || rows.length != count * PackedRows.LENGTH) revert InvalidRows(rows.length);
        PackedRows.Batch memory batch = PackedRows.prepare(
            terms.receiver, terms.receiverAuthorizer, terms.token, terms.withdrawDelay, _domainSeparator(), rows
        );
        uint256 paid;
        (outcomes, paid) = _settleRows(batch, terms.withdrawDelay);
        bytes32 digest = _typedData(PackedRows.claimBatch(batch));
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
        external {
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
        ) {
        return (hex"0f", NAME, VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    // ------------------------------------------------------------------ internals

    /// @return outcomes One {RowOutcome} a row.
    /// @return paid What the rows add to the receiver's due.
    function _settleRows(PackedRows.Batch memory batch, uint256 withdrawDelay)
        private
        returns (bytes memory outcomes, uint256 paid)
    {
        outcomes = new bytes(batch.count);
        uint256 row = batch.row;
        uint256 end = row + batch.count * PackedRows.LENGTH;
        uint256 entry = batch.entries;
        uint256 buffers = batch.buffers;
        // Nothing overflows: amounts are below 2^96, rows are bounded by calldata, and what a row records is above what
        // was claimed before.
        unchecked {
            for (; row < end; row += PackedRows.LENGTH) {
                (bytes32 channelId, uint256 max, uint256 total) = PackedRows.read(buffers, row, entry);
                entry += 32;
                ChannelState storage channel = channels[channelId];
                (uint256 balance, uint256 claimed) = _load(channel);
                RowOutcome reason;
                if (total <= claimed) {
                    reason = RowOutcome.NothingNew;
                } else if (total > max) {
                    reason = RowOutcome.ExceedsVoucher;
                } else if (balance <= claimed) {
                    reason = RowOutcome.Unfunded;
                } else {
                    uint256 ceiling = balance;
                    bytes32 salt = PackedRows.saltOf(row);
                    if (KeyHash.governs(salt)) (reason, ceiling) = _keyCeiling(salt, claimed, withdrawDelay);
                    if (reason == RowOutcome.Claimed) {
                        // Last, because it is what costs most.
                        if (PackedRows.isSigned(buffers, row)) {
                            uint256 recorded = ChannelMath.claimable(total, balance, ceiling);
                            _store(channel, balance, recorded);
                            emit Claimed(channelId, uint128(recorded));
                            paid += recorded - claimed;
                            continue;
                        }
                        reason = RowOutcome.InvalidVoucher;
                    }
                }
                outcomes[(row - batch.row) / PackedRows.LENGTH] = bytes1(uint8(reason));
                emit ClaimSkipped(channelId, reason);
            }
        }
    }

    /// @dev How far a key lets each of its channels be claimed now.
    function _keyCeiling(bytes32 keyId, uint256 claimed, uint256 withdrawDelay)
        private
        view
        returns (RowOutcome reason, uint256 ceiling)
    {
        KeyLimit memory limit = _limitOf(keyId);
        if (_isOver(limit, withdrawDelay)) return (RowOutcome.KeyStopped, 0);
        ceiling = _ceiling(limit, block.timestamp);
        if (ceiling <= claimed) return (RowOutcome.CeilingReached, 0);
    }

    /// @dev {ChannelState} is one slot, `balance` in its lower half: read once, written once.
    function _load(ChannelState storage channel) private view returns (uint256 balance, uint256 totalClaimed) {
        uint256 word;
        assembly ("memory-safe") {
            word := sload(channel.slot)
        }
        return (uint128(word), word >> 128);
    }

    /// @dev Both below 2^128.
    function _store(ChannelState storage channel, uint256 funds, uint256 totalClaimed) private {
        assembly ("memory-safe") {
            sstore(channel.slot, or(funds, shl(128, totalClaimed)))
        }
    }

    function _cancelWithdraw(bytes32 channelId, uint40 initiatedAt) private {
        if (initiatedAt == 0) revert NoPendingWithdraw(channelId);
        delete pendingWithdrawals[channelId];
        emit WithdrawCancelled(channelId, initiatedAt);
    }

    function _domainSeparator() internal view override returns (bytes32) {
        return Domain.separator(keccak256(bytes(NAME)), keccak256(bytes(VERSION)));
    }

    /// @dev Vouchers are of a plain key only, and no money comes in while the payer is on the way out.
    function _beforeDeposit(ChannelConfig calldata config, bytes32 channelId, uint128 amount) internal override {
        if (config.payerAuthorizer == address(0)) revert ZeroAddress();
        PendingWithdrawal memory pending = pendingWithdrawals[channelId];
        if (_isPending(pending, config.withdrawDelay)) revert WithdrawPending(channelId);
        if (pending.initiatedAt != 0) delete pendingWithdrawals[channelId];
        if (KeyHash.governs(config.salt)) {
            _useKey(config.salt, config.payer, config.payerAuthorizer, config.token, config.receiver, amount);
        }
    }

    /// @dev The seam where other forms of consent fit in. `collector` is this contract: it is the payee of the payer's
    /// EIP-3009 authorization, whose nonce names the channel. Only the payee can submit one, so it cannot be front-run.
    /// @param collectorData `abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature)`.
    function _collect(
        ChannelConfig calldata config,
        bytes32 channelId,
        uint128 amount,
        address collector,
        bytes calldata collectorData
    ) internal override {
        if (collector != address(this)) revert UnknownCollector(collector);
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(collectorData, (uint256, uint256, uint256, bytes));
        IReceiveWithAuthorization(config.token).receiveWithAuthorization(
            config.payer,
            address(this),
            amount,
            validAfter,
            validBefore,
            keccak256(abi.encode(channelId, salt)),
            signature
        );
    }

    function _beforeClaim(ChannelConfig calldata config, bytes32, uint128 total) internal view override {
        if (!KeyHash.governs(config.salt)) return;
        KeyLimit memory limit = _limitOf(config.salt);
        if (_isOver(limit, config.withdrawDelay)) revert KeyIsOver(config.salt, limit.stoppedAt);
        uint256 ceiling = _ceiling(limit, block.timestamp);
        if (total > ceiling) revert ClaimExceedsCeiling(config.salt, total, ceiling);
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

    /// @dev Only the payer: a stolen session key must not stop the service or move money.
    function _onlyWithdrawer(ChannelConfig calldata config) internal view override {
        if (msg.sender != config.payer) revert NotPayer(msg.sender);
    }

    /// @dev A request lapses at twice the delay: nobody can hold one ready while they go on consuming.
    function _isPending(PendingWithdrawal memory pending, uint40 withdrawDelay) internal view override returns (bool) {
        return pending.initiatedAt != 0 && block.timestamp < uint256(pending.initiatedAt) + 2 * uint256(withdrawDelay);
    }
}
