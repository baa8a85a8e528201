// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Domain} from "../../src/libraries/Domain.sol";
import {TestBase} from "../support/TestBase.sol";

contract DomainHarness {
    function separator(string calldata name, string calldata version) external view returns (bytes32) {
        return Domain.separator(keccak256(bytes(name)), keccak256(bytes(version)));
    }
}

contract DomainTest is TestBase {
    DomainHarness private harness = new DomainHarness();

    function testFuzz_separator_isTheEip712Domain(string calldata name, string calldata version, uint64 id) public {
        vm.chainId(bound(id, 1, type(uint64).max - 1));
        bytes memory members = abi.encodePacked(
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            keccak256(bytes(name)),
            keccak256(bytes(version)),
            block.chainid,
            bytes32(uint256(uint160(address(harness))))
        );
        assertEq(harness.separator(name, version), keccak256(members));
    }

    /// @dev The test runner's own EIP-712 encoder is the witness.
    function test_separator_isWhatAWalletSigns() public view {
        string memory json = string.concat(
            '{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},',
            '{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],',
            '"Word":[{"name":"value","type":"uint256"}]},"primaryType":"Word","message":{"value":"7"},',
            '"domain":{"name":"PB-Stream Escrow","version":"1","chainId":',
            Strings.toString(block.chainid),
            ',"verifyingContract":"',
            Strings.toHexString(address(harness)),
            '"}}'
        );
        bytes32 word = keccak256(abi.encode(keccak256("Word(uint256 value)"), 7));
        bytes32 separator = harness.separator("PB-Stream Escrow", "1");
        assertEq(vm.eip712HashTypedData(json), keccak256(abi.encodePacked(hex"1901", separator, word)));
    }

    function test_separator_differsOnAnotherChain() public {
        bytes32 here = harness.separator("PB-Stream Escrow", "1");
        vm.chainId(block.chainid + 1);
        assertTrue(harness.separator("PB-Stream Escrow", "1") != here);
    }

    function test_separator_differsInAnotherContract() public {
        DomainHarness other = new DomainHarness();
        assertTrue(
            other.separator("PB-Stream Escrow", "1") != harness.separator("PB-Stream Escrow", "1")
        );
    }

    /// @dev Placed code has run no constructor: what it needs it must compute.
    function test_separator_worksInPlacedCode() public {
        address placed = address(0xFACE);
        vm.etch(placed, address(harness).code);
        bytes memory members = abi.encode(
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            keccak256("PB-Stream Escrow"),
            keccak256("1"),
            block.chainid,
            placed
        );
        assertEq(DomainHarness(placed).separator("PB-Stream Escrow", "1"), keccak256(members));
    }
}
