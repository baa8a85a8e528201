// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestUSDC} from "../../../src/TestUSDC.sol";
import {IDepositCollector} from "../../../src/interfaces/IDepositCollector.sol";

/// @dev Funds a channel of the stand-in with new money. The escrow never calls it: it takes no foreign collector.
contract MintingCollector is IDepositCollector {
    bool public called;

    function collect(address, address token, uint256 amount, bytes32, bytes calldata) external {
        called = true;
        TestUSDC(token).mint(msg.sender, amount);
    }
}
