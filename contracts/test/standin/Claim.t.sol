// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

/// @dev A wallet that accepts exactly one digest.
contract OneDigestWallet is IERC1271 {
    bytes32 public accepted;

    function accept(bytes32 digest) external {
        accepted = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == accepted ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

contract ClaimTest is ChannelFixture {
    function testFuzz_claim_recordsUpToTheVoucher(uint128 ceiling, uint128 total) public {
        ceiling = uint128(bound(ceiling, 1, 1000));
        total = uint128(bound(total, 1, ceiling));
        IChannels.ChannelConfig memory config = channel(0);
        bytes32 channelId = deposit(config, 1000);
        claim(row(config, ceiling, total, SESSION_KEY));
        assertChannel(channelId, 1000, total);
        (uint128 claimed, uint128 settled) = settlement.receivers(RECEIVER, address(usdc));
        assertEq(uint256(claimed), total);
        assertEq(uint256(settled), 0);
    }

    function test_claim_skipsStaleRowsAndKeepsTheRest() public {
        (IChannels.ChannelConfig memory a, IChannels.ChannelConfig memory b) = (channel(1), channel(2));
        bytes32 idA = deposit(a, 1000);
        bytes32 idB = deposit(b, 1000);
        claim(row(a, 300));
        IChannels.VoucherClaim[] memory batch = rows(row(a, 299), row(b, 200));
        vm.prank(authorizer);
        settlement.claim(batch);
        assertChannel(idA, 1000, 300);
        assertChannel(idB, 1000, 200);
    }

    function test_claim_revertsTheWholeBatchForOneUnderfundedRow() public {
        (IChannels.ChannelConfig memory a, IChannels.ChannelConfig memory b) = (channel(1), channel(2));
        bytes32 idA = deposit(a, 1000);
        bytes32 idB = deposit(b, 100);
        IChannels.VoucherClaim[] memory batch = rows(row(a, 300), row(b, 101));
        vm.prank(RECEIVER);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ClaimExceedsBalance.selector, idB, 101, 100));
        settlement.claim(batch);
        assertChannel(idA, 1000, 0);
    }

    function test_claim_revertsOnEmptyBatch() public {
        vm.expectRevert(IChannels.EmptyBatch.selector);
        settlement.claim(new IChannels.VoucherClaim[](0));
    }

    function test_claim_revertsForAStranger() public {
        IChannels.ChannelConfig memory config = channel(0);
        deposit(config, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 1));
        vm.expectRevert(abi.encodeWithSelector(IChannels.NotReceiverSide.selector, address(this)));
        settlement.claim(batch);
    }

    function test_claim_asksThePayerContractWhenNoAuthorizerIsNamed() public {
        OneDigestWallet wallet = new OneDigestWallet();
        IChannels.ChannelConfig memory config = channel(0);
        config.payer = address(wallet);
        config.payerAuthorizer = address(0);
        bytes32 channelId = settlement.getChannelId(config);
        // A wallet's EIP-3009 consent goes the same way, so the test token must ask it as well.
        usdc.mint(address(wallet), 100);
        wallet.accept(_consentDigest(address(wallet), channelId, 100));
        settlement.deposit(config, 100, address(collector), abi.encode(uint256(0), type(uint256).max, uint256(1), bytes("")));

        wallet.accept(settlement.getVoucherDigest(channelId, 40));
        claim(IChannels.VoucherClaim(IChannels.Voucher(config, 40), "", 40));
        assertChannel(channelId, 100, 40);
    }

    function test_claimWithSignature_isRelayedByAnyone() public {
        (IChannels.ChannelConfig memory a, IChannels.ChannelConfig memory b) = (channel(1), channel(2));
        bytes32 idA = deposit(a, 1000);
        bytes32 idB = deposit(b, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(a, 10), row(b, 20));
        settlement.claimWithSignature(batch, sign(AUTHORIZER_KEY, settlement.getClaimBatchDigest(batch)));
        assertChannel(idA, 1000, 10);
        assertChannel(idB, 1000, 20);
    }

    function test_claimWithSignature_acceptsAContractAuthorizer() public {
        OneDigestWallet wallet = new OneDigestWallet();
        IChannels.ChannelConfig memory config = channel(0);
        config.receiverAuthorizer = address(wallet);
        bytes32 channelId = deposit(config, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(config, 10));
        wallet.accept(settlement.getClaimBatchDigest(batch));
        settlement.claimWithSignature(batch, "");
        assertChannel(channelId, 1000, 10);
    }

    function test_claimWithSignature_revertsOnMixedAuthorizers() public {
        IChannels.ChannelConfig memory a = channel(1);
        IChannels.ChannelConfig memory b = channel(2);
        b.receiverAuthorizer = vm.addr(STRANGER_KEY);
        deposit(a, 1000);
        deposit(b, 1000);
        IChannels.VoucherClaim[] memory batch = rows(row(a, 10), row(b, 20));
        bytes memory signature = sign(AUTHORIZER_KEY, settlement.getClaimBatchDigest(batch));
        vm.expectRevert(
            abi.encodeWithSelector(IChannels.MixedAuthorizers.selector, authorizer, b.receiverAuthorizer)
        );
        settlement.claimWithSignature(batch, signature);
    }

    function test_settle_paysTheReceiverOnceForAllChannels() public {
        (IChannels.ChannelConfig memory a, IChannels.ChannelConfig memory b) = (channel(1), channel(2));
        deposit(a, 1000);
        deposit(b, 1000);
        claim(rows(row(a, 10), row(b, 20)));
        vm.expectEmit(address(settlement));
        emit IChannels.Settled(RECEIVER, address(usdc), address(this), 30);
        settlement.settle(RECEIVER, address(usdc));
        assertEq(usdc.balanceOf(RECEIVER), 30);
        settlement.settle(RECEIVER, address(usdc));
        assertEq(usdc.balanceOf(RECEIVER), 30);
    }

    function _consentDigest(address from, bytes32 channelId, uint256 amount) private view returns (bytes32) {
        bytes32 nonce = keccak256(abi.encode(channelId, uint256(1)));
        bytes32 structHash = keccak256(
            abi.encode(
                usdc.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                from,
                address(collector),
                amount,
                uint256(0),
                type(uint256).max,
                nonce
            )
        );
        return keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
    }
}
