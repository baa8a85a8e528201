// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev Channels whose salt is a key id: what the permission allows in, and what `usage` counts.
contract EscrowDepositGovernedTest is EscrowAsserts {
    address private constant SECOND_PAYEE = address(0xF00D);

    function test_deposit_governedCountsAgainstTheKey() public {
        bytes32 keyId = register(permission(0));
        bytes32 channelId = deposit(governed(keyId), 100);
        assertChannel(channelId, 100, 0);
        assertUsage(keyId, 100);
        assertMoney(FUNDS - 100, 100, 0);
    }

    function test_deposit_plainCountsAgainstNoKey() public {
        bytes32 keyId = register(permission(0));
        deposit(channel(1), 100);
        assertUsage(keyId, 0);
    }

    // ------------------------------------------------------------------ the permission's terms

    function testFuzz_deposit_revertsForAKeyThatIsNotRegistered(uint224 id) public {
        bytes32 keyId = bytes32((uint256(0x50425354) << 224) | id);
        bytes memory data = consent(escrow.getChannelId(governed(keyId)), 1);
        vm.expectRevert(abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, keyId));
        escrow.deposit(governed(keyId), 1, address(escrow), data);
    }

    function test_deposit_revertsBeforeTheRegistrationAndWorksAfterIt() public {
        bytes32 keyId = escrow.getKeyId(permission(0));
        bytes memory data = consent(escrow.getChannelId(governed(keyId)), 100);
        vm.expectRevert(abi.encodeWithSelector(ISessionKeyValidator.KeyNotRegistered.selector, keyId));
        escrow.deposit(governed(keyId), 100, address(escrow), data);
        register(permission(0));
        escrow.deposit(governed(keyId), 100, address(escrow), data);
        assertUsage(keyId, 100);
    }

    function test_deposit_revertsForAnotherAccount() public {
        bytes32 keyId = register(permission(0));
        IChannels.ChannelConfig memory config = governed(keyId);
        config.payer = stranger;
        _expectMismatch(config, keyId, "account");
    }

    function test_deposit_revertsForAnotherKey() public {
        bytes32 keyId = register(permission(0));
        IChannels.ChannelConfig memory config = governed(keyId);
        config.payerAuthorizer = stranger;
        _expectMismatch(config, keyId, "key");
    }

    function test_deposit_revertsForAnotherToken() public {
        bytes32 keyId = register(permission(0));
        IChannels.ChannelConfig memory config = governed(keyId);
        config.token = address(escrow);
        _expectMismatch(config, keyId, "token");
    }

    function testFuzz_deposit_revertsForAnotherPayee(address payee) public {
        vm.assume(payee != address(0) && payee != RECEIVER);
        bytes32 keyId = register(permission(0));
        IChannels.ChannelConfig memory config = governed(keyId);
        config.receiver = payee;
        _expectMismatch(config, keyId, "payees");
    }

    function test_deposit_acceptsEveryPayeeOfThePermission() public {
        bytes32 keyId = register(_twoPayees());
        IChannels.ChannelConfig memory second = governed(keyId);
        second.receiver = SECOND_PAYEE;
        deposit(governed(keyId), 10);
        deposit(second, 20);
        assertUsage(keyId, 30);
    }

    function test_deposit_isPossibleBeforeTheStart() public {
        ISessionKeyValidator.SessionKeyPermission memory later = permission(0);
        later.start = uint40(START + 1 days);
        bytes32 keyId = register(later);
        assertChannel(deposit(governed(keyId), 100), 100, 0);
    }

    // ------------------------------------------------------------------ stops

    function test_deposit_revertsForAFrozenKey() public {
        bytes32 keyId = register(permission(0));
        freeze(keyId);
        _expectStopped(keyId, uint40(START));
    }

    function test_deposit_worksAgainAfterTheThaw() public {
        bytes32 keyId = register(permission(0));
        freeze(keyId);
        vm.prank(payer);
        escrow.unfreezeKey(keyId);
        deposit(governed(keyId), 100);
        assertUsage(keyId, 100);
    }

    function test_deposit_revertsForARevokedKey() public {
        bytes32 keyId = register(permission(0));
        vm.warp(START + 5);
        vm.prank(payer);
        escrow.revokeKey(keyId);
        vm.warp(START + 10);
        _expectStopped(keyId, uint40(START + 5));
    }

    function test_deposit_worksUntilTheSecondOfExpiry() public {
        bytes32 keyId = register(permission(0));
        vm.warp(START + 30 days - 1);
        deposit(governed(keyId), 100);
        vm.warp(START + 30 days);
        _expectStopped(keyId, uint40(START + 30 days));
    }

    // ------------------------------------------------------------------ the cap

    function test_deposit_reachesTheCapAndNotMore() public {
        bytes32 keyId = register(permission(0));
        bytes32 channelId = deposit(governed(keyId), 1e6);
        assertUsage(keyId, 1e6);
        bytes memory data = consent(channelId, 1);
        vm.expectRevert(
            abi.encodeWithSelector(ISessionKeyValidator.SpendCapExceeded.selector, keyId, 1e6 + 1, 1e6)
        );
        escrow.deposit(governed(keyId), 1, address(escrow), data);
    }

    /// @dev The sum is wider than an amount: it cannot wrap around.
    function test_deposit_revertsForAnAmountThatWouldWrap() public {
        bytes32 keyId = register(permission(0));
        deposit(governed(keyId), 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISessionKeyValidator.SpendCapExceeded.selector, keyId, uint256(type(uint128).max) + 1, 1e6
            )
        );
        escrow.deposit(governed(keyId), type(uint128).max, address(escrow), "");
    }

    /// @dev Channels that differ in anything but the key share its cap.
    function testFuzz_deposit_sharesTheCapAmongChannels(uint128 first, uint128 second) public {
        first = uint128(bound(first, 1, 1e6));
        second = uint128(bound(second, 1, 2e6));
        bytes32 keyId = register(permission(0));
        IChannels.ChannelConfig memory other = governed(keyId);
        other.withdrawDelay = DELAY + 1;
        deposit(governed(keyId), first);
        bytes memory data = consent(escrow.getChannelId(other), second);
        uint256 sum = uint256(first) + second;
        if (sum > 1e6) {
            vm.expectRevert(abi.encodeWithSelector(ISessionKeyValidator.SpendCapExceeded.selector, keyId, sum, 1e6));
        }
        escrow.deposit(other, second, address(escrow), data);
        assertUsage(keyId, sum > 1e6 ? first : sum);
    }

    function test_deposit_keepsKeysApart() public {
        bytes32 first = register(permission(0));
        bytes32 second = register(permission(1));
        deposit(governed(first), 1e6);
        deposit(governed(second), 1e6);
        assertUsage(first, 1e6);
        assertUsage(second, 1e6);
    }

    // ------------------------------------------------------------------ usage

    /// @dev Deposits less what went back; claims and payouts leave it as it is.
    function test_usage_followsTheMoney() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        settleBatch(row(config, 300));
        assertUsage(keyId, 1000);
        vm.prank(RECEIVER);
        escrow.refund(config, 200);
        assertUsage(keyId, 800);
        vm.prank(payer);
        escrow.initiateWithdraw(config, 400);
        assertUsage(keyId, 800);
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.finalizeWithdraw(config);
        assertUsage(keyId, 400);
        deposit(config, 50);
        assertUsage(keyId, 450);
    }

    function testFuzz_usage_isWhatIsInLessWhatWentBack(uint128 paidIn, uint128 claimed, uint128 back, uint128 again)
        public
    {
        paidIn = uint128(bound(paidIn, 1, 1e6));
        claimed = uint128(bound(claimed, 0, paidIn));
        back = uint128(bound(back, 1, 2e6));
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(paidIn);
        if (claimed > 0) claim(row(config, claimed));
        vm.prank(authorizer);
        escrow.refund(config, back);
        uint128 returned = back < paidIn - claimed ? back : paidIn - claimed;
        assertUsage(keyId, paidIn - returned);
        again = uint128(bound(again, 0, 1e6 - (paidIn - returned)));
        if (again > 0) deposit(config, again);
        assertUsage(keyId, paidIn - returned + again);
        (uint128 balance,) = escrow.channels(escrow.getChannelId(config));
        assertEq(uint256(balance), escrow.usage(keyId));
    }

    function test_usage_fallsUnderAStoppedKey() public {
        (bytes32 keyId, IChannels.ChannelConfig memory config) = governedChannel(1000);
        freeze(keyId);
        vm.prank(RECEIVER);
        escrow.refund(config, 600);
        assertUsage(keyId, 400);
    }

    // ------------------------------------------------------------------ helpers

    function assertUsage(bytes32 keyId, uint256 usage) private view {
        assertEq(uint256(escrow.usage(keyId)), usage);
    }

    function _twoPayees() private view returns (ISessionKeyValidator.SessionKeyPermission memory terms_) {
        terms_ = permission(0);
        terms_.payees = new address[](2);
        (terms_.payees[0], terms_.payees[1]) = (RECEIVER, SECOND_PAYEE);
    }

    function _expectMismatch(IChannels.ChannelConfig memory config, bytes32 keyId, string memory field) private {
        bytes memory data = consent(escrow.getChannelId(config), 100);
        vm.expectRevert(abi.encodeWithSelector(ISessionKeyValidator.KeyTermsMismatch.selector, keyId, field));
        escrow.deposit(config, 100, address(escrow), data);
        assertUsage(keyId, 0);
    }

    function _expectStopped(bytes32 keyId, uint40 stoppedAt) private {
        bytes memory data = consent(escrow.getChannelId(governed(keyId)), 1);
        vm.expectRevert(abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyStopped.selector, keyId, stoppedAt));
        escrow.deposit(governed(keyId), 1, address(escrow), data);
    }
}
