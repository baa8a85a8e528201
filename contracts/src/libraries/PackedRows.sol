// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ChannelHash} from "./ChannelHash.sol";

/// @title Rows of a packed settlement batch: decoding, hashing and the voucher's signer
/// @notice A row is 160 bytes: payer 20, payer authorizer 20, salt 32, maximum 12, total 12, r 32, yParity and s 32
/// (EIP-2098). Everything else that a channel id needs is the same in all rows.
/// @dev Assembly, because this runs once a row: a batch allocates its buffers once, and per row only what differs is
/// written and hashed. The hashes equal those of {ChannelHash}, which the tests check. Buffers lie in memory that is
/// allocated here and written nowhere else, so all blocks are memory-safe. From the pointer on, what is written most
/// often first:
///
///   0x000  claim     type hash, channel id, maximum, total; then the four arguments of ecrecover
///   0x080  envelope  0x1901, domain separator, struct hash; 66 bytes
///   0x0e0  config    type hash and the seven members of a `ChannelConfig`: payer at 0x100, payer authorizer at 0x120,
///                    withdrawal delay at 0x1a0, salt at 0x1c0
///   0x1e0  entries   the hash of each row's `ClaimEntry`
library PackedRows {
    uint256 internal constant LENGTH = 160;

    bytes32 private constant CHANNEL_CONFIG = ChannelHash.CHANNEL_CONFIG;
    bytes32 private constant VOUCHER = ChannelHash.VOUCHER;
    bytes32 private constant CLAIM_ENTRY = ChannelHash.CLAIM_ENTRY;
    /// @dev Half the order of secp256k1: a signature with a higher `s` is a malleated copy.
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Where the parts of a batch are.
    /// @param buffers Memory: see above.
    /// @param entries Memory: the first entry hash.
    /// @param row Calldata: the first row.
    struct Batch {
        uint256 buffers;
        uint256 entries;
        uint256 row;
        uint256 count;
    }

    /// @notice Buffers for rows with these terms. What is left of `rows` after the last whole row is not read.
    function prepare(
        address receiver,
        address receiverAuthorizer,
        address token,
        uint40 withdrawDelay,
        bytes32 domainSeparator,
        bytes calldata rows
    ) internal pure returns (Batch memory batch) {
        bytes32 configType = CHANNEL_CONFIG;
        uint256 count = rows.length / LENGTH;
        uint256 buffers;
        uint256 row;
        assembly ("memory-safe") {
            row := rows.offset
            buffers := mload(0x40)
            mstore(0x40, add(add(buffers, 0x1e0), shl(5, count)))
            mstore(add(buffers, 0x80), hex"1901")
            mstore(add(buffers, 0x82), domainSeparator)
            mstore(add(buffers, 0xe0), configType)
            mstore(add(buffers, 0x140), receiver)
            mstore(add(buffers, 0x160), receiverAuthorizer)
            mstore(add(buffers, 0x180), token)
            mstore(add(buffers, 0x1a0), withdrawDelay)
        }
        unchecked {
            return Batch(buffers, buffers + 0x1e0, row, count);
        }
    }

    /// @notice Decodes the row that begins at `row` in calldata and notes the hash of its claim entry at `entry`.
    function read(uint256 buffers, uint256 row, uint256 entry)
        internal
        pure
        returns (bytes32 channelId, uint256 max, uint256 total)
    {
        bytes32 entryType = CLAIM_ENTRY;
        assembly ("memory-safe") {
            mstore(add(buffers, 0x100), shr(96, calldataload(row)))
            mstore(add(buffers, 0x120), shr(96, calldataload(add(row, 20))))
            mstore(add(buffers, 0x1c0), calldataload(add(row, 40)))
            mstore(add(buffers, 0xa2), keccak256(add(buffers, 0xe0), 0x100))
            channelId := keccak256(add(buffers, 0x80), 0x42)

            let amounts := calldataload(add(row, 72))
            max := shr(160, amounts)
            total := shr(160, shl(96, amounts))
            mstore(buffers, entryType)
            mstore(add(buffers, 0x20), channelId)
            mstore(add(buffers, 0x40), max)
            mstore(add(buffers, 0x60), total)
            mstore(entry, keccak256(buffers, 0x80))
        }
    }

    /// @notice The salt of a row: the id of the key that governs its channel, if one does.
    function saltOf(uint256 row) internal pure returns (bytes32 salt) {
        assembly ("memory-safe") {
            salt := calldataload(add(row, 40))
        }
    }

    /// @notice The withdrawal delay that all rows share.
    function delayOf(uint256 buffers) internal pure returns (uint256 withdrawDelay) {
        assembly ("memory-safe") {
            withdrawDelay := mload(add(buffers, 0x1a0))
        }
    }

    /// @notice Whether the payer authorizer of the row that was read last signed its voucher. To be asked once a row.
    function isSigned(uint256 buffers, uint256 row) internal view returns (bool signed) {
        bytes32 voucherType = VOUCHER;
        uint256 maxS = MAX_S;
        assembly ("memory-safe") {
            mstore(buffers, voucherType)
            mstore(add(buffers, 0xa2), keccak256(buffers, 0x60))
            // The four words of the claim have served: they take the arguments of ecrecover.
            mstore(buffers, keccak256(add(buffers, 0x80), 0x42))
            let vs := calldataload(add(row, 128))
            let s := shr(1, shl(1, vs))
            mstore(add(buffers, 0x20), add(shr(255, vs), 27))
            mstore(add(buffers, 0x40), calldataload(add(row, 96)))
            mstore(add(buffers, 0x60), s)
            // Recovery that fails returns nothing and leaves this, which no address equals. It never returns zero.
            mstore(0x00, not(0))
            pop(staticcall(gas(), 0x01, buffers, 0x80, 0x00, 0x20))
            let signer := mload(0x00)
            signed := gt(eq(signer, mload(add(buffers, 0x120))), gt(s, maxS))
        }
    }

    /// @notice The `ClaimBatch` struct hash of all rows, each of which was read.
    function claimBatch(Batch memory batch) internal pure returns (bytes32) {
        uint256 entries = batch.entries;
        uint256 count = batch.count;
        bytes32 entriesHash;
        assembly ("memory-safe") {
            entriesHash := keccak256(entries, shl(5, count))
        }
        return Hashes.efficientKeccak256(ChannelHash.CLAIM_BATCH, entriesHash);
    }
}
