// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Answers `transfer` with nothing, as some old tokens do, or with `false` and does nothing.
contract EscrowMuteToken {
    mapping(address owner => uint256) public balanceOf;
    bool public refusing;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function setRefusing(bool refuses) external {
        refusing = refuses;
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256,
        uint256,
        bytes32,
        bytes calldata
    ) external {
        balanceOf[from] -= value;
        balanceOf[to] += value;
    }

    function transfer(address to, uint256 amount) external {
        if (refusing) {
            assembly {
                mstore(0, 0)
                return(0, 32)
            }
        }
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }
}
