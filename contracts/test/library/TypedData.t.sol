// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {EscrowWallet} from "../support/accounts/EscrowWallet.sol";
import {TestBase} from "../support/TestBase.sol";

contract TypedDataHarness is TypedData {
    bytes32 private immutable SEPARATOR;

    constructor(bytes32 separator) {
        SEPARATOR = separator;
    }

    function typedData(bytes32 structHash) external view returns (bytes32) {
        return _typedData(structHash);
    }

    function requireSignature(address signer, bytes32 digest, bytes calldata signature) external view {
        _requireSignature(signer, digest, signature);
    }

    function isKeySignature(address key, bytes32 digest, bytes calldata signature) external pure returns (bool) {
        return _isKeySignature(key, digest, signature);
    }

    function _domainSeparator() internal view override returns (bytes32) {
        return SEPARATOR;
    }
}

contract TypedDataTest is TestBase {
    uint256 private constant KEY = 0x5E55;
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    bytes32 private constant SEPARATOR = keccak256("separator");
    bytes32 private constant DIGEST = keccak256("digest");

    TypedDataHarness private harness = new TypedDataHarness(SEPARATOR);
    EscrowWallet private wallet = new EscrowWallet();

    function testFuzz_typedData_joinsPrefixDomainAndStruct(bytes32 separator, bytes32 structHash) public {
        TypedDataHarness other = new TypedDataHarness(separator);
        assertEq(other.typedData(structHash), keccak256(bytes.concat(hex"1901", separator, structHash)));
    }

    // ------------------------------------------------------------------ keys

    function testFuzz_isKeySignature_acceptsTheKeyOnly(uint256 signer, uint256 other, bytes32 digest) public view {
        signer = bound(signer, 1, ORDER - 1);
        other = bound(other, 1, ORDER - 1);
        vm.assume(signer != other);
        bytes memory signature = sign(signer, digest);
        assertTrue(harness.isKeySignature(vm.addr(signer), digest, signature));
        assertTrue(!harness.isKeySignature(vm.addr(other), digest, signature));
        harness.requireSignature(vm.addr(signer), digest, signature);
    }

    function testFuzz_isKeySignature_refusesAnotherDigest(bytes32 digest, bytes32 other) public view {
        vm.assume(digest != other);
        assertTrue(!harness.isKeySignature(vm.addr(KEY), other, sign(KEY, digest)));
    }

    function testFuzz_isKeySignature_refusesOtherLengths(bytes calldata signature) public view {
        vm.assume(signature.length != 65);
        assertTrue(!harness.isKeySignature(vm.addr(KEY), DIGEST, signature));
    }

    function test_isKeySignature_refusesTheCompactForm() public view {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, DIGEST);
        bytes32 vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
        assertTrue(!harness.isKeySignature(vm.addr(KEY), DIGEST, abi.encodePacked(r, vs)));
    }

    function test_isKeySignature_refusesAHighS() public view {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, DIGEST);
        bytes memory twin = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        assertTrue(!harness.isKeySignature(vm.addr(KEY), DIGEST, twin));
    }

    function testFuzz_isKeySignature_refusesEveryOtherV(uint8 v) public view {
        (uint8 right, bytes32 r, bytes32 s) = vm.sign(KEY, DIGEST);
        vm.assume(v != right);
        assertTrue(!harness.isKeySignature(vm.addr(KEY), DIGEST, abi.encodePacked(r, s, v)));
    }

    /// @dev What cannot be recovered must not pass for the zero address.
    function testFuzz_isKeySignature_neverAcceptsForTheZeroAddress(bytes32 r, bytes32 s, uint8 v) public view {
        assertTrue(!harness.isKeySignature(address(0), DIGEST, abi.encodePacked(r, s, v)));
        assertTrue(!harness.isKeySignature(address(0), DIGEST, abi.encodePacked(bytes32(0), s, uint8(27))));
    }

    // ------------------------------------------------------------------ accounts

    function test_requireSignature_asksAContract() public {
        wallet.approve(DIGEST, EscrowWallet.Answer.Magic);
        harness.requireSignature(address(wallet), DIGEST, "whatever the account understands");
    }

    function testFuzz_requireSignature_revertsForADigestTheContractRefuses(bytes32 digest) public {
        vm.assume(digest != DIGEST);
        wallet.approve(DIGEST, EscrowWallet.Answer.Magic);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        harness.requireSignature(address(wallet), digest, "");
    }

    function test_requireSignature_revertsForAnyOtherAnswer() public {
        for (uint8 answer = 1; answer <= uint8(type(EscrowWallet.Answer).max); ++answer) {
            wallet.approve(DIGEST, EscrowWallet.Answer(answer));
            vm.expectRevert(TypedData.InvalidSignature.selector);
            harness.requireSignature(address(wallet), DIGEST, "");
        }
    }

    function test_requireSignature_revertsForAContractWithoutErc1271() public {
        vm.expectRevert(TypedData.InvalidSignature.selector);
        harness.requireSignature(address(harness), DIGEST, "");
    }

    /// @dev Addresses 1 to 10 hold precompiled contracts: some answer anything, none the magic word.
    function test_requireSignature_revertsForPrecompilesAndZero() public {
        for (uint160 i = 0; i <= 10; ++i) {
            vm.expectRevert(TypedData.InvalidSignature.selector);
            harness.requireSignature(address(i), DIGEST, "");
        }
    }

    function test_requireSignature_revertsForAStranger() public {
        bytes memory signature = sign(0xBAD, DIGEST);
        address signer = vm.addr(KEY);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        harness.requireSignature(signer, DIGEST, signature);
    }

    // ------------------------------------------------------------------ accounts that delegate (EIP-7702)

    function test_requireSignature_acceptsTheKeyOfAnAccountWithCode() public {
        address account = vm.addr(KEY);
        EscrowWallet refusing = new EscrowWallet();
        vm.etch(account, abi.encodePacked(hex"ef0100", refusing));
        harness.requireSignature(account, DIGEST, sign(KEY, DIGEST));
    }

    function test_requireSignature_asksTheCodeOfAnAccountWhoseKeyDidNotSign() public {
        address account = vm.addr(KEY);
        vm.etch(account, address(wallet).code);
        EscrowWallet(account).approve(DIGEST, EscrowWallet.Answer.Magic);
        harness.requireSignature(account, DIGEST, "");
        vm.expectRevert(TypedData.InvalidSignature.selector);
        harness.requireSignature(account, keccak256("other"), "");
    }
}
