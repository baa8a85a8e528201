// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestUSDC} from "../../src/TestUSDC.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

contract DepositTest is ChannelFixture {
    function test_getChannelId_isEip712HashOfTheTerms() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("x402 Batch Settlement"),
                keccak256("1"),
                block.chainid,
                address(settlement)
            )
        );
        IChannels.ChannelConfig memory c = channel(7);
        bytes32 structHash = keccak256(
            abi.encode(
                settlement.CHANNEL_CONFIG_TYPEHASH(),
                c.payer,
                c.payerAuthorizer,
                c.receiver,
                c.receiverAuthorizer,
                c.token,
                c.withdrawDelay,
                c.salt
            )
        );
        assertEq(settlement.getChannelId(c), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }

    function test_deposit_opensTheChannelOnce() public {
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = settlement.getChannelId(config);
        bytes memory data = consent(channelId, 100);
        vm.expectEmit(address(settlement));
        emit IChannels.ChannelCreated(channelId, config, 100);
        settlement.deposit(config, 100, address(collector), data);
        bytes memory more = consent(channelId, 50);
        vm.expectEmit(address(settlement));
        emit IChannels.Deposited(channelId, 50, 150);
        settlement.deposit(config, 50, address(collector), more);
        assertChannel(channelId, 150, 0);
        assertEq(usdc.balanceOf(address(settlement)), 150);
    }

    function testFuzz_deposit_movesExactlyTheAmount(uint128 amount) public {
        amount = uint128(bound(amount, 1, 1e12));
        bytes32 channelId = deposit(channel(0), amount);
        assertChannel(channelId, amount, 0);
        assertEq(usdc.balanceOf(payer), 1e12 - amount);
        assertEq(usdc.balanceOf(address(collector)), 0);
    }

    function test_deposit_revertsOnBadTerms() public {
        IChannels.ChannelConfig memory config = channel(0);
        vm.expectRevert(IChannels.ZeroAmount.selector);
        settlement.deposit(config, 0, address(collector), "");

        vm.expectRevert(IChannels.ZeroAddress.selector);
        settlement.deposit(config, 1, address(0), "");

        config.receiverAuthorizer = address(0);
        vm.expectRevert(IChannels.ZeroAddress.selector);
        settlement.deposit(config, 1, address(collector), "");
    }

    function testFuzz_deposit_revertsOnWithdrawDelayOutOfRange(uint40 delay) public {
        vm.assume(delay < 15 minutes || delay > 30 days);
        IChannels.ChannelConfig memory config = channel(0);
        config.withdrawDelay = delay;
        vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawDelayOutOfRange.selector, delay));
        settlement.deposit(config, 1, address(collector), "");
    }

    function test_deposit_revertsWhenTheConsentIsForAnotherAmount() public {
        IChannels.ChannelConfig memory config = channel(0);
        bytes memory data = consent(settlement.getChannelId(config), 100);
        vm.expectRevert(TestUSDC.InvalidSignature.selector);
        settlement.deposit(config, 101, address(collector), data);
    }
}
