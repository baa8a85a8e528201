// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {EscrowWallet} from "../support/accounts/EscrowWallet.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

contract EscrowRefundWithSignatureTest is EscrowAsserts {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    function testFuzz_refundWithSignature_isRelayedByAnyone(address relayer, uint128 claimed, uint128 amount) public {
        claimed = uint128(bound(claimed, 0, 999));
        amount = uint128(bound(amount, 1, type(uint128).max));
        if (claimed > 0) claim(row(config, claimed));
        uint128 returned = amount < 1000 - claimed ? amount : 1000 - claimed;
        bytes memory signature = _signed(0, amount);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.Refunded(channelId, returned, 0);
        vm.prank(relayer);
        escrow.refundWithSignature(config, amount, 0, signature);
        assertEventCount(1);
        assertChannel(channelId, 1000 - returned, claimed);
        assertEq(escrow.refundNonce(channelId), 1);
        assertMoney(FUNDS - 1000 + returned, 1000 - returned, 0);
    }

    function test_refundWithSignature_governedFreesTheKey() public {
        (bytes32 keyId, IChannels.ChannelConfig memory other) = governedChannel(500);
        bytes32 digest = escrow.getRefundDigest(escrow.getChannelId(other), 0, 200);
        escrow.refundWithSignature(other, 200, 0, sign(AUTHORIZER_KEY, digest));
        assertEq(uint256(escrow.usage(keyId)), 300);
    }

    function test_refundWithSignature_asksAContractAuthorizer() public {
        EscrowWallet wallet = new EscrowWallet();
        IChannels.ChannelConfig memory other = channel(2);
        other.receiverAuthorizer = address(wallet);
        bytes32 id = deposit(other, 1000);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.refundWithSignature(other, 200, 0, "");
        wallet.approve(escrow.getRefundDigest(id, 0, 200), EscrowWallet.Answer.Magic);
        escrow.refundWithSignature(other, 200, 0, "");
        assertChannel(id, 800, 0);
    }

    function test_refundWithSignature_lowersAPendingWithdrawal() public {
        vm.prank(payer);
        escrow.initiateWithdraw(config, 600);
        escrow.refundWithSignature(config, 200, 0, _signed(0, 200));
        assertPending(channelId, 400, START);
        escrow.refundWithSignature(config, 400, 1, _signed(1, 400));
        assertPending(channelId, 0, 0);
    }

    function test_refundWithSignature_ofNothingSpendsTheNonceOnly() public {
        claim(row(config, 1000));
        bytes memory signature = _signed(0, 5);
        vm.recordLogs();
        escrow.refundWithSignature(config, 5, 0, signature);
        assertEventCount(0);
        assertEq(escrow.refundNonce(channelId), 1);
    }

    // ------------------------------------------------------------------ reverts

    function test_refundWithSignature_revertsTheSecondTime() public {
        bytes memory signature = _signed(0, 100);
        escrow.refundWithSignature(config, 100, 0, signature);
        vm.expectRevert(abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0));
        escrow.refundWithSignature(config, 100, 0, signature);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.refundWithSignature(config, 100, 1, signature);
    }

    /// @dev A withheld signature is worth nothing after any other refund.
    function test_refundWithSignature_revertsAfterADirectRefund() public {
        bytes memory signature = _signed(0, 100);
        vm.prank(RECEIVER);
        escrow.refund(config, 1);
        vm.expectRevert(abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0));
        escrow.refundWithSignature(config, 100, 0, signature);
    }

    function testFuzz_refundWithSignature_revertsForAnotherNonce(uint256 nonce) public {
        vm.assume(nonce != 0);
        bytes memory signature = _signed(nonce, 100);
        vm.expectRevert(abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 0, nonce));
        escrow.refundWithSignature(config, 100, nonce, signature);
    }

    function testFuzz_refundWithSignature_revertsForAnotherAmount(uint128 signed, uint128 amount) public {
        vm.assume(signed != amount);
        bytes memory signature = _signed(0, signed);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.refundWithSignature(config, amount, 0, signature);
        assertEq(escrow.refundNonce(channelId), 0);
    }

    function test_refundWithSignature_revertsForZero() public {
        bytes memory signature = _signed(0, 0);
        vm.expectRevert(IChannels.ZeroAmount.selector);
        escrow.refundWithSignature(config, 0, 0, signature);
        assertEq(escrow.refundNonce(channelId), 0);
    }

    function test_refundWithSignature_revertsForEveryOtherSigner() public {
        uint256[4] memory signers = [PAYER_KEY, SESSION_KEY, FREEZER_KEY, STRANGER_KEY];
        bytes32 digest = escrow.getRefundDigest(channelId, 0, 100);
        for (uint256 i = 0; i < signers.length; ++i) {
            bytes memory signature = sign(signers[i], digest);
            vm.expectRevert(TypedData.InvalidSignature.selector);
            escrow.refundWithSignature(config, 100, 0, signature);
        }
    }

    function test_refundWithSignature_revertsForTheSignatureOfAnotherChannel() public {
        deposit(channel(2), 1000);
        bytes memory signature = _signed(0, 100);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.refundWithSignature(channel(2), 100, 0, signature);
    }

    function _signed(uint256 nonce, uint128 amount) private view returns (bytes memory) {
        return sign(AUTHORIZER_KEY, escrow.getRefundDigest(channelId, nonce, amount));
    }
}
