// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyModel} from "./KeyModel.sol";
import {TestWallet} from "./TestWallet.sol";

/// @dev What holds for everything that an account does by its signature. A contract that inherits this says what.
abstract contract SignatureSuite is KeyModel {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function setUp() public virtual override {
        super.setUp();
        prepare(payer);
    }

    /// @dev Makes it possible: for a change of a key, registers one of `account`.
    function prepare(address account) internal virtual;

    /// @dev What is signed.
    function structHash(uint40 deadline) internal view virtual returns (bytes32);

    /// @dev The call that relays the signature.
    function call(uint40 deadline, bytes memory signature) internal view virtual returns (bytes memory);

    function assertDone() internal view virtual;

    // ------------------------------------------------------------------ who signs

    function test_withSignature_isRelayedByAnyone() public {
        assertSucceeds(RELAYER, _call(PAYER_KEY, NEVER));
        assertDone();
    }

    function test_withSignature_revertsForAStranger() public {
        assertReverts(RELAYER, _call(STRANGER_KEY, NEVER), REFUSED);
    }

    function test_withSignature_revertsForTheSessionKey() public {
        assertReverts(RELAYER, _call(SESSION_KEY, NEVER), REFUSED);
    }

    function test_withSignature_revertsForTheAccountAsCallerWithoutASignature() public {
        assertReverts(payer, call(NEVER, ""), REFUSED);
    }

    function test_withSignature_revertsForAHighS() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, typedData(structHash(NEVER)));
        bytes memory malleated = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? 28 : 27);
        assertReverts(RELAYER, call(NEVER, bytes.concat(malleated)), REFUSED);
    }

    function test_withSignature_revertsForTheCompactForm() public {
        (bytes32 r, bytes32 vs) = compact(signed(PAYER_KEY, structHash(NEVER)));
        assertReverts(RELAYER, call(NEVER, abi.encodePacked(r, vs)), REFUSED);
    }

    function test_withSignature_revertsForAnythingAppended() public {
        bytes memory longer = bytes.concat(signed(PAYER_KEY, structHash(NEVER)), hex"00");
        assertReverts(RELAYER, call(NEVER, longer), REFUSED);
    }

    // ------------------------------------------------------------------ when and where

    function test_withSignature_standsInTheSecondOfTheDeadline() public {
        assertSucceeds(RELAYER, _call(PAYER_KEY, uint40(block.timestamp)));
        assertDone();
    }

    function test_withSignature_revertsASecondAfterTheDeadline() public {
        uint40 deadline = uint40(block.timestamp);
        bytes memory data = _call(PAYER_KEY, deadline);
        vm.warp(block.timestamp + 1);
        assertReverts(
            RELAYER, data, abi.encodeWithSelector(ISessionKeyValidator.SignatureExpired.selector, deadline)
        );
    }

    function test_withSignature_revertsForAnotherDeadlineThanTheSignedOne() public {
        bytes memory signature = signed(PAYER_KEY, structHash(NEVER));
        assertReverts(RELAYER, call(NEVER - 1, signature), REFUSED);
    }

    function test_withSignature_revertsOnAnotherChain() public {
        bytes memory data = _call(PAYER_KEY, NEVER);
        vm.chainId(block.chainid + 1);
        assertReverts(RELAYER, data, REFUSED);
    }

    function test_withSignature_revertsForASignatureForAnotherContract() public {
        bytes32 hash = structHash(NEVER);
        IStreamChannelEscrow here = escrow;
        escrow = IStreamChannelEscrow(address(this));
        bytes memory signature = signed(PAYER_KEY, hash);
        escrow = here;
        assertReverts(RELAYER, call(NEVER, signature), REFUSED);
    }

    // ------------------------------------------------------------------ accounts that are contracts (ERC-1271)

    function test_withSignature_asksAContract() public {
        prepare(address(newWallet()));
        assertSucceeds(RELAYER, _call(PAYER_KEY, NEVER));
        assertDone();
    }

    function test_withSignature_revertsForAStrangerToAContract() public {
        prepare(address(newWallet()));
        assertReverts(RELAYER, _call(STRANGER_KEY, NEVER), REFUSED);
    }

    function test_withSignature_takesWhateverAContractAccepts() public {
        TestWallet wallet = newWallet();
        wallet.setAnswer(TestWallet.Answer.Always);
        prepare(address(wallet));
        assertSucceeds(RELAYER, call(NEVER, "not a signature"));
        assertDone();
    }

    function test_withSignature_revertsWhenAContractReverts() public {
        _assertRefused(TestWallet.Answer.Reverts);
    }

    function test_withSignature_revertsWhenAContractAnswersTooLittle() public {
        _assertRefused(TestWallet.Answer.TooShort);
    }

    function test_withSignature_revertsWhenAContractAnswersMoreThanTheMagicValue() public {
        _assertRefused(TestWallet.Answer.MoreThanTheMagicValue);
    }

    function test_withSignature_revertsOnceAContractHasChangedItsMind() public {
        TestWallet wallet = newWallet();
        prepare(address(wallet));
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        wallet.setAnswer(TestWallet.Answer.Never);
        assertReverts(RELAYER, withheld, REFUSED);
    }

    function test_withSignature_revertsForAnAccountWhoseContractIsNotDeployed() public {
        prepare(address(0xC0DE1E55));
        assertReverts(RELAYER, _call(PAYER_KEY, NEVER), REFUSED);
    }

    /// @dev The identity precompile answers with what it was asked, and that begins with the magic value.
    function test_withSignature_revertsForAPrecompileAsAccount() public {
        prepare(address(4));
        assertReverts(RELAYER, _call(PAYER_KEY, NEVER), REFUSED);
    }

    // ------------------------------------------------------------------ accounts that delegate (EIP-7702)

    function test_withSignature_aDelegatingAccountStillSignsWithItsKey() public {
        delegate(payer, STRANGER_KEY);
        assertSucceeds(RELAYER, _call(PAYER_KEY, NEVER));
        assertDone();
    }

    function test_withSignature_aDelegatingAccountAnswersAsItsContractToo() public {
        delegate(payer, STRANGER_KEY);
        assertSucceeds(RELAYER, _call(STRANGER_KEY, NEVER));
        assertDone();
    }

    function test_withSignature_aContractCannotSilenceTheKeyOfTheAccountThatDelegatesToIt() public {
        delegate(payer, STRANGER_KEY).setAnswer(TestWallet.Answer.Reverts);
        assertSucceeds(RELAYER, _call(PAYER_KEY, NEVER));
        assertDone();
    }

    function test_withSignature_revertsWhenNeitherKeyNorContractHasSigned() public {
        delegate(payer, STRANGER_KEY);
        assertReverts(RELAYER, _call(SESSION_KEY, NEVER), REFUSED);
    }

    function test_withSignature_revertsForTheContractOnceTheAccountDelegatesNoMore() public {
        delegate(payer, STRANGER_KEY);
        bytes memory withheld = _call(STRANGER_KEY, NEVER);
        vm.etch(payer, "");
        assertReverts(RELAYER, withheld, REFUSED);
    }

    // ------------------------------------------------------------------ one thing is not another

    function test_withSignature_revertsForASignedFreeze() public {
        _assertConfused(changeHash(FREEZE, aKey(), aVersion(), NEVER));
    }

    function test_withSignature_revertsForASignedUnfreeze() public {
        _assertConfused(changeHash(UNFREEZE, aKey(), aVersion(), NEVER));
    }

    function test_withSignature_revertsForASignedRevocation() public {
        _assertConfused(changeHash(REVOKE, aKey(), aVersion(), NEVER));
    }

    function test_withSignature_revertsForASignedRotation() public {
        _assertConfused(rotateHash(aKey(), permission(1), 0, aVersion(), NEVER));
    }

    function test_withSignature_revertsForASignedRegistration() public {
        _assertConfused(registerHash(permission(1), NEVER));
    }

    function test_withSignature_revertsForASignedPermission() public {
        _assertConfused(permissionHash(permission(1)));
    }

    /// @dev The key that is to be changed, if it is a change.
    function aKey() internal view virtual returns (bytes32) {
        return bytes32(0);
    }

    function aVersion() internal view virtual returns (uint32) {
        return 0;
    }

    // ------------------------------------------------------------------ helpers

    function _call(uint256 signer, uint40 deadline) internal view returns (bytes memory) {
        return call(deadline, signed(signer, structHash(deadline)));
    }

    function _assertRefused(TestWallet.Answer answer) private {
        TestWallet wallet = newWallet();
        prepare(address(wallet));
        wallet.setAnswer(answer);
        assertReverts(RELAYER, _call(PAYER_KEY, NEVER), REFUSED);
    }

    /// @dev Its own kind is no confusion.
    function _assertConfused(bytes32 other) private {
        if (other == structHash(NEVER)) return;
        assertReverts(RELAYER, call(NEVER, signed(PAYER_KEY, other)), REFUSED);
    }
}
