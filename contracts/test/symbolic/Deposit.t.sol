// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {SymbolicBase} from "./SymbolicBase.sol";

/// @dev One deposit into any channel, of a token that may bring any other amount than it was asked for.
contract DepositSymbolic is SymbolicBase {
    function _deposit(IChannels.ChannelConfig memory config, uint128 amount, uint256 held, uint256 arriving)
        private
        returns (bool success)
    {
        config.token = address(token);
        token.set(held, arriving);
        bytes memory data = abi.encode(uint256(0), type(uint256).max, uint256(0), svm.createBytes(65, "signature"));
        (success,) = address(escrow).call(abi.encodeCall(escrow.deposit, (config, amount, address(escrow), data)));
    }

    function check_deposit_creditsWhatArrived(
        IChannels.ChannelConfig memory config,
        uint128 amount,
        uint256 held,
        uint256 arriving,
        uint64 time
    ) public {
        vm.warp(time);
        config.token = address(token);
        Books memory before = _books(config);
        bool success = _deposit(config, amount, held, arriving);
        Books memory afterwards = _books(config);
        assert(afterwards.claimed == before.claimed);
        assert(afterwards.due == before.due && afterwards.settled == before.settled);
        assert(uint256(afterwards.balance) == uint256(before.balance) + (success ? arriving : 0));
        assert(token.moved() == 0);
        if (success) assert(amount == arriving && amount > 0);
    }

    /// @dev What a key may hold is bounded by what its owner signed, in a channel of just its terms.
    function check_deposit_staysWithinThePermission(
        IChannels.ChannelConfig memory config,
        uint128 amount,
        uint64 time
    ) public {
        vm.warp(time);
        vm.assume(_governed(config));
        ISessionKeyValidator.KeyState memory before = escrow.getKey(config.salt);
        bool payee = escrow.isPayee(config.salt, config.receiver);
        bool success = _deposit(config, amount, 0, amount);
        ISessionKeyValidator.KeyState memory afterwards = escrow.getKey(config.salt);
        assert(uint256(afterwards.budget.usage) == uint256(before.budget.usage) + (success ? amount : 0));
        if (!success) return;
        assert(afterwards.budget.usage <= before.budget.spendCap && time < before.limit.stoppedAt);
        assert(before.version != 0 && payee && config.token == before.token);
        assert(config.payer == before.account && config.payerAuthorizer == before.key);
    }

    /// @dev No money comes in while the payer is on the way out.
    function check_deposit_waitsForTheWithdrawal(
        IChannels.ChannelConfig memory config,
        uint128 amount,
        uint64 time
    ) public {
        vm.warp(time);
        config.token = address(token);
        Books memory before = _books(config);
        (, uint40 initiatedAt) = escrow.pendingWithdrawals(escrow.getChannelId(config));
        vm.assume(before.balance != 0 && initiatedAt != 0);
        if (_deposit(config, amount, 0, amount)) assert(time >= initiatedAt + 2 * uint256(config.withdrawDelay));
    }

    /// @custom:halmos --early-exit
    function check_planted_nothingIsEverDeposited(IChannels.ChannelConfig memory config, uint128 amount) public {
        assert(!_deposit(config, amount, 0, amount));
    }
}
