// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../src/libraries/ChannelMath.sol";

/// @dev I1, I3 and I4 of one channel: what is claimed never falls and is never above the money that is there or the
/// highest voucher. A `require` stands for a check of the escrow.
contract Order {
    /// @param highest The highest maximum that the session key has signed.
    modifier keeping(uint128 balance, uint128 claimed, uint128 highest) {
        require(claimed <= balance && claimed <= highest);
        _;
    }

    /// @dev A deposit, which makes `funds` of the balance, or a voucher, which may make another maximum the highest.
    function grow(uint128 balance, uint128 claimed, uint128 highest, uint128 funds, uint128 signed)
        external
        pure
        keeping(balance, claimed, highest)
    {
        require(funds >= balance && signed >= highest);
        assert(claimed <= funds && claimed <= signed);
    }

    /// @dev A row of `settleBatch`.
    /// @param ceiling What the key allows; the largest number if no key governs the channel.
    function settleRow(
        uint128 balance,
        uint128 claimed,
        uint128 highest,
        uint128 total,
        uint128 max,
        uint256 ceiling
    ) external pure keeping(balance, claimed, highest) {
        uint256 recorded = ChannelMath.claimable(total, balance, ceiling);
        require(recorded > claimed && total <= max && max <= highest);
        assert(recorded <= balance && recorded <= highest && recorded <= total && recorded <= ceiling);
    }

    /// @dev A row of `claim` or `claimWithSignature`.
    function claim(uint128 balance, uint128 claimed, uint128 highest, uint128 total, uint128 max)
        external
        pure
        keeping(balance, claimed, highest)
    {
        require(total > claimed && total <= max && total <= balance && max <= highest);
        assert(total <= balance && total <= highest);
    }

    /// @dev A refund, or the end of a withdrawal: nothing that is claimed goes back.
    function giveBack(uint128 balance, uint128 claimed, uint128 highest, uint128 amount)
        external
        pure
        keeping(balance, claimed, highest)
    {
        uint128 given = ChannelMath.returnable(amount, balance, claimed);
        unchecked {
            assert(given <= amount && given <= balance - claimed && claimed <= balance - given);
        }
    }
}
