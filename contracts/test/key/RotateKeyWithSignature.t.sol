// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {SignedChangeSuite} from "./SignedChangeSuite.sol";

contract RotateKeyWithSignatureTest is SignedChangeSuite {
    uint128 private constant MAX_USAGE = 50;
    address private account;

    function prepare(address account_) internal override {
        super.prepare(account_);
        account = account_;
    }

    function structHash(bytes32 id, uint32 version_, uint40 deadline) internal view override returns (bytes32) {
        return rotateHash(id, _terms(), MAX_USAGE, version_, deadline);
    }

    function call(bytes32 id, uint32 version_, uint40 deadline, bytes memory signature)
        internal
        view
        override
        returns (bytes memory)
    {
        return abi.encodeCall(
            escrow.rotateKeyWithSignature, (id, _terms(), MAX_USAGE, version_, deadline, signature)
        );
    }

    function changeError(bytes32 id) internal view override returns (bytes memory error) {
        error = revokeError(id);
        return error.length > 0 ? error : registerError(_terms());
    }

    function changed(bytes32 id) internal view override returns (ISessionKeyValidator.KeyState memory) {
        return revoked(id);
    }

    function changeSize() internal view override returns (uint256 slots, uint256 events) {
        return (2 + registeredSlots(_terms()), 3);
    }

    function assertDone() internal view override {
        assertEq(uint256(escrow.getKey(keyId).revokedAt), block.timestamp);
        assertKey(keyIdOf(_terms()), registered(_terms()));
    }

    function _terms() private view returns (ISessionKeyValidator.SessionKeyPermission memory terms_) {
        terms_ = permission(2);
        terms_.account = account;
    }

    // ------------------------------------------------------------------ effects

    function test_rotateKeyWithSignature_returnsTheNewId() public {
        (, bytes memory result) = attempt(RELAYER, _call(PAYER_KEY, NEVER));
        assertEq(abi.decode(result, (bytes32)), keyIdOf(_terms()));
    }

    function test_rotateKeyWithSignature_emitsRevocationRegistrationAndRotation() public {
        bytes memory data = _call(PAYER_KEY, NEVER);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRevoked(keyId, uint40(block.timestamp));
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRegistered(keyIdOf(_terms()), payer, _terms());
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRotated(keyId, keyIdOf(_terms()));
        assertSucceeds(RELAYER, data);
    }

    // ------------------------------------------------------------------ what is signed

    function test_rotateKeyWithSignature_revertsForTheFreezer() public {
        assertReverts(RELAYER, _call(FREEZER_KEY, NEVER), REFUSED);
    }

    function test_rotateKeyWithSignature_revertsForOtherTermsThanTheSignedOnes() public {
        bytes memory signature = signed(PAYER_KEY, structHash(NEVER));
        ISessionKeyValidator.SessionKeyPermission memory terms_ = _terms();
        terms_.spendCap += 1;
        bytes memory data =
            abi.encodeCall(escrow.rotateKeyWithSignature, (keyId, terms_, MAX_USAGE, 1, NEVER, signature));
        assertReverts(RELAYER, data, REFUSED);
    }

    function test_rotateKeyWithSignature_revertsForAnotherMaximumThanTheSignedOne() public {
        bytes memory signature = signed(PAYER_KEY, structHash(NEVER));
        bytes memory data =
            abi.encodeCall(escrow.rotateKeyWithSignature, (keyId, _terms(), MAX_USAGE + 1, 1, NEVER, signature));
        assertReverts(RELAYER, data, REFUSED);
    }

    // ------------------------------------------------------------------ what was deposited meanwhile

    function test_rotateKeyWithSignature_standsWhenUsageIsAtTheMaximum() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        deposit(governed(keyId), MAX_USAGE);
        assertSucceeds(RELAYER, withheld);
        assertDone();
    }

    function test_rotateKeyWithSignature_revertsWhenUsageIsAboveTheMaximum() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        deposit(governed(keyId), MAX_USAGE + 1);
        assertReverts(
            RELAYER,
            withheld,
            abi.encodeWithSelector(
                ISessionKeyValidator.UsageAboveMaximum.selector, keyId, MAX_USAGE + 1, MAX_USAGE
            )
        );
    }

    function test_rotateKeyWithSignature_revertsWhenTheNewTermsHaveExpiredMeanwhile() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        vm.warp(START + 30 days);
        assertReverts(
            RELAYER, withheld, abi.encodeWithSelector(ISessionKeyValidator.InvalidPermission.selector, "expiry")
        );
    }

    function test_rotateKeyWithSignature_revertsWhenTheNewKeyIsRegisteredAlready() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        bytes32 newKeyId = register(_terms());
        assertReverts(
            RELAYER, withheld, abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, newKeyId)
        );
    }

    function test_rotateKeyWithSignature_revertsWhenTheOldKeyIsRevoked() public {
        revoke(keyId);
        assertReverts(
            RELAYER,
            _call(PAYER_KEY, NEVER),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId)
        );
    }

    /// @dev A freeze makes a signed rotation void, once: a frozen key cannot be frozen again, so the next one stands.
    function test_rotateKeyWithSignature_theFreezerCanHoldItUpOnlyOnce() public {
        bytes memory first = _call(PAYER_KEY, NEVER);
        vm.prank(freezer);
        escrow.freezeKey(keyId);
        assertReverts(RELAYER, first, _mismatch(2, 1));
        bytes memory second = _call(PAYER_KEY, NEVER);
        assertReverts(
            freezer,
            abi.encodeCall(escrow.freezeKey, (keyId)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyFrozen.selector, keyId)
        );
        assertSucceeds(RELAYER, second);
        assertDone();
    }

    // ------------------------------------------------------------------ random input

    function testFuzz_rotateKeyWithSignature_toAnyTerms(
        ISessionKeyValidator.SessionKeyPermission memory terms_,
        uint256 seed,
        uint128 maxUsage
    ) public {
        bytes32 id = someKeyOr(seed, keccak256(abi.encode(seed)));
        mend(terms_, seed);
        uint32 version_ = versionOf(id);
        bytes memory signature = signed(PAYER_KEY, rotateHash(id, terms_, maxUsage, version_, NEVER));
        bytes memory error = revokeError(id);
        if (version_ == 0) error = abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, id);
        else if (terms_.account != payer) {
            error = abi.encodeWithSelector(ISessionKeyValidator.InvalidPermission.selector, "account");
        } else if (error.length == 0) {
            error = registerError(terms_);
        }
        bytes memory data =
            abi.encodeCall(escrow.rotateKeyWithSignature, (id, terms_, maxUsage, version_, NEVER, signature));
        if (check(RELAYER, data, error, id, revoked(id), 2 + registeredSlots(terms_), 3)) {
            assertKey(keyIdOf(terms_), registered(terms_));
        }
    }
}
