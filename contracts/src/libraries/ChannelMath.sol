// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The arithmetic of channels and session keys
/// @notice Every amount that a contract of ours records or pays comes out of these functions. They are pure and free of
/// assembly so that the compiler's model checker can prove invariants about them.
/// @dev Amounts are atomic units of the channel's token; times are Unix seconds.
library ChannelMath {
    /// @notice What a claim records: the asked total, as far as the money and the ceiling go.
    /// @return recorded Never above `balance`, `ceiling` or `total`; at or below what is recorded already means nothing to
    /// claim.
    function claimable(uint256 total, uint256 balance, uint256 ceiling) internal pure returns (uint256 recorded) {
        recorded = total < balance ? total : balance;
        if (ceiling < recorded) recorded = ceiling;
    }

    /// @notice What goes back to the payer: `amount`, capped at what is unclaimed.
    /// @param balance At least `totalClaimed`.
    function returnable(uint128 amount, uint128 balance, uint128 totalClaimed) internal pure returns (uint128) {
        uint128 unclaimed = balance - totalClaimed;
        return amount < unclaimed ? amount : unclaimed;
    }

    /// @notice The total that each channel of a key may have claimed by `timestamp`: one more `periodAmount` as each
    /// period begins, so it never falls and a late batch is as good as an early one.
    /// @param periodDuration Seconds; zero: no period limit.
    function periodCeiling(uint256 start, uint256 periodDuration, uint256 periodAmount, uint256 timestamp)
        internal
        pure
        returns (uint256)
    {
        if (timestamp < start) return 0;
        if (periodDuration == 0) return type(uint256).max;
        return periodAmount * (1 + (timestamp - start) / periodDuration);
    }

    /// @notice The earliest stop in force.
    /// @param frozenAt Zero: not frozen.
    /// @param revokedAt Zero: not revoked.
    function stoppedAt(uint40 expiry, uint40 frozenAt, uint40 revokedAt) internal pure returns (uint40 stop) {
        stop = expiry;
        if (frozenAt != 0 && frozenAt < stop) stop = frozenAt;
        if (revokedAt != 0 && revokedAt < stop) stop = revokedAt;
    }
}
