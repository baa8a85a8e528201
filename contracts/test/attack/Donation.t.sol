// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {TestUSDC} from "../../src/TestUSDC.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {AttackBase} from "../support/hostile/AttackBase.sol";
import {MintingCollector} from "../support/hostile/MintingCollector.sol";

/// @notice Money lies in the escrow that no channel owns, or somebody wants credit for money that others brought.
///
/// | attack | outcome |
/// |---|---|
/// | tokens sent to the escrow, then claimed, refunded, withdrawn or deposited | they stay: no channel grows |
/// | the same, to break the balance check of a deposit | only the difference within the deposit counts |
/// | a collector of the attacker's own, with money of its own making | refused: the escrow is its only collector |
/// | a consent that is cut off, empty, or points outside its bytes | refused |
/// | a channel whose receiver or payer is the escrow | its own money only; others stay whole |
contract DonationTest is AttackBase {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(1);
        channelId = deposit(config, 1000);
        usdc.mint(address(escrow), 500);
    }

    function test_claim_donatedMoney() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 1500));
        uint256[] memory before = purses();
        assertRefused(
            RECEIVER,
            abi.encodeCall(escrow.claim, (batch)),
            abi.encodeWithSelector(IChannels.ClaimExceedsBalance.selector, channelId, 1500, 1000)
        );
        settleBatch(batch);
        escrow.settle(RECEIVER, address(usdc));
        assertPaid(before, 1000, 0);
        assertEq(usdc.balanceOf(address(escrow)), 500);
    }

    function test_refund_donatedMoney() public {
        uint256[] memory before = purses();
        refund(config, 1500);
        refund(config, 500);
        assertPaid(before, 0, 1000);
    }

    function test_initiateWithdraw_donatedMoney() public gainsNothing {
        assertRefused(
            payer,
            abi.encodeCall(escrow.initiateWithdraw, (config, 1001)),
            abi.encodeWithSelector(IChannels.WithdrawExceedsAvailable.selector, 1001, 1000)
        );
    }

    function test_deposit_donatedMoneyAsOnesOwn() public gainsNothing {
        IChannels.ChannelConfig memory mine = channel(2);
        (mine.payer, mine.receiver, mine.receiverAuthorizer) = (stranger, stranger, stranger);
        bytes memory data = consent(STRANGER_KEY, escrow.getChannelId(mine), 500, 1);
        assertRefused(
            stranger,
            abi.encodeCall(escrow.deposit, (mine, 500, address(escrow), data)),
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, stranger, 0, 500)
        );
        assertChannel(escrow.getChannelId(mine), 0, 0);
    }

    function test_deposit_afterADonation() public {
        deposit(config, 200);
        assertChannel(channelId, 1200, 0);
        assertEq(usdc.balanceOf(address(escrow)), 1700);
    }

    /// @dev The consent is read in place: what it points to may lie outside its bytes, but must be signed all the same.
    function test_deposit_malformedConsent() public gainsNothing {
        bytes memory honest = consent(channelId, 500);
        bytes memory outside = bytes.concat(honest);
        assembly ("memory-safe") {
            mstore(add(outside, 0x80), not(0))
        }
        bytes memory short = bytes.concat(honest);
        assembly ("memory-safe") {
            mstore(short, 0x80)
        }
        bytes[5] memory malformed = [bytes(""), hex"01", new bytes(128), outside, short];
        for (uint256 i = 0; i < malformed.length; ++i) {
            vm.prank(stranger);
            (bool success,) =
                address(escrow).call(abi.encodeCall(escrow.deposit, (config, 500, address(escrow), malformed[i])));
            assertTrue(!success);
        }
        assertChannel(channelId, 1000, 0);
    }

    function test_deposit_byAForeignCollector() public gainsNothing {
        MintingCollector collector = new MintingCollector();
        assertRefused(
            stranger,
            abi.encodeCall(escrow.deposit, (config, 500, address(collector), bytes(""))),
            abi.encodeWithSelector(IStreamChannelEscrow.UnknownCollector.selector, address(collector))
        );
        assertTrue(!collector.called());
    }

    function test_settle_toTheEscrowItself() public {
        IChannels.ChannelConfig memory inward = channel(2);
        (inward.receiver, inward.receiverAuthorizer) = (address(escrow), stranger);
        deposit(inward, 300);
        IChannels.VoucherClaim[] memory batch = rows(row(inward, 300));
        uint256[] memory before = purses();
        vm.prank(stranger);
        escrow.claim(batch);
        escrow.settle(address(escrow), address(usdc));
        escrow.settle(address(escrow), address(usdc));
        assertPaid(before, 0, 0);
        settleBatch(row(config, 1000));
        assertPaid(before, 1000, 0);
    }

    function test_deposit_fromTheEscrowItself() public gainsNothing {
        IChannels.ChannelConfig memory inward = channel(2);
        (inward.payer, inward.receiver) = (address(escrow), stranger);
        bytes memory data = forgeConsent(STRANGER_KEY, address(escrow), escrow.getChannelId(inward), 500);
        assertRefused(
            stranger,
            abi.encodeCall(escrow.deposit, (inward, 500, address(escrow), data)),
            TestUSDC.InvalidSignature.selector
        );
    }
}
