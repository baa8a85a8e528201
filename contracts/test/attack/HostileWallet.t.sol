// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";
import {BabblingWallet, CarelessWallet, PeekingWallet, PryingWallet} from "../support/hostile/Wallets.sol";

/// @notice A contract account (ERC-1271) is asked for a signature and abuses the question, or the answer.
///
/// | attack | outcome |
/// |---|---|
/// | an authorizer calls back while its signature is asked for | the question is a `staticcall`: nothing changes |
/// | it looks at the books in the middle of a batch | claims are booked, the payout not yet; the same is paid |
/// | an account calls back while a registration, freeze or cancel is asked for | refused in the same way |
/// | a wallet answers too little, another word, or reverts with a megabyte | no signature |
/// | a wallet that says yes to everything stands in for the authorizer | the channel is not there: skipped |
/// | a careless wallet is made to register a key | its own affairs only; no money moves |
/// | an attacker sets itself up as authorizer of channels toward a victim | can only pay the victim |
contract HostileWalletTest is AttackBase {
    IChannels.ChannelConfig private config;
    PryingWallet private prying;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        deposit(config, 1000);
        prying = new PryingWallet();
    }

    // ------------------------------------------------------------------ questions

    function test_settleBatch_reenteredByTheAuthorizer() public {
        IChannels.ChannelConfig memory mine = _channelOf(address(prying));
        bytes[4] memory calls = [
            abi.encodeCall(escrow.settle, (RECEIVER, address(usdc))),
            abi.encodeCall(escrow.refund, (mine, 1)),
            abi.encodeCall(escrow.claim, (rows(row(mine, 1000)))),
            abi.encodeCall(escrow.registerKey, (permission(0)))
        ];
        uint256[] memory before = purses();
        for (uint128 i = 0; i < calls.length; ++i) {
            prying.arm(address(escrow), calls[i]);
            escrow.settleBatch(_termsOf(address(prying)), pack(rows(row(mine, 100 * (i + 1)))), "");
        }
        assertPaid(before, 400, 0);
    }

    function test_settleBatch_booksReadByTheAuthorizer() public {
        PeekingWallet peeking = new PeekingWallet();
        IChannels.ChannelConfig memory mine = _channelOf(address(peeking));
        bytes32 channelId = escrow.getChannelId(mine);
        bytes memory first = pack(rows(row(mine, 600)));
        bytes memory second = pack(rows(row(mine, 700)));
        uint256[] memory before = purses();
        peeking.arm(address(escrow), abi.encodeCall(escrow.channels, (channelId)), abi.encode(1000, 600));
        escrow.settleBatch(_termsOf(address(peeking)), first, "");
        peeking.arm(address(escrow), abi.encodeCall(escrow.receivers, (RECEIVER, address(usdc))), abi.encode(600, 600));
        escrow.settleBatch(_termsOf(address(peeking)), second, "");
        assertPaid(before, 700, 0);
    }

    function test_refundWithSignature_reenteredByTheAuthorizer() public {
        IChannels.ChannelConfig memory mine = _channelOf(address(prying));
        prying.arm(address(escrow), abi.encodeCall(escrow.refund, (mine, 1000)));
        uint256[] memory before = purses();
        escrow.refundWithSignature(mine, 300, 0, "");
        assertPaid(before, 0, 300);
    }

    function test_registerKeyWithSignature_reenteredByTheAccount() public gainsNothing {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        terms_.account = address(prying);
        prying.arm(address(escrow), abi.encodeCall(escrow.registerKey, (terms_)));
        bytes32 keyId = escrow.registerKeyWithSignature(terms_, NEVER, "");
        assertEq(uint256(escrow.getKey(keyId).version), 1);

        prying.arm(address(escrow), abi.encodeCall(escrow.unfreezeKey, (keyId)));
        escrow.freezeKeyWithSignature(keyId, address(prying), 1, NEVER, "");
        assertEq(uint256(escrow.getKey(keyId).version), 2);
        assertEq(uint256(escrow.getKey(keyId).frozenAt), START);
    }

    // ------------------------------------------------------------------ answers

    function test_settleBatch_authorizerThatAnswersBadly() public {
        BabblingWallet wallet = new BabblingWallet();
        IChannels.ChannelConfig memory mine = _channelOf(address(wallet));
        bytes memory packed = pack(rows(row(mine, 600)));
        uint256[] memory before = purses();
        bytes4 yes = 0x1626ba7e;
        bytes[6] memory answers = [
            bytes(""),
            abi.encodePacked(yes),
            abi.encode(uint256(1)),
            abi.encode(bytes32(uint256(uint32(yes)))),
            abi.encodePacked(yes, type(uint224).max),
            new bytes(1 << 20)
        ];
        for (uint256 i = 0; i < answers.length; ++i) {
            wallet.arm(answers[i], false);
            _assertRefused(address(wallet), packed);
        }
        wallet.arm(abi.encode(yes), true);
        _assertRefused(address(wallet), packed);
        assertPaid(before, 0, 0);
    }

    /// @dev The identity precompile answers a question with the question, which begins with the right four bytes.
    function test_settleBatch_precompileAsAuthorizer() public {
        for (uint160 i = 1; i <= 4; ++i) {
            IChannels.ChannelConfig memory mine = _channelOf(address(i));
            bytes memory packed = pack(rows(row(mine, 600)));
            uint256[] memory before = purses();
            _assertRefused(address(i), packed);
            assertPaid(before, 0, 0);
        }
    }

    // ------------------------------------------------------------------ careless wallets

    function test_settleBatch_carelessWalletInPlaceOfTheAuthorizer() public gainsNothing {
        address careless = address(new CarelessWallet());
        IChannels.VoucherClaim memory one = row(config, 1000);
        vm.prank(stranger);
        bytes memory outcomes = escrow.settleBatch(_termsOf(careless), pack(rows(one)), "");
        assertOutcome(IStreamChannelEscrow.RowOutcome(uint8(outcomes[0])), IStreamChannelEscrow.RowOutcome.Unfunded);
    }

    function test_claimWithSignature_carelessWalletBesideTheAuthorizer() public gainsNothing {
        IChannels.ChannelConfig memory mine = channel(2);
        mine.receiverAuthorizer = address(new CarelessWallet());
        IChannels.VoucherClaim memory first = row(mine, 1);
        first.totalClaimed = 0;
        assertRefused(
            stranger,
            abi.encodeCall(escrow.claimWithSignature, (rows(first, row(config, 1000)), "")),
            abi.encodeWithSelector(IChannels.MixedAuthorizers.selector, mine.receiverAuthorizer, authorizer)
        );
    }

    function test_registerKeyWithSignature_carelessAccount() public gainsNothing {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        (terms_.account, terms_.key) = (address(new CarelessWallet()), stranger);
        vm.prank(stranger);
        bytes32 keyId = escrow.registerKeyWithSignature(terms_, NEVER, "");
        IChannels.ChannelConfig memory mine = governed(keyId);
        mine.payerAuthorizer = stranger;
        assertRefused(
            stranger,
            abi.encodeCall(escrow.deposit, (mine, 1, address(escrow), consent(escrow.getChannelId(mine), 1))),
            abi.encodeWithSelector(ISessionKeyValidator.KeyTermsMismatch.selector, keyId, "account")
        );
    }

    function test_settleBatch_strangersChannelTowardAVictim() public {
        IChannels.ChannelConfig memory mine = channel(2);
        mine.receiverAuthorizer = stranger;
        deposit(mine, 500);
        IChannels.VoucherClaim[] memory batch = rows(row(mine, 500));
        bytes memory signature = sign(STRANGER_KEY, escrow.getClaimBatchDigest(batch));
        uint256[] memory before = purses();
        vm.prank(stranger);
        escrow.settleBatch(_termsOf(stranger), pack(batch), signature);
        assertPaid(before, 500, 0);
    }

    // ------------------------------------------------------------------ helpers

    function _channelOf(address authorizer_) private returns (IChannels.ChannelConfig memory mine) {
        mine = channel(3);
        mine.receiverAuthorizer = authorizer_;
        deposit(mine, 1000);
    }

    function _termsOf(address authorizer_) private view returns (IStreamChannelEscrow.BatchTerms memory terms_) {
        terms_ = terms();
        terms_.receiverAuthorizer = authorizer_;
    }

    function _assertRefused(address authorizer_, bytes memory packed) private {
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.settleBatch, (_termsOf(authorizer_), packed, bytes(""))),
            TypedData.InvalidSignature.selector
        );
    }
}
