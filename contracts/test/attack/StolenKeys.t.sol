// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {TestUSDC} from "../../src/TestUSDC.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {ChannelHash} from "../../src/libraries/ChannelHash.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";

/// @notice A thief has a key. What can it do that its owner would mind?
///
/// | stolen | outcome |
/// |---|---|
/// | session key: withdraw, cancel, refund, claim, deposit, register, change or widen its own terms | refused |
/// | session key: vouchers to itself | the channel it names has no money |
/// | session key: vouchers as high as they go | the right receiver gets at most what is in the channel |
/// | receiver authorizer: claim | at most the highest voucher, to the right receiver |
/// | receiver authorizer: refund | unclaimed money, to the payer; what is claimed stays |
/// | receiver authorizer: redirect, withdraw, touch other authorizers' channels | refused |
/// | gas key, relayer, bystander | nothing but to send what others signed |
/// | anybody: settle | pays the receiver what is due, once |
/// | another payer: withdraw, cancel | refused |
contract StolenKeysTest is AttackBase {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;
    bytes32 private keyId;

    function setUp() public override {
        super.setUp();
        (keyId, config) = governedChannel(1000);
        channelId = escrow.getChannelId(config);
    }

    // ------------------------------------------------------------------ session key

    function test_sessionKey_calls() public gainsNothing {
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY);
        _assertPowerless(key);
        _assertNotReceiverSide(key);
    }

    function test_sessionKey_signatures() public gainsNothing {
        initiateWithdraw(config, 1000);
        _assertSignaturesRefused(SESSION_KEY);
    }

    function test_sessionKey_depositOfThePayersMoney() public gainsNothing {
        bytes memory forged = forgeConsent(SESSION_KEY, payer, channelId, 1000);
        assertRefused(
            key,
            abi.encodeCall(escrow.deposit, (config, 1000, address(escrow), forged)),
            TestUSDC.InvalidSignature.selector
        );
    }

    function test_sessionKey_freezeAsItself() public gainsNothing {
        bytes memory signature = signChange(SESSION_KEY, KeyHash.FREEZE, keyId, 1);
        assertRefused(
            key,
            abi.encodeCall(escrow.freezeKeyWithSignature, (keyId, key, 1, NEVER, signature)),
            abi.encodeWithSelector(ISessionKeyValidator.NotFreezer.selector, key)
        );
    }

    function test_sessionKey_vouchersToItself() public gainsNothing {
        IChannels.ChannelConfig memory mine = config;
        (mine.receiver, mine.receiverAuthorizer) = (key, key);
        bytes32 mineId = escrow.getChannelId(mine);
        assertRefused(
            key,
            abi.encodeCall(escrow.claim, (rows(row(mine, 1000)))),
            abi.encodeWithSelector(IChannels.ClaimExceedsBalance.selector, mineId, 1000, 0)
        );
    }

    function test_sessionKey_highestVoucherThereIs() public {
        IChannels.VoucherClaim[] memory batch =
            rows(row(config, type(uint96).max, type(uint96).max, SESSION_KEY));
        uint256[] memory before = purses();
        settleBatch(batch);
        assertPaid(before, 1000, 0);
    }

    /// @dev The owner stops it: what was not signed and claimed in time comes back.
    function test_sessionKey_revokedAndEmptied() public {
        uint256[] memory before = purses();
        settleBatch(row(config, 100));
        vm.prank(payer);
        escrow.revokeKey(keyId);
        initiateWithdraw(config, 900);
        vm.warp(START + DELAY);
        IChannels.VoucherClaim memory late = row(config, 1000);
        assertOutcome(settleBatch(late), IStreamChannelEscrow.RowOutcome.KeyStopped);
        finalizeWithdraw(config);
        assertPaid(before, 100, 900);
    }

    // ------------------------------------------------------------------ receiver authorizer

    function test_receiverAuthorizer_claimsAllThatWasAccepted() public {
        uint256[] memory before = purses();
        settleBatch(row(config, 500, 200, SESSION_KEY));
        IChannels.VoucherClaim[] memory rest = rows(_row(500, 500));
        vm.prank(authorizer);
        escrow.claim(rest);
        escrow.settle(RECEIVER, address(usdc));
        assertPaid(before, 500, 0);
        assertRefused(
            authorizer,
            abi.encodeCall(escrow.claim, (rows(_row(500, 501)))),
            abi.encodeWithSelector(IChannels.ClaimExceedsVoucher.selector, channelId, 501, 500)
        );
        IChannels.VoucherClaim memory forged = _row(500, 600);
        forged.voucher.maxClaimableAmount = 600;
        assertRefused(
            authorizer, abi.encodeCall(escrow.claim, (rows(forged))), TypedData.InvalidSignature.selector
        );
        assertPaid(before, 500, 0);
    }

    function test_receiverAuthorizer_refundsAllThatIsUnclaimed() public {
        claim(row(config, 300));
        uint256[] memory before = purses();
        vm.prank(authorizer);
        escrow.refund(config, type(uint128).max);
        escrow.settle(RECEIVER, address(usdc));
        assertPaid(before, 300, 700);
        assertChannel(channelId, 300, 300);
    }

    function test_receiverAuthorizer_calls() public gainsNothing {
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY);
        _assertPowerless(authorizer);
    }

    function test_receiverAuthorizer_ofAnotherProvidersChannel() public {
        IChannels.ChannelConfig memory other = channel(1);
        other.receiverAuthorizer = stranger;
        deposit(other, 1000);
        uint256[] memory before = purses();
        bytes memory notTheirs = abi.encodeWithSelector(IChannels.NotReceiverSide.selector, authorizer);
        assertRefused(authorizer, abi.encodeCall(escrow.claim, (rows(row(other, 0)))), notTheirs);
        assertRefused(authorizer, abi.encodeCall(escrow.refund, (other, 1)), notTheirs);
        bytes memory signature = signRefund(escrow.getChannelId(other), 0, 1);
        assertRefused(
            authorizer,
            abi.encodeCall(escrow.refundWithSignature, (other, 1, 0, signature)),
            TypedData.InvalidSignature.selector
        );
        assertPaid(before, 0, 0);
    }

    // ------------------------------------------------------------------ everybody else

    function test_gasKey_calls() public gainsNothing {
        initiateWithdraw(config, 1000);
        vm.warp(START + DELAY);
        _assertPowerless(RELAYER);
        _assertNotReceiverSide(RELAYER);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 500));
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.settleBatch, (terms(), pack(batch), bytes(""))),
            TypedData.InvalidSignature.selector
        );
    }

    function test_stranger_signatures() public gainsNothing {
        initiateWithdraw(config, 1000);
        _assertSignaturesRefused(STRANGER_KEY);
    }

    function test_freezer_signatures() public gainsNothing {
        initiateWithdraw(config, 1000);
        _assertSignaturesRefused(FREEZER_KEY);
    }

    function test_settle_byAThirdParty() public {
        claim(row(config, 500));
        uint256[] memory before = purses();
        vm.prank(stranger);
        escrow.settle(RECEIVER, address(usdc));
        vm.prank(stranger);
        escrow.settle(RECEIVER, address(usdc));
        vm.prank(stranger);
        escrow.settle(stranger, address(usdc));
        assertPaid(before, 500, 0);
    }

    function test_anotherPayer_ofAChannelWithTheSameTerms() public gainsNothing {
        IChannels.ChannelConfig memory mine = config;
        mine.payer = stranger;
        bytes32 mineId = escrow.getChannelId(mine);
        assertRefused(
            stranger,
            abi.encodeCall(escrow.initiateWithdraw, (mine, 1)),
            abi.encodeWithSelector(IChannels.WithdrawExceedsAvailable.selector, 1, 0)
        );
        assertRefused(
            stranger,
            abi.encodeCall(escrow.finalizeWithdraw, (mine)),
            abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, mineId)
        );
    }

    // ------------------------------------------------------------------ helpers

    function _row(uint128 max, uint128 total) private view returns (IChannels.VoucherClaim memory) {
        return row(config, max, total, SESSION_KEY);
    }

    /// @dev What is the payer's and the account's, tried by `who`.
    function _assertPowerless(address who) private {
        bytes memory notPayer = abi.encodeWithSelector(IStreamChannelEscrow.NotPayer.selector, who);
        bytes memory notAccount = abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, who);
        assertRefused(who, abi.encodeCall(escrow.initiateWithdraw, (config, 1)), notPayer);
        assertRefused(who, abi.encodeCall(escrow.finalizeWithdraw, (config)), notPayer);
        assertRefused(who, abi.encodeCall(escrow.cancelWithdraw, (config)), notPayer);
        assertRefused(who, abi.encodeCall(escrow.registerKey, (permission(7))), notAccount);
        assertRefused(who, abi.encodeCall(escrow.unfreezeKey, (keyId)), notAccount);
        assertRefused(who, abi.encodeCall(escrow.revokeKey, (keyId)), notAccount);
        assertRefused(who, abi.encodeCall(escrow.rotateKey, (keyId, permission(7), 1e6)), notAccount);
        assertRefused(
            who,
            abi.encodeCall(escrow.freezeKey, (keyId)),
            abi.encodeWithSelector(ISessionKeyValidator.NotFreezer.selector, who)
        );
    }

    function _assertNotReceiverSide(address who) private {
        bytes memory notTheirs = abi.encodeWithSelector(IChannels.NotReceiverSide.selector, who);
        assertRefused(who, abi.encodeCall(escrow.claim, (rows(row(config, 1000)))), notTheirs);
        assertRefused(who, abi.encodeCall(escrow.refund, (config, 1)), notTheirs);
    }

    /// @dev Every signature but a voucher and the freezer's own, made by the wrong key.
    function _assertSignaturesRefused(uint256 thief) private {
        uint40 since = uint40(START);
        bytes memory cancel = sign(thief, typedData(ChannelHash.cancelWithdraw(channelId, since)));
        _assertUnsigned(abi.encodeCall(escrow.cancelWithdrawWithSignature, (config, since, cancel)));
        bytes memory back = sign(thief, escrow.getRefundDigest(channelId, 0, 1000));
        _assertUnsigned(abi.encodeCall(escrow.refundWithSignature, (config, 1000, 0, back)));
        IChannels.VoucherClaim[] memory batch = rows(row(config, 500));
        bytes memory claims = sign(thief, escrow.getClaimBatchDigest(batch));
        _assertUnsigned(abi.encodeCall(escrow.claimWithSignature, (batch, claims)));
        _assertUnsigned(abi.encodeCall(escrow.settleBatch, (terms(), pack(batch), claims)));
        _assertKeySignaturesRefused(thief);
    }

    function _assertKeySignaturesRefused(uint256 thief) private {
        ISessionKeyValidator.SessionKeyPermission memory next = permission(7);
        bytes32 nextHash = this.permissionHash(next);
        bytes memory signature = sign(thief, typedData(KeyHash.register(nextHash, NEVER)));
        _assertUnsigned(abi.encodeCall(escrow.registerKeyWithSignature, (next, NEVER, signature)));
        signature = sign(thief, typedData(KeyHash.rotate(keyId, nextHash, 1e6, 1, NEVER)));
        _assertUnsigned(abi.encodeCall(escrow.rotateKeyWithSignature, (keyId, next, 1e6, 1, NEVER, signature)));
        signature = signChange(thief, KeyHash.REVOKE, keyId, 1);
        _assertUnsigned(abi.encodeCall(escrow.revokeKeyWithSignature, (keyId, 1, NEVER, signature)));
        signature = signChange(thief, KeyHash.UNFREEZE, keyId, 1);
        _assertUnsigned(abi.encodeCall(escrow.unfreezeKeyWithSignature, (keyId, 1, NEVER, signature)));
        signature = signChange(thief, KeyHash.FREEZE, keyId, 1);
        _assertUnsigned(abi.encodeCall(escrow.freezeKeyWithSignature, (keyId, payer, 1, NEVER, signature)));
    }

    function _assertUnsigned(bytes memory call) private {
        assertRefused(stranger, call, TypedData.InvalidSignature.selector);
    }
}
