// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {Accomplice} from "../support/hostile/Accomplice.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";
import {ReentrantToken} from "../support/hostile/HostileToken.sol";

/// @notice A token wakes an accomplice in the middle of a transfer. The accomplice is payer, account, receiver and
/// receiver authorizer at once, so no question of who may call protects anybody.
///
/// | attack | outcome |
/// |---|---|
/// | move money in the middle of a deposit, payout, batch, refund or withdrawal | refused |
/// | the same before the money of the outer call has moved | refused |
/// | the same wrapped in a multicall, or for another token's channels | refused |
/// | cancel the withdrawal that is being paid out | there is none any more |
/// | cancel a withdrawal while it is being refunded in part | the request is gone, the refund is paid once |
/// | rotate or freeze the key of the deposit that is under way | the deposit is counted already |
/// | look at the books in the middle | what is being paid is booked already |
contract ReentrancyTest is AttackBase {
    ReentrantToken private token;
    Accomplice private wallet;
    IChannels.ChannelConfig private config;
    IChannels.ChannelConfig private dollars;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        token = new ReentrantToken();
        wallet = new Accomplice();
        token.mint(address(wallet), 10_000);
        config = channel(1);
        (config.payer, config.receiver) = (address(wallet), address(wallet));
        (config.receiverAuthorizer, config.token) = (address(wallet), address(token));
        channelId = _deposit(config, 1000);
        dollars = channel(2);
        deposit(dollars, 1000);
    }

    // ------------------------------------------------------------------ money twice

    function test_deposit_reentered() public {
        for (uint256 early = 0; early < 2; ++early) {
            _conspire(early == 1);
            uint256 before = token.balanceOf(address(escrow));
            _deposit(config, 100);
            _assertAllRefused();
            assertEq(token.balanceOf(address(escrow)), before + 100);
        }
        assertChannel(channelId, 1200, 0);
    }

    function test_settle_reentered() public gainsNothing {
        _claim(600);
        _conspire(false);
        escrow.settle(address(wallet), address(token));
        _assertAllRefused();
        _assertHeld(400);
    }

    function test_settle_reenteredBeforeTheMoneyMoves() public gainsNothing {
        _claim(600);
        _conspire(true);
        escrow.settle(address(wallet), address(token));
        _assertAllRefused();
        _assertHeld(400);
    }

    function test_settleBatch_reentered() public gainsNothing {
        for (uint256 early = 0; early < 2; ++early) {
            _conspire(early == 1);
            escrow.settleBatch(_terms(), pack(rows(row(config, uint128(300 * (early + 1))))), "");
            _assertAllRefused();
        }
        _assertHeld(400);
        assertChannel(channelId, 1000, 600);
    }

    function test_refund_reentered() public gainsNothing {
        for (uint256 early = 0; early < 2; ++early) {
            _conspire(early == 1);
            wallet.execute(address(escrow), abi.encodeCall(escrow.refund, (config, 300)));
            _assertAllRefused();
        }
        _assertHeld(400);
        assertChannel(channelId, 400, 0);
    }

    function test_finalizeWithdraw_reentered() public gainsNothing {
        for (uint256 early = 0; early < 2; ++early) {
            wallet.execute(address(escrow), abi.encodeCall(escrow.initiateWithdraw, (config, 300)));
            vm.warp(block.timestamp + DELAY);
            _conspire(early == 1);
            wallet.execute(address(escrow), abi.encodeCall(escrow.finalizeWithdraw, (config)));
            _assertAllRefused();
        }
        _assertHeld(400);
        assertChannel(channelId, 400, 0);
    }

    // ------------------------------------------------------------------ what is open to reentry

    function test_finalizeWithdraw_cancelledInTheMiddle() public {
        wallet.execute(address(escrow), abi.encodeCall(escrow.initiateWithdraw, (config, 600)));
        vm.warp(START + DELAY);
        wallet.load(address(escrow), abi.encodeCall(escrow.cancelWithdraw, (config)));
        token.conspire(wallet, true);
        wallet.execute(address(escrow), abi.encodeCall(escrow.finalizeWithdraw, (config)));
        assertEq(
            keccak256(wallet.results()[0].answer),
            keccak256(abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId))
        );
        _assertHeld(400);
    }

    function test_refund_requestCancelledInTheMiddle() public {
        wallet.execute(address(escrow), abi.encodeCall(escrow.initiateWithdraw, (config, 600)));
        wallet.load(address(escrow), abi.encodeCall(escrow.cancelWithdraw, (config)));
        token.conspire(wallet, true);
        wallet.execute(address(escrow), abi.encodeCall(escrow.refund, (config, 200)));
        assertTrue(wallet.results()[0].success);
        _assertHeld(800);
        (uint128 amount, uint40 since) = escrow.pendingWithdrawals(channelId);
        assertEq(uint256(amount) + since, 0);
    }

    function test_deposit_keyRotatedInTheMiddle() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = _permission(0);
        bytes32 keyId = _register(terms_);
        config.salt = keyId;
        wallet.load(address(escrow), abi.encodeCall(escrow.rotateKey, (keyId, _permission(1), 499)));
        token.conspire(wallet, true);
        _deposit(config, 500);
        assertEq(
            keccak256(wallet.results()[0].answer),
            keccak256(abi.encodeWithSelector(ISessionKeyValidator.UsageAboveMaximum.selector, keyId, 500, 499))
        );
        assertEq(uint256(escrow.usage(keyId)), 500);
    }

    function test_deposit_keyFrozenInTheMiddle() public {
        bytes32 keyId = _register(_permission(0));
        config.salt = keyId;
        wallet.load(address(escrow), abi.encodeCall(escrow.freezeKey, (keyId)));
        token.conspire(wallet, true);
        bytes32 governed_ = _deposit(config, 500);
        assertTrue(wallet.results()[0].success);
        assertChannel(governed_, 500, 0);
        assertEq(uint256(escrow.usage(keyId)), 500);
        vm.warp(START + DELAY - 1);
        escrow.settleBatch(_terms(), pack(rows(row(config, 500))), "");
        assertChannel(governed_, 500, 500);
    }

    // ------------------------------------------------------------------ what a look in the middle shows

    function test_settleBatch_booksInTheMiddle() public {
        wallet.load(address(escrow), abi.encodeCall(escrow.channels, (channelId)));
        wallet.load(address(escrow), abi.encodeCall(escrow.receivers, (address(wallet), address(token))));
        token.conspire(wallet, true);
        escrow.settleBatch(_terms(), pack(rows(row(config, 600))), "");
        Accomplice.Result[] memory seen = wallet.results();
        assertEq(keccak256(seen[0].answer), keccak256(abi.encode(1000, 600)));
        assertEq(keccak256(seen[1].answer), keccak256(abi.encode(600, 600)));
    }

    function test_refund_booksInTheMiddle() public {
        bytes32 keyId = _register(_permission(0));
        config.salt = keyId;
        bytes32 governed_ = _deposit(config, 500);
        wallet.load(address(escrow), abi.encodeCall(escrow.channels, (governed_)));
        wallet.load(address(escrow), abi.encodeCall(escrow.usage, (keyId)));
        wallet.load(address(escrow), abi.encodeCall(escrow.refundNonce, (governed_)));
        token.conspire(wallet, true);
        wallet.execute(address(escrow), abi.encodeCall(escrow.refund, (config, 200)));
        Accomplice.Result[] memory seen = wallet.results();
        assertEq(keccak256(seen[0].answer), keccak256(abi.encode(300, 0)));
        assertEq(keccak256(seen[1].answer), keccak256(abi.encode(300)));
        assertEq(keccak256(seen[2].answer), keccak256(abi.encode(1)));
    }

    // ------------------------------------------------------------------ helpers

    /// @dev Loads everything that moves money, in the accomplice's own channel and in that of the dollars.
    function _conspire(bool early) private {
        IChannels.VoucherClaim[] memory more = rows(row(config, 1000));
        bytes[] memory wrapped = new bytes[](1);
        wrapped[0] = abi.encodeCall(escrow.settle, (address(wallet), address(token)));
        bytes[11] memory calls = [
            abi.encodeCall(escrow.deposit, (config, 1, address(escrow), _consent())),
            abi.encodeCall(escrow.claim, (more)),
            abi.encodeCall(escrow.claimWithSignature, (more, "")),
            abi.encodeCall(escrow.settle, (address(wallet), address(token))),
            abi.encodeCall(escrow.settle, (RECEIVER, address(usdc))),
            abi.encodeCall(escrow.settleBatch, (_terms(), pack(more), "")),
            abi.encodeCall(escrow.initiateWithdraw, (config, 1)),
            abi.encodeCall(escrow.finalizeWithdraw, (config)),
            abi.encodeCall(escrow.refund, (config, 1)),
            abi.encodeCall(escrow.refundWithSignature, (config, 1, escrow.refundNonce(channelId), "")),
            abi.encodeWithSignature("multicall(bytes[])", wrapped)
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            wallet.load(address(escrow), calls[i]);
        }
        token.conspire(wallet, early);
    }

    function _assertAllRefused() private view {
        Accomplice.Result[] memory results = wallet.results();
        assertTrue(results.length > 0 && results.length % 11 == 0);
        for (uint256 i = 0; i < results.length; ++i) {
            assertTrue(!results[i].success);
            assertEq(
                keccak256(results[i].answer),
                keccak256(abi.encodePacked(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector))
            );
        }
    }

    /// @dev Of the 10,000 that there are, the escrow holds this and the accomplice the rest.
    function _assertHeld(uint256 amount) private view {
        assertEq(token.balanceOf(address(escrow)), amount);
        assertEq(token.balanceOf(address(wallet)), 10_000 - amount);
    }

    function _deposit(IChannels.ChannelConfig memory config_, uint128 amount) private returns (bytes32) {
        escrow.deposit(config_, amount, address(escrow), _consent());
        return escrow.getChannelId(config_);
    }

    function _claim(uint128 total) private {
        escrow.claimWithSignature(rows(row(config, total)), "");
    }

    function _terms() private view returns (IStreamChannelEscrow.BatchTerms memory) {
        return IStreamChannelEscrow.BatchTerms(address(wallet), address(wallet), address(token), DELAY);
    }

    function _permission(uint256 salt) private view returns (ISessionKeyValidator.SessionKeyPermission memory terms_) {
        terms_ = permission(salt);
        (terms_.account, terms_.token, terms_.payees[0]) = (address(wallet), address(token), address(wallet));
    }

    function _register(ISessionKeyValidator.SessionKeyPermission memory terms_) private returns (bytes32) {
        wallet.execute(address(escrow), abi.encodeCall(escrow.registerKey, (terms_)));
        return escrow.getKeyId(terms_);
    }

    function _consent() private pure returns (bytes memory) {
        return abi.encode(0, 0, 0, bytes(""));
    }
}
