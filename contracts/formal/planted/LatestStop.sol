// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev {Stops} with a comparison turned around.
contract LatestStop {
    function earliest(uint40 expiry, uint40 frozenAt) external pure {
        uint40 stop = expiry;
        if (frozenAt != 0 && frozenAt > stop) stop = frozenAt;
        assert(frozenAt == 0 || stop <= frozenAt);
    }
}
