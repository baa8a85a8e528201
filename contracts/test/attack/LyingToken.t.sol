// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";
import {HostileToken} from "../support/hostile/HostileToken.sol";
import {
    AgreeableToken,
    BlockingToken,
    FalseToken,
    FeeToken,
    PhantomToken,
    RebasingToken,
    SilentToken
} from "../support/hostile/LyingTokens.sol";

/// @notice A token does not do what it says. In every test a channel of dollars is open beside it, for the same payer,
/// receiver and authorizer, and is paid out in full at the end.
///
/// | attack | outcome |
/// |---|---|
/// | a transfer answers `false` | payout and withdrawal are refused, nothing is booked |
/// | a transfer answers nothing | taken for what it is: paid |
/// | less arrives than was deposited, or more, or nothing, or the escrow's balance falls | the deposit is refused |
/// | a fee is switched on after the deposit | who is paid bears it; other channels of the token stay whole |
/// | a fee is taken from the escrow on top, or balances shrink | the token's last channel goes short, no other token |
/// | balances grow | the surplus stays: nobody can claim it |
/// | a balance that is only shown, not held | buys phantoms for phantoms |
/// | the token blocks the receiver | others are paid; its claims are booked and paid when it is unblocked |
/// | the token blocks the payer | the receiver is paid all the same |
/// | the token is no contract, the escrow itself, or accepts every call | the deposit is refused |
contract LyingTokenTest is AttackBase {
    IChannels.ChannelConfig private config;
    IChannels.ChannelConfig private dollars;

    function setUp() public override {
        super.setUp();
        dollars = channel(9);
        deposit(dollars, 1000);
    }

    /// @dev After whatever happened, both sides of the dollar channel get every unit of it.
    modifier dollarsStayWhole() {
        _;
        uint256[] memory before = purses();
        settleBatch(row(dollars, 400));
        initiateWithdraw(dollars, 600);
        vm.warp(block.timestamp + DELAY);
        finalizeWithdraw(dollars);
        assertPaid(before, 400, 600);
    }

    // ------------------------------------------------------------------ answers

    function test_settle_transferAnswersFalse() public dollarsStayWhole {
        HostileToken token = _use(new FalseToken());
        bytes32 channelId = _deposit(1000);
        IChannels.VoucherClaim memory one = row(config, 600);
        bytes memory failure = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token);
        assertRefused(
            RELAYER, abi.encodeCall(escrow.settleBatch, (_terms(), pack(rows(one)), signBatch(rows(one)))), failure
        );
        assertRefused(RECEIVER, abi.encodeCall(escrow.refund, (config, 1)), failure);
        assertChannel(channelId, 1000, 0);
        assertEq(token.balanceOf(address(escrow)), 1000);
    }

    function test_settle_transferAnswersNothing() public dollarsStayWhole {
        HostileToken token = _use(new SilentToken());
        _deposit(1000);
        _settle(row(config, 600));
        refund(config, 400);
        assertEq(token.balanceOf(RECEIVER), 600);
        assertEq(token.balanceOf(payer), FUNDS - 600);
    }

    // ------------------------------------------------------------------ deposits

    function test_deposit_feeOnTransfer() public dollarsStayWhole {
        FeeToken token = new FeeToken();
        _use(token);
        token.charge(1, 0);
        _assertDepositRefused(abi.encodeWithSelector(IChannels.DepositMismatch.selector, 1000, 990));
    }

    function test_deposit_balanceThatDoesNotGrow() public dollarsStayWhole {
        _assertDepositRefused(_phantom(500, 500), abi.encodeWithSelector(IChannels.DepositMismatch.selector, 1000, 0));
    }

    function test_deposit_balanceThatGrowsTooMuch() public dollarsStayWhole {
        _assertDepositRefused(
            _phantom(0, type(uint256).max),
            abi.encodeWithSelector(IChannels.DepositMismatch.selector, 1000, type(uint256).max)
        );
    }

    function test_deposit_balanceThatFalls() public dollarsStayWhole {
        _assertDepositRefused(_phantom(500, 499), abi.encodeWithSignature("Panic(uint256)", 0x11));
    }

    function test_deposit_tokenThatAcceptsEveryCall() public dollarsStayWhole {
        _assertDepositRefused(
            address(new AgreeableToken()), abi.encodeWithSelector(IChannels.DepositMismatch.selector, 1000, 0)
        );
    }

    function test_deposit_tokenThatIsNoToken() public dollarsStayWhole {
        address[4] memory none = [stranger, address(4), address(escrow), address(vm)];
        for (uint256 i = 0; i < none.length; ++i) {
            config = channel(1);
            config.token = none[i];
            vm.prank(RELAYER);
            (bool success,) = address(escrow).call(_depositCall(1000));
            assertTrue(!success);
        }
    }

    /// @dev Phantoms are counted in their own books only.
    function test_deposit_balanceThatIsOnlyShown() public dollarsStayWhole {
        bytes32 channelId = _fakeDeposit(1e12);
        uint256[] memory before = purses();
        _settle(row(config, 1e12));
        assertChannel(channelId, 1e12, 1e12);
        assertPaid(before, 0, 0);
        (uint128 claimed,) = escrow.receivers(RECEIVER, address(usdc));
        assertEq(uint256(claimed), 0);
    }

    // ------------------------------------------------------------------ fees and rebases after the deposit

    function test_settle_feeSwitchedOnLater() public dollarsStayWhole {
        FeeToken token = new FeeToken();
        _use(token);
        _deposit(1000);
        IChannels.ChannelConfig memory other = _other();
        token.charge(10, 0);
        _settle(row(config, 1000));
        assertEq(token.balanceOf(RECEIVER), 900);
        assertEq(token.balanceOf(address(escrow)), 1000);
        refund(other, 1000);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_settle_feeTakenFromTheEscrow() public dollarsStayWhole {
        FeeToken token = new FeeToken();
        _use(token);
        _deposit(1000);
        IChannels.ChannelConfig memory other = _other();
        token.charge(0, 10);
        _settle(row(config, 1000));
        assertEq(token.balanceOf(RECEIVER), 1000);
        assertEq(token.balanceOf(address(escrow)), 900);
        assertRefused(
            RECEIVER, abi.encodeCall(escrow.refund, (other, 1000)), abi.encodeWithSignature("Panic(uint256)", 0x11)
        );
    }

    function test_settle_balancesShrink() public dollarsStayWhole {
        RebasingToken token = new RebasingToken();
        _use(token);
        _deposit(1000);
        IChannels.ChannelConfig memory other = _other();
        token.rebase(50);
        _settle(row(config, 1000));
        assertEq(token.balanceOf(RECEIVER), 1000);
        assertRefused(
            RECEIVER, abi.encodeCall(escrow.refund, (other, 1)), abi.encodeWithSignature("Panic(uint256)", 0x11)
        );
    }

    function test_settle_balancesGrow() public dollarsStayWhole {
        RebasingToken token = new RebasingToken();
        _use(token);
        _deposit(1000);
        token.rebase(200);
        IChannels.VoucherClaim memory greedy = row(config, 2000);
        _settle(greedy);
        assertEq(token.balanceOf(RECEIVER), 1000);
        assertEq(token.balanceOf(address(escrow)), 1000);
        vm.prank(RECEIVER);
        escrow.refund(config, 1000);
        assertEq(token.balanceOf(address(escrow)), 1000);
    }

    // ------------------------------------------------------------------ blocked addresses

    function test_settleBatch_blockedReceiver() public dollarsStayWhole {
        BlockingToken token = new BlockingToken();
        _use(token);
        bytes32 channelId = _deposit(1000);
        IChannels.ChannelConfig memory other = _other();
        other.receiver = stranger;
        token.mint(payer, 500);
        escrow.deposit(other, 500, address(escrow), abi.encode(0, 0, 0, bytes("")));
        token.setBlocked(RECEIVER, true);

        IChannels.VoucherClaim memory one = row(config, 600);
        bytes memory signature = signBatch(rows(one));
        assertRefused(
            RELAYER,
            abi.encodeCall(escrow.settleBatch, (_terms(), pack(rows(one)), signature)),
            abi.encodeWithSelector(BlockingToken.Blocked.selector, RECEIVER)
        );
        IChannels.VoucherClaim[] memory others = rows(row(other, 500));
        escrow.claimWithSignature(others, signBatch(others));
        escrow.settle(stranger, address(token));
        assertEq(token.balanceOf(stranger), 500);

        escrow.claimWithSignature(rows(one), signature);
        assertChannel(channelId, 1000, 600);
        initiateWithdraw(config, 400);
        vm.warp(block.timestamp + DELAY);
        finalizeWithdraw(config);
        token.setBlocked(RECEIVER, false);
        escrow.settle(RECEIVER, address(token));
        assertEq(token.balanceOf(RECEIVER), 600);
    }

    function test_finalizeWithdraw_blockedPayer() public dollarsStayWhole {
        BlockingToken token = new BlockingToken();
        _use(token);
        _deposit(1000);
        initiateWithdraw(config, 1000);
        vm.warp(block.timestamp + DELAY);
        token.setBlocked(payer, true);
        bytes memory blocked = abi.encodeWithSelector(BlockingToken.Blocked.selector, payer);
        assertRefused(payer, abi.encodeCall(escrow.finalizeWithdraw, (config)), blocked);
        assertRefused(RECEIVER, abi.encodeCall(escrow.refund, (config, 1000)), blocked);
        _settle(row(config, 600));
        assertEq(token.balanceOf(RECEIVER), 600);
        token.setBlocked(payer, false);
        finalizeWithdraw(config);
        assertEq(token.balanceOf(payer), FUNDS - 600);
    }

    // ------------------------------------------------------------------ helpers

    function _use(HostileToken token) private returns (HostileToken) {
        token.mint(payer, FUNDS);
        config = channel(1);
        config.token = address(token);
        return token;
    }

    /// @dev A second channel of the same token, with 1000 in it.
    function _other() private returns (IChannels.ChannelConfig memory other) {
        other = channel(2);
        other.token = config.token;
        escrow.deposit(other, 1000, address(escrow), abi.encode(0, 0, 0, bytes("")));
    }

    function _depositCall(uint128 amount) private view returns (bytes memory) {
        return abi.encodeCall(escrow.deposit, (config, amount, address(escrow), abi.encode(0, 0, 0, bytes(""))));
    }

    function _deposit(uint128 amount) private returns (bytes32) {
        vm.prank(RELAYER);
        escrow.deposit(config, amount, address(escrow), abi.encode(0, 0, 0, bytes("")));
        return escrow.getChannelId(config);
    }

    function _assertDepositRefused(bytes memory reason) private {
        assertRefused(RELAYER, _depositCall(1000), reason);
        assertChannel(escrow.getChannelId(config), 0, 0);
    }

    function _assertDepositRefused(address token, bytes memory reason) private {
        config = channel(1);
        config.token = token;
        _assertDepositRefused(reason);
    }

    /// @dev A token that shows the escrow's balance first as `before`, then as `later`.
    function _phantom(uint256 before, uint256 later) private returns (address) {
        PhantomToken token = new PhantomToken();
        uint256[] memory lies = new uint256[](2);
        (lies[0], lies[1]) = (before, later);
        token.lie(lies);
        return address(token);
    }

    function _fakeDeposit(uint128 amount) private returns (bytes32) {
        config = channel(1);
        config.token = _phantom(0, amount);
        return _deposit(amount);
    }

    function _terms() private view returns (IStreamChannelEscrow.BatchTerms memory terms_) {
        terms_ = terms();
        terms_.token = config.token;
    }

    function _settle(IChannels.VoucherClaim memory one) private {
        bytes memory signature = signBatch(rows(one));
        vm.prank(RELAYER);
        escrow.settleBatch(_terms(), pack(rows(one)), signature);
    }
}
