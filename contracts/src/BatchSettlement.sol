// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Channels} from "./Channels.sol";
import {IDepositCollector} from "./interfaces/IDepositCollector.sol";
import {Domain} from "./libraries/Domain.sol";

/// @title Local stand-in for the canonical x402 batch-settlement contract
/// @notice FOR THE LOCAL CHAIN ONLY. On public networks PB-Stream settles through the canonical contract at the same
/// address. This one was written independently from its published interface and behaviour: same functions, EIP-712
/// domain and rules, so that official clients and facilitators work against the local chain with their defaults.
contract BatchSettlement is Channels {
    function _domainSeparator() internal view override returns (bytes32) {
        return Domain.separator(keccak256("x402 Batch Settlement"), keccak256("1"));
    }

    function _beforeDeposit(ChannelConfig memory config, bytes32 channelId, uint128 amount, bool opens)
        internal
        override
    {}

    function _collect(
        ChannelConfig memory config,
        bytes32 channelId,
        uint128 amount,
        address collector,
        bytes calldata collectorData
    ) internal override {
        IDepositCollector(collector).collect(config.payer, config.token, amount, channelId, collectorData);
    }

    function _beforeClaim(ChannelConfig calldata config, bytes32 channelId, uint128 total) internal view override {}

    /// @dev A named payer authorizer is always a plain key: a contract's answer could change after the service was
    /// consumed. Only channels without one ask the payer, ERC-1271 included.
    function _requireVoucherSignature(ChannelConfig calldata config, bytes32 digest, bytes calldata signature)
        internal
        view
        override
    {
        if (config.payerAuthorizer == address(0)) _requireSignature(config.payer, digest, signature);
        else if (!_isKeySignature(config.payerAuthorizer, digest, signature)) revert InvalidSignature();
    }

    function _beforeReturn(ChannelConfig calldata config, uint128 returned) internal override {}

    function _beforeWithdraw(bytes32 channelId) internal override {}

    function _onlyWithdrawer(ChannelConfig calldata config) internal view override {
        if (msg.sender != config.payer && msg.sender != config.payerAuthorizer) revert NotPayerSide(msg.sender);
    }

    /// @dev A request stands until it is finalised or refunded away.
    function _isPending(PendingWithdrawal memory pending, uint40) internal pure override returns (bool) {
        return pending.initiatedAt != 0;
    }
}
