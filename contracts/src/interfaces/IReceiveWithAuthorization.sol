// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The one EIP-3009 function that deposits need, in its `bytes` form (USDC 2.2 has it)
interface IReceiveWithAuthorization {
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}
