// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {KeyFixture} from "./KeyFixture.sol";

contract Eip712DomainTest is KeyFixture {
    function test_eip712Domain_namesTheContract() public view {
        (bytes1 fields, string memory name, string memory version,,,,) = escrow.eip712Domain();
        assertEq(uint8(fields), 0x0f);
        assertEq(keccak256(bytes(name)), keccak256("PB-Stream Escrow"));
        assertEq(keccak256(bytes(version)), keccak256("1"));
    }

    function test_eip712Domain_namesChainAndAddress() public view {
        (,,, uint256 chainId, address verifyingContract,,) = escrow.eip712Domain();
        assertEq(chainId, block.chainid);
        assertEq(verifyingContract, address(escrow));
    }

    function test_eip712Domain_hasNoSaltAndNoExtensions() public view {
        (,,,,, bytes32 salt, uint256[] memory extensions) = escrow.eip712Domain();
        assertEq(salt, bytes32(0));
        assertEq(extensions.length, 0);
    }

    /// @dev What it says is what is signed under.
    function test_eip712Domain_isTheDomainOfKeyIds() public view {
        (, string memory name, string memory version, uint256 chainId, address verifyingContract,,) =
            escrow.eip712Domain();
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                verifyingContract
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", separator, permissionHash(permission(0))));
        assertEq(uint224(uint256(escrow.getKeyId(permission(0)))), uint224(uint256(digest)));
    }

    function testFuzz_eip712Domain_followsTheChainId(uint64 id) public {
        vm.chainId(id);
        (,,, uint256 chainId,,,) = escrow.eip712Domain();
        assertEq(chainId, id);
    }
}
