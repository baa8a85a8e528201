// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {TestBase} from "../support/TestBase.sol";
import {Handler} from "./Handler.sol";

/// @dev What the invariants rest on: runs of the same steps in which every function of the escrow succeeds several
/// times, every outcome of a row is seen, most calls succeed and no step of the handler itself breaks.
abstract contract Handlers is TestBase {
    uint256 private constant RUNS = 16;
    uint256 private constant DEPTH = 96;

    Handler[] private worlds;
    uint256 private broken;

    function setUp() public {
        for (uint256 run = 0; run < RUNS; ++run) {
            Handler world = Handler(deploy("Invariants.t.sol:EscrowHandler"));
            bytes4[] memory steps = world.steps();
            for (uint256 i = 0; i < DEPTH; ++i) {
                uint256 seed = uint256(keccak256(abi.encode(run, i)));
                bytes memory arguments = abi.encode(seed >> 32, seed >> 64, seed >> 96);
                (bool ok,) = address(world).call(bytes.concat(steps[seed % steps.length], arguments));
                if (!ok) ++broken;
            }
            worlds.push(world);
        }
    }

    function test_noStepBreaks() public view {
        assertEq(broken, 0);
    }

    function test_mostCallsSucceed() public view {
        uint256 tried;
        uint256 done;
        for (uint256 i = 0; i < RUNS; ++i) {
            tried += worlds[i].triedTotal();
            done += worlds[i].doneTotal();
        }
        atLeast(tried, RUNS * DEPTH / 2, "calls of the escrow");
        atLeast(done * 100 / tried, 75, "percent of them succeed");
    }

    function test_everyMoneyFunctionSucceeds() public view {
        often(IChannels.deposit.selector, "deposit");
        often(IChannels.claim.selector, "claim");
        often(IChannels.claimWithSignature.selector, "claimWithSignature");
        often(IChannels.settle.selector, "settle");
        often(IChannels.initiateWithdraw.selector, "initiateWithdraw");
        often(IChannels.finalizeWithdraw.selector, "finalizeWithdraw");
        often(IChannels.refund.selector, "refund");
        often(IChannels.refundWithSignature.selector, "refundWithSignature");
        often(IStreamChannelEscrow.settleBatch.selector, "settleBatch");
        often(IStreamChannelEscrow.cancelWithdraw.selector, "cancelWithdraw");
        often(IStreamChannelEscrow.cancelWithdrawWithSignature.selector, "cancelWithdrawWithSignature");
        often(bytes4(keccak256("multicall(bytes[])")), "multicall");
    }

    function test_everyKeyFunctionSucceeds() public view {
        often(ISessionKeyValidator.registerKey.selector, "registerKey");
        often(ISessionKeyValidator.registerKeyWithSignature.selector, "registerKeyWithSignature");
        often(ISessionKeyValidator.freezeKey.selector, "freezeKey");
        often(ISessionKeyValidator.freezeKeyWithSignature.selector, "freezeKeyWithSignature");
        often(ISessionKeyValidator.unfreezeKey.selector, "unfreezeKey");
        often(ISessionKeyValidator.unfreezeKeyWithSignature.selector, "unfreezeKeyWithSignature");
        often(ISessionKeyValidator.revokeKey.selector, "revokeKey");
        often(ISessionKeyValidator.revokeKeyWithSignature.selector, "revokeKeyWithSignature");
        often(ISessionKeyValidator.rotateKey.selector, "rotateKey");
        often(ISessionKeyValidator.rotateKeyWithSignature.selector, "rotateKeyWithSignature");
    }

    function test_everyOutcomeOfARowIsSeen() public view {
        for (uint8 outcome = 0; outcome <= uint8(IStreamChannelEscrow.RowOutcome.InvalidVoucher); ++outcome) {
            uint256 seen;
            for (uint256 i = 0; i < RUNS; ++i) seen += worlds[i].outcomes(outcome);
            atLeast(seen, 5, "rows with one of the outcomes");
        }
    }

    function test_everyAttackIsTried() public view {
        for (uint256 kind = 0; kind < worlds[0].KINDS(); ++kind) {
            uint256 seen;
            for (uint256 i = 0; i < RUNS; ++i) seen += worlds[i].attacks(kind);
            atLeast(seen, 5, "attacks of this kind");
        }
    }

    function often(bytes4 selector, string memory name) private view {
        uint256 done;
        for (uint256 i = 0; i < RUNS; ++i) done += worlds[i].done(selector);
        atLeast(done, 5, name);
    }

    function atLeast(uint256 actual, uint256 least, string memory what) private pure {
        require(actual >= least, string.concat("too few: ", what));
    }
}
