// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ChannelHash} from "../../src/libraries/ChannelHash.sol";
import {TestBase} from "../support/TestBase.sol";

/// @dev Every expectation is the encoding as EIP-712 describes it, written out: the type as text, each member a word.
contract ChannelHashTest is TestBase {
    string private constant ENTRY = "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)";

    function testFuzz_channelConfig_encodesEveryMember(IChannels.ChannelConfig calldata config) public pure {
        string memory text = string.concat(
            "ChannelConfig(",
            "address payer,",
            "address payerAuthorizer,",
            "address receiver,",
            "address receiverAuthorizer,",
            "address token,",
            "uint40 withdrawDelay,",
            "bytes32 salt",
            ")"
        );
        bytes memory encoded = bytes.concat(
            keccak256(bytes(text)),
            _word(config.payer),
            _word(config.payerAuthorizer),
            _word(config.receiver),
            _word(config.receiverAuthorizer),
            _word(config.token),
            bytes32(uint256(config.withdrawDelay)),
            config.salt
        );
        assertEq(ChannelHash.channelConfig(config), keccak256(encoded));
    }

    function testFuzz_voucher_encodesEveryMember(bytes32 channelId, uint128 max) public pure {
        bytes memory encoded = bytes.concat(
            keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)"), channelId, bytes32(uint256(max))
        );
        assertEq(ChannelHash.voucher(channelId, max), keccak256(encoded));
    }

    function testFuzz_refund_encodesEveryMember(bytes32 channelId, uint256 nonce, uint128 amount) public pure {
        bytes memory encoded = bytes.concat(
            keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)"),
            channelId,
            bytes32(nonce),
            bytes32(uint256(amount))
        );
        assertEq(ChannelHash.refund(channelId, nonce, amount), keccak256(encoded));
    }

    function testFuzz_cancelWithdraw_encodesEveryMember(bytes32 channelId, uint40 initiatedAt) public pure {
        bytes memory encoded = bytes.concat(
            keccak256("CancelWithdraw(bytes32 channelId,uint40 initiatedAt)"), channelId, bytes32(uint256(initiatedAt))
        );
        assertEq(ChannelHash.cancelWithdraw(channelId, initiatedAt), keccak256(encoded));
    }

    function testFuzz_claimEntry_encodesEveryMember(bytes32 channelId, uint128 max, uint128 total) public pure {
        bytes memory encoded =
            bytes.concat(keccak256(bytes(ENTRY)), channelId, bytes32(uint256(max)), bytes32(uint256(total)));
        assertEq(ChannelHash.claimEntry(channelId, max, total), keccak256(encoded));
    }

    function testFuzz_claimBatch_hashesTheListOfEntries(bytes32[] memory entries) public pure {
        bytes memory list;
        for (uint256 i = 0; i < entries.length; ++i) {
            list = bytes.concat(list, entries[i]);
        }
        bytes32 typeHash = keccak256(bytes(string.concat("ClaimBatch(ClaimEntry[] claims)", ENTRY)));
        assertEq(ChannelHash.claimBatch(entries), keccak256(bytes.concat(typeHash, keccak256(list))));
    }

    function test_claimBatch_dependsOnTheOrder() public pure {
        bytes32[] memory entries = new bytes32[](2);
        (entries[0], entries[1]) = (bytes32(uint256(1)), bytes32(uint256(2)));
        bytes32 one = ChannelHash.claimBatch(entries);
        (entries[0], entries[1]) = (entries[1], entries[0]);
        assertTrue(ChannelHash.claimBatch(entries) != one);
    }

    function _word(address who) private pure returns (bytes32) {
        return bytes32(uint256(uint160(who)));
    }
}
