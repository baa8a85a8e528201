// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {SignatureSuite} from "./SignatureSuite.sol";

contract RegisterKeyWithSignatureTest is SignatureSuite {
    address private account;

    function prepare(address account_) internal override {
        account = account_;
    }

    function structHash(uint40 deadline) internal view override returns (bytes32) {
        return registerHash(_terms(), deadline);
    }

    function call(uint40 deadline, bytes memory signature) internal view override returns (bytes memory) {
        return abi.encodeCall(escrow.registerKeyWithSignature, (_terms(), deadline, signature));
    }

    function assertDone() internal view override {
        assertKey(keyIdOf(_terms()), registered(_terms()));
    }

    function aKey() internal view override returns (bytes32) {
        return keyIdOf(_terms());
    }

    function _terms() private view returns (ISessionKeyValidator.SessionKeyPermission memory terms_) {
        terms_ = permission(0);
        terms_.account = account;
    }

    // ------------------------------------------------------------------ effects

    function test_registerKeyWithSignature_returnsTheId() public {
        (, bytes memory result) = attempt(RELAYER, _call(PAYER_KEY, NEVER));
        assertEq(abi.decode(result, (bytes32)), keyIdOf(_terms()));
    }

    function test_registerKeyWithSignature_emitsThePermission() public {
        bytes memory data = _call(PAYER_KEY, NEVER);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRegistered(keyIdOf(_terms()), payer, _terms());
        assertSucceeds(RELAYER, data);
    }

    // ------------------------------------------------------------------ once

    function test_registerKeyWithSignature_revertsTheSecondTime() public {
        bytes memory data = _call(PAYER_KEY, NEVER);
        assertSucceeds(RELAYER, data);
        assertReverts(RELAYER, data, _registered());
    }

    function test_registerKeyWithSignature_aWithheldSignatureIsDeadOnceTheAccountHasRegistered() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        register(_terms());
        assertReverts(RELAYER, withheld, _registered());
    }

    function test_registerKeyWithSignature_aWithheldSignatureIsDeadAfterARevocation() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        revoke(register(_terms()));
        assertReverts(RELAYER, withheld, _registered());
    }

    function test_registerKeyWithSignature_aWithheldSignatureIsDeadAfterARotation() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        rotate(register(_terms()), permission(1));
        assertReverts(RELAYER, withheld, _registered());
    }

    function test_registerKeyWithSignature_aWithheldSignatureIsDeadAfterTheExpiry() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        vm.warp(START + 30 days);
        assertReverts(
            RELAYER, withheld, abi.encodeWithSelector(ISessionKeyValidator.InvalidPermission.selector, "expiry")
        );
    }

    // ------------------------------------------------------------------ terms

    function test_registerKeyWithSignature_revertsForOtherTermsThanTheSignedOnes() public {
        bytes memory signature = signed(PAYER_KEY, structHash(NEVER));
        ISessionKeyValidator.SessionKeyPermission memory terms_ = _terms();
        terms_.spendCap += 1;
        assertReverts(RELAYER, abi.encodeCall(escrow.registerKeyWithSignature, (terms_, NEVER, signature)), REFUSED);
    }

    function test_registerKeyWithSignature_revertsForTheZeroAccount() public {
        prepare(address(0));
        assertReverts(RELAYER, call(NEVER, new bytes(65)), REFUSED);
    }

    function test_registerKeyWithSignature_revertsForTermsThatCannotBeAccepted() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = _terms();
        terms_.spendCap = 0;
        bytes memory signature = signed(PAYER_KEY, registerHash(terms_, NEVER));
        assertReverts(
            RELAYER,
            abi.encodeCall(escrow.registerKeyWithSignature, (terms_, NEVER, signature)),
            abi.encodeWithSelector(ISessionKeyValidator.InvalidPermission.selector, "spendCap")
        );
    }

    // ------------------------------------------------------------------ random input

    /// @dev Errors in the order in which they are promised: deadline, signature, terms.
    function testFuzz_registerKeyWithSignature(
        ISessionKeyValidator.SessionKeyPermission memory terms_,
        uint256 seed,
        uint256 time,
        bytes memory garbage
    ) public {
        mend(terms_, seed);
        uint40 deadline = uint40(bound(time, block.timestamp - 1, block.timestamp + 3));
        bytes memory signature = garbage;
        uint256 signer = dice(seed, "signer", 8);
        if (signer > 0) {
            signature = signed(signer == 1 ? STRANGER_KEY : PAYER_KEY, registerHash(terms_, deadline));
        }
        bytes memory error = registerError(terms_);
        if (block.timestamp > deadline) {
            error = abi.encodeWithSelector(ISessionKeyValidator.SignatureExpired.selector, deadline);
        } else if (signer < 2 || terms_.account != payer) {
            error = abi.encodeWithSelector(REFUSED);
        }
        check(
            RELAYER,
            abi.encodeCall(escrow.registerKeyWithSignature, (terms_, deadline, signature)),
            error,
            keyIdOf(terms_),
            registered(terms_),
            registeredSlots(terms_),
            1
        );
    }

    function _registered() private view returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, keyIdOf(_terms()));
    }
}
