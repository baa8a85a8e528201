// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../interfaces/IChannels.sol";

/// @title EIP-712 struct hashes of the x402 channel types
/// @dev Only struct hashes: which domain they are signed under is the business of the contract that uses them.
library ChannelHash {
    bytes32 internal constant CHANNEL_CONFIG = keccak256(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
    );
    bytes32 internal constant VOUCHER = keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
    bytes32 internal constant REFUND = keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
    bytes32 internal constant CLAIM_ENTRY =
        keccak256("ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)");
    bytes32 internal constant CLAIM_BATCH = keccak256(
        "ClaimBatch(ClaimEntry[] claims)ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
    );

    bytes32 internal constant CANCEL_WITHDRAW = keccak256("CancelWithdraw(bytes32 channelId,uint40 initiatedAt)");

    function channelConfig(IChannels.ChannelConfig calldata config) internal pure returns (bytes32) {
        // All seven fields are static, so the struct encodes as its fields in order.
        return keccak256(abi.encode(CHANNEL_CONFIG, config));
    }

    function voucher(bytes32 channelId, uint128 maxClaimableAmount) internal pure returns (bytes32) {
        return keccak256(abi.encode(VOUCHER, channelId, maxClaimableAmount));
    }

    function refund(bytes32 channelId, uint256 nonce, uint128 amount) internal pure returns (bytes32) {
        return keccak256(abi.encode(REFUND, channelId, nonce, amount));
    }

    function cancelWithdraw(bytes32 channelId, uint40 initiatedAt) internal pure returns (bytes32) {
        return keccak256(abi.encode(CANCEL_WITHDRAW, channelId, initiatedAt));
    }

    function claimEntry(bytes32 channelId, uint128 maxClaimableAmount, uint128 totalClaimed)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(CLAIM_ENTRY, channelId, maxClaimableAmount, totalClaimed));
    }

    function claimBatch(bytes32[] memory entryHashes) internal pure returns (bytes32) {
        return keccak256(abi.encode(CLAIM_BATCH, keccak256(abi.encodePacked(entryHashes))));
    }
}
