// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IBatchSettlement} from "./interfaces/IBatchSettlement.sol";
import {IDepositCollector} from "./interfaces/IDepositCollector.sol";
import {ChannelHash} from "./libraries/ChannelHash.sol";
import {Domain} from "./libraries/Domain.sol";

/// @title Local stand-in for the canonical x402 batch-settlement contract
/// @notice FOR THE LOCAL CHAIN ONLY. On public networks PB-Stream settles through the canonical contract at the same
/// address. This one was written independently from its published interface and behaviour: same functions, EIP-712
/// domain and rules, so that official clients and facilitators work against the local chain with their defaults.
/// @dev Unidirectional channels. Money leaves to the receiver (up to a signed cumulative voucher) or back to the payer.
/// No owner, no fee, no constructor state: the code works wherever it is placed.
contract BatchSettlement is IBatchSettlement, Multicall, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Shortest and longest withdrawal delay a channel may have, in seconds.
    uint40 public constant MIN_WITHDRAW_DELAY = 15 minutes;
    uint40 public constant MAX_WITHDRAW_DELAY = 30 days;
    bytes32 public constant CHANNEL_CONFIG_TYPEHASH = ChannelHash.CHANNEL_CONFIG;

    mapping(bytes32 channelId => ChannelState) public channels;
    mapping(bytes32 channelId => PendingWithdrawal) public pendingWithdrawals;
    mapping(bytes32 channelId => uint256) public refundNonce;
    mapping(address receiver => mapping(address token => ReceiverState)) public receivers;

    // ------------------------------------------------------------------ money in

    /// @notice Escrows `amount` of the payer's token in the channel, opening it if it is new. Anyone may relay.
    /// @param config Terms of the channel.
    /// @param amount Atomic units; exactly this much must arrive.
    /// @param collector Contract that turns `collectorData` into a transfer from the payer to this contract.
    /// @param collectorData The payer's consent in the collector's encoding.
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external
        nonReentrant
    {
        if (amount == 0) revert ZeroAmount();
        if (
            config.payer == address(0) || config.receiver == address(0) || config.receiverAuthorizer == address(0)
                || config.token == address(0) || collector == address(0)
        ) revert ZeroAddress();
        if (config.withdrawDelay < MIN_WITHDRAW_DELAY || config.withdrawDelay > MAX_WITHDRAW_DELAY) {
            revert WithdrawDelayOutOfRange(config.withdrawDelay);
        }
        bytes32 channelId = getChannelId(config);
        ChannelState storage channel = channels[channelId];
        bool opened = channel.balance == 0 && channel.totalClaimed == 0;
        channel.balance += amount;

        // The collector is the caller's choice and may be hostile: only the balance difference counts.
        IERC20 token = IERC20(config.token);
        uint256 before = token.balanceOf(address(this));
        IDepositCollector(collector).collect(config.payer, config.token, amount, channelId, collectorData);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert DepositMismatch(amount, received);

        if (opened) emit ChannelCreated(channelId, config);
        emit Deposited(channelId, msg.sender, amount, channel.balance);
    }

    // ------------------------------------------------------------------ claims

    /// @notice Records vouchers; the caller must be the receiver or its authorizer in every one.
    /// @dev One bad row reverts the batch; a row at or below the recorded total is skipped.
    function claim(VoucherClaim[] calldata voucherClaims) external nonReentrant {
        if (voucherClaims.length == 0) revert EmptyBatch();
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            _onlyReceiverSide(voucherClaims[i].voucher.channel);
            _claim(voucherClaims[i]);
        }
    }

    /// @notice Records vouchers under one signature of the receiver authorizer they all name. Anyone may relay.
    /// @param voucherClaims Rows; all must share `receiverAuthorizer`.
    /// @param authorizerSignature Its signature over {getClaimBatchDigest}.
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature)
        external
        nonReentrant
    {
        if (voucherClaims.length == 0) revert EmptyBatch();
        address authorizer = voucherClaims[0].voucher.channel.receiverAuthorizer;
        _requireSignature(authorizer, getClaimBatchDigest(voucherClaims), authorizerSignature);
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            address other = voucherClaims[i].voucher.channel.receiverAuthorizer;
            if (other != authorizer) revert MixedAuthorizers(authorizer, other);
            _claim(voucherClaims[i]);
        }
    }

    /// @notice Pays everything claimed and not yet paid to the receiver. Anyone may call; does nothing if nothing is due.
    function settle(address receiver, address token) external nonReentrant {
        ReceiverState storage state = receivers[receiver][token];
        uint128 amount = state.totalClaimed - state.totalSettled;
        if (amount == 0) return;
        state.totalSettled = state.totalClaimed;
        IERC20(token).safeTransfer(receiver, amount);
        emit Settled(receiver, token, msg.sender, amount);
    }

    // ------------------------------------------------------------------ money back to the payer

    /// @notice The payer's unilateral way out: starts the delay during which the receiver can still claim.
    /// @param config Terms of the channel; the caller is its payer or payer authorizer.
    /// @param amount At most what is unclaimed now.
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        _onlyPayerSide(config);
        if (amount == 0) revert ZeroAmount();
        bytes32 channelId = getChannelId(config);
        if (pendingWithdrawals[channelId].initiatedAt != 0) revert WithdrawAlreadyPending(channelId);
        uint128 available = _available(channels[channelId]);
        if (amount > available) revert WithdrawExceedsAvailable(amount, available);
        pendingWithdrawals[channelId] = PendingWithdrawal(amount, uint40(block.timestamp));
        emit WithdrawInitiated(channelId, amount, uint40(block.timestamp) + config.withdrawDelay);
    }

    /// @notice Completes a withdrawal after the delay, up to what is still unclaimed.
    function finalizeWithdraw(ChannelConfig calldata config) external nonReentrant {
        _onlyPayerSide(config);
        bytes32 channelId = getChannelId(config);
        PendingWithdrawal memory pending = pendingWithdrawals[channelId];
        if (pending.initiatedAt == 0) revert NoPendingWithdraw(channelId);
        uint256 finalizableAt = uint256(pending.initiatedAt) + config.withdrawDelay;
        if (block.timestamp < finalizableAt) revert WithdrawDelayNotElapsed(finalizableAt);
        delete pendingWithdrawals[channelId];
        uint128 amount = _returnToPayer(config, channelId, pending.amount);
        emit WithdrawFinalized(channelId, msg.sender, amount);
    }

    /// @notice The receiver side gives unclaimed money back at once.
    /// @param amount Upper bound; capped at what is unclaimed.
    function refund(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        _onlyReceiverSide(config);
        _refund(config, getChannelId(config), amount);
    }

    /// @notice {refund} under a signature of the receiver authorizer. Anyone may relay.
    /// @param nonce Must equal {refundNonce} of the channel.
    /// @param receiverAuthorizerSignature Signature over {getRefundDigest}.
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external nonReentrant {
        bytes32 channelId = getChannelId(config);
        if (nonce != refundNonce[channelId]) revert InvalidRefundNonce(refundNonce[channelId], nonce);
        bytes32 digest = getRefundDigest(channelId, nonce, amount);
        _requireSignature(config.receiverAuthorizer, digest, receiverAuthorizerSignature);
        _refund(config, channelId, amount);
    }

    // ------------------------------------------------------------------ views

    /// @notice Id of the channel with these terms on this chain and contract.
    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return _typedData(ChannelHash.channelConfig(config));
    }

    /// @notice What the payer (or payer authorizer) signs for a voucher.
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) public view returns (bytes32) {
        return _typedData(ChannelHash.voucher(channelId, maxClaimableAmount));
    }

    /// @notice What the receiver authorizer signs for a refund.
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) public view returns (bytes32) {
        return _typedData(ChannelHash.refund(channelId, nonce, amount));
    }

    /// @notice What the receiver authorizer signs for a batch of claims.
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) public view returns (bytes32) {
        bytes32[] memory entries = new bytes32[](voucherClaims.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            Voucher calldata voucher = voucherClaims[i].voucher;
            entries[i] = ChannelHash.claimEntry(
                getChannelId(voucher.channel), voucher.maxClaimableAmount, voucherClaims[i].totalClaimed
            );
        }
        return _typedData(ChannelHash.claimBatch(entries));
    }

    // ------------------------------------------------------------------ internals

    function _claim(VoucherClaim calldata row) private {
        ChannelConfig calldata config = row.voucher.channel;
        bytes32 channelId = getChannelId(config);
        ChannelState storage channel = channels[channelId];
        uint128 previous = channel.totalClaimed;
        if (row.totalClaimed <= previous) return;
        uint128 ceiling = row.voucher.maxClaimableAmount;
        if (row.totalClaimed > ceiling) revert ClaimExceedsVoucher(channelId, row.totalClaimed, ceiling);
        if (row.totalClaimed > channel.balance) {
            revert ClaimExceedsBalance(channelId, row.totalClaimed, channel.balance);
        }
        _requireVoucherSignature(config, getVoucherDigest(channelId, ceiling), row.signature);

        uint128 amount = row.totalClaimed - previous;
        channel.totalClaimed = row.totalClaimed;
        receivers[config.receiver][config.token].totalClaimed += amount;
        emit Claimed(channelId, msg.sender, amount, row.totalClaimed);
    }

    function _refund(ChannelConfig calldata config, bytes32 channelId, uint128 amount) private {
        if (amount == 0) revert ZeroAmount();
        // First, so that whatever comes of this refund, every earlier signature is spent.
        ++refundNonce[channelId];
        uint128 returned = _returnToPayer(config, channelId, amount);
        if (returned == 0) return;
        PendingWithdrawal storage pending = pendingWithdrawals[channelId];
        if (pending.amount > returned) pending.amount -= returned;
        else delete pendingWithdrawals[channelId];
        emit Refunded(channelId, msg.sender, returned);
    }

    /// @return returned What went back: `amount`, capped at what is unclaimed.
    function _returnToPayer(ChannelConfig calldata config, bytes32 channelId, uint128 amount)
        private
        returns (uint128 returned)
    {
        ChannelState storage channel = channels[channelId];
        uint128 available = _available(channel);
        returned = amount < available ? amount : available;
        if (returned == 0) return 0;
        channel.balance -= returned;
        IERC20(config.token).safeTransfer(config.payer, returned);
        if (channel.balance == 0 && channel.totalClaimed == 0) emit ChannelClosed(channelId, config);
    }

    function _available(ChannelState storage channel) private view returns (uint128) {
        return channel.balance - channel.totalClaimed;
    }

    function _onlyReceiverSide(ChannelConfig calldata config) private view {
        if (msg.sender != config.receiver && msg.sender != config.receiverAuthorizer) {
            revert NotReceiverSide(msg.sender);
        }
    }

    function _onlyPayerSide(ChannelConfig calldata config) private view {
        if (msg.sender != config.payer && msg.sender != config.payerAuthorizer) revert NotPayerSide(msg.sender);
    }

    /// @dev A named payer authorizer is always a plain key: a contract's answer could change after the service was
    /// consumed. Only channels without one ask the payer, ERC-1271 included.
    function _requireVoucherSignature(ChannelConfig calldata config, bytes32 digest, bytes calldata signature)
        private
        view
    {
        if (config.payerAuthorizer == address(0)) return _requireSignature(config.payer, digest, signature);
        (address signer, ECDSA.RecoverError error,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (error != ECDSA.RecoverError.NoError || signer != config.payerAuthorizer) revert InvalidSignature();
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) revert InvalidSignature();
    }

    function _typedData(bytes32 structHash) private view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(Domain.separator("x402 Batch Settlement", "1"), structHash);
    }
}
