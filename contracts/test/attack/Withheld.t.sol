// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestUSDC} from "../../src/TestUSDC.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";

/// @notice A relayer that was given a signature to send keeps it, and sends it when it hurts.
///
/// | attack | outcome |
/// |---|---|
/// | a signed freeze, unfreezing, revocation or rotation, after any change | refused: the version has moved |
/// | the same after its deadline | refused; in the second of the deadline it is good |
/// | a rotation, until more was deposited under the old key | refused: usage is above its maximum |
/// | a registration, until after the key was registered and revoked | refused: an id is registered once |
/// | a registration that was never sent, much later | no money moves by it; the account revokes the key |
/// | a registration, before the rotation to the same terms | that rotation is refused; revoking is not |
/// | a deposit consent, until the payer has left | the payer cancels it at the token, or it has expired |
/// | a batch signature, until later vouchers were claimed | pays nothing |
/// | a batch signature, until the channel is funded again | pays the right receiver what was signed, once |
/// | a refund signature, after any other refund | refused: the nonce has moved |
contract WithheldTest is AttackBase {
    enum Change {
        Freeze,
        Unfreeze,
        Revoke,
        Rotate
    }

    // ------------------------------------------------------------------ changes of a key

    function test_changes_withheldUntilAFreeze() public gainsNothing {
        _assertAllStale(Change.Freeze);
    }

    function test_changes_withheldUntilAnUnfreezing() public gainsNothing {
        _assertAllStale(Change.Unfreeze);
    }

    function test_changes_withheldUntilARevocation() public gainsNothing {
        _assertAllStale(Change.Revoke);
    }

    function test_changes_withheldUntilARotation() public gainsNothing {
        _assertAllStale(Change.Rotate);
    }

    function test_changes_signedForAVersionToCome() public gainsNothing {
        bytes32 keyId = register(permission(0));
        bytes[4] memory early = _changes(keyId, 3);
        for (uint256 i = 0; i < early.length; ++i) {
            assertRefused(RELAYER, early[i], _stale(1, 3));
        }
    }

    function test_changes_afterTheirDeadline() public gainsNothing {
        bytes32 keyId = register(permission(0));
        uint40 deadline = uint40(START + 100);
        bytes32 structHash = KeyHash.change(KeyHash.FREEZE, keyId, 1, deadline);
        bytes memory call = abi.encodeCall(
            escrow.freezeKeyWithSignature, (keyId, payer, 1, deadline, sign(PAYER_KEY, typedData(structHash)))
        );
        vm.warp(deadline + 1);
        assertRefused(
            RELAYER, call, abi.encodeWithSelector(ISessionKeyValidator.SignatureExpired.selector, deadline)
        );
        vm.warp(deadline);
        vm.prank(RELAYER);
        (bool success,) = address(escrow).call(call);
        assertTrue(success);
    }

    function test_rotateKeyWithSignature_withheldUntilMoreIsDeposited() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(500);
        ISessionKeyValidator.SessionKeyPermission memory next = permission(1);
        bytes memory signature = signRotate(keyId, next, 500, 1);
        deposit(config, 1);
        uint256[] memory before = purses();
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.rotateKeyWithSignature, (keyId, next, 500, 1, NEVER, signature)),
            abi.encodeWithSelector(ISessionKeyValidator.UsageAboveMaximum.selector, keyId, 501, 500)
        );
        assertPaid(before, 0, 0);
    }

    function test_rotateKeyWithSignature_toOtherTerms() public gainsNothing {
        bytes32 keyId = register(permission(0));
        bytes memory signature = signRotate(keyId, permission(1), 500, 1);
        ISessionKeyValidator.SessionKeyPermission memory wider = permission(1);
        wider.spendCap = type(uint128).max;
        vm.expectRevert(abi.encodeWithSignature("InvalidSignature()"));
        escrow.rotateKeyWithSignature(keyId, wider, 500, 1, NEVER, signature);
    }

    // ------------------------------------------------------------------ registrations

    function test_registerKeyWithSignature_withheldUntilTheKeyIsRevoked() public gainsNothing {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        bytes memory signature = signRegister(terms_, NEVER);
        bytes32 keyId = register(terms_);
        vm.prank(payer);
        escrow.revokeKey(keyId);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.registerKeyWithSignature, (terms_, NEVER, signature)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, keyId)
        );
        assertTrue(!escrow.isAuthorized(keyId, RECEIVER, address(usdc)));
    }

    /// @dev An account that regrets registers and revokes at once, which burns the id.
    function test_registerKeyWithSignature_burntByTheAccount() public gainsNothing {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        bytes memory signature = signRegister(terms_, NEVER);
        bytes32 keyId = escrow.getKeyId(terms_);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(escrow.registerKey, (terms_));
        calls[1] = abi.encodeCall(escrow.revokeKey, (keyId));
        vm.prank(payer);
        (bool success,) = address(escrow).call(abi.encodeWithSignature("multicall(bytes[])", calls));
        assertTrue(success);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.registerKeyWithSignature, (terms_, NEVER, signature)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, keyId)
        );
    }

    /// @dev A key says what may be spent; only the payer's consent at the token brings money.
    function test_registerKeyWithSignature_sentWhenForgotten() public gainsNothing {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        bytes memory signature = signRegister(terms_, NEVER);
        vm.warp(START + 29 days);
        vm.prank(stranger);
        bytes32 keyId = escrow.registerKeyWithSignature(terms_, NEVER, signature);
        IChannels.ChannelConfig memory config = governed(keyId);
        bytes memory forged = forgeConsent(SESSION_KEY, payer, escrow.getChannelId(config), 1000);
        assertRefused(
            stranger,
            abi.encodeCall(escrow.deposit, (config, 1000, address(escrow), forged)),
            TestUSDC.InvalidSignature.selector
        );
        vm.prank(payer);
        escrow.revokeKey(keyId);
        assertTrue(!escrow.isAuthorized(keyId, RECEIVER, address(usdc)));
    }

    function test_registerKeyWithSignature_sentBeforeTheRotationToTheSameTerms() public gainsNothing {
        bytes32 keyId = register(permission(0));
        ISessionKeyValidator.SessionKeyPermission memory next = permission(1);
        bytes memory signature = signRegister(next, NEVER);
        vm.prank(stranger);
        bytes32 nextId = escrow.registerKeyWithSignature(next, NEVER, signature);
        assertRefused(
            payer,
            abi.encodeCall(escrow.rotateKey, (keyId, next, 0)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, nextId)
        );
        vm.prank(payer);
        escrow.revokeKey(keyId);
        assertTrue(!escrow.isAuthorized(keyId, RECEIVER, address(usdc)));
        assertTrue(escrow.isAuthorized(nextId, RECEIVER, address(usdc)));
    }

    // ------------------------------------------------------------------ money

    function test_deposit_consentCancelledAtTheToken() public gainsNothing {
        IChannels.ChannelConfig memory config = channel(1);
        bytes32 channelId = escrow.getChannelId(config);
        bytes memory data = consent(channelId, 1000);
        (,, uint256 salt,) = abi.decode(data, (uint256, uint256, uint256, bytes));
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        bytes32 structHash = keccak256(abi.encode(usdc.CANCEL_AUTHORIZATION_TYPEHASH(), payer, nonce));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
        usdc.cancelAuthorization(payer, nonce, sign(PAYER_KEY, digest));
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.deposit, (config, 1000, address(escrow), data)),
            abi.encodeWithSelector(TestUSDC.AuthorizationUsedOrCanceled.selector, payer, nonce)
        );
    }

    /// @dev What a relayer can do with a consent that nobody has cancelled: make the payer wait once more.
    function test_deposit_consentWithheldUntilThePayerHasLeft() public {
        IChannels.ChannelConfig memory config = channel(1);
        bytes memory data = consent(escrow.getChannelId(config), 300);
        deposit(config, 1000);
        uint256[] memory before = purses();
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        vm.prank(RELAYER);
        escrow.deposit(config, 300, address(escrow), data);
        initiateWithdraw(config, 300);
        vm.warp(START + 2 * DELAY);
        finalizeWithdraw(config);
        assertPaid(before, 0, 1000);
    }

    function test_settleBatch_withheldUntilLaterVouchersAreClaimed() public {
        IChannels.ChannelConfig memory config = channel(1);
        deposit(config, 1000);
        IChannels.VoucherClaim[] memory old = rows(row(config, 300));
        bytes memory signature = signBatch(old);
        uint256[] memory before = purses();
        settleBatch(row(config, 700));
        vm.prank(stranger);
        bytes memory outcomes = escrow.settleBatch(terms(), pack(old), signature);
        assertOutcome(IStreamChannelEscrow.RowOutcome(uint8(outcomes[0])), IStreamChannelEscrow.RowOutcome.NothingNew);
        assertPaid(before, 700, 0);
    }

    function test_settleBatch_withheldUntilTheChannelIsFundedAgain() public {
        IChannels.ChannelConfig memory config = channel(1);
        deposit(config, 100);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 300));
        bytes memory signature = signBatch(batch);
        uint256[] memory before = purses();
        escrow.settleBatch(terms(), pack(batch), signature);
        assertPaid(before, 100, 0);
        deposit(config, 900);
        before = purses();
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(stranger);
            escrow.settleBatch(terms(), pack(batch), signature);
        }
        assertPaid(before, 200, 0);
    }

    function test_refundWithSignature_withheldUntilAnotherRefund() public {
        IChannels.ChannelConfig memory config = channel(1);
        bytes32 channelId = deposit(config, 1000);
        bytes memory held = signRefund(channelId, 0, 900);
        uint256[] memory before = purses();
        refund(config, 1);
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (config, 900, 0, held)),
            abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0)
        );
        assertPaid(before, 0, 1);
    }

    /// @dev Also when there is nothing to refund: a receiver can always make what it signed worthless.
    function test_refundWithSignature_withheldUntilAnEmptyRefund() public {
        IChannels.ChannelConfig memory config = channel(1);
        bytes32 channelId = deposit(config, 1000);
        bytes memory held = signRefund(channelId, 0, 900);
        claim(row(config, 1000));
        refund(config, 1);
        deposit(config, 1000);
        uint256[] memory before = purses();
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (config, 900, 0, held)),
            abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0)
        );
        assertPaid(before, 0, 0);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev The account signs every change there is, then makes one itself.
    function _assertAllStale(Change change) private {
        bytes32 keyId = register(permission(0));
        uint32 version = 1;
        if (change == Change.Unfreeze) {
            freeze(keyId);
            ++version;
        }
        bytes[4] memory held = _changes(keyId, version);
        ISessionKeyValidator.SessionKeyPermission memory next = permission(9);
        vm.prank(payer);
        if (change == Change.Freeze) escrow.freezeKey(keyId);
        else if (change == Change.Unfreeze) escrow.unfreezeKey(keyId);
        else if (change == Change.Revoke) escrow.revokeKey(keyId);
        else escrow.rotateKey(keyId, next, 0);
        bytes memory state = abi.encode(escrow.getKey(keyId));
        for (uint256 i = 0; i < held.length; ++i) {
            assertRefused(RELAYER, held[i], _stale(version + 1, version));
        }
        assertEq(keccak256(abi.encode(escrow.getKey(keyId))), keccak256(state));
    }

    function _changes(bytes32 keyId, uint32 version) private view returns (bytes[4] memory calls) {
        bytes memory freeze_ = signChange(FREEZER_KEY, KeyHash.FREEZE, keyId, version);
        bytes memory unfreeze = signChange(PAYER_KEY, KeyHash.UNFREEZE, keyId, version);
        bytes memory revoke = signChange(PAYER_KEY, KeyHash.REVOKE, keyId, version);
        bytes memory rotate = signRotate(keyId, permission(1), 1e6, version);
        calls[0] = abi.encodeCall(escrow.freezeKeyWithSignature, (keyId, freezer, version, NEVER, freeze_));
        calls[1] = abi.encodeCall(escrow.unfreezeKeyWithSignature, (keyId, version, NEVER, unfreeze));
        calls[2] = abi.encodeCall(escrow.revokeKeyWithSignature, (keyId, version, NEVER, revoke));
        calls[3] =
            abi.encodeCall(escrow.rotateKeyWithSignature, (keyId, permission(1), 1e6, version, NEVER, rotate));
    }

    function _stale(uint32 expected, uint32 given) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.VersionMismatch.selector, expected, given);
    }
}
