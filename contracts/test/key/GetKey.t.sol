// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

contract GetKeyTest is KeyModel {
    function test_getKey_isEmptyForAnUnknownKey() public view {
        ISessionKeyValidator.KeyState memory nothing;
        assertKey(keyIdOf(permission(0)), nothing);
    }

    function test_getKey_isEmptyForTheTagAlone() public view {
        ISessionKeyValidator.KeyState memory nothing;
        assertKey(bytes32(bytes4("PBST")), nothing);
    }

    function test_getKey_showsUsage() public {
        bytes32 keyId = register(permission(0));
        deposit(governed(keyId), 7);
        ISessionKeyValidator.KeyState memory expected = registered(permission(0));
        expected.budget.usage = 7;
        assertKey(keyId, expected);
    }

    function test_getKey_ofAKeyThatExpired() public {
        bytes32 keyId = register(permission(0));
        vm.warp(START + 31 days);
        assertKey(keyId, registered(permission(0)));
    }

    /// @dev Every member can be at its largest without touching another.
    function test_getKey_packsTheLargestValues() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        terms_.key = address(type(uint160).max);
        terms_.token = address(type(uint160).max);
        terms_.freezer = address(type(uint160).max);
        terms_.spendCap = type(uint128).max;
        terms_.periodAmount = type(uint128).max;
        terms_.periodDuration = type(uint40).max;
        terms_.expiry = type(uint40).max;
        terms_.start = type(uint40).max - 1;
        bytes32 keyId = register(terms_);
        vm.warp(type(uint40).max - 1);
        freeze(keyId);
        revoke(keyId);
        ISessionKeyValidator.KeyState memory expected = registered(terms_);
        expected.frozenAt = type(uint40).max - 1;
        expected.revokedAt = type(uint40).max - 1;
        expected.limit.stoppedAt = type(uint40).max - 1;
        expected.version = 3;
        assertKey(keyId, expected);
    }

    function testFuzz_getKey_isEmptyUntilRegistered(bytes32 keyId) public view {
        ISessionKeyValidator.KeyState memory nothing;
        assertKey(keyId, nothing);
    }
}
