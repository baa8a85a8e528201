// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {TestUSDC} from "../../src/TestUSDC.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowWallet} from "../support/accounts/EscrowWallet.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev Plain channels and the fixture's token. Keys: DepositGoverned; other tokens: DepositTokens.
contract EscrowDepositTest is EscrowAsserts {
    // ------------------------------------------------------------------ money in

    function test_deposit_opensTheChannel() public {
        IChannels.ChannelConfig memory config = channel(1);
        bytes32 channelId = escrow.getChannelId(config);
        bytes memory data = consent(channelId, 100);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.ChannelCreated(channelId, config, 100);
        vm.prank(RELAYER);
        escrow.deposit(config, 100, address(escrow), data);
        assertEventCount(1);
        assertChannel(channelId, 100, 0);
        assertMoney(FUNDS - 100, 100, 0);
        assertReceiver(0, 0);
    }

    function test_deposit_addsToAnOpenChannel() public {
        IChannels.ChannelConfig memory config = channel(1);
        bytes32 channelId = deposit(config, 100);
        bytes memory data = consent(channelId, 50);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit IChannels.Deposited(channelId, 50, 150);
        escrow.deposit(config, 50, address(escrow), data);
        assertEventCount(1);
        assertChannel(channelId, 150, 0);
        assertMoney(FUNDS - 150, 150, 0);
    }

    function test_deposit_addsToAChannelThatIsClaimedWhole() public {
        IChannels.ChannelConfig memory config = channel(1);
        bytes32 channelId = deposit(config, 100);
        claim(row(config, 100));
        bytes memory data = consent(channelId, 50);
        vm.expectEmit(address(escrow));
        emit IChannels.Deposited(channelId, 50, 150);
        escrow.deposit(config, 50, address(escrow), data);
        assertChannel(channelId, 150, 100);
    }

    function test_deposit_opensAgainAfterAllWentBack() public {
        IChannels.ChannelConfig memory config = channel(1);
        bytes32 channelId = deposit(config, 100);
        vm.prank(RECEIVER);
        escrow.refund(config, 100);
        bytes memory data = consent(channelId, 7);
        vm.expectEmit(address(escrow));
        emit IChannels.ChannelCreated(channelId, config, 7);
        escrow.deposit(config, 7, address(escrow), data);
        assertChannel(channelId, 7, 0);
    }

    function testFuzz_deposit_movesExactlyTheAmounts(uint128 first, uint128 second) public {
        first = uint128(bound(first, 1, type(uint128).max - 1));
        second = uint128(bound(second, 1, type(uint128).max - first));
        usdc.mint(payer, type(uint128).max);
        bytes32 channelId = deposit(channel(1), first);
        assertChannel(channelId, first, 0);
        deposit(channel(1), second);
        assertChannel(channelId, uint256(first) + second, 0);
        uint256 held = uint256(first) + second;
        assertMoney(FUNDS + type(uint128).max - held, held, 0);
    }

    function testFuzz_deposit_keepsChannelsApart(uint64 amount, uint64 other, uint32 salt) public {
        vm.assume(amount > 0 && other > 0 && salt != 0);
        usdc.mint(payer, type(uint128).max);
        bytes32 first = deposit(channel(0), amount);
        bytes32 second = deposit(channel(salt), other);
        assertChannel(first, amount, 0);
        assertChannel(second, other, 0);
    }

    function test_deposit_acceptsTheShortestAndTheLongestDelay() public {
        IChannels.ChannelConfig memory config = channel(1);
        config.withdrawDelay = 15 minutes;
        assertChannel(deposit(config, 1), 1, 0);
        config.withdrawDelay = 30 days;
        assertChannel(deposit(config, 2), 2, 0);
    }

    function test_deposit_takesTheConsentOfAContractAccount() public {
        EscrowWallet wallet = new EscrowWallet();
        usdc.mint(address(wallet), 100);
        IChannels.ChannelConfig memory config = channel(1);
        config.payer = address(wallet);
        bytes32 channelId = escrow.getChannelId(config);
        bytes32 digest = _consentDigest(address(wallet), address(escrow), 100, 0, NEVER, channelId, 5);
        wallet.approve(digest, EscrowWallet.Answer.Magic);
        escrow.deposit(config, 100, address(escrow), abi.encode(uint256(0), uint256(NEVER), uint256(5), bytes("")));
        assertChannel(channelId, 100, 0);
        assertEq(usdc.balanceOf(address(wallet)), 0);
    }

    // ------------------------------------------------------------------ terms

    function test_deposit_revertsForZero() public {
        vm.expectRevert(IChannels.ZeroAmount.selector);
        escrow.deposit(channel(1), 0, address(escrow), "");
    }

    function test_deposit_revertsForTheZeroAddress() public {
        for (uint256 i = 0; i < 6; ++i) {
            IChannels.ChannelConfig memory config = channel(1);
            if (i == 0) config.payer = address(0);
            if (i == 1) config.payerAuthorizer = address(0);
            if (i == 2) config.receiver = address(0);
            if (i == 3) config.receiverAuthorizer = address(0);
            if (i == 4) config.token = address(0);
            address collector = i == 5 ? address(0) : address(escrow);
            vm.expectRevert(IChannels.ZeroAddress.selector);
            escrow.deposit(config, 1, collector, "");
        }
    }

    function testFuzz_deposit_revertsOnWithdrawDelayOutOfRange(uint40 delay) public {
        vm.assume(delay < 15 minutes || delay > 30 days);
        IChannels.ChannelConfig memory config = channel(1);
        config.withdrawDelay = delay;
        vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawDelayOutOfRange.selector, delay));
        escrow.deposit(config, 1, address(escrow), "");
    }

    function test_deposit_revertsJustOutsideTheDelayRange() public {
        IChannels.ChannelConfig memory config = channel(1);
        config.withdrawDelay = 15 minutes - 1;
        vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawDelayOutOfRange.selector, 15 minutes - 1));
        escrow.deposit(config, 1, address(escrow), "");
        config.withdrawDelay = 30 days + 1;
        vm.expectRevert(abi.encodeWithSelector(IChannels.WithdrawDelayOutOfRange.selector, 30 days + 1));
        escrow.deposit(config, 1, address(escrow), "");
    }

    function testFuzz_deposit_revertsForAnotherCollector(address collector) public {
        vm.assume(collector != address(0) && collector != address(escrow));
        bytes memory data = consent(escrow.getChannelId(channel(1)), 1);
        vm.expectRevert(abi.encodeWithSelector(IStreamChannelEscrow.UnknownCollector.selector, collector));
        escrow.deposit(channel(1), 1, collector, data);
    }

    function test_deposit_revertsBeyondWhatAChannelCanHold() public {
        usdc.mint(payer, type(uint128).max);
        deposit(channel(1), type(uint128).max);
        bytes memory data = consent(escrow.getChannelId(channel(1)), 1);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        escrow.deposit(channel(1), 1, address(escrow), data);
    }

    function test_deposit_revertsForATokenWithoutCode() public {
        IChannels.ChannelConfig memory config = channel(1);
        config.token = stranger;
        bytes memory data = consent(escrow.getChannelId(config), 1);
        vm.expectRevert();
        escrow.deposit(config, 1, address(escrow), data);
    }

    // ------------------------------------------------------------------ consent

    function test_deposit_revertsForAConsentUsedBefore() public {
        bytes32 channelId = escrow.getChannelId(channel(1));
        bytes memory data = consent(PAYER_KEY, channelId, 100, 9);
        escrow.deposit(channel(1), 100, address(escrow), data);
        bytes32 nonce = keccak256(abi.encode(channelId, uint256(9)));
        vm.expectRevert(abi.encodeWithSelector(TestUSDC.AuthorizationUsedOrCanceled.selector, payer, nonce));
        escrow.deposit(channel(1), 100, address(escrow), data);
    }

    function test_deposit_revertsForAConsentToAnotherChannel() public {
        bytes memory data = consent(escrow.getChannelId(channel(1)), 100);
        vm.expectRevert(TestUSDC.InvalidSignature.selector);
        escrow.deposit(channel(2), 100, address(escrow), data);
    }

    function testFuzz_deposit_revertsForAConsentToAnotherAmount(uint64 given, uint64 asked) public {
        vm.assume(given != asked && asked != 0);
        bytes memory data = consent(escrow.getChannelId(channel(1)), given);
        vm.expectRevert(TestUSDC.InvalidSignature.selector);
        escrow.deposit(channel(1), asked, address(escrow), data);
    }

    function test_deposit_revertsForTheConsentOfAnother() public {
        bytes memory data = consent(STRANGER_KEY, escrow.getChannelId(channel(1)), 100, 1);
        vm.expectRevert(TestUSDC.InvalidSignature.selector);
        escrow.deposit(channel(1), 100, address(escrow), data);
    }

    function test_deposit_revertsForAConsentToPayAnother() public {
        bytes32 channelId = escrow.getChannelId(channel(1));
        bytes memory data = _consent(RELAYER, 100, 0, NEVER, channelId, 1);
        vm.expectRevert(TestUSDC.InvalidSignature.selector);
        escrow.deposit(channel(1), 100, address(escrow), data);
    }

    function test_deposit_revertsForAnExpiredConsent() public {
        bytes32 channelId = escrow.getChannelId(channel(1));
        bytes memory data = _consent(address(escrow), 100, 0, START, channelId, 1);
        vm.expectRevert(abi.encodeWithSelector(TestUSDC.AuthorizationExpired.selector, START));
        escrow.deposit(channel(1), 100, address(escrow), data);
    }

    function test_deposit_revertsForAConsentOfLater() public {
        bytes32 channelId = escrow.getChannelId(channel(1));
        bytes memory data = _consent(address(escrow), 100, START, NEVER, channelId, 1);
        vm.expectRevert(abi.encodeWithSelector(TestUSDC.AuthorizationNotYetValid.selector, START));
        escrow.deposit(channel(1), 100, address(escrow), data);
    }

    function test_deposit_takesAConsentInItsWindow() public {
        bytes32 channelId = escrow.getChannelId(channel(1));
        bytes memory data = _consent(address(escrow), 100, START - 1, START + 1, channelId, 1);
        escrow.deposit(channel(1), 100, address(escrow), data);
        assertChannel(channelId, 100, 0);
    }

    function test_deposit_revertsForMalformedConsent() public {
        vm.expectRevert();
        escrow.deposit(channel(1), 100, address(escrow), hex"00");
        vm.expectRevert();
        escrow.deposit(channel(1), 100, address(escrow), "");
    }

    function test_deposit_revertsWhenThePayerHasTooLittle() public {
        bytes memory data = consent(escrow.getChannelId(channel(1)), FUNDS + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, payer, FUNDS, FUNDS + 1)
        );
        escrow.deposit(channel(1), uint128(FUNDS + 1), address(escrow), data);
    }

    // ------------------------------------------------------------------ while the payer is on the way out

    function testFuzz_deposit_revertsWhileAWithdrawalIsPending(uint40 later) public {
        later = uint40(bound(later, 0, 2 * DELAY - 1));
        bytes32 channelId = _withWithdrawal();
        vm.warp(START + later);
        bytes memory data = consent(channelId, 1);
        vm.expectRevert(abi.encodeWithSelector(IStreamChannelEscrow.WithdrawPending.selector, channelId));
        escrow.deposit(channel(1), 1, address(escrow), data);
    }

    function testFuzz_deposit_clearsALapsedWithdrawal(uint40 later) public {
        later = uint40(bound(later, 2 * DELAY, 100 * 365 days));
        bytes32 channelId = _withWithdrawal();
        vm.warp(START + later);
        assertPending(channelId, 60, START);
        vm.recordLogs();
        deposit(channel(1), 1);
        assertEventCount(1);
        assertPending(channelId, 0, 0);
        assertChannel(channelId, 101, 0);
    }

    function test_deposit_goesOnAfterTheWithdrawal() public {
        bytes32 channelId = _withWithdrawal();
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.finalizeWithdraw(channel(1));
        deposit(channel(1), 5);
        assertChannel(channelId, 45, 0);
    }

    function test_deposit_goesOnAfterTheWithdrawalWasTakenBack() public {
        bytes32 channelId = _withWithdrawal();
        vm.prank(payer);
        escrow.cancelWithdraw(channel(1));
        deposit(channel(1), 5);
        assertChannel(channelId, 105, 0);
    }

    /// @dev A withdrawal of one channel does not touch another.
    function test_deposit_isPossibleInAnotherChannelMeanwhile() public {
        _withWithdrawal();
        assertChannel(deposit(channel(2), 5), 5, 0);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev A channel of 100 with 60 on the way out.
    function _withWithdrawal() private returns (bytes32 channelId) {
        channelId = deposit(channel(1), 100);
        vm.prank(payer);
        escrow.initiateWithdraw(channel(1), 60);
    }

    function _consent(
        address to,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 channelId,
        uint256 salt
    ) private view returns (bytes memory) {
        bytes32 digest = _consentDigest(payer, to, amount, validAfter, validBefore, channelId, salt);
        return abi.encode(validAfter, validBefore, salt, sign(PAYER_KEY, digest));
    }

    function _consentDigest(
        address from,
        address to,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 channelId,
        uint256 salt
    ) private view returns (bytes32) {
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        bytes32 structHash = keccak256(
            abi.encode(
                usdc.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(), from, to, amount, validAfter, validBefore, nonce
            )
        );
        return keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
    }
}
