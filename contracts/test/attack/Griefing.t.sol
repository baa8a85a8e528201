// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";
import {HostileToken} from "../support/hostile/HostileToken.sol";

/// @notice Somebody wants a good row not to be paid, at little cost.
///
/// | attack | outcome |
/// |---|---|
/// | one row of every bad kind before, between and behind good ones | bad rows are skipped, good ones paid |
/// | 500 rows of garbage before a good one | paid; the garbage costs less a row than a good row |
/// | rows of other receivers, authorizers, tokens or delays | not there under these terms: skipped |
/// | rows cut off, added or turned round, half a row | the batch signature fails; nothing is lost |
/// | a copied batch with spoilt voucher signatures, sent first | the honest one that follows is paid in full |
/// | a copied batch with raised totals | the batch signature fails |
/// | so little gas that recovering a signer fails | the whole transaction fails: no row is skipped for it |
/// | so little gas that the payout fails | the same |
/// | dust in the receiver's name to break its totals | it is paid the dust |
contract GriefingTest is AttackBase {
    IChannels.ChannelConfig private good;
    bytes32 private goodId;

    function setUp() public override {
        super.setUp();
        good = channel(1);
        goodId = deposit(good, 1000);
    }

    // ------------------------------------------------------------------ bad rows

    function test_settleBatch_everyKindOfBadRowAmongGoodOnes() public {
        IChannels.ChannelConfig memory second = channel(2);
        deposit(second, 1000);
        (bytes32 stopped, IChannels.ChannelConfig memory overdue) = governedChannel(500);
        freeze(stopped);
        vm.warp(START + DELAY);

        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](7);
        batch[0] = row(channel(77), 500);
        batch[1] = row(good, 600);
        batch[2] = row(good, 500);
        batch[3] = row(second, 100, 200, SESSION_KEY);
        batch[4] = row(overdue, 500);
        batch[5] = row(second, 900, 900, STRANGER_KEY);
        batch[6] = row(second, 400);
        uint256[] memory before = purses();
        bytes memory outcomes = settleBatch(batch);
        assertEq(keccak256(outcomes), keccak256(hex"03000102040600"));
        assertPaid(before, 1000, 0);
    }

    function test_settleBatch_garbageBeforeAGoodRow() public {
        bytes memory garbage;
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](501);
        for (uint256 i = 0; i < 500; ++i) {
            batch[i].voucher.channel = channel(1000 + i);
            batch[i].voucher.maxClaimableAmount = uint128(i + 1);
            batch[i].totalClaimed = uint128(i + 1);
            batch[i].signature = abi.encodePacked(keccak256(abi.encode(i)), bytes32(i), uint8(27));
        }
        garbage = pack(_first(batch, 500));
        batch[500] = row(good, 600);
        bytes memory packed = bytes.concat(garbage, pack(rows(batch[500])));
        bytes memory signature = signBatch(batch);
        uint256[] memory before = purses();
        uint256 gas = gasleft();
        escrow.settleBatch(terms(), packed, signature);
        assertTrue((gas - gasleft()) / 501 < 13_000);
        assertPaid(before, 600, 0);
    }

    function test_settleBatch_rowsOfOtherTerms() public {
        IChannels.ChannelConfig[4] memory others = [channel(2), channel(3), channel(4), channel(5)];
        others[0].receiver = stranger;
        others[1].receiverAuthorizer = stranger;
        others[2].withdrawDelay = 2 days;
        HostileToken token = new HostileToken();
        token.mint(payer, 1000);
        others[3].token = address(token);
        for (uint256 i = 0; i < 3; ++i) {
            deposit(others[i], 1000);
        }
        escrow.deposit(others[3], 1000, address(escrow), abi.encode(0, 0, 0, bytes("")));
        uint256[] memory before = purses();
        for (uint256 i = 0; i < others.length; ++i) {
            // The authorizer signs what the row means under these terms; the voucher is good where it belongs.
            IChannels.VoucherClaim[] memory batch = rows(row(others[i], 600));
            bytes memory packed = pack(batch);
            batch[0].voucher.channel = channel(2 + i);
            bytes memory signature = signBatch(batch);
            bytes memory outcomes = escrow.settleBatch(terms(), packed, signature);
            assertOutcome(
                IStreamChannelEscrow.RowOutcome(uint8(outcomes[0])), IStreamChannelEscrow.RowOutcome.Unfunded
            );
            assertChannel(escrow.getChannelId(others[i]), 1000, 0);
        }
        assertPaid(before, 0, 0);
    }

    // ------------------------------------------------------------------ tampered batches

    function test_settleBatch_rowsCutAddedOrTurned() public {
        IChannels.ChannelConfig memory second = channel(2);
        deposit(second, 1000);
        bytes memory one = pack(rows(row(good, 600)));
        bytes memory two = pack(rows(row(second, 400)));
        bytes memory signature = signBatch(rows(row(good, 600), row(second, 400)));
        bytes[5] memory tampered =
            [one, two, bytes.concat(two, one), bytes.concat(one, two, two), bytes.concat(one, one)];
        uint256[] memory before = purses();
        for (uint256 i = 0; i < tampered.length; ++i) {
            assertRefused(
                RELAYER,
                abi.encodeCall(escrow.settleBatch, (terms(), tampered[i], signature)),
                TypedData.InvalidSignature.selector
            );
        }
        assertPaid(before, 0, 0);
    }

    function test_settleBatch_partsOfARow() public gainsNothing {
        bytes memory packed = pack(rows(row(good, 600)));
        bytes memory signature = signBatch(rows(row(good, 600)));
        bytes[3] memory parts = [bytes(""), bytes.concat(packed, hex"00"), new bytes(159)];
        for (uint256 i = 0; i < parts.length; ++i) {
            assertRefused(
                RELAYER,
                abi.encodeCall(escrow.settleBatch, (terms(), parts[i], signature)),
                abi.encodeWithSelector(IStreamChannelEscrow.InvalidRows.selector, parts[i].length)
            );
        }
    }

    /// @dev The batch signature does not cover voucher signatures, so a copy can spoil them: for itself only.
    function test_settleBatch_copyWithSpoiltVouchersSentFirst() public {
        IChannels.ChannelConfig memory second = channel(2);
        deposit(second, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(good, 600), row(second, 400));
        bytes memory honest = pack(batch);
        bytes memory signature = signBatch(batch);
        batch[0].signature = batch[1].signature;
        bytes memory spoilt = pack(batch);

        uint256[] memory before = purses();
        vm.prank(stranger);
        escrow.settleBatch(terms(), spoilt, signature);
        assertPaid(before, 400, 0);
        vm.prank(RELAYER);
        escrow.settleBatch(terms(), honest, signature);
        assertPaid(before, 1000, 0);
    }

    function test_settleBatch_copyWithRaisedTotals() public gainsNothing {
        IChannels.VoucherClaim[] memory batch = rows(row(good, 1000, 600, SESSION_KEY));
        bytes memory signature = signBatch(batch);
        batch[0].totalClaimed = 1000;
        assertRefused(
            RECEIVER,
            abi.encodeCall(escrow.settleBatch, (terms(), pack(batch), signature)),
            TypedData.InvalidSignature.selector
        );
    }

    // ------------------------------------------------------------------ too little gas

    /// @dev Of every call a 64th of the gas stays behind. If recovery starves, too little is left to go on.
    function test_settleBatch_starvedOfGas() public {
        IChannels.VoucherClaim[] memory batch = rows(row(good, 600));
        bytes memory call = abi.encodeCall(escrow.settleBatch, (terms(), pack(batch), signBatch(batch)));
        uint256[] memory before = purses();
        uint256 refusals;
        bool paid;
        for (uint256 gas = 20_000; !paid; gas += 200) {
            (bool success, bytes memory answer) = address(escrow).call{gas: gas}(call);
            if (success) {
                assertEq(keccak256(answer), keccak256(abi.encode(new bytes(1))));
                paid = true;
            } else {
                ++refusals;
                assertChannel(goodId, 1000, 0);
                assertPaid(before, 0, 0);
            }
        }
        assertTrue(refusals > 100);
        assertPaid(before, 600, 0);
    }

    function test_claim_starvedOfGas() public {
        bytes memory call = abi.encodeCall(escrow.claim, (rows(row(good, 600))));
        bool recorded;
        for (uint256 gas = 10_000; !recorded; gas += 200) {
            vm.prank(RECEIVER);
            (recorded,) = address(escrow).call{gas: gas}(call);
            assertChannel(goodId, 1000, recorded ? 600 : 0);
        }
    }

    // ------------------------------------------------------------------ dust

    function test_settle_dustInTheReceiversName() public {
        IChannels.ChannelConfig memory dust = channel(2);
        dust.receiverAuthorizer = stranger;
        deposit(dust, 1);
        IChannels.VoucherClaim[] memory batch = rows(row(dust, 1));
        uint256[] memory before = purses();
        vm.prank(stranger);
        escrow.claim(batch);
        settleBatch(row(good, 600));
        assertPaid(before, 601, 0);
    }

    // ------------------------------------------------------------------ helpers

    function _first(IChannels.VoucherClaim[] memory batch, uint256 count)
        private
        pure
        returns (IChannels.VoucherClaim[] memory part)
    {
        part = new IChannels.VoucherClaim[](count);
        for (uint256 i = 0; i < count; ++i) {
            part[i] = batch[i];
        }
    }
}
