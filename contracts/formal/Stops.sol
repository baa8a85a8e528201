// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChannelMath} from "../src/libraries/ChannelMath.sol";

/// @dev The stop of a session key is the earliest of those in force; a freeze or a revocation never puts it off.
contract Stops {
    function earliest(uint40 expiry, uint40 frozenAt, uint40 revokedAt) external pure {
        uint40 stop = ChannelMath.stoppedAt(expiry, frozenAt, revokedAt);
        assert(
            stop <= expiry && (frozenAt == 0 || stop <= frozenAt) && (revokedAt == 0 || stop <= revokedAt)
                && (stop == expiry || (stop == frozenAt && frozenAt != 0) || (stop == revokedAt && revokedAt != 0))
        );
    }

    function freeze(uint40 expiry, uint40 revokedAt, uint40 time) external pure {
        uint40 stop = ChannelMath.stoppedAt(expiry, 0, revokedAt);
        assert(ChannelMath.stoppedAt(expiry, time, revokedAt) <= stop);
    }

    function revoke(uint40 expiry, uint40 frozenAt, uint40 time) external pure {
        uint40 stop = ChannelMath.stoppedAt(expiry, frozenAt, 0);
        assert(ChannelMath.stoppedAt(expiry, frozenAt, time) <= stop);
    }
}
