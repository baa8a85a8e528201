// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {TypedData} from "./TypedData.sol";
import {IChannels} from "./interfaces/IChannels.sol";
import {ChannelHash} from "./libraries/ChannelHash.sol";
import {ChannelMath} from "./libraries/ChannelMath.sol";

/// @title Unidirectional payment channels with cumulative vouchers
/// @notice The functions, types and rules of x402 `batch-settlement`, shared by {StreamChannelEscrow} and the local
/// stand-in {BatchSettlement}. Money leaves to the receiver (up to a signed cumulative voucher) or back to the payer.
/// @dev No owner, no fee, no constructor state. What the two contracts do differently is in the hooks at the end.
abstract contract Channels is IChannels, TypedData, Multicall, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Shortest and longest withdrawal delay a channel may have, in seconds.
    uint40 public constant MIN_WITHDRAW_DELAY = 15 minutes;
    uint40 public constant MAX_WITHDRAW_DELAY = 30 days;
    bytes32 public constant CHANNEL_CONFIG_TYPEHASH = ChannelHash.CHANNEL_CONFIG;

    mapping(bytes32 channelId => ChannelState) public override channels;
    mapping(bytes32 channelId => PendingWithdrawal) public override pendingWithdrawals;
    mapping(bytes32 channelId => uint256) public override refundNonce;
    mapping(address receiver => mapping(address token => ReceiverState)) public override receivers;

    // ------------------------------------------------------------------ money in

    /// @inheritdoc IChannels
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external
        nonReentrant
    {
        if (amount == 0) revert ZeroAmount();
        // Decoded once: whatever looks at a member from here on finds it in memory.
        ChannelConfig memory terms = config;
        if (terms.payer == address(0)) revert ZeroAddress();
        if (terms.receiver == address(0)) revert ZeroAddress();
        if (terms.receiverAuthorizer == address(0)) revert ZeroAddress();
        if (terms.token == address(0)) revert ZeroAddress();
        if (collector == address(0)) revert ZeroAddress();
        if (terms.withdrawDelay < MIN_WITHDRAW_DELAY || terms.withdrawDelay > MAX_WITHDRAW_DELAY) {
            revert WithdrawDelayOutOfRange(terms.withdrawDelay);
        }
        bytes32 channelId = _typedData(keccak256(abi.encode(ChannelHash.CHANNEL_CONFIG, terms)));
        ChannelState storage channel = channels[channelId];
        (uint256 balance, uint256 totalClaimed) = _load(channel);
        bool opens = balance == 0 && totalClaimed == 0;
        _beforeDeposit(terms, channelId, amount, opens);
        uint128 funds = uint128(balance) + amount;
        _store(channel, funds, totalClaimed);
        if (opens) emit ChannelCreated(channelId, terms, amount);
        else emit Deposited(channelId, amount, funds);

        // Tokens may lie and collectors may be hostile: only the difference of the balance counts.
        uint256 before = IERC20(terms.token).balanceOf(address(this));
        _collect(terms, channelId, amount, collector, collectorData);
        uint256 received = IERC20(terms.token).balanceOf(address(this)) - before;
        if (received != amount) revert DepositMismatch(amount, received);
    }

    // ------------------------------------------------------------------ claims

    /// @inheritdoc IChannels
    function claim(VoucherClaim[] calldata voucherClaims) external nonReentrant {
        if (voucherClaims.length == 0) revert EmptyBatch();
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            _onlyReceiverSide(voucherClaims[i].voucher.channel);
            _claim(voucherClaims[i]);
        }
    }

    /// @inheritdoc IChannels
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

    /// @inheritdoc IChannels
    function settle(address receiver, address token) external nonReentrant {
        _settle(receiver, token, 0);
    }

    // ------------------------------------------------------------------ money back to the payer

    /// @inheritdoc IChannels
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        _onlyWithdrawer(config);
        if (amount == 0) revert ZeroAmount();
        bytes32 channelId = getChannelId(config);
        if (_isPending(pendingWithdrawals[channelId], config.withdrawDelay)) revert WithdrawAlreadyPending(channelId);
        ChannelState storage channel = channels[channelId];
        uint128 available = channel.balance - channel.totalClaimed;
        if (amount > available) revert WithdrawExceedsAvailable(amount, available);
        pendingWithdrawals[channelId] = PendingWithdrawal(amount, uint40(block.timestamp));
        emit WithdrawInitiated(channelId, amount, uint40(block.timestamp) + config.withdrawDelay);
    }

    /// @inheritdoc IChannels
    function finalizeWithdraw(ChannelConfig calldata config) external nonReentrant {
        _onlyWithdrawer(config);
        bytes32 channelId = getChannelId(config);
        PendingWithdrawal memory pending = pendingWithdrawals[channelId];
        if (!_isPending(pending, config.withdrawDelay)) revert NoPendingWithdraw(channelId);
        uint256 finalizableAt = uint256(pending.initiatedAt) + config.withdrawDelay;
        if (block.timestamp < finalizableAt) revert WithdrawDelayNotElapsed(finalizableAt);
        delete pendingWithdrawals[channelId];
        _beforeWithdraw(channelId);
        emit WithdrawFinalized(channelId, _returnToPayer(config, channelId, pending.amount));
    }

    /// @inheritdoc IChannels
    function refund(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        _onlyReceiverSide(config);
        bytes32 channelId = getChannelId(config);
        _refund(config, channelId, amount, refundNonce[channelId]);
    }

    /// @inheritdoc IChannels
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
        _refund(config, channelId, amount, nonce);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IChannels
    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return _typedData(ChannelHash.channelConfig(config));
    }

    /// @inheritdoc IChannels
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) public view returns (bytes32) {
        return _typedData(ChannelHash.voucher(channelId, maxClaimableAmount));
    }

    /// @inheritdoc IChannels
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) public view returns (bytes32) {
        return _typedData(ChannelHash.refund(channelId, nonce, amount));
    }

    /// @inheritdoc IChannels
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
        uint128 total = row.totalClaimed;
        if (total <= previous) return;
        uint128 max = row.voucher.maxClaimableAmount;
        if (total > max) revert ClaimExceedsVoucher(channelId, total, max);
        if (total > channel.balance) revert ClaimExceedsBalance(channelId, total, channel.balance);
        _beforeClaim(config, channelId, total);
        _requireVoucherSignature(config, getVoucherDigest(channelId, max), row.signature);

        channel.totalClaimed = total;
        receivers[config.receiver][config.token].totalClaimed += total - previous;
        emit Claimed(channelId, total);
    }

    /// @param claimed What was claimed for the receiver just now and is not in its totals yet.
    function _settle(address receiver, address token, uint128 claimed) internal {
        ReceiverState storage state = receivers[receiver][token];
        uint128 totalClaimed = state.totalClaimed + claimed;
        uint128 amount = totalClaimed - state.totalSettled;
        if (amount == 0) return;
        // {ReceiverState} is one slot: written once. All that was claimed is settled.
        uint256 total = totalClaimed;
        assembly ("memory-safe") {
            sstore(state.slot, or(total, shl(128, total)))
        }
        emit Settled(receiver, token, msg.sender, amount);
        IERC20(token).safeTransfer(receiver, amount);
    }

    function _refund(ChannelConfig calldata config, bytes32 channelId, uint128 amount, uint256 nonce) private {
        if (amount == 0) revert ZeroAmount();
        // First, so that whatever comes of this refund, every earlier signature is spent.
        refundNonce[channelId] = nonce + 1;
        uint128 returned = _returnToPayer(config, channelId, amount);
        if (returned == 0) return;
        PendingWithdrawal storage pending = pendingWithdrawals[channelId];
        if (pending.amount > returned) pending.amount -= returned;
        else delete pendingWithdrawals[channelId];
        emit Refunded(channelId, returned, nonce);
    }

    /// @return returned What went back: `amount`, capped at what is unclaimed.
    function _returnToPayer(ChannelConfig calldata config, bytes32 channelId, uint128 amount)
        private
        returns (uint128 returned)
    {
        ChannelState storage channel = channels[channelId];
        returned = ChannelMath.returnable(amount, channel.balance, channel.totalClaimed);
        if (returned == 0) return 0;
        channel.balance -= returned;
        _beforeReturn(config, returned);
        IERC20(config.token).safeTransfer(config.payer, returned);
    }

    /// @dev {ChannelState} is one slot, `balance` in its lower half: read once, written once.
    function _load(ChannelState storage channel) internal view returns (uint256 balance, uint256 totalClaimed) {
        uint256 word;
        assembly ("memory-safe") {
            word := sload(channel.slot)
        }
        return (uint128(word), word >> 128);
    }

    /// @dev Both below 2^128.
    function _store(ChannelState storage channel, uint256 funds, uint256 totalClaimed) internal {
        assembly ("memory-safe") {
            sstore(channel.slot, or(funds, shl(128, totalClaimed)))
        }
    }

    function _onlyReceiverSide(ChannelConfig calldata config) private view {
        if (msg.sender != config.receiver && msg.sender != config.receiverAuthorizer) {
            revert NotReceiverSide(msg.sender);
        }
    }

    // ------------------------------------------------------------------ hooks

    /// @dev Refuses a deposit that the contract's own rules forbid, and records it where they keep count.
    /// @param opens The channel has no money and never paid any: then no withdrawal can be pending either, since a
    /// request is never for more than is there and goes with the money.
    function _beforeDeposit(ChannelConfig memory config, bytes32 channelId, uint128 amount, bool opens)
        internal
        virtual;

    /// @dev Moves exactly `amount` of the token from the payer to this contract, with consent that names the channel.
    function _collect(
        ChannelConfig memory config,
        bytes32 channelId,
        uint128 amount,
        address collector,
        bytes calldata collectorData
    ) internal virtual;

    /// @dev Refuses a claim up to `total` that the contract's own rules forbid.
    function _beforeClaim(ChannelConfig calldata config, bytes32 channelId, uint128 total) internal view virtual;

    /// @dev Demands the signature of whoever signs the channel's vouchers.
    function _requireVoucherSignature(ChannelConfig calldata config, bytes32 digest, bytes calldata signature)
        internal
        view
        virtual;

    /// @dev Told before money goes back to the payer.
    function _beforeReturn(ChannelConfig calldata config, uint128 returned) internal virtual;

    /// @dev Told before a withdrawal is paid.
    function _beforeWithdraw(bytes32 channelId) internal virtual;

    /// @dev Demands that the caller may take the payer's way out.
    function _onlyWithdrawer(ChannelConfig calldata config) internal view virtual;

    /// @dev Whether a withdrawal request stands.
    function _isPending(PendingWithdrawal memory pending, uint40 withdrawDelay) internal view virtual returns (bool);
}
