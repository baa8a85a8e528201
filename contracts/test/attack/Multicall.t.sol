// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Multicall3} from "../../src/Multicall3.sol";
import {TestUSDC} from "../../src/TestUSDC.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";

/// @notice Several calls in one: as somebody else, twice for the price of one, or half of them.
///
/// | attack | outcome |
/// |---|---|
/// | ether sent along, for each call to count it, or just to lose it there | refused: nothing is payable |
/// | the payer's, receiver's or account's functions from inside a multicall, also nested | the caller is who it was |
/// | the same calls through Multicall3, to be "the escrow's friend" | the caller is Multicall3, who is nobody |
/// | one consent, batch, refund or withdrawal twice in a multicall | once, or the whole is refused |
/// | a deposit between the two halves of a reentrancy guard | every call closes its guard; both deposits count |
/// | a failing call among good ones | nothing of it happens |
/// | half of somebody's multicall sent first, to make the whole fail | the rest can be sent alone, and does the same |
/// | an empty multicall, or one of garbage | nothing, or refused |
contract MulticallTest is AttackBase {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
    }

    // ------------------------------------------------------------------ ether

    function test_multicall_withEther() public gainsNothing {
        assertTrue(address(this).balance >= 3);
        bytes[3] memory calls = [
            bytes(""),
            abi.encodeCall(escrow.settle, (RECEIVER, address(usdc))),
            _multicall(abi.encodeCall(escrow.settle, (RECEIVER, address(usdc))))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success,) = address(escrow).call{value: 1}(calls[i]);
            assertTrue(!success);
        }
        assertEq(address(escrow).balance, 0);
    }

    // ------------------------------------------------------------------ as somebody else

    function test_multicall_asThePayer() public gainsNothing {
        bytes memory call = abi.encodeCall(escrow.initiateWithdraw, (config, 1000));
        bytes memory notPayer = abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, stranger);
        assertRefused(stranger, _multicall(call), notPayer);
        assertRefused(stranger, _multicall(_multicall(_multicall(call))), notPayer);
    }

    function test_multicall_asTheReceiver() public gainsNothing {
        bytes memory call = abi.encodeCall(escrow.refund, (config, 1000));
        bytes memory notTheirs = abi.encodeWithSelector(IChannels.NotReceiverSide.selector, payer);
        assertRefused(payer, _multicall(_multicall(call)), notTheirs);
    }

    function test_multicall_asTheEscrow() public gainsNothing {
        IChannels.ChannelConfig memory itsOwn = config;
        itsOwn.payer = address(escrow);
        assertRefused(
            stranger,
            _multicall(abi.encodeCall(escrow.initiateWithdraw, (itsOwn, 1))),
            abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, stranger)
        );
    }

    function test_aggregate_asThePayer() public gainsNothing {
        Multicall3 aggregator = new Multicall3();
        Multicall3.Call3[] memory calls = new Multicall3.Call3[](1);
        calls[0] = Multicall3.Call3(address(escrow), true, abi.encodeCall(escrow.initiateWithdraw, (config, 1000)));
        vm.prank(payer);
        Multicall3.Result[] memory results = aggregator.aggregate3(calls);
        assertTrue(!results[0].success);
        assertEq(pendingSince(channelId), 0);
    }

    // ------------------------------------------------------------------ twice

    function test_multicall_consentTwice() public gainsNothing {
        bytes memory data = consent(channelId, 500);
        bytes memory call = abi.encodeCall(escrow.deposit, (config, 500, address(escrow), data));
        (,, uint256 salt,) = abi.decode(data, (uint256, uint256, uint256, bytes));
        assertRefused(
            RELAYER,
            _multicall(call, call),
            abi.encodeWithSelector(
                TestUSDC.AuthorizationUsedOrCanceled.selector, payer, keccak256(abi.encode(channelId, salt))
            )
        );
        assertChannel(channelId, 1000, 0);
    }

    function test_multicall_batchTwice() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 600));
        bytes memory call = abi.encodeCall(escrow.settleBatch, (terms(), pack(batch), signBatch(batch)));
        uint256[] memory before = purses();
        _send(RELAYER, _multicall(call, call));
        assertPaid(before, 600, 0);
    }

    function test_multicall_refundTwice() public gainsNothing {
        bytes memory call =
            abi.encodeCall(escrow.refundWithSignature, (config, 400, 0, signRefund(channelId, 0, 400)));
        assertRefused(
            payer,
            _multicall(call, call),
            abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0)
        );
    }

    function test_multicall_withdrawalTwice() public gainsNothing {
        initiateWithdraw(config, 400);
        vm.warp(START + DELAY);
        bytes memory call = abi.encodeCall(escrow.finalizeWithdraw, (config));
        assertRefused(
            payer,
            _multicall(call, call),
            abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId)
        );
    }

    /// @dev No way to shorten the delay by doing all of it at once.
    function test_multicall_withdrawalFromStartToEnd() public gainsNothing {
        assertRefused(
            payer,
            _multicall(
                abi.encodeCall(escrow.initiateWithdraw, (config, 1000)),
                abi.encodeCall(escrow.finalizeWithdraw, (config))
            ),
            abi.encodeWithSelector(IChannels.WithdrawDelayNotElapsed.selector, START + DELAY)
        );
        assertEq(pendingSince(channelId), 0);
    }

    function test_multicall_twoDeposits() public {
        _send(
            RELAYER,
            _multicall(
                abi.encodeCall(escrow.deposit, (config, 300, address(escrow), consent(channelId, 300))),
                abi.encodeCall(escrow.deposit, (config, 200, address(escrow), consent(channelId, 200)))
            )
        );
        assertChannel(channelId, 1500, 0);
        assertEq(usdc.balanceOf(address(escrow)), 1500);
    }

    // ------------------------------------------------------------------ half

    function test_multicall_withAFailingCall() public gainsNothing {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 600));
        assertRefused(
            RECEIVER,
            _multicall(
                abi.encodeCall(escrow.claim, (batch)), abi.encodeCall(escrow.finalizeWithdraw, (config))
            ),
            abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, RECEIVER)
        );
        assertChannel(channelId, 1000, 0);
    }

    function test_multicall_registrationTakenOutAndSentFirst() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        bytes32 keyId = escrow.getKeyId(terms_);
        IChannels.ChannelConfig memory opened = governed(keyId);
        bytes memory first =
            abi.encodeCall(escrow.registerKeyWithSignature, (terms_, NEVER, signRegister(terms_, NEVER)));
        bytes memory second = abi.encodeCall(
            escrow.deposit, (opened, 500, address(escrow), consent(escrow.getChannelId(opened), 500))
        );
        _send(stranger, first);
        assertRefused(
            RELAYER,
            _multicall(first, second),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, keyId)
        );
        _send(RELAYER, second);
        assertChannel(escrow.getChannelId(opened), 500, 0);
        assertEq(uint256(escrow.usage(keyId)), 500);
    }

    /// @dev The refund alone is worth no more than the refund together with the claim before it.
    function test_multicall_refundTakenOutAndSentFirst() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 400));
        bytes memory back =
            abi.encodeCall(escrow.refundWithSignature, (config, 600, 0, signRefund(channelId, 0, 600)));
        bytes memory claims = abi.encodeCall(escrow.claimWithSignature, (batch, signBatch(batch)));
        uint256[] memory before = purses();
        _send(payer, back);
        assertRefused(
            RELAYER,
            _multicall(claims, back),
            abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0)
        );
        _send(RELAYER, _multicall(claims, abi.encodeCall(escrow.settle, (RECEIVER, address(usdc)))));
        assertPaid(before, 400, 600);
    }

    function test_multicall_emptyOrGarbage() public gainsNothing {
        _send(stranger, abi.encodeCall(Multicall.multicall, (new bytes[](0))));
        bytes[3] memory garbage = [bytes(""), hex"deadbeef", hex"00"];
        for (uint256 i = 0; i < garbage.length; ++i) {
            vm.prank(stranger);
            (bool success,) = address(escrow).call(_multicall(garbage[i]));
            assertTrue(!success);
        }
    }

    // ------------------------------------------------------------------ helpers

    function _send(address from, bytes memory call) private {
        vm.prank(from);
        (bool success,) = address(escrow).call(call);
        assertTrue(success);
    }

    function _multicall(bytes memory one) private pure returns (bytes memory) {
        bytes[] memory calls = new bytes[](1);
        calls[0] = one;
        return abi.encodeCall(Multicall.multicall, (calls));
    }

    function _multicall(bytes memory one, bytes memory two) private pure returns (bytes memory) {
        bytes[] memory calls = new bytes[](2);
        (calls[0], calls[1]) = (one, two);
        return abi.encodeCall(Multicall.multicall, (calls));
    }
}
