// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {SignedChangeSuite} from "./SignedChangeSuite.sol";
import {TestWallet} from "./TestWallet.sol";

contract FreezeKeyWithSignatureTest is SignedChangeSuite {
    address private signer;

    function prepare(address account) internal override {
        super.prepare(account);
        signer = account;
    }

    function structHash(bytes32 id, uint32 version_, uint40 deadline) internal pure override returns (bytes32) {
        return changeHash(FREEZE, id, version_, deadline);
    }

    function call(bytes32 id, uint32 version_, uint40 deadline, bytes memory signature)
        internal
        view
        override
        returns (bytes memory)
    {
        return abi.encodeCall(escrow.freezeKeyWithSignature, (id, signer, version_, deadline, signature));
    }

    function changeError(bytes32 id) internal view override returns (bytes memory) {
        return freezeError(id);
    }

    function changed(bytes32 id) internal view override returns (ISessionKeyValidator.KeyState memory) {
        return frozen(id);
    }

    function changeSize() internal pure override returns (uint256 slots, uint256 events) {
        return (3, 1);
    }

    function assertDone() internal view override {
        assertEq(uint256(escrow.getKey(keyId).frozenAt), block.timestamp);
    }

    function test_freezeKeyWithSignature_emitsTheStop() public {
        bytes memory data = _call(PAYER_KEY, NEVER);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyFrozen(keyId, uint40(block.timestamp));
        assertSucceeds(RELAYER, data);
    }

    function test_freezeKeyWithSignature_revertsWhenFrozen() public {
        freeze(keyId);
        assertReverts(
            RELAYER,
            _call(PAYER_KEY, NEVER),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyFrozen.selector, keyId)
        );
    }

    function test_freezeKeyWithSignature_revertsWhenRevoked() public {
        revoke(keyId);
        assertReverts(
            RELAYER,
            _call(PAYER_KEY, NEVER),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId)
        );
    }

    // ------------------------------------------------------------------ the freezer

    function test_freezeKeyWithSignature_theFreezerSigns() public {
        signer = freezer;
        assertSucceeds(RELAYER, _call(FREEZER_KEY, NEVER));
        assertDone();
    }

    function test_freezeKeyWithSignature_revertsWhenTheAccountSignsForTheFreezer() public {
        signer = freezer;
        assertReverts(RELAYER, _call(PAYER_KEY, NEVER), REFUSED);
    }

    function test_freezeKeyWithSignature_revertsWhenTheFreezerSignsForTheAccount() public {
        assertReverts(RELAYER, _call(FREEZER_KEY, NEVER), REFUSED);
    }

    function test_freezeKeyWithSignature_theFreezerMayBeAContract() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.freezer = address(newWallet());
        keyId = register(terms_);
        signer = terms_.freezer;
        assertSucceeds(RELAYER, _call(PAYER_KEY, NEVER));
        assertDone();
    }

    function test_freezeKeyWithSignature_theFreezerMayDelegate() public {
        signer = freezer;
        delegate(freezer, STRANGER_KEY);
        assertSucceeds(RELAYER, _call(STRANGER_KEY, NEVER));
        assertDone();
    }

    function test_freezeKeyWithSignature_revertsForAnotherSigner() public {
        signer = stranger;
        assertReverts(RELAYER, _call(STRANGER_KEY, NEVER), _notFreezer(stranger));
    }

    function test_freezeKeyWithSignature_revertsForTheSessionKeyAsSigner() public {
        signer = key;
        assertReverts(RELAYER, _call(SESSION_KEY, NEVER), _notFreezer(key));
    }

    function test_freezeKeyWithSignature_revertsForTheZeroSignerWhenThereIsNoFreezer() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(1);
        terms_.freezer = address(0);
        keyId = register(terms_);
        signer = address(0);
        assertReverts(RELAYER, call(NEVER, new bytes(65)), _notFreezer(address(0)));
    }

    function test_freezeKeyWithSignature_aWithheldFreezeCannotFollowAnUnfreeze() public {
        signer = freezer;
        bytes memory withheld = _call(FREEZER_KEY, NEVER);
        freeze(keyId);
        unfreeze(keyId);
        assertReverts(RELAYER, withheld, _mismatch(3, 1));
    }

    function testFuzz_freezeKeyWithSignature_ofAnySigner(uint256 seed, address anyone) public {
        bytes32 id = someKeyOr(seed, keccak256(abi.encode(seed)));
        signer = someone(seed, anyone);
        uint256[4] memory keys = [PAYER_KEY, FREEZER_KEY, SESSION_KEY, STRANGER_KEY];
        uint256 signerKey = keys[dice(seed, "signer", 4)];
        ISessionKeyValidator.KeyState memory state = escrow.getKey(id);

        bytes memory error = freezeError(id);
        if (state.version == 0) {
            error = abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, id);
        } else if (signer != state.account && (state.freezer == address(0) || signer != state.freezer)) {
            error = _notFreezer(signer);
        } else if (vm.addr(signerKey) != signer) {
            error = abi.encodeWithSelector(REFUSED);
        }
        bytes memory signature = signed(signerKey, structHash(id, state.version, NEVER));
        check(RELAYER, call(id, state.version, NEVER, signature), error, id, frozen(id), 3, 1);
    }

    function _notFreezer(address who) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.NotFreezer.selector, who);
    }
}
