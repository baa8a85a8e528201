// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EscrowPlainToken} from "./EscrowPlainToken.sol";

/// @dev Whatever it is asked for, another amount arrives: less (a fee), more, nothing, or the payee's own money goes.
contract EscrowLyingToken is EscrowPlainToken {
    int256 private _arrives;

    function setArrives(int256 amount) external {
        _arrives = amount;
    }

    function receiveWithAuthorization(address, address to, uint256, uint256, uint256, bytes32, bytes calldata)
        external
        override
    {
        if (_arrives >= 0) _mint(to, uint256(_arrives));
        else _burn(to, uint256(-_arrives));
    }
}
