// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title EIP-712 domain computed where the code runs
/// @dev No cached separator: the local chain places code with `anvil_setCode`, which runs no constructor, so a
/// separator kept in an immutable or in storage would be missing or name the wrong address.
library Domain {
    bytes32 private constant TYPE_HASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function separator(bytes32 nameHash, bytes32 versionHash) internal view returns (bytes32) {
        return keccak256(abi.encode(TYPE_HASH, nameHash, versionHash, block.chainid, address(this)));
    }
}
