// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {HostileToken} from "./HostileToken.sol";

/// @dev Moves nothing out and says so: `false` instead of a revert.
contract FalseToken is HostileToken {
    function transfer(address, uint256) external pure override returns (bool) {
        return false;
    }
}

/// @dev Honest, but older than the rule that a transfer answers.
contract SilentToken is HostileToken {
    function transfer(address to, uint256 amount) external override returns (bool) {
        _move(msg.sender, to, amount);
        assembly ("memory-safe") {
            return(0, 0)
        }
    }
}

/// @dev Keeps a hundredth of every transfer, out of what arrives or on top of what is sent.
contract FeeToken is HostileToken {
    uint256 private _onArrival;
    uint256 private _onTop;

    function charge(uint256 onArrival, uint256 onTop) external {
        (_onArrival, _onTop) = (onArrival, onTop);
    }

    function _move(address from, address to, uint256 amount) internal override {
        _held[from] -= amount + amount * _onTop / 100;
        _held[to] += amount - amount * _onArrival / 100;
    }
}

/// @dev Shows the balances that it is told to show, whatever it holds.
contract PhantomToken is HostileToken {
    uint256[] private _lies;
    uint256 private _told;

    function lie(uint256[] calldata answers) external {
        (_lies, _told) = (answers, 0);
    }

    function balanceOf(address) external view override returns (uint256) {
        return _lies[_told < _lies.length ? _told : _lies.length - 1];
    }

    function transfer(address, uint256) external pure override returns (bool) {
        return true;
    }

    /// @dev The answer changes here, between the two looks of a deposit.
    function receiveWithAuthorization(address, address, uint256, uint256, uint256, bytes32, bytes calldata)
        external
        override
    {
        ++_told;
    }
}

/// @dev All balances grow or shrink at once.
contract RebasingToken is HostileToken {
    uint256 private _percent = 100;

    function rebase(uint256 percent) external {
        _percent = percent;
    }

    function balanceOf(address who) external view override returns (uint256) {
        return _held[who] * _percent / 100;
    }

    function _move(address from, address to, uint256 amount) internal override {
        uint256 shares = (amount * 100 + _percent - 1) / _percent;
        _held[from] -= shares;
        _held[to] += shares;
    }
}

/// @dev Refuses to pay certain addresses, as regulated tokens do.
contract BlockingToken is HostileToken {
    mapping(address => bool) public blocked;

    error Blocked(address who);

    function setBlocked(address who, bool value) external {
        blocked[who] = value;
    }

    function _move(address from, address to, uint256 amount) internal override {
        if (blocked[to]) revert Blocked(to);
        super._move(from, to, amount);
    }
}

/// @dev Takes every call that it does not know for a success, as wrapped ether does.
contract AgreeableToken {
    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    fallback() external {}
}
