// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hostile} from "./Hostile.sol";

/// @dev Everything that can happen, as the steps of a run.
abstract contract Handler is Hostile {
    constructor() {
        for (uint256 i = 0; i < _lines.length; ++i) _fund(_lines[i], 10_000);
    }

    /// @notice The functions that a run is made of; what happens often in life is in it more than once.
    function steps() external pure returns (bytes4[] memory chosen) {
        chosen = new bytes4[](23);
        (chosen[0], chosen[1], chosen[2]) = (this.fund.selector, this.fund.selector, this.fund.selector);
        (chosen[3], chosen[4], chosen[5]) = (this.settlePacked.selector, this.settlePacked.selector, this.donate.selector);
        (chosen[6], chosen[7], chosen[8]) = (this.claimOne.selector, this.claimSigned.selector, this.settleDue.selector);
        (chosen[9], chosen[10], chosen[11]) = (this.claimAndSettle.selector, this.withdraw.selector, this.finalize.selector);
        (chosen[12], chosen[13], chosen[14]) = (this.cancel.selector, this.refund.selector, this.wait_.selector);
        (chosen[15], chosen[16], chosen[17]) = (this.register.selector, this.freezeKey.selector, this.unfreezeKey.selector);
        (chosen[18], chosen[19], chosen[20]) = (this.revokeKey.selector, this.rotateKey.selector, this.attack.selector);
        (chosen[21], chosen[22]) = (this.claimOne.selector, this.attack.selector);
    }
}
