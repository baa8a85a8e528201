// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Accomplice} from "./Accomplice.sol";

/// @dev A token that asks for no consent: whoever uses one can only lose what is in it. Its children misbehave.
contract HostileToken {
    mapping(address => uint256) internal _held;

    function mint(address to, uint256 amount) external {
        _held[to] += amount;
    }

    function balanceOf(address who) external view virtual returns (uint256) {
        return _held[who];
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256,
        uint256,
        bytes32,
        bytes calldata
    ) external virtual {
        _move(from, to, value);
    }

    function _move(address from, address to, uint256 amount) internal virtual {
        _held[from] -= amount;
        _held[to] += amount;
    }
}

/// @dev Lets an accomplice act in the middle of every transfer, before or after the money has moved.
contract ReentrantToken is HostileToken {
    Accomplice private _accomplice;
    bool private _early;

    function conspire(Accomplice accomplice, bool early) external {
        (_accomplice, _early) = (accomplice, early);
    }

    function _move(address from, address to, uint256 amount) internal override {
        if (!_early) super._move(from, to, amount);
        if (address(_accomplice) != address(0)) _accomplice.fire();
        if (_early) super._move(from, to, amount);
    }
}
