// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

/// @dev Does what payers and receivers may do with three channels, in any order.
contract ChannelHandler is ChannelFixture {
    uint256 private constant CHANNELS = 3;

    constructor() {
        setUp();
    }

    function fund(uint256 which, uint128 amount) external {
        deposit(channel(which % CHANNELS), uint128(bound(amount, 1, 1e6)));
    }

    function claimSome(uint256 which, uint128 total) external {
        claim(row(channel(which % CHANNELS), uint128(bound(total, 1, 2e6))));
    }

    function settle() external {
        settlement.settle(RECEIVER, address(usdc));
    }

    function refund(uint256 which, uint128 amount) external {
        vm.prank(RECEIVER);
        settlement.refund(channel(which % CHANNELS), uint128(bound(amount, 1, 2e6)));
    }

    function withdraw(uint256 which, uint128 amount) external {
        vm.prank(payer);
        settlement.initiateWithdraw(channel(which % CHANNELS), uint128(bound(amount, 1, 2e6)));
    }

    function finalize(uint256 which) external {
        vm.warp(block.timestamp + 15 minutes);
        vm.prank(payer);
        settlement.finalizeWithdraw(channel(which % CHANNELS));
    }

    /// @return owed What the contract must be able to pay: unclaimed deposits and claims not settled yet.
    function liabilities() external view returns (uint256 owed) {
        for (uint256 i = 0; i < CHANNELS; ++i) {
            (uint128 balance, uint128 totalClaimed) = settlement.channels(settlement.getChannelId(channel(i)));
            require(totalClaimed <= balance, "claimed more than deposited");
            owed += balance - totalClaimed;
        }
        (uint128 claimed, uint128 settled) = settlement.receivers(RECEIVER, address(usdc));
        owed += claimed - settled;
    }

    function holdings() external view returns (uint256) {
        return usdc.balanceOf(address(settlement));
    }
}

contract SolvencyTest is ChannelFixture {
    ChannelHandler private handler;

    function setUp() public override {
        handler = new ChannelHandler();
        targetContract(address(handler));
    }

    function invariant_holdsExactlyWhatItOwes() public view {
        assertEq(handler.holdings(), handler.liabilities());
    }
}
