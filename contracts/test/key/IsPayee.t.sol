// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {KeyFixture} from "./KeyFixture.sol";

contract IsPayeeTest is KeyFixture {
    function test_isPayee_ofThePermission() public {
        assertTrue(escrow.isPayee(register(permission(0)), RECEIVER));
    }

    function test_isPayee_notBeforeRegistration() public view {
        assertTrue(!escrow.isPayee(keyIdOf(permission(0)), RECEIVER));
    }

    function test_isPayee_notForAnother() public {
        assertTrue(!escrow.isPayee(register(permission(0)), stranger));
    }

    function test_isPayee_notTheAccount() public {
        assertTrue(!escrow.isPayee(register(permission(0)), payer));
    }

    function test_isPayee_notTheZeroAddress() public {
        assertTrue(!escrow.isPayee(register(permission(0)), address(0)));
    }

    function test_isPayee_doesNotCountStopsIn() public {
        bytes32 keyId = register(permission(0));
        revoke(keyId);
        assertTrue(escrow.isPayee(keyId, RECEIVER));
    }

    function testFuzz_isPayee_onlyThoseNamed(address anyone) public {
        assertTrue(escrow.isPayee(register(permission(0)), anyone) == (anyone == RECEIVER));
    }
}
