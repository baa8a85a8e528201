// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {World} from "./World.sol";

/// @dev What payers, receivers and relayers do with the money of channels. Most calls are right; some are one off.
abstract contract Money is World {
    /// @notice How often each {IStreamChannelEscrow.RowOutcome} came out of a packed batch.
    mapping(uint8 outcome => uint256) public outcomes;

    // ------------------------------------------------------------------ money in

    function fund(uint256 which, uint256 amount) external step {
        _fund(amount % 8 == 0 ? _lines[which % _lines.length] : _fundable(which), 1 + (amount / 8) % 50_000);
    }

    /// @dev Money that nobody accounts for must not be anybody's.
    function donate(uint256 amount) external step {
        amount = bound(amount, 1, 1000);
        usdc.mint(address(escrow), amount);
        donated += amount;
        minted += amount;
    }

    // ------------------------------------------------------------------ claims

    /// @dev By the receiver or by its authorizer.
    function claimOne(uint256 which, uint256 seed) external step {
        Line storage one = _lineWithRoom(which);
        uint256 total = _total(one, seed);
        IChannels.VoucherClaim memory claimed = _voucher(one, total + seed % 1000, total);
        address from = seed % 2 == 0 ? one.config.receiver : one.config.receiverAuthorizer;
        _send(from, abi.encodeCall(IChannels.claim, (rows(claimed))));
    }

    /// @dev Relayed, one to three rows.
    function claimSigned(uint256 side, uint256 seed) external step {
        side %= RECEIVERS;
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](1 + seed % 3);
        for (uint256 i = 0; i < batch.length; ++i) {
            Line storage one = _lineOf(side, _mix(seed, i), true);
            uint256 total = _total(one, _mix(seed, i + 100));
            batch[i] = _voucher(one, total, total);
        }
        bytes memory signature = sign(authorizerKey(side), escrow.getClaimBatchDigest(batch));
        _send(RELAYER, abi.encodeCall(IChannels.claimWithSignature, (batch, signature)));
    }

    /// @dev Up to five rows, good and bad.
    function settlePacked(uint256 side, uint256 seed) external step {
        side %= RECEIVERS;
        IChannels.VoucherClaim[] memory batch = new IChannels.VoucherClaim[](1 + seed % 5);
        for (uint256 i = 0; i < batch.length; ++i) {
            batch[i] = _anyRow(_lineOf(side, _mix(seed, i), _mix(seed, i) % 2 > 0), _mix(seed, i + 100));
        }
        bytes memory signature = sign(authorizerKey(side), escrow.getClaimBatchDigest(batch));
        bytes memory data = abi.encodeCall(
            IStreamChannelEscrow.settleBatch, (_terms(side), pack(batch), signature)
        );
        (bool ok, bytes memory answer) = _ask(RELAYER, data);
        if (!ok) return;
        bytes memory results = abi.decode(answer, (bytes));
        for (uint256 i = 0; i < results.length; ++i) ++outcomes[uint8(results[i])];
    }

    function settleDue(uint256 side) external step {
        _send(RELAYER, abi.encodeCall(IChannels.settle, (receiverAt(side % RECEIVERS), address(usdc))));
    }

    /// @dev Claim and settle in one call, as a receiver without a relayer does.
    function claimAndSettle(uint256 which, uint256 seed) external step {
        Line storage one = _lineWithRoom(which);
        uint256 total = _total(one, seed);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IChannels.claim, (rows(_voucher(one, total, total))));
        calls[1] = abi.encodeCall(IChannels.settle, (one.config.receiver, address(usdc)));
        _send(one.config.receiver, abi.encodeWithSignature("multicall(bytes[])", calls));
    }

    // ------------------------------------------------------------------ money back

    function withdraw(uint256 which, uint256 amount) external step {
        _withdraw(_lineWithRoom(which), amount);
    }

    /// @dev Goes to the end of the delay, or to where the request has lapsed. Without a request this makes one.
    function finalize(uint256 which, uint256 seed) external step {
        Line storage one = _pendingLine(which);
        (, uint40 initiatedAt) = escrow.pendingWithdrawals(one.id);
        if (initiatedAt == 0) return _withdraw(_lineWithRoom(which), seed);
        uint256 ready = uint256(initiatedAt) + one.config.withdrawDelay;
        if (seed % 8 == 0) ready += one.config.withdrawDelay;
        if (ready > clock) clock = ready;
        vm.warp(clock);
        uint256 before = usdc.balanceOf(one.config.payer);
        _send(one.config.payer, abi.encodeCall(IChannels.finalizeWithdraw, (one.config)));
        one.returned += usdc.balanceOf(one.config.payer) - before;
    }

    /// @dev Without a request this makes one.
    function cancel(uint256 which, uint256 how) external step {
        Line storage one = _pendingLine(which);
        (, uint40 initiatedAt) = escrow.pendingWithdrawals(one.id);
        if (initiatedAt == 0) return _withdraw(_lineWithRoom(which), how);
        if (how % 2 == 0) {
            _send(one.config.payer, abi.encodeCall(IStreamChannelEscrow.cancelWithdraw, (one.config)));
            return;
        }
        bytes memory signature = _cancelSignature(PAYER_KEY + one.owner, one.id, initiatedAt);
        _send(
            RELAYER,
            abi.encodeCall(IStreamChannelEscrow.cancelWithdrawWithSignature, (one.config, initiatedAt, signature))
        );
    }

    function refund(uint256 which, uint256 amount) external step {
        Line storage one = _lineWithRoom(which);
        uint128 asked = uint128(1 + (amount / 2) % 60_000);
        uint256 before = usdc.balanceOf(one.config.payer);
        if (amount % 2 == 0) {
            uint256 nonce = escrow.refundNonce(one.id);
            bytes memory signature = sign(authorizerKey(one.side), escrow.getRefundDigest(one.id, nonce, asked));
            _send(RELAYER, abi.encodeCall(IChannels.refundWithSignature, (one.config, asked, nonce, signature)));
        } else {
            _send(one.config.receiver, abi.encodeCall(IChannels.refund, (one.config, asked)));
        }
        one.returned += usdc.balanceOf(one.config.payer) - before;
    }

    function wait_(uint256 time) external step {
        clock += bound(time, 1, 12 hours);
    }

    // ------------------------------------------------------------------ internals

    function _fund(Line storage one, uint256 amount) internal {
        bytes memory data = consent(PAYER_KEY + one.owner, one.id, amount, ++_consents);
        uint256 before = usdc.balanceOf(one.config.payer);
        _send(RELAYER, abi.encodeCall(IChannels.deposit, (one.config, uint128(amount), address(escrow), data)));
        one.deposited += before - usdc.balanceOf(one.config.payer);
    }

    function _terms(uint256 side) internal view returns (IStreamChannelEscrow.BatchTerms memory) {
        return IStreamChannelEscrow.BatchTerms(
            receiverAt(side), vm.addr(authorizerKey(side)), address(usdc), delayOf(side)
        );
    }

    function _withdraw(Line storage one, uint256 amount) private {
        (uint128 balance, uint128 claimed) = escrow.channels(one.id);
        amount = 1 + amount % (uint256(balance - claimed) + 10);
        _send(one.config.payer, abi.encodeCall(IChannels.initiateWithdraw, (one.config, uint128(amount))));
    }

    /// @dev A channel of this receiver, with something to claim if it is wanted and there is one.
    function _lineOf(uint256 side, uint256 seed, bool wantsRoom) internal view returns (Line storage one) {
        uint256 start = seed % _lines.length;
        for (uint256 i = 0; wantsRoom && i < _lines.length; ++i) {
            one = _lines[(start + i) % _lines.length];
            (, uint256 room) = _room(one);
            if (one.side == side && room > 0) return one;
        }
        one = _lines[start];
        for (uint256 i = 1; one.side != side; ++i) one = _lines[(start + i) % _lines.length];
    }

    /// @dev A channel that takes deposits if there is one, looking from `which` on.
    function _fundable(uint256 which) internal view returns (Line storage one) {
        uint256 start = which % _lines.length;
        one = _lines[start];
        for (uint256 i = 1; i <= _lines.length; ++i) {
            (, uint40 initiatedAt) = escrow.pendingWithdrawals(one.id);
            bool stopped = one.keyIndex != 0 && escrow.getRemainingLimit(_keys[one.keyIndex - 1].id) == 0;
            if (initiatedAt == 0 && !stopped) return one;
            one = _lines[(start + i) % _lines.length];
        }
    }

    /// @dev A channel from which something can be claimed if there is one, looking from `which` on.
    function _lineWithRoom(uint256 which) internal view returns (Line storage one) {
        uint256 start = which % _lines.length;
        one = _lines[start];
        for (uint256 i = 1; i <= _lines.length; ++i) {
            (, uint256 room) = _room(one);
            if (room > 0) return one;
            one = _lines[(start + i) % _lines.length];
        }
    }

    /// @dev A channel with a request if there is one, looking from `which` on.
    function _pendingLine(uint256 which) internal view returns (Line storage one) {
        uint256 start = which % _lines.length;
        one = _lines[start];
        for (uint256 i = 1; i < _lines.length; ++i) {
            (, uint40 initiatedAt) = escrow.pendingWithdrawals(one.id);
            if (initiatedAt != 0) return one;
            one = _lines[(start + i) % _lines.length];
        }
    }

    function _cancelSignature(uint256 signer, bytes32 channelId, uint40 initiatedAt)
        internal
        view
        returns (bytes memory)
    {
        bytes32 typeHash = keccak256("CancelWithdraw(bytes32 channelId,uint40 initiatedAt)");
        return sign(signer, typedData(keccak256(abi.encode(typeHash, channelId, initiatedAt))));
    }

    /// @dev Half of the rows are good; of the others each is bad in its own way.
    function _anyRow(Line storage one, uint256 seed) private returns (IChannels.VoucherClaim memory) {
        uint256 total = _total(one, _mix(seed, 1));
        uint256 kind = seed % 12;
        // Above the voucher.
        if (kind == 0) return _voucher(one, total, total + 1);
        // Signed by somebody else, or for somebody else.
        if (kind == 1) return row(one.config, uint128(total), uint128(total), STRANGER_KEY);
        if (kind == 2) return _strangersRow(one, total);
        // Above the money: pays what is there.
        if (kind == 3) {
            (uint128 balance,) = escrow.channels(one.id);
            return _voucher(one, uint256(balance) + 500, uint256(balance) + 1 + seed % 500);
        }
        if (kind == 4) return _malleated(_voucher(one, total, total));
        // Everything, whatever the ceiling: pays up to it.
        if (kind == 6) {
            (uint128 all,) = escrow.channels(one.id);
            return _voucher(one, all, all);
        }
        // Claimed already.
        if (kind == 5) {
            (, uint128 claimed) = escrow.channels(one.id);
            return _voucher(one, claimed, claimed);
        }
        return _voucher(one, total + seed % 50, total);
    }

    /// @dev A channel that nobody has funded, signed by its own key.
    function _strangersRow(Line storage one, uint256 total) private view returns (IChannels.VoucherClaim memory) {
        IChannels.ChannelConfig memory config = one.config;
        config.payerAuthorizer = stranger;
        return row(config, uint128(total), uint128(total), STRANGER_KEY);
    }

    /// @dev The other signature of the same message, with the high `s`.
    function _malleated(IChannels.VoucherClaim memory one) internal pure returns (IChannels.VoucherClaim memory) {
        bytes memory signature = one.signature;
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        assembly ("memory-safe") {
            mstore(add(signature, 0x40), sub(order, mload(add(signature, 0x40))))
        }
        signature[64] = signature[64] == bytes1(uint8(27)) ? bytes1(uint8(28)) : bytes1(uint8(27));
        return one;
    }
}
