// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title How the settlement contract asks for a payer's money
/// @notice A collector turns some form of consent (here an EIP-3009 signature) into a token transfer.
/// @dev Only our own stand-ins talk through this interface; clients never call it.
interface IDepositCollector {
    /// @notice Moves exactly `amount` of `token` from `payer` to the calling settlement contract.
    /// @param payer Whose money is taken.
    /// @param token The ERC-20 of the channel.
    /// @param amount Atomic units.
    /// @param channelId The channel that will be credited; the payer's consent must name it.
    /// @param collectorData The consent, in the collector's own encoding.
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external;
}
