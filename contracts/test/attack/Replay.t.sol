// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchSettlement} from "../../src/BatchSettlement.sol";
import {TestUSDC} from "../../src/TestUSDC.sol";
import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";
import {MintingCollector} from "../support/hostile/MintingCollector.sol";

/// @notice A signature that was given once is shown again somewhere else, or once more.
///
/// | attack | outcome |
/// |---|---|
/// | voucher, batch or refund signature shown for another channel | refused |
/// | the same, on another escrow, on the stand-in, or of the stand-in here | refused: domain and channel id differ |
/// | everything shown again on a fork with another chain id | refused: the fork knows no such channel |
/// | a batch sent twice, in the whole and with a row twice | the second time pays nothing |
/// | a refund signature used twice, or after a direct refund | refused: the nonce is spent |
/// | a deposit consent used twice, for another channel or escrow, for another amount | refused by the token |
/// | a signed change of one key used for another key, as another change, or on another escrow | refused |
contract ReplayTest is AttackBase {
    IChannels.ChannelConfig private config;
    IChannels.ChannelConfig private other;
    bytes32 private channelId;
    bytes32 private otherId;

    function setUp() public override {
        super.setUp();
        (config, other) = (channel(1), channel(2));
        channelId = deposit(config, 1000);
        otherId = deposit(other, 1000);
    }

    // ------------------------------------------------------------------ another channel

    function test_claim_voucherOfAnotherChannel() public gainsNothing {
        IChannels.VoucherClaim memory replayed = row(config, 500);
        replayed.voucher.channel = other;
        assertRefused(RECEIVER, abi.encodeCall(escrow.claim, (rows(replayed))), TypedData.InvalidSignature.selector);
    }

    function test_settleBatch_voucherOfAnotherChannel() public gainsNothing {
        IChannels.VoucherClaim memory replayed = row(config, 500);
        replayed.voucher.channel = other;
        assertOutcome(settleBatch(replayed), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
        assertChannel(otherId, 1000, 0);
    }

    function test_settleBatch_authorizerSignatureOfAnotherBatch() public gainsNothing {
        bytes memory signature = signBatch(rows(row(config, 500)));
        bytes memory packed = pack(rows(row(other, 500)));
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.settleBatch, (terms(), packed, signature)),
            TypedData.InvalidSignature.selector
        );
    }

    function test_refundWithSignature_ofAnotherChannel() public gainsNothing {
        bytes memory signature = signRefund(channelId, 0, 1000);
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (other, 1000, 0, signature)),
            TypedData.InvalidSignature.selector
        );
    }

    function test_cancelWithdrawWithSignature_ofAnotherChannel() public gainsNothing {
        initiateWithdraw(config, 1000);
        initiateWithdraw(other, 1000);
        bytes memory signature = signCancel(channelId, uint40(START));
        assertRefused(
            RECEIVER,
            abi.encodeCall(escrow.cancelWithdrawWithSignature, (other, uint40(START), signature)),
            TypedData.InvalidSignature.selector
        );
        assertEq(pendingSince(otherId), START);
    }

    // ------------------------------------------------------------------ another contract

    function test_claim_voucherOfTheStandIn() public gainsNothing {
        BatchSettlement standIn = new BatchSettlement();
        IChannels.VoucherClaim memory replayed = _signedFor(IChannels(address(standIn)), config, 500);
        assertRefused(RECEIVER, abi.encodeCall(escrow.claim, (rows(replayed))), TypedData.InvalidSignature.selector);
        assertOutcome(settleBatch(replayed), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
    }

    function test_claim_voucherOfTheEscrowOnTheStandIn() public {
        BatchSettlement standIn = new BatchSettlement();
        standIn.deposit(config, 1000, address(new MintingCollector()), "");
        IChannels.VoucherClaim[] memory replayed = rows(row(config, 500));
        uint256[] memory before = purses();
        vm.prank(RECEIVER);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        standIn.claim(replayed);
        assertPaid(before, 0, 0);
    }

    function test_claimWithSignature_batchOfAnotherEscrow() public gainsNothing {
        IStreamChannelEscrow second = _secondEscrow();
        IChannels.VoucherClaim memory one = row(config, 500);
        IChannels.VoucherClaim memory foreign = _signedFor(second, config, 500);
        bytes memory foreignBatch = sign(AUTHORIZER_KEY, second.getClaimBatchDigest(rows(foreign)));
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.claimWithSignature, (rows(one), foreignBatch)),
            TypedData.InvalidSignature.selector
        );
        assertRefused(RECEIVER, abi.encodeCall(escrow.claim, (rows(foreign))), TypedData.InvalidSignature.selector);
    }

    function test_refundWithSignature_ofAnotherEscrow() public gainsNothing {
        IStreamChannelEscrow second = _secondEscrow();
        bytes32 digest = second.getRefundDigest(second.getChannelId(config), 0, 1000);
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (config, 1000, 0, sign(AUTHORIZER_KEY, digest))),
            TypedData.InvalidSignature.selector
        );
    }

    function test_registerKeyWithSignature_onAnotherEscrow() public gainsNothing {
        IStreamChannelEscrow second = _secondEscrow();
        bytes memory signature = signRegister(permission(0), NEVER);
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        second.registerKeyWithSignature(terms_, NEVER, signature);
    }

    // ------------------------------------------------------------------ another chain

    function test_claim_everythingOnAForkWithAnotherChainId() public gainsNothing {
        IChannels.VoucherClaim memory voucher = row(config, 500);
        bytes memory batch = signBatch(rows(voucher));
        bytes memory back = signRefund(channelId, 0, 1000);
        vm.chainId(block.chainid + 1);

        bytes32 idThere = escrow.getChannelId(config);
        assertTrue(idThere != channelId);
        assertRefused(
            RECEIVER,
            abi.encodeCall(escrow.claim, (rows(voucher))),
            abi.encodeWithSelector(IChannels.ClaimExceedsBalance.selector, idThere, 500, 0)
        );
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.settleBatch, (terms(), pack(rows(voucher)), batch)),
            TypedData.InvalidSignature.selector
        );
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (config, 1000, 0, back)),
            TypedData.InvalidSignature.selector
        );
    }

    function test_claim_voucherOfAForkForAChannelFundedOnBoth() public {
        uint256 home = block.chainid;
        IChannels.VoucherClaim memory voucher = row(config, 500);
        vm.chainId(home + 1);
        deposit(config, 1000);
        uint256[] memory before = purses();
        assertOutcome(settleBatch(voucher), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
        assertPaid(before, 0, 0);
    }

    function test_registerKeyWithSignature_onAForkWithAnotherChainId() public gainsNothing {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        bytes memory signature = signRegister(terms_, NEVER);
        bytes32 keyId = escrow.getKeyId(terms_);
        vm.chainId(block.chainid + 1);
        assertTrue(escrow.getKeyId(terms_) != keyId);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.registerKeyWithSignature, (terms_, NEVER, signature)),
            TypedData.InvalidSignature.selector
        );
    }

    function test_deposit_consentOnAForkWithAnotherChainId() public gainsNothing {
        bytes memory data = consent(channelId, 500);
        vm.chainId(block.chainid + 1);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.deposit, (config, 500, address(escrow), data)),
            TestUSDC.InvalidSignature.selector
        );
    }

    // ------------------------------------------------------------------ once more

    function test_settleBatch_sentTwice() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 300), row(other, 400));
        uint256[] memory before = purses();
        settleBatch(batch);
        assertPaid(before, 700, 0);
        bytes memory outcomes = settleBatch(batch);
        assertPaid(before, 700, 0);
        assertEq(keccak256(outcomes), keccak256(hex"0101"));
    }

    function test_settleBatch_rowTwiceInABatch() public {
        uint256[] memory before = purses();
        bytes memory outcomes = settleBatch(rows(row(config, 300), row(config, 300)));
        assertEq(keccak256(outcomes), keccak256(hex"0001"));
        assertPaid(before, 300, 0);
    }

    function test_settleBatch_afterTheSameClaimAndPayout() public {
        IChannels.VoucherClaim memory one = row(config, 300);
        uint256[] memory before = purses();
        claim(one);
        escrow.settle(RECEIVER, address(usdc));
        settleBatch(one);
        escrow.settle(RECEIVER, address(usdc));
        assertPaid(before, 300, 0);
    }

    function test_settleBatch_olderVoucherAfterANewerOne() public {
        uint256[] memory before = purses();
        IChannels.VoucherClaim memory older = row(config, 300);
        settleBatch(row(config, 500));
        assertOutcome(settleBatch(older), IStreamChannelEscrow.RowOutcome.NothingNew);
        assertPaid(before, 500, 0);
        assertChannel(channelId, 1000, 500);
    }

    function test_refundWithSignature_twice() public {
        bytes memory signature = signRefund(channelId, 0, 100);
        uint256[] memory before = purses();
        escrow.refundWithSignature(config, 100, 0, signature);
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (config, 100, 0, signature)),
            abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0)
        );
        assertRefused(
            payer,
            abi.encodeCall(escrow.refundWithSignature, (config, 100, 1, signature)),
            TypedData.InvalidSignature.selector
        );
        assertPaid(before, 0, 100);
    }

    // ------------------------------------------------------------------ deposit consents

    function test_deposit_consentTwice() public {
        bytes memory data = consent(channelId, 500);
        bytes memory call = abi.encodeCall(escrow.deposit, (config, 500, address(escrow), data));
        vm.prank(RELAYER);
        escrow.deposit(config, 500, address(escrow), data);
        uint256[] memory before = purses();
        (,, uint256 salt,) = abi.decode(data, (uint256, uint256, uint256, bytes));
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        assertRefused(
            RELAYER, call, abi.encodeWithSelector(TestUSDC.AuthorizationUsedOrCanceled.selector, payer, nonce)
        );
        assertPaid(before, 0, 0);
    }

    function test_deposit_consentToTheReceiverTurnedToAnAttacker() public gainsNothing {
        bytes memory data = consent(channelId, 500);
        IChannels.ChannelConfig memory mine = channel(1);
        mine.receiver = stranger;
        mine.receiverAuthorizer = stranger;
        assertRefused(
            stranger,
            abi.encodeCall(escrow.deposit, (mine, 500, address(escrow), data)),
            TestUSDC.InvalidSignature.selector
        );
    }

    function test_deposit_consentForAnotherAmount() public gainsNothing {
        bytes memory data = consent(channelId, 500);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.deposit, (config, 5000, address(escrow), data)),
            TestUSDC.InvalidSignature.selector
        );
    }

    function test_deposit_consentOnAnotherEscrow() public gainsNothing {
        IStreamChannelEscrow second = _secondEscrow();
        bytes memory data = consent(channelId, 500);
        vm.expectRevert(TestUSDC.InvalidSignature.selector);
        second.deposit(config, 500, address(second), data);
    }

    /// @dev EIP-3009 lets the payee alone submit: nobody can move the money into the escrow without a channel.
    function test_receiveWithAuthorization_submittedByABystander() public gainsNothing {
        (,, uint256 salt, bytes memory signature) =
            abi.decode(consent(channelId, 500), (uint256, uint256, uint256, bytes));
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        vm.expectRevert(
            abi.encodeWithSelector(TestUSDC.CallerMustBePayee.selector, address(this), address(escrow))
        );
        usdc.receiveWithAuthorization(payer, address(escrow), 500, 0, type(uint256).max, nonce, signature);
    }

    // ------------------------------------------------------------------ changes of keys

    function test_freezeKeyWithSignature_ofAnotherKey() public gainsNothing {
        bytes32 first = register(permission(1));
        bytes32 second = register(permission(2));
        bytes memory signature = signChange(PAYER_KEY, KeyHash.FREEZE, first, 1);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.freezeKeyWithSignature, (second, payer, 1, NEVER, signature)),
            TypedData.InvalidSignature.selector
        );
    }

    function test_revokeKeyWithSignature_byASignedFreeze() public gainsNothing {
        bytes32 keyId = register(permission(0));
        bytes memory signature = signChange(PAYER_KEY, KeyHash.FREEZE, keyId, 1);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.revokeKeyWithSignature, (keyId, 1, NEVER, signature)),
            TypedData.InvalidSignature.selector
        );
    }

    function test_registerKeyWithSignature_twice() public gainsNothing {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        bytes memory signature = signRegister(terms_, NEVER);
        bytes32 keyId = escrow.registerKeyWithSignature(terms_, NEVER, signature);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.registerKeyWithSignature, (terms_, NEVER, signature)),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRegistered.selector, keyId)
        );
    }

    // ------------------------------------------------------------------ helpers

    function _secondEscrow() private returns (IStreamChannelEscrow) {
        return IStreamChannelEscrow(deploy("StreamChannelEscrow.sol:StreamChannelEscrow"));
    }

    /// @dev A voucher that the session key gave to another contract for a channel with the same terms.
    function _signedFor(IChannels where, IChannels.ChannelConfig memory config_, uint128 total)
        private
        view
        returns (IChannels.VoucherClaim memory)
    {
        bytes32 digest = where.getVoucherDigest(where.getChannelId(config_), total);
        return IChannels.VoucherClaim(IChannels.Voucher(config_, total), sign(SESSION_KEY, digest), total);
    }
}
