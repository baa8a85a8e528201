// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../../src/libraries/ChannelMath.sol";

/// @dev The arithmetic for all arguments. Not so period ceilings: dividing bit by bit, solvers manage short periods,
/// one by one. Fuzz tests look at the rest.
contract MathSymbolic {
    function check_claimable_isTheLeast(uint256 total, uint256 balance, uint256 ceiling) public pure {
        uint256 recorded = ChannelMath.claimable(total, balance, ceiling);
        assert(recorded <= total && recorded <= balance && recorded <= ceiling);
        assert(recorded == total || recorded == balance || recorded == ceiling);
    }

    function check_returnable_leavesWhatIsClaimed(uint128 amount, uint128 balance, uint128 claimed) public pure {
        if (claimed > balance) return;
        uint128 returned = ChannelMath.returnable(amount, balance, claimed);
        assert(returned <= amount && claimed <= balance - returned);
        assert(returned == amount || claimed == balance - returned);
    }

    function check_stoppedAt_isTheEarliest(uint40 expiry, uint40 frozenAt, uint40 revokedAt) public pure {
        uint40 stop = ChannelMath.stoppedAt(expiry, frozenAt, revokedAt);
        assert(stop <= expiry && (frozenAt == 0 || stop <= frozenAt) && (revokedAt == 0 || stop <= revokedAt));
        assert(stop == expiry || stop == frozenAt && frozenAt != 0 || stop == revokedAt && revokedAt != 0);
    }

    /// @dev A change that can only stop a key never moves its stop back.
    function check_stoppedAt_neverLaterForAFreezeOrRevocation(
        uint40 expiry,
        uint40 frozenAt,
        uint40 revokedAt,
        uint40 time
    ) public pure {
        uint40 stop = ChannelMath.stoppedAt(expiry, frozenAt, revokedAt);
        if (frozenAt == 0) assert(ChannelMath.stoppedAt(expiry, time, revokedAt) <= stop);
        if (revokedAt == 0) assert(ChannelMath.stoppedAt(expiry, frozenAt, time) <= stop);
    }

    function check_periodCeiling_nothingBeforeTheStart(uint40 start, uint40 duration, uint128 amount, uint40 time)
        public
        pure
    {
        if (time < start) assert(ChannelMath.periodCeiling(start, duration, amount, time) == 0);
    }

    function check_periodCeiling_noPeriodNoLimit(uint40 start, uint128 amount, uint40 time) public pure {
        if (time >= start) assert(ChannelMath.periodCeiling(start, 0, amount, time) == type(uint256).max);
    }

    function check_periodCeiling_inTheFirstHour(uint40 start, uint128 amount, uint40 into) public pure {
        _checkHour(start, 0, amount, into);
    }

    function check_periodCeiling_inTheHourAfterADay(uint40 start, uint128 amount, uint40 into) public pure {
        _checkHour(start, 24, amount, into);
    }

    function check_planted_claimableIsBelowTheDeposit(uint128 total, uint128 balance, uint128 ceiling) public pure {
        assert(ChannelMath.claimable(total, balance, ceiling) < balance);
    }

    function check_planted_theSecondHourAddsNothing(uint40 start, uint128 amount, uint40 into) public pure {
        if (into >= 1 hours) return;
        assert(ChannelMath.periodCeiling(start, 1 hours, amount, uint256(start) + 1 hours + into) == amount);
    }

    /// @dev At any second of an hour that comes after so many: one amount for each of them, and one for itself.
    function _checkHour(uint256 start, uint256 hoursBefore, uint256 amount, uint256 into) private pure {
        if (into >= 1 hours) return;
        uint256 time = start + hoursBefore * 1 hours + into;
        assert(ChannelMath.periodCeiling(start, 1 hours, amount, time) == amount * (hoursBefore + 1));
    }
}
