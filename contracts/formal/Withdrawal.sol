// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../src/libraries/ChannelMath.sol";

/// @dev Withdrawals of one channel. No request, standing or lapsed, is for more than the channel's balance: so a
/// channel that opens has none, and the escrow need not look for one.
contract Withdrawal {
    /// @param asked The amount of the stored request; zero: there is none.
    modifier keeping(uint128 balance, uint128 claimed, uint128 asked) {
        require(claimed <= balance && asked <= balance);
        _;
    }

    /// @param lapsed Whether the request no longer stands.
    function deposit(uint128 balance, uint128 claimed, uint128 asked, bool lapsed)
        external
        pure
        keeping(balance, claimed, asked)
    {
        if (balance != 0 || claimed != 0) {
            require(asked == 0 || lapsed);
            asked = 0;
        }
        assert(asked == 0);
    }

    /// @dev For no more than is unclaimed at that time. Claims may take that, but leave the balance as it is.
    function initiate(uint128 balance, uint128 claimed, uint128 asked, uint128 amount)
        external
        pure
        keeping(balance, claimed, asked)
    {
        unchecked {
            require(amount <= balance - claimed);
            assert(amount <= balance);
        }
    }

    /// @dev A refund shrinks the request by what it gave: both together are never for more than the larger of the two.
    function refund(uint128 balance, uint128 claimed, uint128 asked, uint128 amount)
        external
        pure
        keeping(balance, claimed, asked)
    {
        uint128 given = ChannelMath.returnable(amount, balance, claimed);
        unchecked {
            uint128 left = asked > given ? asked - given : 0;
            assert(
                given <= balance && left <= balance - given
                    && uint256(given) + left <= (asked > amount ? asked : amount)
            );
        }
    }
}
