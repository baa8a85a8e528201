// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowFixture} from "../support/EscrowFixture.sol";

contract SettleBatchTest is EscrowFixture {
    function test_settleBatch_paysEveryRowInOneTransfer() public {
        bytes32 first = deposit(channel(1), 100);
        bytes32 second = deposit(channel(2), 100);
        bytes memory outcomes = settleBatch(rows(row(channel(1), 30), row(channel(2), 40)));
        assertEq(keccak256(outcomes), keccak256(new bytes(2)));
        assertChannel(first, 100, 30);
        assertChannel(second, 100, 40);
        assertEq(usdc.balanceOf(RECEIVER), 70);
    }

    function test_settleBatch_governed() public {
        (, IChannels.ChannelConfig memory config) = governedChannel(100);
        assertOutcome(settleBatch(row(config, 30)), IStreamChannelEscrow.RowOutcome.Claimed);
        assertEq(usdc.balanceOf(RECEIVER), 30);
    }
}
