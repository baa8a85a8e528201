// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyModel} from "./KeyModel.sol";

contract RotateKeyTest is KeyModel {
    uint128 private constant ANY = type(uint128).max;
    bytes32 private keyId;
    ISessionKeyValidator.SessionKeyPermission private terms_;

    function setUp() public override {
        super.setUp();
        keyId = register(permission(0));
        terms_ = permission(1);
    }

    // ------------------------------------------------------------------ effects

    function test_rotateKey_revokesTheOldKey() public {
        ISessionKeyValidator.KeyState memory expected = revoked(keyId);
        rotate(keyId, terms_);
        assertKey(keyId, expected);
    }

    function test_rotateKey_registersTheNewKeyAsItIsGiven() public {
        terms_.key = stranger;
        terms_.token = address(0x70);
        terms_.payees[0] = address(0x71);
        terms_.spendCap = 5;
        terms_.freezer = address(0);
        terms_.expiry += 1 days;
        bytes32 newKeyId = rotate(keyId, terms_);
        assertKey(newKeyId, registered(terms_));
        assertTrue(escrow.isPayee(newKeyId, address(0x71)));
    }

    function test_rotateKey_returnsTheNewId() public {
        assertEq(rotate(keyId, terms_), keyIdOf(terms_));
    }

    function test_rotateKey_emitsRevocationRegistrationAndRotation() public {
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRevoked(keyId, uint40(START));
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRegistered(keyIdOf(terms_), payer, terms_);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRotated(keyId, keyIdOf(terms_));
        rotate(keyId, terms_);
    }

    function test_rotateKey_leavesUsageWithTheOldKey() public {
        deposit(governed(keyId), 7);
        bytes32 newKeyId = rotate(keyId, terms_);
        assertEq(escrow.usage(keyId), 7);
        assertEq(escrow.usage(newKeyId), 0);
    }

    function test_rotateKey_theNewKeyCanBeRotatedToo() public {
        bytes32 second = rotate(keyId, terms_);
        terms_.salt = bytes32(uint256(2));
        bytes32 third = rotate(second, terms_);
        assertEq(stoppedAt(second), START);
        assertEq(versionOf(third), 1);
    }

    // ------------------------------------------------------------------ who and which key

    function test_rotateKey_revertsForTheFreezer() public {
        _assertReverts(freezer, _notAccount(freezer));
    }

    function test_rotateKey_revertsForTheSessionKey() public {
        _assertReverts(key, _notAccount(key));
    }

    /// @dev Who names himself in the new terms is not the account of the old ones.
    function test_rotateKey_revertsForAStranger() public {
        terms_.account = stranger;
        _assertReverts(stranger, _notAccount(stranger));
    }

    function test_rotateKey_revertsForAnotherAccount() public {
        terms_.account = stranger;
        _assertInvalid("account");
    }

    function test_rotateKey_revertsForAnUnknownKey() public {
        keyId = keyIdOf(permission(9));
        _assertReverts(payer, abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, keyId));
    }

    // ------------------------------------------------------------------ the old key's state

    function test_rotateKey_ofAFrozenKeyKeepsTheStopAtTheFreeze() public {
        freeze(keyId);
        vm.warp(START + 5);
        rotate(keyId, terms_);
        assertEq(stoppedAt(keyId), START);
    }

    function test_rotateKey_ofAnExpiredKeyKeepsTheStopAtTheExpiry() public {
        vm.warp(START + 31 days);
        terms_.expiry += 31 days;
        rotate(keyId, terms_);
        assertEq(stoppedAt(keyId), START + 30 days);
    }

    function test_rotateKey_revertsForARevokedKey() public {
        revoke(keyId);
        _assertReverts(payer, abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId));
    }

    function test_rotateKey_revertsTheSecondTime() public {
        rotate(keyId, terms_);
        terms_.salt = bytes32(uint256(2));
        _assertReverts(payer, abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId));
    }

    // ------------------------------------------------------------------ the new key

    function test_rotateKey_revertsForANewKeyThatIsRegistered() public {
        bytes32 newKeyId = register(terms_);
        _assertReverts(payer, abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, newKeyId));
    }

    function test_rotateKey_revertsForTheSameKey() public {
        terms_ = permission(0);
        _assertReverts(payer, abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, keyId));
    }

    function test_rotateKey_revertsForNewTermsThatCannotBeAccepted() public {
        terms_.payees = new address[](0);
        _assertInvalid("payees");
    }

    function test_rotateKey_revertsForNewTermsThatHaveExpired() public {
        vm.warp(START + 30 days);
        _assertInvalid("expiry");
    }

    function test_rotateKey_leavesTheOldKeyAloneWhenItReverts() public {
        ISessionKeyValidator.KeyState memory expected = escrow.getKey(keyId);
        terms_.spendCap = 0;
        _assertInvalid("spendCap");
        assertKey(keyId, expected);
    }

    // ------------------------------------------------------------------ usage

    function test_rotateKey_standsWhenUsageIsAtTheMaximum() public {
        deposit(governed(keyId), 7);
        vm.prank(payer);
        escrow.rotateKey(keyId, terms_, 7);
        assertEq(stoppedAt(keyId), START);
    }

    function test_rotateKey_revertsWhenUsageIsAboveTheMaximum() public {
        deposit(governed(keyId), 8);
        assertReverts(
            payer,
            abi.encodeCall(escrow.rotateKey, (keyId, terms_, 7)),
            abi.encodeWithSelector(ISessionKeyValidator.UsageAboveMaximum.selector, keyId, 8, 7)
        );
    }

    function test_rotateKey_standsOnceMoneyWentBack() public {
        deposit(governed(keyId), 8);
        vm.prank(RECEIVER);
        escrow.refund(governed(keyId), 1);
        vm.prank(payer);
        escrow.rotateKey(keyId, terms_, 7);
        assertEq(stoppedAt(keyId), START);
    }

    // ------------------------------------------------------------------ random input

    function testFuzz_rotateKey(
        ISessionKeyValidator.SessionKeyPermission memory random,
        uint256 seed,
        address anyone,
        uint128 maxUsage
    ) public {
        mend(random, seed);
        bytes32 id = someKeyOr(seed, keccak256(abi.encode(seed)));
        if (escrow.getRemainingLimit(id) > 0) deposit(governed(id), uint128(1 + dice(seed, "deposit", 1e6)));
        if (dice(seed, "maximum", 3) > 0) maxUsage = escrow.usage(id);
        if (maxUsage > 0 && dice(seed, "less", 5) == 0) maxUsage -= 1;
        address caller = dice(seed, "who", 4) == 0 ? someone(seed, anyone) : payer;
        bytes memory error = _rotateError(id, caller, random, maxUsage);
        uint256 slots = 2 + registeredSlots(random);
        bytes memory data = abi.encodeCall(escrow.rotateKey, (id, random, maxUsage));
        if (check(caller, data, error, id, revoked(id), slots, 3)) assertKey(keyIdOf(random), registered(random));
    }

    /// @dev In the order in which they are promised: unknown key, caller, account, usage, old key, new terms.
    function _rotateError(
        bytes32 id,
        address caller,
        ISessionKeyValidator.SessionKeyPermission memory random,
        uint128 maxUsage
    ) private view returns (bytes memory error) {
        if (versionOf(id) == 0) return abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, id);
        if (caller != payer) return _notAccount(caller);
        if (random.account != payer) {
            return abi.encodeWithSelector(ISessionKeyValidator.InvalidPermission.selector, "account");
        }
        uint128 used = escrow.usage(id);
        if (used > maxUsage) {
            return abi.encodeWithSelector(ISessionKeyValidator.UsageAboveMaximum.selector, id, used, maxUsage);
        }
        error = revokeError(id);
        return error.length > 0 ? error : registerError(random);
    }

    // ------------------------------------------------------------------ helpers

    function _assertReverts(address caller, bytes memory error) private {
        assertReverts(caller, abi.encodeCall(escrow.rotateKey, (keyId, terms_, ANY)), error);
    }

    function _assertInvalid(string memory field) private {
        _assertReverts(payer, abi.encodeWithSelector(ISessionKeyValidator.InvalidPermission.selector, field));
    }

    function _notAccount(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, caller);
    }
}
