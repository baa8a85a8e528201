// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";

/// @notice The terms of a key are used up, escaped, or put on somebody who did not agree to them.
///
/// | attack | outcome |
/// |---|---|
/// | the payer burns the cap with a voucher to itself | what is in the provider's channel stays the provider's |
/// | deposits of several channels, or a cap passed by one unit | counted together; refused |
/// | another payer uses the cap up, or another's key | refused: the account does not match |
/// | refund and deposit in a circle | the cap counts what is in or paid: it neither grows nor shrinks |
/// | a deposit with a tagged salt before its key is registered, to be free of its terms | refused |
/// | a key registered later, to bind or to free a channel | nothing can be in such a channel |
/// | a tag of nobody, or the id with one bit changed | refused |
/// | a channel under the key with another signer, receiver or token | refused |
/// | somebody else registers the same terms | another account, another id |
/// | a period limit that resets, or is passed by many small claims | it only grows; each channel's total is bound |
contract CapAndTagTest is AttackBase {
    // ------------------------------------------------------------------ the cap

    function test_claim_capBurntByAVoucherToOneself() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        terms_.payees = new address[](2);
        (terms_.payees[0], terms_.payees[1]) = (RECEIVER, payer);
        bytes32 keyId = register(terms_);
        IChannels.ChannelConfig memory toProvider = governed(keyId);
        IChannels.ChannelConfig memory toMyself = governed(keyId);
        (toMyself.receiver, toMyself.receiverAuthorizer) = (payer, payer);
        deposit(toProvider, 400_000);
        deposit(toMyself, 600_000);

        uint256[] memory before = purses();
        IChannels.VoucherClaim[] memory burn = rows(row(toMyself, 600_000));
        vm.prank(payer);
        escrow.claim(burn);
        escrow.settle(payer, address(usdc));
        assertOutcome(settleBatch(row(toProvider, 400_000)), IStreamChannelEscrow.RowOutcome.Claimed);
        assertPaid(before, 400_000, 600_000);
    }

    function test_deposit_pastTheCap() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(999_999);
        _assertPastTheCap(config, keyId, 2, 1_000_001);
        deposit(config, 1);
        _assertPastTheCap(config, keyId, 1, 1_000_001);
        _assertPastTheCap(config, keyId, type(uint128).max, 1_000_000 + uint256(type(uint128).max));
    }

    function test_deposit_capSpreadOverChannels() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(600_000);
        IChannels.ChannelConfig memory second = config;
        second.withdrawDelay = 2 days;
        deposit(second, 400_000);
        second.withdrawDelay = 3 days;
        _assertPastTheCap(second, keyId, 1, 1_000_001);
    }

    function test_deposit_circleOfRefunds() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1_000_000);
        uint256[] memory before = purses();
        settleBatch(row(config, 300_000));
        for (uint256 i = 0; i < 5; ++i) {
            refund(config, type(uint128).max);
            assertEq(uint256(escrow.usage(keyId)), 300_000);
            _assertPastTheCap(config, keyId, 700_001, 1_000_001);
            deposit(config, 700_000);
        }
        assertEq(uint256(escrow.usage(keyId)), 1_000_000);
        assertPaid(before, 300_000, 0);
    }

    function test_deposit_circleOfWithdrawals() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1_000_000);
        settleBatch(row(config, 300_000));
        initiateWithdraw(config, 700_000);
        vm.warp(START + DELAY);
        settleBatch(row(config, 500_000));
        finalizeWithdraw(config);
        assertEq(uint256(escrow.usage(keyId)), 500_000);
        _assertPastTheCap(config, keyId, 500_001, 1_000_001);
    }

    function test_deposit_capOfAnotherAccount() public {
        bytes32 keyId = register(permission(0));
        usdc.mint(stranger, 1e9);
        IChannels.ChannelConfig memory mine = governed(keyId);
        mine.payer = stranger;
        uint256[] memory before = purses();
        bytes memory data = consent(STRANGER_KEY, escrow.getChannelId(mine), 1_000_000, 1);
        assertRefused(
            stranger,
            abi.encodeCall(escrow.deposit, (mine, 1_000_000, address(escrow), data)),
            _mismatch(keyId, "account")
        );
        assertEq(uint256(escrow.usage(keyId)), 0);
        assertPaid(before, 0, 0);
    }

    // ------------------------------------------------------------------ the tag

    function test_deposit_beforeTheKeyIsRegistered() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        bytes32 keyId = escrow.getKeyId(terms_);
        IChannels.ChannelConfig memory config = governed(keyId);
        bytes32 channelId = escrow.getChannelId(config);
        bytes memory call = abi.encodeCall(
            escrow.deposit, (config, 1000, address(escrow), consent(channelId, 1000))
        );
        uint256[] memory before = purses();
        assertRefused(stranger, call, _unknown(keyId));
        assertPaid(before, 0, 0);

        // Registered later, the same consent is good, under the terms; and the cap has counted it.
        register(terms_);
        vm.prank(stranger);
        (bool success,) = address(escrow).call(call);
        assertTrue(success);
        assertChannel(channelId, 1000, 0);
        assertEq(uint256(escrow.usage(keyId)), 1000);
    }

    /// @dev Nothing that is registered afterwards touches a channel that had money before.
    function test_registerKey_cannotBindAFundedChannel() public {
        IChannels.ChannelConfig memory plain = channel(1);
        bytes32 channelId = deposit(plain, 1000);
        IChannels.VoucherClaim memory one = row(plain, 1000);
        ISessionKeyValidator.SessionKeyPermission memory tight = permission(0);
        (tight.periodAmount, tight.periodDuration) = (1, 1 days);
        freeze(register(tight));
        vm.warp(START + 2 * DELAY);
        uint256[] memory before = purses();
        settleBatch(one);
        assertPaid(before, 1000, 0);
        assertChannel(channelId, 1000, 1000);
    }

    function testFuzz_deposit_tagOfNobody(uint224 id) public gainsNothing {
        bytes32 keyId = bytes32(KeyHash.TAG) | bytes32(uint256(id));
        _assertNoDeposit(governed(keyId), _unknown(keyId));
    }

    function test_deposit_tagWithOneBitChanged() public gainsNothing {
        bytes32 keyId = register(permission(0));
        for (uint256 bit = 0; bit < 224; bit += 37) {
            bytes32 close = keyId ^ bytes32(uint256(1) << bit);
            _assertNoDeposit(governed(close), _unknown(close));
        }
    }

    function test_deposit_underTheKeyWithOtherTerms() public gainsNothing {
        bytes32 keyId = register(permission(0));
        IChannels.ChannelConfig memory config = governed(keyId);
        config.payerAuthorizer = stranger;
        _assertNoDeposit(config, _mismatch(keyId, "key"));
        config = governed(keyId);
        config.token = address(this);
        _assertNoDeposit(config, _mismatch(keyId, "token"));
        config = governed(keyId);
        config.receiver = stranger;
        _assertNoDeposit(config, _mismatch(keyId, "payees"));
    }

    function test_registerKey_sameTermsOfAnotherAccount() public gainsNothing {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        assertRefused(
            stranger,
            abi.encodeCall(escrow.registerKey, (terms_)),
            abi.encodeWithSelector(ISessionKeyValidator.NotAccount.selector, stranger)
        );
        bytes32 honest = escrow.getKeyId(terms_);
        terms_.account = stranger;
        assertTrue(register(terms_) != honest);
        assertEq(uint256(escrow.getKey(honest).version), 0);
    }

    // ------------------------------------------------------------------ the period

    function test_claim_manySmallClaimsInAPeriod() public {
        IChannels.ChannelConfig memory config = _limited(100, 1 hours);
        uint256[] memory before = purses();
        for (uint128 total = 30; total <= 90; total += 30) {
            settleBatch(row(config, total));
        }
        settleBatch(row(config, 120));
        assertPaid(before, 100, 0);
        vm.warp(START + 1 hours - 1);
        assertOutcome(settleBatch(row(config, 120)), IStreamChannelEscrow.RowOutcome.CeilingReached);
        assertRefused(
            RECEIVER,
            abi.encodeCall(escrow.claim, (rows(row(config, 101)))),
            abi.encodeWithSelector(ISessionKeyValidator.ClaimExceedsCeiling.selector, config.salt, 101, 100)
        );
        vm.warp(START + 1 hours);
        settleBatch(row(config, 1000));
        assertPaid(before, 200, 0);
    }

    /// @dev A window that resets would lose what was earned in the last one.
    function test_claim_lateBatchIsWorthAsMuchAsAnEarlyOne() public {
        IChannels.ChannelConfig memory config = _limited(100, 1 hours);
        IChannels.VoucherClaim memory earned = row(config, 300);
        vm.warp(START + 10 hours);
        uint256[] memory before = purses();
        settleBatch(earned);
        assertPaid(before, 300, 0);
    }

    // ------------------------------------------------------------------ helpers

    function _limited(uint128 amount, uint40 duration) private returns (IChannels.ChannelConfig memory config) {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        (terms_.periodAmount, terms_.periodDuration) = (amount, duration);
        config = governed(register(terms_));
        deposit(config, 1000);
    }

    function _assertPastTheCap(IChannels.ChannelConfig memory config, bytes32 keyId, uint128 amount, uint256 usage)
        private
    {
        bytes memory data = consent(escrow.getChannelId(config), amount);
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.deposit, (config, amount, address(escrow), data)),
            abi.encodeWithSelector(ISessionKeyValidator.SpendCapExceeded.selector, keyId, usage, 1_000_000)
        );
    }

    function _assertNoDeposit(IChannels.ChannelConfig memory config, bytes memory reason) private {
        bytes memory data = consent(escrow.getChannelId(config), 1);
        assertRefused(RELAYER, abi.encodeCall(escrow.deposit, (config, 1, address(escrow), data)), reason);
    }

    function _mismatch(bytes32 keyId, string memory field) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.KeyTermsMismatch.selector, keyId, field);
    }

    function _unknown(bytes32 keyId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, keyId);
    }
}
