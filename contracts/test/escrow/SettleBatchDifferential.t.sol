// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {Vm} from "../support/TestBase.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev Two escrows with the same history. One takes 200 random rows as a packed batch, the other takes them one by one
/// through `claim`, as canonical code would: where `claim` names a bound (the money, the ceiling) it is asked again for
/// as much. Outcomes, events, totals and money must be the same.
contract SettleBatchDifferentialTest is EscrowAsserts {
    uint256 private constant ROWS = 200;
    uint256 private constant PLAIN = 5;
    uint256 private constant KEYS = 6;
    uint256 private constant MOST = 1000;

    IStreamChannelEscrow private packed;
    IStreamChannelEscrow private canonical;
    uint256 private entropy;

    function setUp() public override {
        super.setUp();
        packed = escrow;
        canonical = IStreamChannelEscrow(deploy("StreamChannelEscrow.sol:StreamChannelEscrow"));
    }

    /// hardhat-config: fuzz.runs = 32
    function testFuzz_settleBatch_doesWhatClaimDoesRowByRow(uint256 seed) public {
        (uint128[] memory funds, uint128[] memory claimed) = (_amounts(seed, "funds"), _amounts(seed, "claimed"));
        IChannels.ChannelConfig[] memory ours = _open(packed, funds, claimed);
        IChannels.ChannelConfig[] memory theirs = _open(canonical, funds, claimed);
        vm.warp(START + 2 days + 12 hours);

        escrow = packed;
        IChannels.VoucherClaim[] memory batch = _rows(ours, seed);
        vm.recordLogs();
        bytes memory outcomes = settleBatch(batch);
        Vm.Log[] memory logs = escrowLogs();

        escrow = canonical;
        IChannels.VoucherClaim[] memory others = _rows(theirs, seed);
        for (uint256 i = 0; i < ROWS; ++i) {
            (IStreamChannelEscrow.RowOutcome expected, uint128 total) = _claimOne(others[i]);
            assertEq(uint256(uint8(outcomes[i])), uint256(expected));
            bytes32 channelId = packed.getChannelId(batch[i].voucher.channel);
            if (expected == IStreamChannelEscrow.RowOutcome.Claimed) assertClaimed(logs[i], channelId, total);
            else assertSkipped(logs[i], channelId, expected);
        }
        escrow.settle(RECEIVER, address(usdc));
        _compare(ours, theirs, logs.length);
    }

    // ------------------------------------------------------------------ the two worlds

    /// @dev Plain channels, then one under each key; the last is never funded.
    function _open(IStreamChannelEscrow where, uint128[] memory funds, uint128[] memory claimed)
        private
        returns (IChannels.ChannelConfig[] memory configs)
    {
        escrow = where;
        vm.warp(START);
        configs = new IChannels.ChannelConfig[](PLAIN + KEYS + 1);
        for (uint256 i = 0; i < configs.length; ++i) {
            bool plain = i < PLAIN || i == PLAIN + KEYS;
            configs[i] = plain ? channel(i) : governed(register(_terms(i - PLAIN)));
            if (i == PLAIN + KEYS) break;
            deposit(configs[i], funds[i]);
            // The key that starts later lets nothing be claimed yet.
            uint128 earlier = i == PLAIN + 2 ? 0 : claimed[i] % 50;
            if (earlier > 0 && earlier <= funds[i]) claim(row(configs[i], earlier));
        }
        freeze(configs[PLAIN + 3].salt);
        vm.warp(START + 2 days);
        freeze(configs[PLAIN + 4].salt);
    }

    /// @dev Unlimited; limited; not begun; stopped too long ago; stopped not long ago; expired too long ago.
    function _terms(uint256 which) private view returns (ISessionKeyValidator.SessionKeyPermission memory terms_) {
        terms_ = permission(which);
        if (which == 1) (terms_.periodAmount, terms_.periodDuration) = (100, 1 days);
        if (which == 2) terms_.start = uint40(START + 3 days);
        if (which == 4) (terms_.periodAmount, terms_.periodDuration) = (70, 6 hours);
        if (which == 5) terms_.expiry = uint40(START + 1 days);
    }

    /// @dev The same rows in either world, but for the ids of channels and keys.
    function _rows(IChannels.ChannelConfig[] memory configs, uint256 seed)
        private
        returns (IChannels.VoucherClaim[] memory batch)
    {
        entropy = seed;
        batch = new IChannels.VoucherClaim[](ROWS);
        for (uint256 i = 0; i < ROWS; ++i) {
            IChannels.ChannelConfig memory config = configs[_draw(configs.length)];
            // Totals rise through the batch, so that later rows find something new.
            uint128 total = uint128(_draw(200 + 6 * i));
            uint128 max = _draw(8) == 0 ? uint128(_draw(MOST)) : total + uint128(_draw(50));
            batch[i] = row(config, max, total, _draw(8) == 0 ? STRANGER_KEY : SESSION_KEY);
            if (_draw(16) == 0) batch[i].signature[_draw(64)] ^= 0x01;
        }
    }

    // ------------------------------------------------------------------ the canonical way

    function _claimOne(IChannels.VoucherClaim memory one)
        private
        returns (IStreamChannelEscrow.RowOutcome outcome, uint128 total)
    {
        bytes32 channelId = escrow.getChannelId(one.voucher.channel);
        (, uint128 before) = escrow.channels(channelId);
        outcome = IStreamChannelEscrow.RowOutcome.NothingNew;
        while (true) {
            vm.prank(RECEIVER);
            try escrow.claim(rows(one)) {
                (, total) = escrow.channels(channelId);
                return (total > before ? IStreamChannelEscrow.RowOutcome.Claimed : outcome, total);
            } catch (bytes memory reason) {
                bytes4 selector = bytes4(reason);
                if (selector == IChannels.ClaimExceedsBalance.selector) {
                    one.totalClaimed = uint128(_lastWord(reason));
                    outcome = IStreamChannelEscrow.RowOutcome.Unfunded;
                } else if (selector == ISessionKeyValidator.ClaimExceedsCeiling.selector) {
                    one.totalClaimed = uint128(_lastWord(reason));
                    outcome = IStreamChannelEscrow.RowOutcome.CeilingReached;
                } else {
                    return (_final(selector), before);
                }
            }
        }
    }

    function _final(bytes4 selector) private pure returns (IStreamChannelEscrow.RowOutcome) {
        if (selector == IChannels.ClaimExceedsVoucher.selector) {
            return IStreamChannelEscrow.RowOutcome.ExceedsVoucher;
        }
        if (selector == IStreamChannelEscrow.KeyIsOver.selector) return IStreamChannelEscrow.RowOutcome.KeyStopped;
        if (selector == TypedData.InvalidSignature.selector) return IStreamChannelEscrow.RowOutcome.InvalidVoucher;
        revert("an error that no row should meet");
    }

    // ------------------------------------------------------------------ the end

    function _compare(
        IChannels.ChannelConfig[] memory ours,
        IChannels.ChannelConfig[] memory theirs,
        uint256 logCount
    ) private view {
        for (uint256 i = 0; i < ours.length; ++i) {
            (uint128 balance, uint128 claimed) = packed.channels(packed.getChannelId(ours[i]));
            (uint128 otherBalance, uint128 otherClaimed) = canonical.channels(canonical.getChannelId(theirs[i]));
            assertEq(uint256(balance), uint256(otherBalance));
            assertEq(uint256(claimed), uint256(otherClaimed));
        }
        (uint128 total, uint128 settled) = packed.receivers(RECEIVER, address(usdc));
        (uint128 otherTotal, uint128 otherSettled) = canonical.receivers(RECEIVER, address(usdc));
        assertEq(uint256(total), uint256(otherTotal));
        assertEq(uint256(settled), uint256(otherSettled));
        assertEq(uint256(settled), uint256(total));
        assertEq(usdc.balanceOf(RECEIVER), 2 * uint256(total));
        assertEq(usdc.balanceOf(address(packed)), usdc.balanceOf(address(canonical)));
        // One event a row, and one for the payout.
        assertEq(logCount, total > 0 ? ROWS + 1 : ROWS);
    }

    // ------------------------------------------------------------------ chance

    function _draw(uint256 below) private returns (uint256) {
        entropy = uint256(keccak256(abi.encode(entropy)));
        return entropy % below;
    }

    function _amounts(uint256 seed, string memory what) private pure returns (uint128[] memory amounts) {
        amounts = new uint128[](PLAIN + KEYS);
        for (uint256 i = 0; i < amounts.length; ++i) {
            amounts[i] = uint128(1 + uint256(keccak256(abi.encode(seed, what, i))) % MOST);
        }
    }

    function _lastWord(bytes memory data) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(data, mload(data)))
        }
    }
}
