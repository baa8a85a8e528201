// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {EscrowFixture} from "../support/EscrowFixture.sol";
import {TestWallet} from "./TestWallet.sol";

/// @dev The cheat codes that only the tests of keys and rules use.
interface KeyVm {
    function accesses(address target) external returns (bytes32[] memory reads, bytes32[] memory writes);
    function load(address target, bytes32 slot) external view returns (bytes32 word);
    function record() external;
}

/// @dev Signatures over the changes of a key, written out here and not taken from the code under test, and calls that
/// are compared with what the interface promises.
abstract contract KeyFixture is EscrowFixture {
    KeyVm internal constant keyVm = KeyVm(address(vm));

    string private constant PERMISSION_TYPE =
        "SessionKeyPermission(address account,address key,address token,address[] payees,uint128 spendCap,uint128 periodAmount,uint40 periodDuration,uint128 perPaymentMax,uint40 start,uint40 expiry,address freezer,bytes32 salt)";
    bytes4 internal constant REFUSED = bytes4(keccak256("InvalidSignature()"));
    bytes32 internal constant FREEZE = keccak256("FreezeKey(bytes32 keyId,uint32 version,uint40 deadline)");
    bytes32 internal constant UNFREEZE = keccak256("UnfreezeKey(bytes32 keyId,uint32 version,uint40 deadline)");
    bytes32 internal constant REVOKE = keccak256("RevokeKey(bytes32 keyId,uint32 version,uint40 deadline)");

    // ------------------------------------------------------------------ what is signed

    function permissionHash(ISessionKeyValidator.SessionKeyPermission memory terms_) internal pure returns (bytes32) {
        bytes32[] memory payees = new bytes32[](terms_.payees.length);
        for (uint256 i = 0; i < payees.length; ++i) {
            payees[i] = bytes32(uint256(uint160(terms_.payees[i])));
        }
        bytes32[13] memory words;
        words[0] = keccak256(bytes(PERMISSION_TYPE));
        words[1] = bytes32(uint256(uint160(terms_.account)));
        words[2] = bytes32(uint256(uint160(terms_.key)));
        words[3] = bytes32(uint256(uint160(terms_.token)));
        words[4] = keccak256(abi.encodePacked(payees));
        words[5] = bytes32(uint256(terms_.spendCap));
        words[6] = bytes32(uint256(terms_.periodAmount));
        words[7] = bytes32(uint256(terms_.periodDuration));
        words[8] = bytes32(uint256(terms_.perPaymentMax));
        words[9] = bytes32(uint256(terms_.start));
        words[10] = bytes32(uint256(terms_.expiry));
        words[11] = bytes32(uint256(uint160(terms_.freezer)));
        words[12] = terms_.salt;
        return keccak256(abi.encodePacked(words));
    }

    function keyIdOf(ISessionKeyValidator.SessionKeyPermission memory terms_) internal view returns (bytes32) {
        uint256 digest = uint256(typedData(permissionHash(terms_)));
        return bytes32((uint256(0x50425354) << 224) | ((digest << 32) >> 32));
    }

    function registerHash(ISessionKeyValidator.SessionKeyPermission memory terms_, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typeHash = keccak256(
            abi.encodePacked("RegisterKey(SessionKeyPermission permission,uint40 deadline)", PERMISSION_TYPE)
        );
        return keccak256(abi.encode(typeHash, permissionHash(terms_), deadline));
    }

    function rotateHash(
        bytes32 oldKeyId,
        ISessionKeyValidator.SessionKeyPermission memory terms_,
        uint128 maxUsage,
        uint32 version,
        uint40 deadline
    ) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            abi.encodePacked(
                "RotateKey(bytes32 oldKeyId,SessionKeyPermission newPermission,uint128 maxUsage,uint32 version,uint40 deadline)",
                PERMISSION_TYPE
            )
        );
        return keccak256(abi.encode(typeHash, oldKeyId, permissionHash(terms_), maxUsage, version, deadline));
    }

    /// @param typeHash FREEZE, UNFREEZE or REVOKE.
    function changeHash(bytes32 typeHash, bytes32 keyId, uint32 version, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(typeHash, keyId, version, deadline));
    }

    function signed(uint256 signer, bytes32 structHash) internal view returns (bytes memory) {
        return sign(signer, typedData(structHash));
    }

    // ------------------------------------------------------------------ accounts

    /// @dev An account that is a contract and whose owner is the payer's key.
    function newWallet() internal returns (TestWallet) {
        return new TestWallet(payer);
    }

    /// @dev `account` delegates to a contract that another key owns (EIP-7702).
    function delegate(address account, uint256 ownerKey) internal returns (TestWallet) {
        vm.etch(account, abi.encodePacked(hex"ef0100", new TestWallet(vm.addr(ownerKey))));
        return TestWallet(account);
    }

    // ------------------------------------------------------------------ changes by the account

    function unfreeze(bytes32 keyId) internal {
        vm.prank(payer);
        escrow.unfreezeKey(keyId);
    }

    function revoke(bytes32 keyId) internal {
        vm.prank(payer);
        escrow.revokeKey(keyId);
    }

    function rotate(bytes32 keyId, ISessionKeyValidator.SessionKeyPermission memory terms_)
        internal
        returns (bytes32)
    {
        vm.prank(payer);
        return escrow.rotateKey(keyId, terms_, type(uint128).max);
    }

    // ------------------------------------------------------------------ outcomes

    function attempt(address caller, bytes memory data) internal returns (bool success, bytes memory result) {
        vm.prank(caller);
        return address(escrow).call(data);
    }

    function assertSucceeds(address caller, bytes memory data) internal {
        (bool success,) = attempt(caller, data);
        require(success, "reverted");
    }

    function assertReverts(address caller, bytes memory data, bytes memory expected) internal {
        (bool success, bytes memory result) = attempt(caller, data);
        require(!success, "did not revert");
        require(keccak256(result) == keccak256(expected), "reverted for another reason");
    }

    function assertReverts(address caller, bytes memory data, bytes4 selector) internal {
        assertReverts(caller, data, abi.encodeWithSelector(selector));
    }

    function assertKey(bytes32 keyId, ISessionKeyValidator.KeyState memory expected) internal view {
        require(keccak256(abi.encode(escrow.getKey(keyId))) == keccak256(abi.encode(expected)), "another key state");
    }

    /// @dev How many different words there are.
    function distinct(bytes32[] memory words) internal pure returns (uint256 count) {
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 j = 0;
            while (words[j] != words[i]) ++j;
            if (j == i) ++count;
        }
    }

    function stoppedAt(bytes32 keyId) internal view returns (uint256) {
        return escrow.getKey(keyId).limit.stoppedAt;
    }

    function versionOf(bytes32 keyId) internal view returns (uint32) {
        return escrow.getKey(keyId).version;
    }
}
