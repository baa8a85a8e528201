// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {ChannelHash} from "../../src/libraries/ChannelHash.sol";
import {PackedRows} from "../../src/libraries/PackedRows.sol";
import {TestBase} from "../support/TestBase.sol";

contract PackedRowsHarness {
    uint256 private constant GUARD_WORDS = 64;

    struct Row {
        bytes32 channelId;
        uint256 max;
        uint256 total;
        bytes32 salt;
        bool signed;
    }

    error WroteOutside(uint256 offset);

    /// @dev Everything the library tells of `rows`, out of memory that was full of ones.
    function read(IStreamChannelEscrow.BatchTerms calldata terms, bytes32 separator, bytes calldata rows)
        external
        view
        returns (Row[] memory read_, uint256 count, bytes32 batchHash)
    {
        read_ = new Row[](rows.length / PackedRows.LENGTH);
        _fill(512);
        PackedRows.Batch memory batch = PackedRows.prepare(
            terms.receiver, terms.receiverAuthorizer, terms.token, terms.withdrawDelay, separator, rows
        );
        // What comes after the buffers is taken by ones, which must still be there at the end.
        uint256 guard = _fill(GUARD_WORDS);
        assembly {
            mstore(0x40, add(guard, mul(GUARD_WORDS, 0x20)))
        }
        for (uint256 i = 0; i < batch.count; ++i) {
            uint256 row = batch.row + i * PackedRows.LENGTH;
            Row memory one = read_[i];
            (one.channelId, one.max, one.total) = PackedRows.read(batch.buffers, row, batch.entries + 32 * i);
            one.salt = PackedRows.saltOf(row);
            one.signed = PackedRows.isSigned(batch.buffers, row);
        }
        batchHash = PackedRows.claimBatch(batch);
        _check(guard);
        return (read_, batch.count, batchHash);
    }

    /// @dev {PackedRows-isSigned} of one row, as if `authorizer` were its payer authorizer and the id the same.
    function isSignedBy(
        IStreamChannelEscrow.BatchTerms calldata terms,
        bytes32 separator,
        bytes calldata row,
        address authorizer
    ) external view returns (bool) {
        PackedRows.Batch memory batch = PackedRows.prepare(
            terms.receiver, terms.receiverAuthorizer, terms.token, terms.withdrawDelay, separator, row
        );
        PackedRows.read(batch.buffers, batch.row, batch.entries);
        uint256 buffers = batch.buffers;
        assembly {
            mstore(add(buffers, 0x120), authorizer)
        }
        return PackedRows.isSigned(buffers, batch.row);
    }

    /// @return free Where unused memory begins, which is now full of ones for some words.
    function _fill(uint256 words) private pure returns (uint256 free) {
        assembly {
            free := mload(0x40)
            for { let i := 0 } lt(i, words) { i := add(i, 1) } { mstore(add(free, mul(i, 0x20)), not(0)) }
        }
    }

    function _check(uint256 guard) private pure {
        for (uint256 at = guard; at < guard + GUARD_WORDS * 32; at += 32) {
            bytes32 word;
            assembly {
                word := mload(at)
            }
            if (word != bytes32(type(uint256).max)) revert WroteOutside(at - guard);
        }
    }
}

