// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {SymbolicBase} from "./SymbolicBase.sol";

/// @dev Money back to the payer: refunds and withdrawals of any channel, by anybody, at any time.
contract ReturnsSymbolic is SymbolicBase {
    /// @dev What holds of every channel: never claimed above its balance; here it has to hold again afterwards.
    function _prepared(IChannels.ChannelConfig memory config) private returns (bytes32 id, Books memory before) {
        config.token = address(token);
        id = escrow.getChannelId(config);
        before = _books(config);
        vm.assume(before.claimed <= before.balance);
    }

    /// @dev Only what is unclaimed leaves the channel, all of it to the payer.
    function _checkReturned(IChannels.ChannelConfig memory config, Books memory before, uint256 most) private view {
        Books memory afterwards = _books(config);
        assert(afterwards.claimed == before.claimed && afterwards.claimed <= afterwards.balance);
        assert(afterwards.due == before.due && afterwards.settled == before.settled);
        uint256 returned = token.moved();
        assert(afterwards.balance + returned == before.balance && returned <= most);
        assert(returned == 0 || token.last() == config.payer);
    }

    function _usage(IChannels.ChannelConfig memory config) private view returns (uint128) {
        return escrow.getKey(config.salt).budget.usage;
    }

    /// @dev What a key has used falls by what comes back, and a plain channel touches no key.
    function check_refund_returnsUnclaimedMoneyOnly(
        IChannels.ChannelConfig memory config,
        uint128 amount,
        address caller
    ) public {
        (bytes32 id, Books memory before) = _prepared(config);
        uint256 nonce = escrow.refundNonce(id);
        uint128 used = _usage(config);
        vm.prank(caller);
        (bool success,) = address(escrow).call(abi.encodeCall(escrow.refund, (config, amount)));
        _checkReturned(config, before, amount);
        assert(_usage(config) + (_governed(config) ? token.moved() : 0) == used);
        assert(success || token.moved() == 0);
        if (!success) return;
        assert(caller == config.receiver || caller == config.receiverAuthorizer);
        assert(escrow.refundNonce(id) == nonce + 1);
    }

    function check_refundWithSignature_spendsItsNonce(
        IChannels.ChannelConfig memory config,
        uint128 amount,
        uint256 nonce
    ) public {
        (bytes32 id, Books memory before) = _prepared(config);
        uint256 expected = escrow.refundNonce(id);
        bytes memory signature = svm.createBytes(65, "signature");
        (bool success,) =
            address(escrow).call(abi.encodeCall(escrow.refundWithSignature, (config, amount, nonce, signature)));
        _checkReturned(config, before, amount);
        if (success) assert(nonce == expected && escrow.refundNonce(id) == nonce + 1);
        else assert(token.moved() == 0 && escrow.refundNonce(id) == expected);
    }

    /// @dev Only the payer, only while the request stands, and every refund signed before is worth nothing afterwards.
    function check_finalizeWithdraw_returnsUnclaimedMoneyOnly(
        IChannels.ChannelConfig memory config,
        address caller,
        uint64 time
    ) public {
        vm.warp(time);
        (bytes32 id, Books memory before) = _prepared(config);
        uint256 nonce = escrow.refundNonce(id);
        (uint128 asked, uint40 initiatedAt) = escrow.pendingWithdrawals(id);
        vm.prank(caller);
        (bool success,) = address(escrow).call(abi.encodeCall(escrow.finalizeWithdraw, (config)));
        _checkReturned(config, before, asked);
        assert(success || token.moved() == 0);
        if (!success) return;
        assert(caller == config.payer && initiatedAt != 0);
        uint256 delay = config.withdrawDelay;
        assert(time >= initiatedAt + delay && time < initiatedAt + 2 * delay);
        assert(escrow.refundNonce(id) == nonce + 1);
        (uint128 left, uint40 since) = escrow.pendingWithdrawals(id);
        assert(left == 0 && since == 0);
    }

    function check_initiateWithdraw_asksForUnclaimedMoneyOnly(
        IChannels.ChannelConfig memory config,
        uint128 amount,
        address caller,
        uint40 time
    ) public {
        vm.warp(time);
        (bytes32 id, Books memory before) = _prepared(config);
        vm.prank(caller);
        (bool success,) = address(escrow).call(abi.encodeCall(escrow.initiateWithdraw, (config, amount)));
        _checkReturned(config, before, 0);
        if (!success) return;
        (uint128 asked, uint40 initiatedAt) = escrow.pendingWithdrawals(id);
        assert(caller == config.payer && asked == amount && initiatedAt == time);
        assert(0 < amount && amount <= before.balance - before.claimed);
    }

    /// @custom:halmos --early-exit
    function check_planted_nothingIsEverRefunded(IChannels.ChannelConfig memory config) public {
        config.salt = 0;
        _prepared(config);
        vm.prank(config.receiver);
        (bool success,) = address(escrow).call(abi.encodeCall(escrow.refund, (config, 1)));
        assert(!success || token.moved() == 0);
    }

    /// @custom:halmos --early-exit
    function check_planted_nothingIsEverWithdrawn(IChannels.ChannelConfig memory config, address caller, uint64 time)
        public
    {
        vm.warp(time);
        _prepared(config);
        vm.prank(caller);
        (bool success,) = address(escrow).call(abi.encodeCall(escrow.finalizeWithdraw, (config)));
        assert(!success || token.moved() == 0);
    }
}
