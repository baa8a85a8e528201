// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../../src/libraries/ChannelMath.sol";
import {TestBase} from "../support/TestBase.sol";

contract ChannelMathTest is TestBase {
    // ------------------------------------------------------------------ claimable

    function testFuzz_claimable_isTheLeastOfTheThree(uint256 total, uint256 balance, uint256 ceiling) public pure {
        uint256 recorded = ChannelMath.claimable(total, balance, ceiling);
        assertTrue(recorded <= total && recorded <= balance && recorded <= ceiling);
        assertTrue(recorded == total || recorded == balance || recorded == ceiling);
    }

    /// @param more Raises one of the three.
    function testFuzz_claimable_neverFallsAsAnyOfThemRises(
        uint256 total,
        uint256 balance,
        uint256 ceiling,
        uint256 more
    ) public pure {
        uint256 recorded = ChannelMath.claimable(total, balance, ceiling);
        assertTrue(ChannelMath.claimable(_raised(total, more), balance, ceiling) >= recorded);
        assertTrue(ChannelMath.claimable(total, _raised(balance, more), ceiling) >= recorded);
        assertTrue(ChannelMath.claimable(total, balance, _raised(ceiling, more)) >= recorded);
    }

    // ------------------------------------------------------------------ returnable

    function testFuzz_returnable_isTheAmountOrAllThatIsUnclaimed(uint128 amount, uint128 balance, uint128 claimed)
        public
        pure
    {
        claimed = uint128(bound(claimed, 0, balance));
        uint128 unclaimed = balance - claimed;
        uint128 returned = ChannelMath.returnable(amount, balance, claimed);
        assertTrue(returned <= amount && returned <= unclaimed);
        assertTrue(returned == amount || returned == unclaimed);
    }

    function testFuzz_returnable_revertsWhenMoreWasClaimedThanIsThere(uint128 amount, uint128 balance, uint128 claimed)
        public
    {
        balance = uint128(bound(balance, 0, type(uint128).max - 1));
        claimed = uint128(bound(claimed, uint256(balance) + 1, type(uint128).max));
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        this.returnable(amount, balance, claimed);
    }

    // ------------------------------------------------------------------ periodCeiling

    function testFuzz_periodCeiling_isZeroBeforeTheStart(uint40 start, uint40 duration, uint128 amount, uint40 time)
        public
        pure
    {
        start = uint40(bound(start, 1, type(uint40).max));
        time = uint40(bound(time, 0, start - 1));
        assertEq(ChannelMath.periodCeiling(start, duration, amount, time), 0);
    }

    function testFuzz_periodCeiling_isUnlimitedWithoutAPeriod(uint40 start, uint40 time) public pure {
        time = uint40(bound(time, start, type(uint40).max));
        assertEq(ChannelMath.periodCeiling(start, 0, 0, time), type(uint256).max);
    }

    function test_periodCeiling_growsAsAPeriodBegins() public pure {
        assertEq(ChannelMath.periodCeiling(1000, 60, 7, 999), 0);
        assertEq(ChannelMath.periodCeiling(1000, 60, 7, 1000), 7);
        assertEq(ChannelMath.periodCeiling(1000, 60, 7, 1059), 7);
        assertEq(ChannelMath.periodCeiling(1000, 60, 7, 1060), 14);
        assertEq(ChannelMath.periodCeiling(1000, 60, 7, 1119), 14);
        assertEq(ChannelMath.periodCeiling(1000, 60, 7, 1120), 21);
    }

    /// @param periods How many have gone by.
    function testFuzz_periodCeiling_isOneAmountMoreEachPeriod(
        uint40 start,
        uint40 duration,
        uint128 amount,
        uint40 periods
    ) public pure {
        duration = uint40(bound(duration, 1, type(uint40).max));
        uint256 begins = uint256(start) + uint256(periods) * duration;
        assertEq(ChannelMath.periodCeiling(start, duration, amount, begins), uint256(amount) * (uint256(periods) + 1));
        assertEq(
            ChannelMath.periodCeiling(start, duration, amount, begins + duration - 1),
            uint256(amount) * (uint256(periods) + 1)
        );
    }

    function testFuzz_periodCeiling_neverFalls(
        uint40 start,
        uint40 duration,
        uint128 amount,
        uint40 time,
        uint40 later
    ) public pure {
        later = uint40(bound(later, time, type(uint40).max));
        assertTrue(
            ChannelMath.periodCeiling(start, duration, amount, later)
                >= ChannelMath.periodCeiling(start, duration, amount, time)
        );
    }

    /// @dev Wider than any block's time: nothing a key stores can make settlement overflow.
    function testFuzz_periodCeiling_doesNotOverflow(uint40 start, uint40 duration, uint128 amount, uint120 time)
        public
        pure
    {
        ChannelMath.periodCeiling(start, duration, amount, time);
        ChannelMath.periodCeiling(0, 1, type(uint128).max, type(uint120).max);
    }

    // ------------------------------------------------------------------ stoppedAt

    function testFuzz_stoppedAt_isTheEarliestInForce(uint40 expiry, uint40 frozenAt, uint40 revokedAt) public pure {
        uint40 stop = ChannelMath.stoppedAt(expiry, frozenAt, revokedAt);
        assertTrue(stop <= expiry);
        assertTrue(frozenAt == 0 || stop <= frozenAt);
        assertTrue(revokedAt == 0 || stop <= revokedAt);
        assertTrue(stop == expiry || (stop == frozenAt && frozenAt != 0) || (stop == revokedAt && revokedAt != 0));
    }

    function test_stoppedAt_takesZeroForNotInForce() public pure {
        assertEq(uint256(ChannelMath.stoppedAt(100, 0, 0)), 100);
        assertEq(uint256(ChannelMath.stoppedAt(100, 40, 0)), 40);
        assertEq(uint256(ChannelMath.stoppedAt(100, 0, 50)), 50);
        assertEq(uint256(ChannelMath.stoppedAt(100, 40, 50)), 40);
        assertEq(uint256(ChannelMath.stoppedAt(100, 60, 50)), 50);
        assertEq(uint256(ChannelMath.stoppedAt(100, 140, 150)), 100);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev External, so that a revert can be expected.
    function returnable(uint128 amount, uint128 balance, uint128 claimed) external pure returns (uint128) {
        return ChannelMath.returnable(amount, balance, claimed);
    }

    function _raised(uint256 x, uint256 more) private pure returns (uint256) {
        return more > type(uint256).max - x ? type(uint256).max : x + more;
    }
}
