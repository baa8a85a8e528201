// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {EscrowFixture} from "../support/EscrowFixture.sol";

/// @dev Who takes part, and what was seen from the outside: money that moved, vouchers that were signed, and the state
/// before the latest step. Nothing here is read from the escrow and believed: ghosts come from token balances.
abstract contract World is EscrowFixture {
    uint256 internal constant PAYERS = 3;
    uint256 internal constant RECEIVERS = 2;
    uint256 internal constant KEYS_MAX = 9;

    /// @param signer Private key of the payer authorizer.
    /// @param keyIndex One above the index of the key that governs it; zero: a plain channel.
    /// @param deposited Left the payer's balance for this channel.
    /// @param returned Came back to it.
    /// @param highest The highest maximum that the payer authorizer has signed.
    struct Line {
        IChannels.ChannelConfig config;
        bytes32 id;
        uint256 owner;
        uint256 side;
        uint256 signer;
        uint256 keyIndex;
        uint256 deposited;
        uint256 returned;
        uint256 highest;
    }

    /// @param frozenAt When its freeze succeeded; zero: not frozen.
    /// @param revokedAt When its revocation or rotation succeeded; zero: not revoked.
    struct Key {
        bytes32 id;
        uint256 owner;
        uint256 signer;
        uint256 spendCap;
        uint256 expiry;
        uint256 frozenAt;
        uint256 revokedAt;
    }

    /// @dev What may never fall, as it was before the latest step.
    struct SeenLine {
        uint256 totalClaimed;
        uint256 refundNonce;
    }

    struct SeenKey {
        uint256 version;
        uint256 ceiling;
        uint256 revokedAt;
    }

    /// @dev The chain's time, carried by hand: every step begins with it.
    uint256 public clock;
    uint256 public minted;
    uint256 public donated;
    /// @notice Calls that succeeded though nobody was entitled to them.
    uint256 public trespasses;
    uint256 public triedTotal;
    uint256 public doneTotal;
    mapping(bytes4 selector => uint256) public tried;
    mapping(bytes4 selector => uint256) public done;

    Line[] internal _lines;
    Key[] internal _keys;
    mapping(uint256 index => SeenLine) internal _seenLines;
    mapping(uint256 index => SeenKey) internal _seenKeys;
    mapping(uint256 side => IChannels.ReceiverState) internal _seenReceivers;
    uint256 internal _consents;

    constructor() {
        setUp();
        clock = START;
        for (uint256 i = 1; i < PAYERS; ++i) usdc.mint(payerAt(i), FUNDS);
        minted = usdc.totalSupply();
        for (uint256 i = 0; i < PAYERS; ++i) {
            for (uint256 side = 0; side < RECEIVERS; ++side) _addLine(i, side, 0x5E00 + i, bytes32(uint256(1)), 0);
        }
    }

    modifier step() {
        vm.warp(clock);
        _remember();
        _;
    }

    // ------------------------------------------------------------------ who is who

    function payerAt(uint256 i) public pure returns (address) {
        return vm.addr(PAYER_KEY + i);
    }

    function receiverAt(uint256 side) public pure returns (address) {
        return address(uint160(0xCAFE00 + side));
    }

    function authorizerKey(uint256 side) internal pure returns (uint256) {
        return AUTHORIZER_KEY + side;
    }

    /// @dev One day for the first receiver, 15 minutes for the second.
    function delayOf(uint256 side) internal pure returns (uint40) {
        return side == 0 ? DELAY : 15 minutes;
    }

    /// @notice Everybody who may never have money: signers, relayers, strangers.
    function bystanders() external view returns (address[] memory all) {
        all = new address[](4 + RECEIVERS + PAYERS + _keys.length);
        (all[0], all[1], all[2], all[3]) = (RELAYER, stranger, freezer, address(this));
        uint256 n = 4;
        for (uint256 i = 0; i < RECEIVERS; ++i) all[n++] = vm.addr(authorizerKey(i));
        for (uint256 i = 0; i < PAYERS; ++i) all[n++] = vm.addr(0x5E00 + i);
        for (uint256 i = 0; i < _keys.length; ++i) all[n++] = vm.addr(_keys[i].signer);
    }

    // ------------------------------------------------------------------ for the invariants

    function lineCount() external view returns (uint256) {
        return _lines.length;
    }

    function line(uint256 i) external view returns (Line memory) {
        return _lines[i];
    }

    function keyCount() external view returns (uint256) {
        return _keys.length;
    }

    function keyAt(uint256 i) external view returns (Key memory) {
        return _keys[i];
    }

    /// @notice The earliest stop that was put on a key.
    function stopOf(uint256 i) external view returns (uint256 stop) {
        Key storage one = _keys[i];
        stop = one.expiry;
        if (one.frozenAt != 0 && one.frozenAt < stop) stop = one.frozenAt;
        if (one.revokedAt != 0 && one.revokedAt < stop) stop = one.revokedAt;
    }

    function seenLine(uint256 i) external view returns (SeenLine memory) {
        return _seenLines[i];
    }

    function seenKey(uint256 i) external view returns (SeenKey memory) {
        return _seenKeys[i];
    }

    function seenReceiver(uint256 side) external view returns (IChannels.ReceiverState memory) {
        return _seenReceivers[side];
    }

    function contracts() external view returns (address escrow_, address usdc_) {
        return (address(escrow), address(usdc));
    }

    // ------------------------------------------------------------------ internals

    function _addLine(uint256 owner, uint256 side, uint256 signer, bytes32 salt, uint256 keyIndex) internal {
        Line storage added = _lines.push();
        added.config = IChannels.ChannelConfig(
            payerAt(owner),
            vm.addr(signer),
            receiverAt(side),
            vm.addr(authorizerKey(side)),
            address(usdc),
            delayOf(side),
            salt
        );
        added.id = escrow.getChannelId(added.config);
        (added.owner, added.side, added.signer, added.keyIndex) = (owner, side, signer, keyIndex);
    }

    function _send(address from, bytes memory data) internal returns (bool ok) {
        (ok,) = _ask(from, data);
    }

    function _ask(address from, bytes memory data) internal returns (bool ok, bytes memory answer) {
        bytes4 selector = bytes4(data);
        ++triedTotal;
        ++tried[selector];
        vm.prank(from);
        (ok, answer) = address(escrow).call(data);
        if (!ok) return (ok, answer);
        ++doneTotal;
        ++done[selector];
    }

    /// @dev A call whose caller or signature gives no right to it.
    function _trespass(address from, address to, bytes memory data) internal {
        vm.prank(from);
        (bool ok,) = to.call(data);
        if (ok) ++trespasses;
    }

    /// @dev A voucher of the channel's own key, noted.
    function _voucher(Line storage one, uint256 max, uint256 total)
        internal
        returns (IChannels.VoucherClaim memory)
    {
        if (max > one.highest) one.highest = max;
        return row(one.config, uint128(max), uint128(total), one.signer);
    }

    /// @dev What is free of a channel now, as far as its key's ceiling goes.
    function _room(Line storage one) internal view returns (uint256 claimed, uint256 room) {
        (uint128 balance, uint128 totalClaimed) = escrow.channels(one.id);
        uint256 limit = balance;
        if (one.keyIndex != 0) {
            uint256 ceiling = escrow.spendCeiling(_keys[one.keyIndex - 1].id, clock);
            if (ceiling < limit) limit = ceiling;
        }
        return (totalClaimed, limit > totalClaimed ? limit - totalClaimed : 0);
    }

    /// @dev Nine in ten times a total that can be claimed in full.
    function _total(Line storage one, uint256 seed) internal view returns (uint256) {
        (uint256 claimed, uint256 room) = _room(one);
        if (seed % 10 == 9 || room == 0) return claimed + seed % (2 * room + 1000);
        return claimed + 1 + (seed / 10) % room;
    }

    function _mix(uint256 seed, uint256 salt) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }

    function _remember() private {
        for (uint256 i = 0; i < _lines.length; ++i) {
            (, uint128 claimed) = escrow.channels(_lines[i].id);
            _seenLines[i] = SeenLine(claimed, escrow.refundNonce(_lines[i].id));
        }
        for (uint256 side = 0; side < RECEIVERS; ++side) {
            (uint128 claimed, uint128 settled) = escrow.receivers(receiverAt(side), address(usdc));
            _seenReceivers[side] = IChannels.ReceiverState(claimed, settled);
        }
        for (uint256 i = 0; i < _keys.length; ++i) {
            ISessionKeyValidator.KeyState memory state = escrow.getKey(_keys[i].id);
            uint256 ceiling = escrow.spendCeiling(_keys[i].id, clock);
            _seenKeys[i] = SeenKey(state.version, ceiling, state.revokedAt);
        }
    }
}
