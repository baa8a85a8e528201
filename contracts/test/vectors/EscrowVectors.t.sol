// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestUSDC} from "../../src/TestUSDC.sol";
import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {ChannelHash} from "../../src/libraries/ChannelHash.sol";
import {VectorFixture} from "./VectorFixture.sol";

/// @dev `escrow-channel`, `cancel-withdraw-eip712` and `packed-rows`: the contract makes the ids and digests of the
/// vectors, and takes their signatures and rows.
contract EscrowVectorsTest is VectorFixture {
    uint256 private _authorizationSalt;

    /// @dev How many signatures of each kind a test has shown to the contract.
    struct Verdicts {
        uint256 accepted;
        uint256 refused;
    }

    // ------------------------------------------------------------------ escrow-channel

    function test_getChannelId_isThatOfTheVectors() public {
        Case[] memory cases = read("escrow-channel");
        for (uint256 i = 0; i < cases.length; ++i) {
            bytes32 channelId = escrowOf(cases[i]).getChannelId(config(cases[i], ".input.config"));
            assertEq(channelId, word(cases[i], ".output.channelId"));
        }
    }

    function test_getVoucherDigest_isThatOfTheVectors() public {
        Case[] memory cases = read("escrow-channel");
        for (uint256 i = 0; i < cases.length; ++i) {
            bytes32 channelId = word(cases[i], ".output.channelId");
            bytes32 digest = escrowOf(cases[i]).getVoucherDigest(channelId, _amount(cases[i], ".input.max"));
            assertEq(digest, word(cases[i], ".output.voucher"));
        }
    }

    function test_getClaimBatchDigest_isThatOfTheVectors() public {
        Case[] memory cases = read("escrow-channel");
        for (uint256 i = 0; i < cases.length; ++i) {
            assertEq(escrowOf(cases[i]).getClaimBatchDigest(_claims(cases[i])), word(cases[i], ".output.claimBatch"));
        }
    }

    function test_getRefundDigest_isThatOfTheVectors() public {
        Case[] memory cases = read("escrow-channel");
        for (uint256 i = 0; i < cases.length; ++i) {
            uint256 nonce = number(cases[i], ".input.refund.nonce");
            uint128 amount = _amount(cases[i], ".input.refund.amount");
            bytes32 digest = escrowOf(cases[i]).getRefundDigest(word(cases[i], ".output.channelId"), nonce, amount);
            assertEq(digest, word(cases[i], ".output.refund"));
        }
    }

    /// @dev Only channels that no key governs: their deposit needs no registered key.
    function test_claim_judgesVouchersAsTheVectors() public {
        Case[] memory cases = read("escrow-channel");
        Verdicts memory seen;
        for (uint256 i = 0; i < cases.length; ++i) {
            IChannels.VoucherClaim[] memory claims = _claims(cases[i]);
            uint128 total = claims[0].totalClaimed;
            if (total == 0 || claims[0].voucher.channel.salt != 0) continue;
            uint256 before = json.snapshotState();
            IStreamChannelEscrow escrow = escrowOf(cases[i]);
            _deposit(escrow, claims[0].voucher.channel, total);
            _expect(cases[i], seen);
            vm.prank(claims[0].voucher.channel.receiver);
            escrow.claim(claims);
            json.revertToState(before);
        }
        assertTrue(seen.accepted > 0 && seen.refused > 0);
    }

    // ------------------------------------------------------------------ cancel-withdraw-eip712

    function test_cancelWithdraw_digestIsThatOfTheVectors() public {
        Case[] memory cases = read("cancel-withdraw-eip712");
        for (uint256 i = 0; i < cases.length; ++i) {
            IStreamChannelEscrow escrow = escrowOf(cases[i]);
            bytes32 channelId = escrow.getChannelId(config(cases[i], ".input.config"));
            bytes32 form = ChannelHash.cancelWithdraw(channelId, uint40(number(cases[i], ".input.initiatedAt")));
            assertEq(typedData(escrow, form), word(cases[i], ".output.digest"));
        }
    }

    /// @dev The request is made at the time that the case names, where a chain can have that time.
    function test_cancelWithdrawWithSignature_judgesAsTheVectors() public {
        Case[] memory cases = read("cancel-withdraw-eip712");
        Verdicts memory seen;
        for (uint256 i = 0; i < cases.length; ++i) {
            IChannels.ChannelConfig memory channel = config(cases[i], ".input.config");
            uint40 initiatedAt = uint40(number(cases[i], ".input.initiatedAt"));
            if (channel.payer != vm.addr(PAYER_KEY) || channel.salt != 0 || initiatedAt > 2 ** 39) continue;
            uint256 before = json.snapshotState();
            IStreamChannelEscrow escrow = escrowOf(cases[i]);
            _request(escrow, channel, initiatedAt);
            bytes memory signature = data(cases[i], ".input.signature");
            _expect(cases[i], seen);
            escrow.cancelWithdrawWithSignature(channel, initiatedAt, signature);
            json.revertToState(before);
        }
        assertTrue(seen.accepted > 0 && seen.refused > 0);
    }

    // ------------------------------------------------------------------ packed-rows

    /// @dev Every channel is funded with what its row wants, so that all rows are recorded whose total is new and
    /// within the voucher.
    function test_settleBatch_takesTheRowsOfTheVectors() public {
        Case[] memory cases = read("packed-rows");
        string memory rows = file;
        for (uint256 i = 0; i < cases.length; ++i) {
            if (!cases[i].valid) continue;
            uint256 before = json.snapshotState();
            IStreamChannelEscrow escrow = escrowOf(cases[i]);
            _registerKey(escrow);
            file = rows;
            IChannels.VoucherClaim[] memory claims = _fund(escrow, cases[i]);
            bytes memory outcomes = escrow.settleBatch(
                _terms(cases[i]),
                data(cases[i], ".output.rows"),
                sign(AUTHORIZER_KEY, word(cases[i], ".output.claimBatch"))
            );
            _assertRecorded(escrow, claims, outcomes);
            json.revertToState(before);
        }
    }

    // ------------------------------------------------------------------ support

    /// @dev The next call takes the signature of a valid case and refuses that of an invalid one.
    function _expect(Case memory one, Verdicts memory seen) private {
        if (one.valid) {
            ++seen.accepted;
        } else {
            ++seen.refused;
            vm.expectRevert(TypedData.InvalidSignature.selector);
        }
    }

    /// @dev The claim of a case of `escrow-channel`.
    function _claims(Case memory one) private view returns (IChannels.VoucherClaim[] memory claims) {
        claims = new IChannels.VoucherClaim[](1);
        claims[0] = _claim(one, ".input");
    }

    function _claim(Case memory one, string memory key) private view returns (IChannels.VoucherClaim memory) {
        return IChannels.VoucherClaim(
            IChannels.Voucher(
                config(one, string.concat(key, ".config")), _amount(one, string.concat(key, ".max"))
            ),
            data(one, string.concat(key, ".signature")),
            _amount(one, string.concat(key, ".total"))
        );
    }

    /// @dev The key of the governed channel: the first case of `session-key-eip712`.
    function _registerKey(IStreamChannelEscrow escrow) private {
        Case[] memory keys = read("session-key-eip712");
        vm.warp(number(keys[0], ".input.permission.start"));
        vm.prank(vm.addr(PAYER_KEY));
        escrow.registerKey(permission(keys[0], ".input.permission"));
    }

    /// @dev Deposits once a channel.
    function _fund(IStreamChannelEscrow escrow, Case memory one)
        private
        returns (IChannels.VoucherClaim[] memory claims)
    {
        uint256 count = 0;
        while (has(one, _row(count))) ++count;
        claims = new IChannels.VoucherClaim[](count);
        for (uint256 i = 0; i < count; ++i) {
            claims[i] = _claim(one, _row(i));
            IChannels.ChannelConfig memory channel = claims[i].voucher.channel;
            (uint128 balance,) = escrow.channels(escrow.getChannelId(channel));
            if (balance == 0) _deposit(escrow, channel, claims[i].totalClaimed);
        }
    }

    function _terms(Case memory one) private view returns (IStreamChannelEscrow.BatchTerms memory) {
        return IStreamChannelEscrow.BatchTerms(
            account(one, ".output.terms.receiver"),
            account(one, ".output.terms.receiverAuthorizer"),
            account(one, ".output.terms.token"),
            uint40(number(one, ".output.terms.withdrawDelay"))
        );
    }

    function _assertRecorded(
        IStreamChannelEscrow escrow,
        IChannels.VoucherClaim[] memory claims,
        bytes memory outcomes
    ) private view {
        assertEq(outcomes.length, claims.length);
        for (uint256 i = 0; i < claims.length; ++i) {
            bytes32 channelId = escrow.getChannelId(claims[i].voucher.channel);
            uint128 total = claims[i].totalClaimed;
            IStreamChannelEscrow.RowOutcome expected = IStreamChannelEscrow.RowOutcome.Claimed;
            if (total > claims[i].voucher.maxClaimableAmount) {
                expected = IStreamChannelEscrow.RowOutcome.ExceedsVoucher;
            } else if (i > 0 && channelId == escrow.getChannelId(claims[i - 1].voucher.channel)) {
                expected = IStreamChannelEscrow.RowOutcome.NothingNew;
            }
            assertEq(uint256(uint8(outcomes[i])), uint256(expected));
            (, uint128 recorded) = escrow.channels(channelId);
            bool refused = expected == IStreamChannelEscrow.RowOutcome.ExceedsVoucher;
            assertEq(uint256(recorded), refused ? 0 : uint256(total));
        }
    }

    function _request(IStreamChannelEscrow escrow, IChannels.ChannelConfig memory channel, uint40 at) private {
        _deposit(escrow, channel, 1);
        vm.warp(at);
        vm.prank(channel.payer);
        escrow.initiateWithdraw(channel, 1);
    }

    /// @dev Money for the channel, in a test dollar that is put where the channel has its token.
    function _deposit(IStreamChannelEscrow escrow, IChannels.ChannelConfig memory channel, uint128 amount) private {
        if (channel.token.code.length == 0) vm.etch(channel.token, address(new TestUSDC()).code);
        TestUSDC usdc = TestUSDC(channel.token);
        usdc.mint(channel.payer, amount);
        uint256 salt = ++_authorizationSalt;
        bytes32 structHash = keccak256(
            abi.encode(
                usdc.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                channel.payer,
                address(escrow),
                uint256(amount),
                uint256(0),
                type(uint256).max,
                keccak256(abi.encode(escrow.getChannelId(channel), salt))
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
        bytes memory consent = abi.encode(uint256(0), type(uint256).max, salt, sign(PAYER_KEY, digest));
        escrow.deposit(channel, amount, address(escrow), consent);
    }

    function _row(uint256 index) private pure returns (string memory) {
        return string.concat(".input.rows[", json.toString(index), "]");
    }

    function _amount(Case memory one, string memory key) private view returns (uint128) {
        return uint128(number(one, key));
    }
}
