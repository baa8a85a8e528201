// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../src/libraries/ChannelMath.sol";

/// @dev The period ceiling where nothing is divided: nothing before the start, everything without a period.
contract Ceiling {
    function ends(uint40 start, uint40 duration, uint128 amount, uint40 time) external pure {
        require(time < start || duration == 0);
        assert(ChannelMath.periodCeiling(start, duration, amount, time) == (time < start ? 0 : type(uint256).max));
    }
}

/// @dev The number of periods gone by never falls with time, for periods of a day. The ceiling is that number and one
/// more, times a fixed amount.
contract Periods {
    function neverFall(uint256 earlier, uint256 later) external pure {
        require(earlier <= later);
        assert(earlier / 1 days <= later / 1 days);
    }
}
