// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {Handler} from "./Handler.sol";
import {Handlers} from "./Handlers.sol";
import {InvariantBase} from "./InvariantBase.sol";
import {World} from "./World.sol";

// One file, so that the handler is compiled once: the test runner calls only contracts of the file it was given.

contract EscrowHandler is Handler {}

contract HandlersTest is Handlers {}

/// @dev I1: settled ≤ claimed ≤ deposited − returned, for every channel and every receiver.
contract I1OrderTest is InvariantBase {
    /// hardhat-config: invariant.runs = 20
    /// hardhat-config: invariant.depth = 64
    function invariant_I1_order() external view {
        uint256[2] memory claimedOf;
        for (uint256 i = 0; i < world.lineCount(); ++i) {
            World.Line memory line = world.line(i);
            (uint128 balance, uint128 claimed) = escrow.channels(line.id);
            require(claimed <= balance, "claimed > balance");
            require(claimed <= line.deposited - line.returned, "claimed > deposited - returned");
            claimedOf[line.side] += claimed;
        }
        for (uint256 side = 0; side < 2; ++side) {
            (uint128 claimed, uint128 settled) = escrow.receivers(world.receiverAt(side), address(usdc));
            require(settled <= claimed, "settled > claimed");
            require(claimed <= claimedOf[side], "a receiver claimed more than its channels");
        }
    }
}

/// @dev I3: what is claimed and settled, refund nonces, versions of keys and period ceilings never fall, and what is
/// revoked stays so.
contract I3MonotoneTest is InvariantBase {
    /// hardhat-config: invariant.runs = 20
    /// hardhat-config: invariant.depth = 64
    function invariant_I3_monotone() external view {
        for (uint256 i = 0; i < world.lineCount(); ++i) {
            bytes32 id = world.line(i).id;
            World.SeenLine memory seen = world.seenLine(i);
            (, uint128 claimed) = escrow.channels(id);
            require(claimed >= seen.totalClaimed, "a channel's totalClaimed fell");
            require(escrow.refundNonce(id) >= seen.refundNonce, "refundNonce fell");
        }
        for (uint256 side = 0; side < 2; ++side) {
            IChannels.ReceiverState memory seen = world.seenReceiver(side);
            (uint128 claimed, uint128 settled) = escrow.receivers(world.receiverAt(side), address(usdc));
            require(claimed >= seen.totalClaimed, "a receiver's totalClaimed fell");
            require(settled >= seen.totalSettled, "totalSettled fell");
        }
        for (uint256 i = 0; i < world.keyCount(); ++i) _checkKey(world.keyAt(i).id, world.seenKey(i));
    }

    function _checkKey(bytes32 keyId, World.SeenKey memory seen) private view {
        ISessionKeyValidator.KeyState memory state = escrow.getKey(keyId);
        require(state.version >= seen.version, "version fell");
        require(seen.revokedAt == 0 || state.revokedAt == seen.revokedAt, "a revocation was undone");
        require(escrow.spendCeiling(keyId, world.clock()) >= seen.ceiling, "spendCeiling fell");
    }
}

/// @dev I4: nothing moves that nobody signed for, no further than signed, and to nobody but the receiver and the payer.
contract I4AuthorityTest is InvariantBase {
    /// hardhat-config: invariant.runs = 20
    /// hardhat-config: invariant.depth = 64
    function invariant_I4_authority() external view {
        require(world.trespasses() == 0, "a call without a right succeeded");
        uint256[] memory used = new uint256[](world.keyCount());
        for (uint256 i = 0; i < world.lineCount(); ++i) {
            World.Line memory line = world.line(i);
            (, uint128 claimed) = escrow.channels(line.id);
            require(claimed <= line.highest, "claimed more than was ever signed");
            if (line.keyIndex == 0) continue;
            used[line.keyIndex - 1] += line.deposited - line.returned;
            bytes32 keyId = world.keyAt(line.keyIndex - 1).id;
            require(claimed <= escrow.spendCeiling(keyId, world.clock()), "claimed more than the ceiling");
            // No step both changes a key and claims, so the stop before the step is the one that counts.
            uint256 over = world.stopOf(line.keyIndex - 1) + line.config.withdrawDelay;
            bool grew = claimed > world.seenLine(i).totalClaimed;
            require(!grew || world.clock() < over, "claimed under a key that is over");
        }
        for (uint256 i = 0; i < used.length; ++i) {
            World.Key memory key = world.keyAt(i);
            require(escrow.usage(key.id) == used[i], "usage is not what the channels of the key hold");
            require(used[i] <= key.spendCap, "a key holds more than its cap");
        }
        address[] memory others = world.bystanders();
        for (uint256 i = 0; i < others.length; ++i) {
            require(usdc.balanceOf(others[i]) == 0, "a bystander was paid");
        }
    }
}

/// @dev I5: the escrow holds exactly what it owes, and between all who take part nothing appears or is lost.
contract I5ConservationTest is InvariantBase {
    /// hardhat-config: invariant.runs = 20
    /// hardhat-config: invariant.depth = 64
    function invariant_I5_conservation() external view {
        uint256[3] memory payers = [uint256(1e12), 1e12, 1e12];
        uint256[2] memory claimedOf;
        uint256 owed = world.donated();
        for (uint256 i = 0; i < world.lineCount(); ++i) {
            World.Line memory line = world.line(i);
            (uint128 balance, uint128 claimed) = escrow.channels(line.id);
            require(balance == line.deposited - line.returned, "balance is not deposited - returned");
            owed += balance - claimed;
            claimedOf[line.side] += claimed;
            payers[line.owner] = payers[line.owner] + line.returned - line.deposited;
        }
        uint256 sum;
        for (uint256 side = 0; side < 2; ++side) {
            (uint128 claimed, uint128 settled) = escrow.receivers(world.receiverAt(side), address(usdc));
            require(claimed == claimedOf[side], "a receiver's total is not the sum of its channels");
            require(usdc.balanceOf(world.receiverAt(side)) == settled, "settled is not what was paid");
            owed += claimed - settled;
            sum += settled;
        }
        require(usdc.balanceOf(address(escrow)) == owed, "the escrow does not hold what it owes");
        for (uint256 i = 0; i < 3; ++i) {
            require(usdc.balanceOf(world.payerAt(i)) == payers[i], "a payer has more or less than its own");
            sum += payers[i];
        }
        require(sum + owed == world.minted(), "money appeared or was lost");
    }
}
