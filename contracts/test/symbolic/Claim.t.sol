// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {SymbolicBase} from "./SymbolicBase.sol";

/// @dev One claim of any channel, with any voucher, by anybody.
contract ClaimSymbolic is SymbolicBase {
    function _claim(IChannels.ChannelConfig memory config, uint128 max, uint128 total, address caller)
        private
        returns (bool success)
    {
        IChannels.VoucherClaim[] memory rows = new IChannels.VoucherClaim[](1);
        rows[0] = IChannels.VoucherClaim(IChannels.Voucher(config, max), svm.createBytes(65, "signature"), total);
        vm.prank(caller);
        (success,) = address(escrow).call(abi.encodeCall(escrow.claim, (rows)));
    }

    function check_claim_recordsWithinVoucherAndDeposit(
        IChannels.ChannelConfig memory config,
        uint128 max,
        uint128 total,
        address caller
    ) public {
        Books memory before = _books(config);
        bool success = _claim(config, max, total, caller);
        Books memory afterwards = _books(config);
        assert(afterwards.balance == before.balance && afterwards.settled == before.settled);
        uint256 added = afterwards.claimed - before.claimed;
        assert(afterwards.due == before.due + added);
        if (added == 0) return;
        assert(success && (caller == config.receiver || caller == config.receiverAuthorizer));
        assert(afterwards.claimed == total && total <= max && total <= before.balance);
    }

    /// @dev Nothing once the key's stop is a withdrawal delay old, nothing before its first period begins.
    function check_claim_nothingOutsideTheTimeOfTheKey(
        IChannels.ChannelConfig memory config,
        uint128 max,
        uint128 total,
        address caller,
        uint64 time
    ) public {
        vm.assume(_governed(config));
        vm.warp(time);
        Books memory before = _books(config);
        _claim(config, max, total, caller);
        if (_books(config).claimed == before.claimed) return;
        uint256 stoppedAt = escrow.getKey(config.salt).limit.stoppedAt;
        assert(time < stoppedAt + config.withdrawDelay);
        assert(time >= escrow.getKey(config.salt).limit.start);
    }

    /// @custom:halmos --early-exit
    function check_planted_nothingIsEverClaimed(
        IChannels.ChannelConfig memory config,
        uint128 max,
        uint128 total,
        address caller
    ) public {
        uint128 before = _books(config).claimed;
        _claim(config, max, total, caller);
        assert(_books(config).claimed == before);
    }
}
