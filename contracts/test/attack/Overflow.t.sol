// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";
import {HostileToken} from "../support/hostile/HostileToken.sol";

/// @notice Amounts and times at the ends of their types, in a token of which there is more than 2^128.
///
/// | attack | outcome |
/// |---|---|
/// | a channel filled to 2^128 - 1 and topped up by one | the deposit is refused; what is there stays claimable |
/// | a receiver's total filled to 2^128 - 1, so that its next claim overflows | that token only; the payer gets out |
/// | the same, against the receiver's dollars or other receivers of that token | unharmed |
/// | a packed row with the largest maximum and total there are | paid exactly |
/// | a voucher above 2^96 cut down to fit a row | its signature does not fit: skipped; `claim` takes it |
/// | a cap of 2^128 - 1, passed by one | refused, not wrapped |
/// | period amounts and times as large as they get | the ceiling does not wrap |
/// | a refund or withdrawal of 2^128 - 1 | what is unclaimed; refused |
/// | dirty upper bits in addresses and amounts of the calldata | refused |
contract OverflowTest is AttackBase {
    uint128 private constant MOST = type(uint128).max;
    HostileToken private token;
    IChannels.ChannelConfig private config;

    function setUp() public override {
        super.setUp();
        token = new HostileToken();
        token.mint(payer, type(uint256).max);
        config = _vast(1);
        deposit(channel(9), 1000);
    }

    function test_deposit_onTopOfAFullChannel() public {
        bytes32 channelId = _deposit(config, MOST);
        assertRefused(RELAYER, _depositCall(config, 1), abi.encodeWithSignature("Panic(uint256)", 0x11));
        assertChannel(channelId, MOST, 0);
        claim(row(config, MOST));
        escrow.settle(RECEIVER, address(token));
        assertEq(token.balanceOf(RECEIVER), MOST);
    }

    function test_claim_receiversTotalFilledUp() public {
        _deposit(config, MOST);
        claim(row(config, MOST));
        IChannels.ChannelConfig memory second = _vast(2);
        bytes32 secondId = _deposit(second, 1000);
        bytes memory overflow = abi.encodeWithSignature("Panic(uint256)", 0x11);
        IChannels.VoucherClaim[] memory batch = rows(row(second, 600));
        assertRefused(RECEIVER, abi.encodeCall(escrow.claim, (batch)), overflow);
        assertRefused(
            RELAYER, abi.encodeCall(escrow.settleBatch, (_terms(), pack(batch), signBatch(batch))), overflow
        );
        assertChannel(secondId, 1000, 0);
        initiateWithdraw(second, 1000);
        vm.warp(START + DELAY);
        finalizeWithdraw(second);
        assertChannel(secondId, 0, 0);
    }

    function test_claim_receiversTotalOfAnotherTokenFilledUp() public {
        config.receiverAuthorizer = stranger;
        _deposit(config, MOST);
        IChannels.VoucherClaim[] memory fill = rows(row(config, MOST));
        vm.prank(stranger);
        escrow.claim(fill);
        uint256[] memory before = purses();
        settleBatch(row(channel(9), 600));
        assertPaid(before, 600, 0);

        IChannels.ChannelConfig memory other = _vast(2);
        other.receiver = stranger;
        _deposit(other, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(other, 600));
        escrow.claimWithSignature(batch, signBatch(batch));
        escrow.settle(stranger, address(token));
        assertEq(token.balanceOf(stranger), 600);
    }

    function test_settleBatch_largestRows() public {
        uint128 most = type(uint96).max;
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](4);
        for (uint256 i = 0; i < 4; ++i) {
            _deposit(_vast(10 + i), most);
            batch[i] = row(_vast(10 + i), most);
        }
        bytes memory signature = signBatch(batch);
        escrow.settleBatch(_terms(), pack(batch), signature);
        assertEq(token.balanceOf(RECEIVER), 4 * uint256(most));
        escrow.settleBatch(_terms(), pack(batch), signature);
        assertEq(token.balanceOf(RECEIVER), 4 * uint256(most));
    }

    function test_settleBatch_voucherTooLargeForARow() public {
        uint128 large = uint128(type(uint96).max) + 601;
        bytes32 channelId = _deposit(config, MOST);
        IChannels.VoucherClaim memory one = row(config, large, 500, SESSION_KEY);
        // What the row says: a maximum of 600.
        IChannels.VoucherClaim[] memory cut = rows(row(config, 600, 500, SESSION_KEY));
        cut[0].signature = one.signature;
        bytes memory outcomes = escrow.settleBatch(_terms(), pack(cut), signBatch(cut));
        assertOutcome(
            IStreamChannelEscrow.RowOutcome(uint8(outcomes[0])), IStreamChannelEscrow.RowOutcome.InvalidVoucher
        );
        assertChannel(channelId, MOST, 0);
        claim(one);
        assertChannel(channelId, MOST, 500);
    }

    function test_deposit_pastTheLargestCap() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        (terms_.token, terms_.spendCap) = (address(token), MOST);
        bytes32 keyId = register(terms_);
        config.salt = keyId;
        _deposit(config, MOST - 1);
        config.withdrawDelay = 2 days;
        assertRefused(
            RELAYER,
            _depositCall(config, 2),
            abi.encodeWithSelector(
                ISessionKeyValidator.SpendCapExceeded.selector, keyId, uint256(MOST) + 1, MOST
            )
        );
        _deposit(config, 1);
        assertEq(uint256(escrow.usage(keyId)), MOST);
    }

    function test_claim_largestPeriodAndTimes() public {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        (terms_.token, terms_.spendCap, terms_.periodAmount) = (address(token), MOST, MOST);
        (terms_.periodDuration, terms_.start, terms_.expiry) = (1, 0, type(uint40).max);
        bytes32 keyId = register(terms_);
        config.salt = keyId;
        bytes32 channelId = _deposit(config, MOST);
        vm.warp(type(uint40).max - 1);
        assertEq(escrow.spendCeiling(keyId, type(uint40).max), MOST);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 1000));
        escrow.settleBatch(_terms(), pack(batch), signBatch(batch));
        claim(row(config, MOST));
        assertChannel(channelId, MOST, MOST);
    }

    function test_refund_ofMoreThanThereIs() public {
        _deposit(config, 1000);
        claim(row(config, 300));
        refund(config, MOST);
        assertEq(token.balanceOf(payer), type(uint256).max - 300);
        assertEq(token.balanceOf(address(escrow)), 300);
        assertRefused(
            payer,
            abi.encodeCall(escrow.initiateWithdraw, (config, MOST)),
            abi.encodeWithSelector(IChannels.WithdrawExceedsAvailable.selector, MOST, 0)
        );
    }

    /// @dev An address with dirt above its 20 bytes would give the same channel a second name.
    function test_calls_withDirtyBits() public gainsNothing {
        IChannels.ChannelConfig memory plain = channel(9);
        bytes[3] memory calls = [
            abi.encodeCall(escrow.refund, (plain, 1)),
            abi.encodeCall(escrow.getChannelId, (plain)),
            abi.encodeCall(escrow.initiateWithdraw, (plain, 1))
        ];
        // payer, payer authorizer, receiver, receiver authorizer, token, delay
        for (uint256 word = 0; word < 6; ++word) {
            for (uint256 i = 0; i < calls.length; ++i) {
                bytes memory dirty = bytes.concat(calls[i]);
                dirty[4 + 32 * word] = 0x01;
                vm.prank(i == 0 ? RECEIVER : payer);
                (bool success, bytes memory answer) = address(escrow).call(dirty);
                assertTrue(!success && answer.length == 0);
            }
        }
        for (uint256 word = 0; word < 4; ++word) {
            IChannels.VoucherClaim[] memory batch = rows(row(plain, 600));
            bytes memory dirty =
                abi.encodeCall(escrow.settleBatch, (terms(), pack(batch), signBatch(batch)));
            dirty[4 + 32 * word] = 0x01;
            (bool success, bytes memory answer) = address(escrow).call(dirty);
            assertTrue(!success && answer.length == 0);
        }
    }

    // ------------------------------------------------------------------ helpers

    function _vast(uint256 salt) private view returns (IChannels.ChannelConfig memory vast) {
        vast = channel(salt);
        vast.token = address(token);
    }

    function _depositCall(IChannels.ChannelConfig memory vast, uint128 amount) private view returns (bytes memory) {
        return abi.encodeCall(escrow.deposit, (vast, amount, address(escrow), abi.encode(0, 0, 0, bytes(""))));
    }

    function _deposit(IChannels.ChannelConfig memory vast, uint128 amount) private returns (bytes32) {
        escrow.deposit(vast, amount, address(escrow), abi.encode(0, 0, 0, bytes("")));
        return escrow.getChannelId(vast);
    }

    function _terms() private view returns (IStreamChannelEscrow.BatchTerms memory terms_) {
        terms_ = terms();
        terms_.token = address(token);
    }
}
