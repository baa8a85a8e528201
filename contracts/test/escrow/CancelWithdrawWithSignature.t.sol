// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowWallet} from "../support/accounts/EscrowWallet.sol";
import {EscrowPlainToken} from "../support/tokens/EscrowPlainToken.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

contract EscrowCancelWithdrawWithSignatureTest is EscrowAsserts {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    function testFuzz_cancelWithdrawWithSignature_isRelayedByAnyone(address relayer, uint40 initiated) public {
        initiated = uint40(bound(initiated, 0, 100 * 365 days));
        vm.warp(START + initiated);
        _initiate(config);
        uint40 at = uint40(START) + initiated;
        bytes memory signature = sign(PAYER_KEY, _digest(channelId, at));
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IStreamChannelEscrow.WithdrawCancelled(channelId, at);
        vm.prank(relayer);
        escrow.cancelWithdrawWithSignature(config, at, signature);
        assertEventCount(1);
        assertPending(channelId, 0, 0);
        assertChannel(channelId, 1000, 0);
    }

    function test_cancelWithdrawWithSignature_governed() public {
        (, IChannels.ChannelConfig memory other) = governedChannel(500);
        vm.prank(payer);
        escrow.initiateWithdraw(other, 300);
        bytes32 id = escrow.getChannelId(other);
        escrow.cancelWithdrawWithSignature(other, uint40(START), sign(PAYER_KEY, _digest(id, uint40(START))));
        assertPending(id, 0, 0);
    }

    function test_cancelWithdrawWithSignature_asksAContractPayer() public {
        EscrowWallet wallet = new EscrowWallet();
        EscrowPlainToken token = new EscrowPlainToken();
        token.mint(address(wallet), 1000);
        IChannels.ChannelConfig memory other = channel(1);
        (other.payer, other.token) = (address(wallet), address(token));
        escrow.deposit(other, 1000, address(escrow), abi.encode(uint256(0), uint256(0), uint256(0), bytes("")));
        wallet.execute(address(escrow), abi.encodeCall(escrow.initiateWithdraw, (other, 600)));
        bytes32 id = escrow.getChannelId(other);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.cancelWithdrawWithSignature(other, uint40(START), "");
        wallet.approve(_digest(id, uint40(START)), EscrowWallet.Answer.Magic);
        escrow.cancelWithdrawWithSignature(other, uint40(START), "");
        assertPending(id, 0, 0);
    }

    function test_cancelWithdrawWithSignature_worksOnALapsedRequest() public {
        _initiate(config);
        vm.warp(START + 5 * DELAY);
        escrow.cancelWithdrawWithSignature(config, uint40(START), _signed(uint40(START)));
        assertPending(channelId, 0, 0);
    }

    // ------------------------------------------------------------------ reverts

    function testFuzz_cancelWithdrawWithSignature_revertsForAnotherRequest(uint40 given) public {
        vm.assume(given != START);
        _initiate(config);
        bytes memory signature = _signed(given);
        vm.expectRevert(
            abi.encodeWithSelector(IStreamChannelEscrow.InitiatedAtMismatch.selector, uint40(START), given)
        );
        escrow.cancelWithdrawWithSignature(config, given, signature);
        assertPending(channelId, 600, START);
    }

    /// @dev A signature that was withheld is worth nothing for a later request.
    function test_cancelWithdrawWithSignature_cannotBeUsedForALaterRequest() public {
        _initiate(config);
        bytes memory withheld = _signed(uint40(START));
        vm.prank(payer);
        escrow.cancelWithdraw(config);
        vm.warp(START + 1);
        _initiate(config);
        vm.expectRevert(
            abi.encodeWithSelector(
                IStreamChannelEscrow.InitiatedAtMismatch.selector, uint40(START + 1), uint40(START)
            )
        );
        escrow.cancelWithdrawWithSignature(config, uint40(START), withheld);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.cancelWithdrawWithSignature(config, uint40(START + 1), withheld);
        assertPending(channelId, 600, START + 1);
    }

    function test_cancelWithdrawWithSignature_revertsTheSecondTime() public {
        _initiate(config);
        bytes memory signature = _signed(uint40(START));
        escrow.cancelWithdrawWithSignature(config, uint40(START), signature);
        vm.expectRevert(
            abi.encodeWithSelector(IStreamChannelEscrow.InitiatedAtMismatch.selector, 0, uint40(START))
        );
        escrow.cancelWithdrawWithSignature(config, uint40(START), signature);
    }

    function test_cancelWithdrawWithSignature_revertsWithoutARequest() public {
        bytes memory signature = _signed(0);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId));
        escrow.cancelWithdrawWithSignature(config, 0, signature);
    }

    function test_cancelWithdrawWithSignature_revertsForEveryOtherSigner() public {
        _initiate(config);
        uint256[4] memory signers = [SESSION_KEY, AUTHORIZER_KEY, FREEZER_KEY, STRANGER_KEY];
        for (uint256 i = 0; i < signers.length; ++i) {
            bytes memory signature = sign(signers[i], _digest(channelId, uint40(START)));
            vm.expectRevert(TypedData.InvalidSignature.selector);
            escrow.cancelWithdrawWithSignature(config, uint40(START), signature);
        }
    }

    function test_cancelWithdrawWithSignature_revertsForTheSignatureOfAnotherChannel() public {
        deposit(channel(2), 1000);
        _initiate(config);
        _initiate(channel(2));
        bytes memory signature = _signed(uint40(START));
        vm.expectRevert(TypedData.InvalidSignature.selector);
        escrow.cancelWithdrawWithSignature(channel(2), uint40(START), signature);
    }

    // ------------------------------------------------------------------ helpers

    function _initiate(IChannels.ChannelConfig memory which) private {
        vm.prank(payer);
        escrow.initiateWithdraw(which, 600);
    }

    function _signed(uint40 initiatedAt) private view returns (bytes memory) {
        return sign(PAYER_KEY, _digest(channelId, initiatedAt));
    }

    function _digest(bytes32 id, uint40 initiatedAt) private view returns (bytes32) {
        return typedData(
            keccak256(
                abi.encode(keccak256("CancelWithdraw(bytes32 channelId,uint40 initiatedAt)"), id, initiatedAt)
            )
        );
    }
}
