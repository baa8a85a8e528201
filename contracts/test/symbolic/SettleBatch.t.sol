// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {SymbolicBase} from "./SymbolicBase.sol";

/// @dev Packed batches of any rows, of plain channels and of keys without a period limit, which would only let less
/// through. That the channel changes whose id Solidity computes shows that the assembly hashes the same.
contract SettleBatchSymbolic is SymbolicBase {
    address private constant RECEIVER = address(0xBEEF);
    address private constant AUTHORIZER = address(0xA07);

    struct Row {
        address payer;
        address key;
        bytes32 salt;
        uint96 max;
        uint96 total;
        bytes32 r;
        bytes32 vs;
    }

    function _pack(Row memory row) private pure returns (bytes memory) {
        return abi.encodePacked(row.payer, row.key, row.salt, row.max, row.total, row.r, row.vs);
    }

    function _settle(uint40 withdrawDelay, bytes memory rows) private returns (bool success) {
        IStreamChannelEscrow.BatchTerms memory terms =
            IStreamChannelEscrow.BatchTerms(RECEIVER, AUTHORIZER, address(token), withdrawDelay);
        (success,) = address(escrow).call(
            abi.encodeCall(escrow.settleBatch, (terms, rows, svm.createBytes(65, "authorizerSignature")))
        );
    }

    function _config(Row memory row, uint40 withdrawDelay) private view returns (IChannels.ChannelConfig memory) {
        return
            IChannels.ChannelConfig(row.payer, row.key, RECEIVER, AUTHORIZER, address(token), withdrawDelay, row.salt);
    }

    function check_settleBatch_recordsWithinVoucherAndDeposit(Row memory row, uint40 withdrawDelay, uint64 time)
        public
    {
        IChannels.ChannelConfig memory config = _config(row, withdrawDelay);
        vm.assume(escrow.getKey(row.salt).limit.periodDuration == 0);
        vm.warp(time);
        Books memory before = _books(config);
        bool success = _settle(withdrawDelay, _pack(row));
        Books memory afterwards = _books(config);
        uint256 added = afterwards.claimed - before.claimed;
        assert(afterwards.balance == before.balance);
        if (success) {
            // Everything that was due is paid, to the receiver.
            assert(token.moved() == before.due + added - before.settled);
            assert(token.moved() == 0 || token.last() == RECEIVER);
        } else {
            assert(added == 0 && token.moved() == 0);
        }
        if (added == 0) return;
        assert(afterwards.claimed <= row.total && row.total <= row.max && afterwards.claimed <= before.balance);
    }

    function check_settleBatch_nothingOutsideTheTimeOfTheKey(Row memory row, uint40 withdrawDelay, uint64 time) public {
        IChannels.ChannelConfig memory config = _config(row, withdrawDelay);
        vm.assume(_governed(config) && escrow.getKey(row.salt).limit.periodDuration == 0);
        vm.warp(time);
        Books memory before = _books(config);
        _settle(withdrawDelay, _pack(row));
        if (_books(config).claimed == before.claimed) return;
        uint256 stoppedAt = escrow.getKey(row.salt).limit.stoppedAt;
        assert(time < stoppedAt + withdrawDelay);
        assert(time >= escrow.getKey(row.salt).limit.start);
    }

    /// @dev The same row twice in one batch.
    function check_settleBatch_paysNothingTwice(Row memory row) public {
        (row.payer, row.key, row.salt) = (address(0xA11CE), address(0xB0B), 0);
        IChannels.ChannelConfig memory config = _config(row, 1 hours);
        Books memory before = _books(config);
        if (!_settle(1 hours, bytes.concat(_pack(row), _pack(row)))) return;
        assert(token.moved() == before.due + (_books(config).claimed - before.claimed) - before.settled);
    }

    /// @custom:halmos --early-exit
    function check_planted_nothingIsEverClaimed(Row memory row) public {
        row.salt = 0;
        IChannels.ChannelConfig memory config = _config(row, 1 hours);
        uint128 before = _books(config).claimed;
        _settle(1 hours, _pack(row));
        assert(_books(config).claimed == before);
    }
}
