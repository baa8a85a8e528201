// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Types, events and errors of the x402 `batch-settlement` scheme
/// @dev Structs, functions and `Settled` follow the published x402 ABI. The published ABI lists no errors and no
/// other event, so those are ours: code meant for public networks must not decode them.
interface IBatchSettlement {
    /// @notice The immutable terms of a channel; its EIP-712 hash is the channel id.
    /// @param payer Whose money is escrowed.
    /// @param payerAuthorizer Key that signs vouchers (a session key); zero: the payer itself, ERC-1271 welcome.
    /// @param receiver The only address claimed money can go to.
    /// @param receiverAuthorizer Signs claims and refunds for the receiver; a key or an ERC-1271 contract.
    /// @param token ERC-20 of the channel.
    /// @param withdrawDelay Seconds between the payer's withdrawal request and its completion.
    /// @param salt Tells channels with the same terms apart.
    struct ChannelConfig {
        address payer;
        address payerAuthorizer;
        address receiver;
        address receiverAuthorizer;
        address token;
        uint40 withdrawDelay;
        bytes32 salt;
    }

    /// @notice The payer's promise: up to `maxClaimableAmount` in total over the life of the channel.
    struct Voucher {
        ChannelConfig channel;
        uint128 maxClaimableAmount;
    }

    /// @notice A voucher, its signature and the running total the receiver wants on chain.
    struct VoucherClaim {
        Voucher voucher;
        bytes signature;
        uint128 totalClaimed;
    }

    /// @param balance Deposits minus refunds and withdrawals; claims do not lower it.
    /// @param totalClaimed Cumulative amount claimed; never decreases.
    struct ChannelState {
        uint128 balance;
        uint128 totalClaimed;
    }

    /// @param amount What the payer asked to take out.
    /// @param initiatedAt Unix seconds of the request; zero: none pending.
    struct PendingWithdrawal {
        uint128 amount;
        uint40 initiatedAt;
    }

    /// @param totalClaimed Sum of all claims for one receiver and token.
    /// @param totalSettled How much of it has been paid out.
    struct ReceiverState {
        uint128 totalClaimed;
        uint128 totalSettled;
    }

    event ChannelCreated(bytes32 indexed channelId, ChannelConfig config);
    event ChannelClosed(bytes32 indexed channelId, ChannelConfig config);
    event Deposited(bytes32 indexed channelId, address indexed sender, uint128 amount, uint128 balance);
    event Claimed(bytes32 indexed channelId, address indexed sender, uint128 amount, uint128 totalClaimed);
    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);
    event Refunded(bytes32 indexed channelId, address indexed sender, uint128 amount);
    event WithdrawInitiated(bytes32 indexed channelId, uint128 amount, uint40 finalizableAt);
    event WithdrawFinalized(bytes32 indexed channelId, address indexed sender, uint128 amount);

    error ZeroAmount();
    error ZeroAddress();
    error EmptyBatch();
    error WithdrawDelayOutOfRange(uint40 withdrawDelay);
    error DepositMismatch(uint256 expected, uint256 received);
    error NotReceiverSide(address caller);
    error NotPayerSide(address caller);
    error MixedAuthorizers(address first, address other);
    error InvalidSignature();
    error ClaimExceedsVoucher(bytes32 channelId, uint128 totalClaimed, uint128 maxClaimableAmount);
    error ClaimExceedsBalance(bytes32 channelId, uint128 totalClaimed, uint128 balance);
    error InvalidRefundNonce(uint256 expected, uint256 given);
    error WithdrawExceedsAvailable(uint128 amount, uint128 available);
    error WithdrawAlreadyPending(bytes32 channelId);
    error NoPendingWithdraw(bytes32 channelId);
    error WithdrawDelayNotElapsed(uint256 finalizableAt);
}
