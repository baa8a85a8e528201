// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../src/libraries/ChannelMath.sol";

/// @dev I4 of a session key with any number of channels: its usage is the sum of their balances and never above the
/// cap. A step touches one of them; `others` is the sum of the rest. Claims change neither side: what is claimed of a
/// balance stays in it, so with {Order} all claims together stay within the cap.
contract Budget {
    function deposit(uint128 cap, uint256 usage, uint256 balance, uint256 others, uint128 amount) external pure {
        unchecked {
            require(usage <= cap && balance <= cap && others <= cap && usage == balance + others);
            uint256 used = usage + amount;
            require(used <= cap);
            assert(used == (balance + amount) + others);
        }
    }

    /// @dev A refund or a withdrawal. That the usage suffices means that no money gets stuck there.
    function giveBack(uint128 cap, uint256 usage, uint128 balance, uint256 others, uint128 claimed, uint128 amount)
        external
        pure
    {
        unchecked {
            require(usage <= cap && others <= cap && usage == balance + others && claimed <= balance);
            uint128 given = ChannelMath.returnable(amount, balance, claimed);
            assert(given <= balance && given <= usage && usage - given == (balance - given) + others);
        }
    }
}
