// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";

interface Vm {
    function assume(bool condition) external pure;
    function getCode(string memory artifact) external returns (bytes memory);
    function prank(address sender) external;
    function warp(uint256 timestamp) external;
}

interface Svm {
    function createBytes(uint256 length, string memory name) external returns (bytes memory);
    function enableSymbolicStorage(address target) external;
}

/// @dev Moves what it is asked to and remembers it. `arriving` is what a deposit brings, whatever was asked for.
contract Token {
    uint256 public moved;
    address public last;
    uint256 public balanceOfAll;
    uint256 private _arriving;

    function set(uint256 held, uint256 arriving) external {
        (balanceOfAll, _arriving) = (held, arriving);
    }

    function balanceOf(address) external view returns (uint256) {
        return balanceOfAll;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        moved += amount;
        last = to;
        return true;
    }

    function receiveWithAuthorization(address, address, uint256, uint256, uint256, bytes32, bytes calldata) external {
        balanceOfAll += _arriving;
    }
}

/// @dev The escrow as it goes on public networks, any number in its storage, and any time.
abstract contract SymbolicBase {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Svm internal constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));
    IStreamChannelEscrow internal escrow;
    Token internal token;

    /// @dev What is stored of a channel, and of its receiver.
    struct Books {
        uint128 balance;
        uint128 claimed;
        uint128 due;
        uint128 settled;
    }

    function setUp() public virtual {
        bytes memory code = vm.getCode("StreamChannelEscrow.sol:StreamChannelEscrow");
        address deployed;
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        escrow = IStreamChannelEscrow(deployed);
        token = new Token();
        svm.enableSymbolicStorage(deployed);
    }

    function _books(IChannels.ChannelConfig memory config) internal view returns (Books memory books) {
        (books.balance, books.claimed) = escrow.channels(escrow.getChannelId(config));
        (books.due, books.settled) = escrow.receivers(config.receiver, config.token);
    }

    function _governed(IChannels.ChannelConfig memory config) internal pure returns (bool) {
        return KeyHash.governs(config.salt);
    }
}
