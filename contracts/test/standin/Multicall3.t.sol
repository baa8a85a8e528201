// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Multicall3} from "../../src/Multicall3.sol";
import {TestBase} from "../support/TestBase.sol";

contract Multicall3Test is TestBase {
    Multicall3 private multicall = new Multicall3();

    function good() external pure returns (uint256) {
        return 42;
    }

    function bad() external pure {
        revert("bad");
    }

    function test_tryAggregate_reportsEachCall() public {
        Multicall3.Result[] memory results = multicall.tryAggregate(false, _calls());
        assertTrue(results[0].success && !results[1].success);
        assertEq(abi.decode(results[0].returnData, (uint256)), 42);
    }

    function test_tryAggregate_revertsWhenSuccessIsRequired() public {
        Multicall3.Call[] memory calls = _calls();
        vm.expectRevert();
        multicall.tryAggregate(true, calls);
    }

    function test_aggregate_revertsOnAnyFailure() public {
        Multicall3.Call[] memory calls = _calls();
        vm.expectRevert();
        multicall.aggregate(calls);
    }

    function test_aggregate3_letsEachCallChoose() public {
        Multicall3.Call3[] memory calls = new Multicall3.Call3[](1);
        calls[0] = Multicall3.Call3(address(this), true, abi.encodeCall(this.bad, ()));
        assertTrue(!multicall.aggregate3(calls)[0].success);
        calls[0].allowFailure = false;
        vm.expectRevert();
        multicall.aggregate3(calls);
    }

    function _calls() private view returns (Multicall3.Call[] memory calls) {
        calls = new Multicall3.Call[](2);
        calls[0] = Multicall3.Call(address(this), abi.encodeCall(this.good, ()));
        calls[1] = Multicall3.Call(address(this), abi.encodeCall(this.bad, ()));
    }
}
