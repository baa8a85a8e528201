// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDepositCollector} from "./interfaces/IDepositCollector.sol";
import {IReceiveWithAuthorization} from "./interfaces/IReceiveWithAuthorization.sol";

/// @title Local stand-in for the x402 ERC-3009 deposit collector
/// @notice FOR THE LOCAL CHAIN ONLY; on public networks the canonical collector at the same address is used.
/// @dev The payer signs `ReceiveWithAuthorization` to this contract with a nonce that hashes the channel id, so the
/// signature funds that channel and nothing else. Whoever may call {collect} receives the money: that is the
/// settlement contract at its canonical address, written as a constant since placed code has no constructor.
contract ERC3009Collector is IDepositCollector {
    using SafeERC20 for IERC20;

    address public constant SETTLEMENT = 0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003;

    error OnlySettlement(address caller);

    /// @inheritdoc IDepositCollector
    /// @param collectorData `abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature)`.
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external
    {
        if (msg.sender != SETTLEMENT) revert OnlySettlement(msg.sender);
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(collectorData, (uint256, uint256, uint256, bytes));
        IReceiveWithAuthorization(token).receiveWithAuthorization(
            payer, address(this), amount, validAfter, validBefore, keccak256(abi.encode(channelId, salt)), signature
        );
        IERC20(token).safeTransfer(SETTLEMENT, amount);
    }
}
