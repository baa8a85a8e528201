// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Payment channels with cumulative vouchers
/// @dev Structs, functions and `Settled` follow the published ABI of x402 `batch-settlement`. That ABI lists no errors
/// and no other event, so those are ours: they are emitted by {StreamChannelEscrow} and by the local stand-in of the
/// canonical contract, not by the canonical contract itself.
interface IChannels {
    /// @notice The immutable terms of a channel; its EIP-712 hash is the channel id.
    /// @param payer Whose money is escrowed.
    /// @param payerAuthorizer Key that signs vouchers (a session key). Zero means the payer itself, where a contract
    /// allows it ({StreamChannelEscrow} does not).
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

    /// @notice The first money of a channel, or the first after all of it went back unclaimed.
    event ChannelCreated(bytes32 indexed channelId, ChannelConfig config, uint128 amount);
    /// @notice More money for a channel; `balance` as in {ChannelState}.
    event Deposited(bytes32 indexed channelId, uint128 amount, uint128 balance);
    event Claimed(bytes32 indexed channelId, uint128 totalClaimed);
    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);
    event Refunded(bytes32 indexed channelId, uint128 amount, uint256 nonce);
    event WithdrawInitiated(bytes32 indexed channelId, uint128 amount, uint40 finalizableAt);
    event WithdrawFinalized(bytes32 indexed channelId, uint128 amount);

    error ZeroAmount();
    error ZeroAddress();
    error EmptyBatch();
    error WithdrawDelayOutOfRange(uint40 withdrawDelay);
    error DepositMismatch(uint256 expected, uint256 received);
    error NotReceiverSide(address caller);
    error NotPayerSide(address caller);
    error MixedAuthorizers(address first, address other);
    error ClaimExceedsVoucher(bytes32 channelId, uint128 totalClaimed, uint128 maxClaimableAmount);
    error ClaimExceedsBalance(bytes32 channelId, uint128 totalClaimed, uint128 balance);
    error InvalidRefundNonce(uint256 expected, uint256 given);
    error WithdrawExceedsAvailable(uint128 amount, uint128 available);
    error WithdrawAlreadyPending(bytes32 channelId);
    error NoPendingWithdraw(bytes32 channelId);
    error WithdrawDelayNotElapsed(uint256 finalizableAt);

    /// @notice Escrows `amount` of the payer's token in the channel, opening it if it is new. Anyone may relay.
    /// @param config Terms of the channel.
    /// @param amount Atomic units; exactly this much must arrive.
    /// @param collector Who turns `collectorData` into a transfer from the payer.
    /// @param collectorData The payer's consent in the collector's encoding.
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external;

    /// @notice Records vouchers; the caller must be the receiver or its authorizer in every one.
    /// @dev One bad row reverts the batch; a row at or below the recorded total is skipped.
    function claim(VoucherClaim[] calldata voucherClaims) external;

    /// @notice Records vouchers under one signature of the receiver authorizer they all name. Anyone may relay.
    /// @param voucherClaims Rows; all must share `receiverAuthorizer`.
    /// @param authorizerSignature Its signature over {getClaimBatchDigest}.
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature)
        external;

    /// @notice Pays everything claimed and not yet paid to the receiver. Anyone may call; does nothing if nothing is due.
    function settle(address receiver, address token) external;

    /// @notice The payer's unilateral way out: starts the delay during which the receiver can still claim.
    /// @param config Terms of the channel.
    /// @param amount At most what is unclaimed now.
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external;

    /// @notice Completes a withdrawal after the delay, up to what is still unclaimed.
    function finalizeWithdraw(ChannelConfig calldata config) external;

    /// @notice The receiver side gives unclaimed money back at once.
    /// @param amount Upper bound; capped at what is unclaimed.
    function refund(ChannelConfig calldata config, uint128 amount) external;

    /// @notice {refund} under a signature of the receiver authorizer. Anyone may relay.
    /// @param nonce Must equal {refundNonce} of the channel.
    /// @param receiverAuthorizerSignature Signature over {getRefundDigest}.
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external;

    /// @notice Balance and claimed total of a channel; zeros for one that was never funded.
    function channels(bytes32 channelId) external view returns (uint128 balance, uint128 totalClaimed);

    /// @notice The payer's latest withdrawal request that was neither finalised nor taken back.
    function pendingWithdrawals(bytes32 channelId) external view returns (uint128 amount, uint40 initiatedAt);

    /// @notice How many refunds of this channel were asked for, those that moved nothing included: the next
    /// one's signature names it.
    function refundNonce(bytes32 channelId) external view returns (uint256);

    /// @notice What a receiver's channels in a token have claimed, and how much of it was paid out.
    function receivers(address receiver, address token)
        external
        view
        returns (uint128 totalClaimed, uint128 totalSettled);

    /// @notice Id of the channel with these terms on this chain and contract.
    function getChannelId(ChannelConfig calldata config) external view returns (bytes32);

    /// @notice What the payer authorizer signs for a voucher.
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) external view returns (bytes32);

    /// @notice What the receiver authorizer signs for a refund.
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) external view returns (bytes32);

    /// @notice What the receiver authorizer signs for a batch of claims.
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) external view returns (bytes32);
}
