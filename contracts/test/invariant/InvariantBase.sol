// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestUSDC} from "../../src/TestUSDC.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {TestBase} from "../support/TestBase.sol";
import {Handler} from "./Handler.sol";

/// @dev A run: steps of one {Handler} in random order. After each the invariant of the contract that inherits this one
/// is checked.
abstract contract InvariantBase is TestBase {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler internal world;
    IStreamChannelEscrow internal escrow;
    TestUSDC internal usdc;

    function setUp() public {
        world = Handler(deploy("Invariants.t.sol:EscrowHandler"));
        (address escrow_, address usdc_) = world.contracts();
        (escrow, usdc) = (IStreamChannelEscrow(escrow_), TestUSDC(usdc_));
        targetContract(address(world));
    }

    /// @notice Asked by the test runner: which functions it may call.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(world), world.steps());
    }

    /// @notice Asked by the test runner at the end of a run: one in which little succeeds shows little.
    function afterInvariant() external view {
        uint256 calls = world.triedTotal();
        require(calls < 24 || 5 * world.doneTotal() >= 3 * calls, "too many calls of this run failed");
    }
}
