// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {BatchSettlement} from "../../src/BatchSettlement.sol";
import {ERC3009Collector} from "../../src/ERC3009Collector.sol";
import {TestUSDC} from "../../src/TestUSDC.sol";
import {TypedData} from "../../src/TypedData.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IDepositCollector} from "../../src/interfaces/IDepositCollector.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

/// @dev A collector that brings nothing.
contract EmptyHandedCollector is IDepositCollector {
    function collect(address, address, uint256, bytes32, bytes calldata) external {}
}

/// @dev A collector that calls back into the settlement contract while it is being asked for money.
contract ReenteringCollector is IDepositCollector {
    function collect(address, address, uint256, bytes32, bytes calldata callback) external {
        (bool success, bytes memory reason) = msg.sender.call(callback);
        if (!success) {
            assembly {
                revert(add(reason, 32), mload(reason))
            }
        }
    }
}

contract AttackTest is ChannelFixture {
    IChannels.ChannelConfig private config;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        config = channel(0);
        channelId = deposit(config, 1000);
    }

    // A voucher is worth something for its own channel, contract and chain only.

    function test_claim_revertsForAVoucherOfAnotherChannel() public {
        IChannels.ChannelConfig memory other = channel(1);
        deposit(other, 1000);
        IChannels.VoucherClaim memory replayed = row(config, 500);
        replayed.voucher.channel = other;
        vm.prank(RECEIVER);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        settlement.claim(rows(replayed));
    }

    function test_getVoucherDigest_differsOnAnotherContract() public {
        BatchSettlement other = new BatchSettlement();
        assertTrue(other.getVoucherDigest(channelId, 1) != settlement.getVoucherDigest(channelId, 1));
        assertTrue(other.getChannelId(config) != channelId);
    }

    function test_claim_revertsForAnotherReceiver() public {
        IChannels.VoucherClaim memory stolen = row(config, 500);
        stolen.voucher.channel.receiver = address(this);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannels.ClaimExceedsBalance.selector, settlement.getChannelId(stolen.voucher.channel), 500, 0
            )
        );
        settlement.claim(rows(stolen));
    }

    // Only the named keys sign.

    function test_claim_revertsForAVoucherOfThePayerWhenAnAuthorizerIsNamed() public {
        IChannels.VoucherClaim memory one = row(config, 500, 500, PAYER_KEY);
        vm.prank(RECEIVER);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        settlement.claim(rows(one));
    }

    function test_claim_revertsForAMalleatedSignature() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SESSION_KEY, settlement.getVoucherDigest(channelId, 500));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory twin = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        IChannels.VoucherClaim memory one =
            IChannels.VoucherClaim(IChannels.Voucher(config, 500), twin, 500);
        vm.prank(RECEIVER);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        settlement.claim(rows(one));
    }

    function test_claimWithSignature_revertsForAStrangersBatch() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 500));
        bytes memory signature = sign(STRANGER_KEY, settlement.getClaimBatchDigest(batch));
        vm.expectRevert(TypedData.InvalidSignature.selector);
        settlement.claimWithSignature(batch, signature);
    }

    function test_claimWithSignature_revertsWhenARowIsRaisedAfterSigning() public {
        IChannels.VoucherClaim[] memory batch = rows(row(config, 500, 100, SESSION_KEY));
        bytes memory signature = sign(AUTHORIZER_KEY, settlement.getClaimBatchDigest(batch));
        batch[0].totalClaimed = 500;
        vm.expectRevert(TypedData.InvalidSignature.selector);
        settlement.claimWithSignature(batch, signature);
    }

    // Nobody gets more than was signed, deposited or left.

    function testFuzz_claim_revertsBeyondTheVoucher(uint128 ceiling, uint128 total) public {
        ceiling = uint128(bound(ceiling, 0, 999));
        total = uint128(bound(total, ceiling + 1, 1000));
        IChannels.VoucherClaim memory one = row(config, ceiling, total, SESSION_KEY);
        vm.prank(RECEIVER);
        vm.expectRevert(
            abi.encodeWithSelector(IChannels.ClaimExceedsVoucher.selector, channelId, total, ceiling)
        );
        settlement.claim(rows(one));
    }

    function test_claim_countsAChannelNamedTwiceOnce() public {
        claim(rows(row(config, 600), row(config, 600)));
        assertChannel(channelId, 1000, 600);
        (uint128 claimed,) = settlement.receivers(RECEIVER, address(usdc));
        assertEq(uint256(claimed), 600);
    }

    function test_claim_revertsAfterTheWithdrawalWonTheRace() public {
        vm.prank(payer);
        settlement.initiateWithdraw(config, 1000);
        vm.warp(START + 15 minutes);
        vm.prank(payer);
        settlement.finalizeWithdraw(config);
        IChannels.VoucherClaim memory late = row(config, 500);
        vm.prank(RECEIVER);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ClaimExceedsBalance.selector, channelId, 500, 0));
        settlement.claim(rows(late));
    }

    function test_claim_cannotBeRepeatedAfterReopening() public {
        IChannels.VoucherClaim memory used = row(config, 400);
        claim(used);
        vm.prank(RECEIVER);
        settlement.refund(config, 600);
        deposit(config, 1000);
        claim(used);
        assertChannel(channelId, 1400, 400);
    }

    function test_finalizeWithdraw_isSpentByUse() public {
        vm.prank(payer);
        settlement.initiateWithdraw(config, 300);
        vm.warp(START + 15 minutes);
        vm.prank(payer);
        settlement.finalizeWithdraw(config);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IChannels.NoPendingWithdraw.selector, channelId));
        settlement.finalizeWithdraw(config);
    }

    function test_refundWithSignature_isSpentByUseAndByADirectRefund() public {
        bytes memory first = sign(AUTHORIZER_KEY, settlement.getRefundDigest(channelId, 0, 100));
        settlement.refundWithSignature(config, 100, 0, first);
        vm.expectRevert(abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 1, 0));
        settlement.refundWithSignature(config, 100, 0, first);
        vm.expectRevert(TypedData.InvalidSignature.selector);
        settlement.refundWithSignature(config, 100, 1, first);

        bytes memory second = sign(AUTHORIZER_KEY, settlement.getRefundDigest(channelId, 1, 100));
        vm.prank(RECEIVER);
        settlement.refund(config, 1);
        vm.expectRevert(abi.encodeWithSelector(IChannels.InvalidRefundNonce.selector, 2, 1));
        settlement.refundWithSignature(config, 100, 1, second);
    }

    // Deposits: a hostile collector, a stolen or redirected consent.

    function test_deposit_revertsWhenNothingArrives() public {
        address nothing = address(new EmptyHandedCollector());
        vm.expectRevert(abi.encodeWithSelector(IChannels.DepositMismatch.selector, 1000, 0));
        settlement.deposit(config, 1000, nothing, "");
    }

    function test_deposit_revertsOnReentry() public {
        address reentering = address(new ReenteringCollector());
        claim(row(config, 400));
        bytes[4] memory callbacks = [
            abi.encodeCall(settlement.settle, (RECEIVER, address(usdc))),
            abi.encodeCall(settlement.deposit, (config, 1, address(collector), consent(channelId, 1))),
            abi.encodeCall(settlement.refund, (config, 1)),
            abi.encodeCall(settlement.claim, (rows(row(config, 500))))
        ];
        for (uint256 i = 0; i < callbacks.length; ++i) {
            vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            settlement.deposit(config, 1, reentering, callbacks[i]);
        }
    }

    function test_deposit_revertsForAConsentToAnotherChannel() public {
        IChannels.ChannelConfig memory mine = channel(0);
        mine.receiver = address(this);
        bytes memory data = consent(channelId, 100);
        vm.expectRevert(TestUSDC.InvalidSignature.selector);
        settlement.deposit(mine, 100, address(collector), data);
    }

    function test_deposit_usesAConsentOnce() public {
        bytes memory data = consent(channelId, 100);
        settlement.deposit(config, 100, address(collector), data);
        vm.expectRevert();
        settlement.deposit(config, 100, address(collector), data);
    }

    function test_collect_isOnlyForTheSettlementContract() public {
        bytes memory data = consent(channelId, 100);
        vm.expectRevert(abi.encodeWithSelector(ERC3009Collector.OnlySettlement.selector, address(this)));
        collector.collect(payer, address(usdc), 100, channelId, data);
    }
}
