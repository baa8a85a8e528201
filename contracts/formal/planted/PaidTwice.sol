// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev {Conservation} with a payout that leaves the receiver's due as it was.
contract PaidTwice {
    function settle(uint256 held, uint256 due, uint256 rest) external pure {
        unchecked {
            require(due <= 2 ** 200 && rest <= 2 ** 200 && held == due + rest);
            assert(held - due == due + rest);
        }
    }
}