contract PackedRowsTest is TestBase {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant KEY = 0x5E55;
    bytes32 private constant SEPARATOR = keccak256("separator");

    PackedRowsHarness private harness = new PackedRowsHarness();

    // ------------------------------------------------------------------ decoding and hashing

    /// @param rest Bytes after the last whole row: they are not read.
    function testFuzz_read_equalsChannelHash(
        IStreamChannelEscrow.BatchTerms calldata terms,
        bytes32 separator,
        bytes32 seed,
        uint256 count,
        uint256 rest
    ) public view {
        count = bound(count, 0, 12);
        bytes memory rows = _noise(seed, count * 160 + bound(rest, 0, 159));
        (PackedRowsHarness.Row[] memory read, uint256 counted, bytes32 batchHash) =
            harness.read(terms, separator, rows);
        assertEq(counted, count);
        bytes32[] memory entries = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            bytes memory row = _slice(rows, i * 160, 160);
            IChannels.ChannelConfig memory config = _config(terms, row);
            uint128 max = uint128(_number(row, 72, 12));
            uint128 total = uint128(_number(row, 84, 12));
            bytes32 channelId = _typedData(separator, this.configHash(config));
            assertEq(read[i].channelId, channelId);
            assertEq(read[i].max, max);
            assertEq(read[i].total, total);
            assertEq(read[i].salt, config.salt);
            entries[i] = ChannelHash.claimEntry(channelId, max, total);
        }
        assertEq(batchHash, ChannelHash.claimBatch(entries));
    }

    function test_read_takesTheWidestAmounts() public view {
        bytes memory row = abi.encodePacked(
            new bytes(72), type(uint96).max, uint96(0), new bytes(64)
        );
        (PackedRowsHarness.Row[] memory read,,) = harness.read(_terms(), SEPARATOR, row);
        assertEq(read[0].max, type(uint96).max);
        assertEq(read[0].total, 0);
        row = abi.encodePacked(new bytes(72), uint96(0), type(uint96).max, bytes32(type(uint256).max), bytes32(0));
        (read,,) = harness.read(_terms(), SEPARATOR, row);
        assertEq(read[0].max, 0);
        assertEq(read[0].total, type(uint96).max);
    }

    // ------------------------------------------------------------------ signatures

    function testFuzz_isSigned_acceptsTheAuthorizer(uint256 signer, uint96 max, bytes32 seed) public view {
        signer = bound(signer, 1, ORDER - 1);
        (bytes memory head, bytes32 digest) = _voucher(vm.addr(signer), max, seed);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(signer, digest);
        assertTrue(_isSigned(abi.encodePacked(head, r, _vs(v, s))));
    }

    function testFuzz_isSigned_refusesAnotherSigner(uint256 signer, uint96 max, bytes32 seed) public view {
        signer = bound(signer, 1, ORDER - 1);
        vm.assume(signer != KEY);
        (bytes memory head, bytes32 digest) = _voucher(vm.addr(KEY), max, seed);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(signer, digest);
        assertTrue(!_isSigned(abi.encodePacked(head, r, _vs(v, s))));
    }

    function testFuzz_isSigned_refusesTheOtherParity(uint96 max, bytes32 seed) public view {
        (bytes memory head, bytes32 digest) = _voucher(vm.addr(KEY), max, seed);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        assertTrue(!_isSigned(abi.encodePacked(head, r, _vs(v ^ 7, s))));
    }

    /// @dev Almost every malleated `s` takes all 256 bits, whose first is the parity in a row: it is read as another
    /// signature.
    function testFuzz_isSigned_refusesTheMalleatedTwin(uint96 max, bytes32 seed) public view {
        (bytes memory head, bytes32 digest) = _voucher(vm.addr(KEY), max, seed);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        bytes32 high = bytes32(ORDER - uint256(s));
        assertEq(ecrecover(digest, v ^ 7, r, high), vm.addr(KEY));
        assertTrue(!_isSigned(abi.encodePacked(head, r, high)));
        assertTrue(!_isSigned(abi.encodePacked(head, r, _vs(v ^ 7, high))));
    }

    /// @dev The few values between half the order and 2^255 do fit a row. Whoever they recover to is the authorizer.
    function testFuzz_isSigned_refusesAnSAboveHalfTheOrder(uint96 max, bytes32 seed, uint256 s, bool odd) public view {
        (bytes memory head, bytes32 digest) = _voucher(vm.addr(KEY), max, seed);
        (, bytes32 r,) = vm.sign(KEY, digest);
        s = bound(s, ORDER / 2 + 1, (1 << 255) - 1);
        assertTrue(_isSignedByWhoeverItIs(head, digest, r, ORDER / 2, odd));
        assertTrue(!_isSignedByWhoeverItIs(head, digest, r, s, odd));
        assertTrue(!_isSignedByWhoeverItIs(head, digest, r, ORDER / 2 + 1, odd));
    }

    function testFuzz_isSigned_refusesZeroRecoveredForZero(uint96 max, bytes32 seed, bytes32 vs) public view {
        (bytes memory head,) = _voucher(address(0), max, seed);
        assertTrue(!_isSigned(abi.encodePacked(head, bytes32(0), vs)));
        assertTrue(!_isSigned(abi.encodePacked(head, bytes32(type(uint256).max), vs)));
        assertTrue(!_isSigned(abi.encodePacked(head, bytes32(uint256(1)), bytes32(0))));
    }

    /// @dev Whoever a garbage signature recovers to is the authorizer that OpenZeppelin accepts it for, or nobody.
    function testFuzz_isSigned_agreesWithOpenZeppelin(uint96 max, bytes32 seed, bytes32 r, bytes32 vs) public view {
        (bytes memory head, bytes32 digest) = _voucher(vm.addr(KEY), max, seed);
        assertTrue(_isSigned(abi.encodePacked(head, r, vs)) == _accepts(vm.addr(KEY), digest, r, vs));
        // Noise is never the authorizer's: the same for its signature with at most one bit changed.
        (uint8 v, bytes32 goodR, bytes32 s) = vm.sign(KEY, digest);
        bytes32 mixed = _vs(v, s) ^ (vs & bytes32(uint256(1) << (uint256(r) & 0xff)));
        assertTrue(_isSigned(abi.encodePacked(head, goodR, mixed)) == _accepts(vm.addr(KEY), digest, goodR, mixed));
    }

    /// @dev One row's buffers serve the next: nothing of a signed row may stick to an unsigned one.
    function testFuzz_isSigned_forgetsTheRowBefore(uint96 max, bytes32 seed) public view {
        (bytes memory head, bytes32 digest) = _voucher(vm.addr(KEY), max, seed);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        bytes memory good = abi.encodePacked(head, r, _vs(v, s));
        bytes memory bad = abi.encodePacked(head, bytes32(0), bytes32(0));
        (PackedRowsHarness.Row[] memory read,,) =
            harness.read(_terms(), SEPARATOR, bytes.concat(good, bad, good, bad));
        assertTrue(read[0].signed && !read[1].signed && read[2].signed && !read[3].signed);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev External: the library takes calldata.
    function configHash(IChannels.ChannelConfig calldata config) external pure returns (bytes32) {
        return ChannelHash.channelConfig(config);
    }

    function _terms() private pure returns (IStreamChannelEscrow.BatchTerms memory) {
        return IStreamChannelEscrow.BatchTerms(address(0xCAFE), address(0xA0), address(0x70), 1 days);
    }

    function _isSignedByWhoeverItIs(bytes memory head, bytes32 digest, bytes32 r, uint256 s, bool odd)
        private
        view
        returns (bool)
    {
        uint8 v = odd ? 28 : 27;
        address recovered = ecrecover(digest, v, r, bytes32(s));
        assertTrue(recovered != address(0));
        return harness.isSignedBy(_terms(), SEPARATOR, abi.encodePacked(head, r, _vs(v, bytes32(s))), recovered);
    }

    function _isSigned(bytes memory row) private view returns (bool) {
        (PackedRowsHarness.Row[] memory read,,) = harness.read(_terms(), SEPARATOR, row);
        return read[0].signed;
    }

    /// @return head The first 96 bytes of a row with this authorizer.
    /// @return digest What it signs.
    function _voucher(address authorizer, uint96 max, bytes32 seed)
        private
        view
        returns (bytes memory head, bytes32 digest)
    {
        head = abi.encodePacked(address(uint160(uint256(seed))), authorizer, keccak256(abi.encode(seed)), max, max);
        bytes32 channelId = _typedData(SEPARATOR, this.configHash(_config(_terms(), head)));
        digest = _typedData(SEPARATOR, ChannelHash.voucher(channelId, max));
    }

    function _config(IStreamChannelEscrow.BatchTerms memory terms, bytes memory row)
        private
        pure
        returns (IChannels.ChannelConfig memory)
    {
        return IChannels.ChannelConfig({
            payer: address(uint160(_number(row, 0, 20))),
            payerAuthorizer: address(uint160(_number(row, 20, 20))),
            receiver: terms.receiver,
            receiverAuthorizer: terms.receiverAuthorizer,
            token: terms.token,
            withdrawDelay: terms.withdrawDelay,
            salt: bytes32(_number(row, 40, 32))
        });
    }

    function _accepts(address signer, bytes32 digest, bytes32 r, bytes32 vs) private pure returns (bool) {
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecover(digest, r, vs);
        return problem == ECDSA.RecoverError.NoError && recovered == signer;
    }

    function _vs(uint8 v, bytes32 s) private pure returns (bytes32) {
        return bytes32(uint256(s) | (uint256(v - 27) << 255));
    }

    function _typedData(bytes32 separator, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function _noise(bytes32 seed, uint256 length) private pure returns (bytes memory noise) {
        noise = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            if (i % 32 == 0) seed = keccak256(abi.encode(seed));
            noise[i] = seed[i % 32];
        }
    }

    function _slice(bytes memory data, uint256 from, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            part[i] = data[from + i];
        }
    }

    /// @dev Big-endian, byte by byte.
    function _number(bytes memory data, uint256 from, uint256 length) private pure returns (uint256 number) {
        for (uint256 i = from; i < from + length; ++i) {
            number = (number << 8) | uint8(data[i]);
        }
    }
}
