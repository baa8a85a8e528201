// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev The cheat codes these tests use.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function addr(uint256 key) external pure returns (address);
    function assume(bool condition) external pure;
    function chainId(uint256 id) external;
    function eip712HashTypedData(string calldata json) external pure returns (bytes32);
    function etch(address where, bytes calldata code) external;
    function expectEmit(address emitter) external;
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function getCode(string calldata artifact) external view returns (bytes memory);
    function getRecordedLogs() external returns (Log[] memory);
    function prank(address sender) external;
    function recordLogs() external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function store(address where, bytes32 slot, bytes32 value) external;
    function warp(uint256 timestamp) external;
}

/// @dev What a test needs and no more; the usual library is not on npm in a form that Hardhat resolves.
abstract contract TestBase {
    bool public constant IS_TEST = true;
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address[] private _targets;

    function targetContract(address target) internal {
        _targets.push(target);
    }

    function targetContracts() public view returns (address[] memory) {
        return _targets;
    }

    function assertEq(uint256 a, uint256 b) internal pure {
        if (a != b) revert(string.concat("not equal: ", _text(a), " and ", _text(b)));
    }

    function assertEq(bytes32 a, bytes32 b) internal pure {
        require(a == b, "words are not equal");
    }

    function assertEq(address a, address b) internal pure {
        require(a == b, "addresses are not equal");
    }

    function assertTrue(bool condition) internal pure {
        require(condition, "not true");
    }

    /// @dev Deploys a contract as it was built for public networks: the test does not compile it again.
    function deploy(string memory artifact) internal returns (address deployed) {
        bytes memory code = vm.getCode(artifact);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        require(deployed != address(0), "deployment failed");
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        return x >= low && x <= high ? x : low + x % (high - low + 1);
    }

    function _text(uint256 value) private pure returns (string memory) {
        if (value < 10) return string(abi.encodePacked(bytes1(uint8(48 + value))));
        return string.concat(_text(value / 10), _text(value % 10));
    }
}
