// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../src/libraries/ChannelMath.sol";

/// @dev I5 of a token: the escrow holds what it owes, for any number of channels and receivers. A step touches one
/// channel and one receiver: `due` is what the receiver has claimed and was not paid, `rest` is owed to everybody else.
contract Conservation {
    uint256 private constant PLENTY = 2 ** 200;

    /// @dev Exactly `amount` comes in, or the deposit reverts.
    function deposit(uint256 held, uint256 unclaimed, uint256 rest, uint128 amount) external pure {
        unchecked {
            require(unclaimed <= PLENTY && rest <= PLENTY && held == unclaimed + rest);
            assert(held + amount == (unclaimed + amount) + rest);
        }
    }

    /// @dev A row, packed or not: what leaves the unclaimed money is due to the receiver.
    function claim(uint256 held, uint256 rest, uint256 due, uint128 balance, uint128 claimed, uint128 total)
        external
        pure
    {
        unchecked {
            require(claimed <= balance && due <= PLENTY && rest <= PLENTY);
            require(held == (balance - claimed) + due + rest);
            uint256 recorded = ChannelMath.claimable(total, balance, type(uint256).max);
            require(recorded > claimed);
            assert(recorded <= balance && held == (balance - recorded) + (due + (recorded - claimed)) + rest);
        }
    }

    /// @dev The receiver gets all that is due.
    function settle(uint256 held, uint256 due, uint256 rest) external pure {
        unchecked {
            require(due <= PLENTY && rest <= PLENTY && held == due + rest);
            assert(due <= held && held - due == rest);
        }
    }

    /// @dev A refund, or the end of a withdrawal.
    function giveBack(uint256 held, uint256 rest, uint128 balance, uint128 claimed, uint128 amount) external pure {
        unchecked {
            require(claimed <= balance && rest <= PLENTY && held == (balance - claimed) + rest);
            uint128 given = ChannelMath.returnable(amount, balance, claimed);
            assert(given <= held && held - given == ((balance - given) - claimed) + rest);
        }
    }
}
