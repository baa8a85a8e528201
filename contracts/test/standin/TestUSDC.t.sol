// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestUSDC} from "../../src/TestUSDC.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

contract TestUSDCTest is ChannelFixture {
    bytes32 private constant NONCE = bytes32(uint256(1));

    function test_metadata_survivesPlacingTheCode() public pure {
        assertEq(keccak256(bytes(usdc.name())), keccak256("USDC"));
        assertEq(keccak256(bytes(usdc.version())), keccak256("2"));
        assertEq(uint256(usdc.decimals()), 6);
    }

    function testFuzz_transferWithAuthorization_movesTheValueOnce(uint256 value) public {
        value = bound(value, 0, 1e12);
        bytes memory signature = _signature(usdc.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), value, 0, START + 1);
        usdc.transferWithAuthorization(payer, RECEIVER, value, 0, START + 1, NONCE, signature);
        assertEq(usdc.balanceOf(RECEIVER), value);
        assertTrue(usdc.authorizationState(payer, NONCE));
        vm.expectRevert(abi.encodeWithSelector(TestUSDC.AuthorizationUsedOrCanceled.selector, payer, NONCE));
        usdc.transferWithAuthorization(payer, RECEIVER, value, 0, START + 1, NONCE, signature);
    }

    function test_transferWithAuthorization_takesTheSignatureInParts() public {
        bytes32 digest = _digest(usdc.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), 5, 0, START + 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, digest);
        usdc.transferWithAuthorization(payer, RECEIVER, 5, 0, START + 1, NONCE, v, r, s);
        assertEq(usdc.balanceOf(RECEIVER), 5);
    }

    function test_transferWithAuthorization_revertsOutsideItsTime() public {
        bytes32 typeHash = usdc.TRANSFER_WITH_AUTHORIZATION_TYPEHASH();
        bytes memory early = _signature(typeHash, 5, START, START + 1);
        vm.expectRevert(abi.encodeWithSelector(TestUSDC.AuthorizationNotYetValid.selector, START));
        usdc.transferWithAuthorization(payer, RECEIVER, 5, START, START + 1, NONCE, early);
        bytes memory late = _signature(typeHash, 5, 0, START);
        vm.expectRevert(abi.encodeWithSelector(TestUSDC.AuthorizationExpired.selector, START));
        usdc.transferWithAuthorization(payer, RECEIVER, 5, 0, START, NONCE, late);
    }

    function test_receiveWithAuthorization_isOnlyForThePayee() public {
        bytes memory signature = _signature(usdc.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(), 5, 0, START + 1);
        vm.expectRevert(abi.encodeWithSelector(TestUSDC.CallerMustBePayee.selector, address(this), RECEIVER));
        usdc.receiveWithAuthorization(payer, RECEIVER, 5, 0, START + 1, NONCE, signature);
        vm.prank(RECEIVER);
        usdc.receiveWithAuthorization(payer, RECEIVER, 5, 0, START + 1, NONCE, signature);
        assertEq(usdc.balanceOf(RECEIVER), 5);
    }

    function test_receiveWithAuthorization_isNoTransferAuthorization() public {
        bytes memory signature = _signature(usdc.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(), 5, 0, START + 1);
        vm.expectRevert(TestUSDC.InvalidSignature.selector);
        usdc.transferWithAuthorization(payer, RECEIVER, 5, 0, START + 1, NONCE, signature);
    }

    function test_cancelAuthorization_makesItWorthless() public {
        bytes32 structHash = keccak256(abi.encode(usdc.CANCEL_AUTHORIZATION_TYPEHASH(), payer, NONCE));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
        usdc.cancelAuthorization(payer, NONCE, sign(PAYER_KEY, digest));
        bytes memory signature = _signature(usdc.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), 5, 0, START + 1);
        vm.expectRevert(abi.encodeWithSelector(TestUSDC.AuthorizationUsedOrCanceled.selector, payer, NONCE));
        usdc.transferWithAuthorization(payer, RECEIVER, 5, 0, START + 1, NONCE, signature);
    }

    function _digest(bytes32 typeHash, uint256 value, uint256 validAfter, uint256 validBefore)
        private
        view
        returns (bytes32)
    {
        bytes32 structHash =
            keccak256(abi.encode(typeHash, payer, RECEIVER, value, validAfter, validBefore, NONCE));
        return keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
    }

    function _signature(bytes32 typeHash, uint256 value, uint256 validAfter, uint256 validBefore)
        private
        view
        returns (bytes memory)
    {
        return sign(PAYER_KEY, _digest(typeHash, value, validAfter, validBefore));
    }
}
