// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {VectorFixture} from "./VectorFixture.sol";

/// @dev `session-key-eip712` and `session-key-terms`: the contract makes the ids and takes the digests of the vectors.
contract SessionKeyVectorsTest is VectorFixture {
    string private constant TERMS = ".input.permission";

    function test_getKeyId_isThatOfTheVectors() public {
        Case[] memory cases = read("session-key-eip712");
        for (uint256 i = 0; i < cases.length; ++i) {
            if (!cases[i].valid) continue;
            assertEq(escrowOf(cases[i]).getKeyId(permission(cases[i], TERMS)), word(cases[i], ".output.keyId"));
        }
    }

    function test_permission_hashIsThatOfTheVectors() public {
        Case[] memory cases = read("session-key-eip712");
        for (uint256 i = 0; i < cases.length; ++i) {
            if (!cases[i].valid) continue;
            assertEq(this.hashOf(permission(cases[i], TERMS)), word(cases[i], ".output.structHash"));
        }
    }

    function test_register_digestIsThatOfTheVectors() public {
        Case[] memory cases = read("session-key-eip712");
        for (uint256 i = 0; i < cases.length; ++i) {
            if (!cases[i].valid) continue;
            bytes32 form = KeyHash.register(this.hashOf(permission(cases[i], TERMS)), _deadline(cases[i]));
            assertEq(typedData(escrowOf(cases[i]), form), word(cases[i], ".output.register"));
        }
    }

    function test_freeze_digestIsThatOfTheVectors() public {
        _changesAgree(KeyHash.FREEZE, ".output.freeze");
    }

    function test_unfreeze_digestIsThatOfTheVectors() public {
        _changesAgree(KeyHash.UNFREEZE, ".output.unfreeze");
    }

    function test_revoke_digestIsThatOfTheVectors() public {
        _changesAgree(KeyHash.REVOKE, ".output.revoke");
    }

    function test_rotate_digestIsThatOfTheVectors() public {
        Case[] memory cases = read("session-key-eip712");
        for (uint256 i = 0; i < cases.length; ++i) {
            if (!cases[i].valid) continue;
            bytes32 form = KeyHash.rotate(
                word(cases[i], ".input.oldKeyId"),
                this.hashOf(permission(cases[i], TERMS)),
                uint128(number(cases[i], ".input.maxUsage")),
                _version(cases[i]),
                _deadline(cases[i])
            );
            assertEq(typedData(escrowOf(cases[i]), form), word(cases[i], ".output.rotate"));
        }
    }

    // ------------------------------------------------------------------ signatures over the digests of the vectors

    function test_registerKeyWithSignature_takesTheDigest() public {
        Case[] memory cases = read("session-key-eip712");
        for (uint256 i = 0; i < cases.length; ++i) {
            if (!cases[i].valid) continue;
            uint256 before = json.snapshotState();
            bytes32 keyId = escrowOf(cases[i])
                .registerKeyWithSignature(
                    permission(cases[i], TERMS), _deadline(cases[i]), _signed(cases[i], ".output.register")
                );
            assertEq(keyId, word(cases[i], ".output.keyId"));
            json.revertToState(before);
        }
    }

    function test_freezeKeyWithSignature_takesTheDigest() public {
        Case memory one = _caseOfVersion(1);
        (IStreamChannelEscrow escrow, bytes32 keyId) = _registered(one);
        escrow.freezeKeyWithSignature(
            keyId, vm.addr(PAYER_KEY), 1, _deadline(one), _signed(one, ".output.freeze")
        );
        assertEq(escrow.getKey(keyId).frozenAt, 1);
    }

    function test_unfreezeKeyWithSignature_takesTheDigest() public {
        Case memory one = _caseOfVersion(2);
        (IStreamChannelEscrow escrow, bytes32 keyId) = _registered(one);
        vm.prank(vm.addr(PAYER_KEY));
        escrow.freezeKey(keyId);
        escrow.unfreezeKeyWithSignature(keyId, 2, _deadline(one), _signed(one, ".output.unfreeze"));
        assertEq(escrow.getKey(keyId).frozenAt, 0);
    }

    function test_revokeKeyWithSignature_takesTheDigest() public {
        Case memory one = _caseOfVersion(1);
        (IStreamChannelEscrow escrow, bytes32 keyId) = _registered(one);
        escrow.revokeKeyWithSignature(keyId, 1, _deadline(one), _signed(one, ".output.revoke"));
        assertEq(escrow.getKey(keyId).revokedAt, 1);
    }

    /// @dev The second case of the file is the successor of the first.
    function test_rotateKeyWithSignature_takesTheDigest() public {
        Case[] memory cases = read("session-key-eip712");
        (IStreamChannelEscrow escrow, bytes32 oldKeyId) = _registered(cases[0]);
        bytes32 keyId = escrow.rotateKeyWithSignature(
            oldKeyId, permission(cases[1], TERMS), 0, 1, _deadline(cases[1]), _signed(cases[1], ".output.rotate")
        );
        assertEq(keyId, word(cases[1], ".output.keyId"));
    }

    // ------------------------------------------------------------------ terms

    function test_registerKey_judgesAsTheVectors() public {
        IStreamChannelEscrow escrow = IStreamChannelEscrow(deploy("StreamChannelEscrow.sol:StreamChannelEscrow"));
        Case[] memory cases = read("session-key-terms");
        for (uint256 i = 0; i < cases.length; ++i) {
            ISessionKeyValidator.SessionKeyPermission memory terms = permission(cases[i], ".input");
            if (!cases[i].valid) {
                string memory field = json.parseJsonString(file, string.concat(cases[i].path, ".output.field"));
                vm.expectRevert(abi.encodeWithSelector(ISessionKeyValidator.InvalidPermission.selector, field));
            }
            vm.prank(terms.account);
            escrow.registerKey(terms);
        }
    }

    // ------------------------------------------------------------------ support

    function hashOf(ISessionKeyValidator.SessionKeyPermission calldata terms) external pure returns (bytes32) {
        return KeyHash.permission(terms);
    }

    function _changesAgree(bytes32 typeHash, string memory key) private {
        Case[] memory cases = read("session-key-eip712");
        for (uint256 i = 0; i < cases.length; ++i) {
            if (!cases[i].valid) continue;
            bytes32 keyId = word(cases[i], ".output.keyId");
            bytes32 form = KeyHash.change(typeHash, keyId, _version(cases[i]), _deadline(cases[i]));
            assertEq(typedData(escrowOf(cases[i]), form), word(cases[i], key));
        }
    }

    /// @dev The first case whose signed forms name this version.
    function _caseOfVersion(uint256 version) private returns (Case memory) {
        Case[] memory cases = read("session-key-eip712");
        for (uint256 i = 0; i < cases.length; ++i) {
            if (cases[i].valid && _version(cases[i]) == version) return cases[i];
        }
        revert("no case of this version");
    }

    function _registered(Case memory one) private returns (IStreamChannelEscrow escrow, bytes32 keyId) {
        escrow = escrowOf(one);
        vm.prank(vm.addr(PAYER_KEY));
        keyId = escrow.registerKey(permission(one, TERMS));
    }

    /// @dev The account's signature over a digest of the vector.
    function _signed(Case memory one, string memory key) private view returns (bytes memory) {
        return sign(PAYER_KEY, word(one, key));
    }

    function _version(Case memory one) private view returns (uint32) {
        return uint32(number(one, ".input.version"));
    }

    function _deadline(Case memory one) private view returns (uint40) {
        return uint40(number(one, ".input.deadline"));
    }
}
