// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowReentrantToken} from "../support/tokens/EscrowReentrantToken.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev Several calls in one transaction, in the name of whoever sends it.
contract EscrowMulticallTest is EscrowAsserts {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    // ------------------------------------------------------------------ compositions

    /// @dev How a channel is closed: pay what is due, give back the rest.
    function testFuzz_multicall_settlesThenRefundsTheRest(uint128 total) public {
        total = uint128(bound(total, 1, 999));
        IChannels.VoucherClaim[] memory batch = rows(row(config, total));
        bytes[] memory calls = new bytes[](2);
        calls[0] = _settleBatchCall(batch);
        calls[1] = _refundCall(config, type(uint128).max);
        vm.prank(RELAYER);
        bytes[] memory results = Multicall(address(escrow)).multicall(calls);
        assertBytes(abi.decode(results[0], (bytes)), hex"00");
        assertEq(results[1].length, 0);
        assertChannel(channelId, total, total);
        assertReceiver(total, total);
        assertMoney(FUNDS - total, 0, total);
    }

    /// @dev How a governed channel is closed: the same, and its money counts no more.
    function test_multicall_settlesThenRefundsTheRestOfAKey() public {
        (bytes32 keyId, IChannels.ChannelConfig memory other) = governedChannel(500);
        bytes[] memory calls = new bytes[](2);
        calls[0] = _settleBatchCall(rows(row(other, 200)));
        calls[1] = _refundCall(other, type(uint128).max);
        _multicall(RELAYER, calls);
        assertChannel(escrow.getChannelId(other), 200, 200);
        assertEq(uint256(escrow.usage(keyId)), 200);
        assertEq(usdc.balanceOf(RECEIVER), 200);
    }

    function test_multicall_freezesThenRefunds() public {
        (bytes32 keyId, IChannels.ChannelConfig memory other) = governedChannel(500);
        bytes32 digest = typedData(
            keccak256(
                abi.encode(
                    keccak256("FreezeKey(bytes32 keyId,uint32 version,uint40 deadline)"), keyId, uint32(1), NEVER
                )
            )
        );
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(
            escrow.freezeKeyWithSignature, (keyId, freezer, 1, NEVER, sign(FREEZER_KEY, digest))
        );
        calls[1] = _refundCall(other, 500);
        _multicall(RELAYER, calls);
        assertEq(uint256(escrow.getKey(keyId).frozenAt), START);
        assertEq(uint256(escrow.usage(keyId)), 0);
        assertChannel(escrow.getChannelId(other), 0, 0);
    }

    /// @dev How a session begins: the payer's two signatures in one transaction of a relayer.
    function test_multicall_registersThenDeposits() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        bytes32 keyId = escrow.getKeyId(terms_);
        IChannels.ChannelConfig memory other = governed(keyId);
        bytes memory data = consent(escrow.getChannelId(other), 500);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(escrow.registerKey, (terms_));
        calls[1] = abi.encodeCall(escrow.deposit, (other, 500, address(escrow), data));
        _multicall(payer, calls);
        assertChannel(escrow.getChannelId(other), 500, 0);
        assertEq(uint256(escrow.usage(keyId)), 500);
    }

    function test_multicall_cancelsThenDeposits() public {
        vm.prank(payer);
        escrow.initiateWithdraw(config, 600);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(escrow.cancelWithdraw, (config));
        calls[1] = abi.encodeCall(escrow.deposit, (config, 5, address(escrow), consent(channelId, 5)));
        _multicall(payer, calls);
        assertChannel(channelId, 1005, 0);
    }

    function test_multicall_settlesBatchesOfDifferentTerms() public {
        IChannels.ChannelConfig memory other = channel(1);
        other.receiver = address(0xF00D);
        deposit(other, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(other, 300));
        IStreamChannelEscrow.BatchTerms memory terms_ = terms();
        terms_.receiver = address(0xF00D);
        bytes[] memory calls = new bytes[](2);
        calls[0] = _settleBatchCall(rows(row(config, 400)));
        calls[1] = abi.encodeCall(
            escrow.settleBatch,
            (terms_, pack(batch), sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch)))
        );
        _multicall(RELAYER, calls);
        assertEq(usdc.balanceOf(RECEIVER), 400);
        assertEq(usdc.balanceOf(address(0xF00D)), 300);
    }

    // ------------------------------------------------------------------ all or nothing, in the caller's name

    function test_multicall_revertsWholeWithTheErrorOfThePart() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = _settleBatchCall(rows(row(config, 400)));
        calls[1] = abi.encodeCall(escrow.refundWithSignature, (config, 600, 0, sign(STRANGER_KEY, bytes32(0))));
        vm.expectRevert(TypedData.InvalidSignature.selector);
        Multicall(address(escrow)).multicall(calls);
        assertChannel(channelId, 1000, 0);
        assertReceiver(0, 0);
        assertEq(escrow.refundNonce(channelId), 0);
    }

    function test_multicall_lendsNobodyItsOwnName() public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(escrow.refund, (config, 1));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotReceiverSide.selector, stranger));
        Multicall(address(escrow)).multicall(calls);
        calls[0] = abi.encodeCall(escrow.initiateWithdraw, (config, 1));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, stranger));
        Multicall(address(escrow)).multicall(calls);
    }

    function test_multicall_actsForTheCaller() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(escrow.claim, (rows(row(config, 400))));
        calls[1] = abi.encodeCall(escrow.refund, (config, 600));
        _multicall(RECEIVER, calls);
        assertChannel(channelId, 400, 400);
    }

    function test_multicall_nests() public {
        bytes[] memory inner = new bytes[](1);
        inner[0] = abi.encodeCall(escrow.refund, (config, 600));
        bytes[] memory outer = new bytes[](2);
        outer[0] = abi.encodeCall(Multicall.multicall, (inner));
        outer[1] = inner[0];
        _multicall(RECEIVER, outer);
        assertEq(escrow.refundNonce(channelId), 2);
        assertChannel(channelId, 0, 0);
    }

    function test_multicall_ofNothingDoesNothing() public {
        assertEq(Multicall(address(escrow)).multicall(new bytes[](0)).length, 0);
    }

    // ------------------------------------------------------------------ the guard

    /// @dev It is released after each part and holds within each part.
    function test_multicall_isGuardedInEachPart() public {
        EscrowReentrantToken token = new EscrowReentrantToken();
        token.mint(payer, 1000);
        IChannels.ChannelConfig memory other = channel(1);
        other.token = address(token);
        escrow.deposit(other, 1000, address(escrow), abi.encode(uint256(0), uint256(0), uint256(0), bytes("")));
        claim(row(other, 400));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(escrow.settle, (RECEIVER, address(token)));
        calls[1] = abi.encodeCall(escrow.refund, (other, 600));

        token.arm(calls[0], false);
        vm.prank(RECEIVER);
        vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        Multicall(address(escrow)).multicall(calls);

        token.arm(abi.encodeCall(Multicall.multicall, (calls)), false);
        vm.prank(RECEIVER);
        vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        Multicall(address(escrow)).multicall(calls);

        token.arm("", false);
        _multicall(RECEIVER, calls);
        assertEq(token.balanceOf(RECEIVER), 400);
        assertEq(token.balanceOf(payer), 600);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    /// @dev A revert that was caught does not leave the guard closed.
    function test_multicall_worksAfterARevert() public {
        vm.prank(RECEIVER);
        vm.expectRevert(IChannels.ZeroAmount.selector);
        escrow.refund(config, 0);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(escrow.refund, (config, 600));
        _multicall(RECEIVER, calls);
        assertChannel(channelId, 400, 0);
    }

    // ------------------------------------------------------------------ helpers

    function _multicall(address sender, bytes[] memory calls) private {
        vm.prank(sender);
        Multicall(address(escrow)).multicall(calls);
    }

    function _settleBatchCall(IChannels.VoucherClaim[] memory batch) private view returns (bytes memory) {
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        return abi.encodeCall(escrow.settleBatch, (terms(), pack(batch), signature));
    }

    function _refundCall(IChannels.ChannelConfig memory which, uint128 amount) private view returns (bytes memory) {
        bytes32 digest = escrow.getRefundDigest(escrow.getChannelId(which), 0, amount);
        return abi.encodeCall(escrow.refundWithSignature, (which, amount, 0, sign(AUTHORIZER_KEY, digest)));
    }
}
