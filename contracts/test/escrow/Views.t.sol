// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {EscrowAsserts} from "../support/EscrowAsserts.sol";

/// @dev What the contract offers beside its interface.
interface IConstants {
    function CHANNEL_CONFIG_TYPEHASH() external view returns (bytes32);
    function MAX_PAYEES() external view returns (uint256);
    function MAX_WITHDRAW_DELAY() external view returns (uint40);
    function MIN_WITHDRAW_DELAY() external view returns (uint40);
}

contract EscrowViewsTest is EscrowAsserts {
    string private constant CONFIG_TYPE =
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)";
    string private constant ENTRY_TYPE =
        "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)";

    // ------------------------------------------------------------------ state

    function testFuzz_views_areZeroForUnknownChannels(bytes32 channelId, address receiver, address token) public view {
        assertChannel(channelId, 0, 0);
        assertPending(channelId, 0, 0);
        assertEq(escrow.refundNonce(channelId), 0);
        (uint128 claimed, uint128 settled) = escrow.receivers(receiver, token);
        assertEq(uint256(claimed), 0);
        assertEq(uint256(settled), 0);
    }

    /// @dev All four through the life of a channel.
    function test_views_followAChannel() public {
        IChannels.ChannelConfig memory config = channel(1);
        bytes32 channelId = deposit(config, 1000);
        claim(row(config, 300));
        vm.prank(payer);
        escrow.initiateWithdraw(config, 500);
        vm.prank(RECEIVER);
        escrow.refund(config, 100);
        settleBatch(row(config, 350));
        claim(row(config, 400));
        assertChannel(channelId, 900, 400);
        assertPending(channelId, 400, START);
        assertEq(escrow.refundNonce(channelId), 1);
        assertReceiver(400, 350);
        assertMoney(FUNDS - 900, 550, 350);
    }

    // ------------------------------------------------------------------ digests

    function testFuzz_getChannelId_isTheDigestOfTheTerms(IChannels.ChannelConfig calldata config) public view {
        assertEq(escrow.getChannelId(config), _channelId(config));
    }

    function testFuzz_getVoucherDigest(bytes32 channelId, uint128 max) public view {
        bytes32 typeHash = keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
        bytes32 expected = typedData(keccak256(abi.encode(typeHash, channelId, max)));
        assertEq(escrow.getVoucherDigest(channelId, max), expected);
    }

    function testFuzz_getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) public view {
        bytes32 typeHash = keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
        bytes32 expected = typedData(keccak256(abi.encode(typeHash, channelId, nonce, amount)));
        assertEq(escrow.getRefundDigest(channelId, nonce, amount), expected);
    }

    function testFuzz_getClaimBatchDigest(IChannels.VoucherClaim[] calldata batch) public view {
        bytes memory entries;
        for (uint256 i = 0; i < batch.length; ++i) {
            bytes32 entry = keccak256(
                abi.encode(
                    keccak256(bytes(ENTRY_TYPE)),
                    _channelId(batch[i].voucher.channel),
                    batch[i].voucher.maxClaimableAmount,
                    batch[i].totalClaimed
                )
            );
            entries = bytes.concat(entries, entry);
        }
        bytes32 typeHash = keccak256(bytes(string.concat("ClaimBatch(ClaimEntry[] claims)", ENTRY_TYPE)));
        bytes32 expected = typedData(keccak256(abi.encode(typeHash, keccak256(entries))));
        assertEq(escrow.getClaimBatchDigest(batch), expected);
    }

    function test_digests_differOnAnotherChain() public {
        bytes32 channelId = escrow.getChannelId(channel(1));
        bytes32 voucher = escrow.getVoucherDigest(channelId, 1);
        vm.chainId(block.chainid + 1);
        assertTrue(escrow.getChannelId(channel(1)) != channelId);
        assertTrue(escrow.getVoucherDigest(channelId, 1) != voucher);
    }

    function test_digests_differInAnotherContract() public {
        bytes32 channelId = escrow.getChannelId(channel(1));
        IStreamChannelEscrow other =
            IStreamChannelEscrow(deploy("StreamChannelEscrow.sol:StreamChannelEscrow"));
        assertTrue(other.getChannelId(channel(1)) != channelId);
        assertTrue(other.getVoucherDigest(channelId, 1) != escrow.getVoucherDigest(channelId, 1));
    }

    // ------------------------------------------------------------------ the domain and the constants

    function test_eip712Domain_namesTheDomain() public {
        vm.chainId(4242);
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = escrow.eip712Domain();
        // Name, version, chain and contract; no salt.
        assertEq(uint256(uint8(fields)), 15);
        assertBytes(bytes(name), "PB-Stream Escrow");
        assertBytes(bytes(version), "1");
        assertEq(chainId, 4242);
        assertEq(verifyingContract, address(escrow));
        assertEq(salt, bytes32(0));
        assertEq(extensions.length, 0);
    }

    function test_constants() public view {
        IConstants constants = IConstants(address(escrow));
        assertEq(constants.CHANNEL_CONFIG_TYPEHASH(), keccak256(bytes(CONFIG_TYPE)));
        assertEq(uint256(constants.MIN_WITHDRAW_DELAY()), 15 minutes);
        assertEq(uint256(constants.MAX_WITHDRAW_DELAY()), 30 days);
        assertEq(constants.MAX_PAYEES(), 32);
    }

    /// @dev Nobody can send it anything but tokens.
    function test_escrow_takesNoEther() public {
        bytes[3] memory calls = [
            bytes(""),
            hex"12345678",
            abi.encodeCall(Multicall.multicall, (new bytes[](0)))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success,) = address(escrow).call{value: 1}(calls[i]);
            assertTrue(!success);
        }
    }

    function _channelId(IChannels.ChannelConfig memory config) private view returns (bytes32) {
        bytes memory members = abi.encode(
            config.payer,
            config.payerAuthorizer,
            config.receiver,
            config.receiverAuthorizer,
            config.token,
            config.withdrawDelay,
            config.salt
        );
        return typedData(keccak256(bytes.concat(keccak256(bytes(CONFIG_TYPE)), members)));
    }
}
