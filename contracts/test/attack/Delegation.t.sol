// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";
import {CarelessWallet, DenyingWallet} from "../support/hostile/Wallets.sol";

/// @notice A key gives its address code (EIP-7702) to take back, or to stretch, what it has signed.
///
/// | attack | outcome |
/// |---|---|
/// | the payer signs vouchers itself, consumes, then delegates to code that denies them | paid all the same |
/// | the session key does so | paid all the same |
/// | a wallet contract is named as the voucher signer | its word counts for nothing: row skipped |
/// | the voucher signer is left open, so that the payer's code is asked | refused at deposit |
/// | the receiver authorizer denies its batch | paid all the same |
/// | the account denies the freeze or revocation that it signed | it counts: the key itself has signed |
/// | the session key delegates to code that says yes to everything | a made-up voucher is refused |
contract DelegationTest is AttackBase {
    address private denying;
    address private careless;

    function setUp() public override {
        super.setUp();
        denying = address(new DenyingWallet());
        careless = address(new CarelessWallet());
    }

    function test_claim_payerDeniesItsVoucher() public {
        IChannels.ChannelConfig memory config = channel(1);
        config.payerAuthorizer = payer;
        deposit(config, 1000);
        IChannels.VoucherClaim memory one = row(config, 600, 600, PAYER_KEY);
        IChannels.VoucherClaim memory next = row(config, 900, 900, PAYER_KEY);
        _delegate(payer, denying);

        uint256[] memory before = purses();
        claim(one);
        assertOutcome(settleBatch(next), IStreamChannelEscrow.RowOutcome.Claimed);
        assertPaid(before, 900, 0);
    }

    function test_claim_sessionKeyDeniesItsVoucher() public {
        IChannels.ChannelConfig memory config = channel(1);
        deposit(config, 1000);
        IChannels.VoucherClaim memory one = row(config, 600);
        _delegate(key, denying);
        uint256[] memory before = purses();
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.Claimed);
        assertPaid(before, 600, 0);
    }

    function test_claim_walletAsVoucherSigner() public {
        IChannels.ChannelConfig memory config = channel(1);
        config.payerAuthorizer = careless;
        deposit(config, 1000);
        uint256[] memory before = purses();
        IChannels.VoucherClaim memory one = row(config, 600);
        assertRefused(RECEIVER, abi.encodeCall(escrow.claim, (rows(one))), TypedData.InvalidSignature.selector);
        assertOutcome(settleBatch(one), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
        assertPaid(before, 0, 0);
    }

    function test_claim_madeUpVoucherOfAKeyThatSaysYesToEverything() public {
        IChannels.ChannelConfig memory config = channel(1);
        deposit(config, 1000);
        _delegate(key, careless);
        uint256[] memory before = purses();
        IChannels.VoucherClaim memory forged = row(config, 1000, 1000, STRANGER_KEY);
        assertRefused(RECEIVER, abi.encodeCall(escrow.claim, (rows(forged))), TypedData.InvalidSignature.selector);
        assertOutcome(settleBatch(forged), IStreamChannelEscrow.RowOutcome.InvalidVoucher);
        assertPaid(before, 0, 0);
    }

    function test_deposit_openVoucherSignerOfADelegatedPayer() public gainsNothing {
        _delegate(payer, careless);
        IChannels.ChannelConfig memory config = channel(1);
        config.payerAuthorizer = address(0);
        bytes memory data = consent(escrow.getChannelId(config), 1);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.deposit, (config, 1, address(escrow), data)),
            IChannels.ZeroAddress.selector
        );
    }

    function test_settleBatch_authorizerDeniesItsBatch() public {
        IChannels.ChannelConfig memory config = channel(1);
        deposit(config, 1000);
        IChannels.VoucherClaim memory one = row(config, 600);
        _delegate(authorizer, denying);
        uint256[] memory before = purses();
        settleBatch(one);
        assertPaid(before, 600, 0);
    }

    function test_freezeKeyWithSignature_accountDeniesIt() public gainsNothing {
        bytes32 keyId = register(permission(0));
        bytes memory signature = signChange(PAYER_KEY, KeyHash.FREEZE, keyId, 1);
        _delegate(payer, denying);
        escrow.freezeKeyWithSignature(keyId, payer, 1, NEVER, signature);
        assertEq(uint256(escrow.getKey(keyId).limit.stoppedAt), START);
    }

    /// @dev Neither its key nor its code signs: no way around both.
    function test_registerKeyWithSignature_neitherKeyNorCodeSigned() public gainsNothing {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        bytes32 digest = typedData(KeyHash.register(this.permissionHash(terms_), NEVER));
        _delegate(payer, denying);
        assertRefused(
            stranger,
            abi.encodeCall(escrow.registerKeyWithSignature, (terms_, NEVER, sign(STRANGER_KEY, digest))),
            TypedData.InvalidSignature.selector
        );
    }

    function test_initiateWithdraw_byADelegatedPayerStillTakesTheDelay() public {
        IChannels.ChannelConfig memory config = channel(1);
        deposit(config, 1000);
        IChannels.VoucherClaim memory one = row(config, 600);
        _delegate(payer, careless);
        uint256[] memory before = purses();
        initiateWithdraw(config, 1000);
        settleBatch(one);
        vm.warp(START + DELAY);
        finalizeWithdraw(config);
        assertPaid(before, 600, 400);
    }

    /// @dev What an EIP-7702 authorization leaves behind: the designator of the code that answers from now on.
    function _delegate(address who, address code) private {
        vm.etch(who, abi.encodePacked(hex"ef0100", code));
        bytes4 yes = IERC1271.isValidSignature.selector;
        assertTrue((IERC1271(who).isValidSignature(0, "") == yes) == (code == careless));
    }
}
