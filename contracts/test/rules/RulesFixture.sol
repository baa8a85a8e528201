// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {Vm} from "../support/TestBase.sol";
import {KeyFixture} from "../key/KeyFixture.sol";

/// @dev What the tests of the rules share: deposits that may fail, withdrawals, and counts of words and events.
abstract contract RulesFixture is KeyFixture {
    /// @dev The call that funds a channel under the payer's consent.
    function depositCall(IChannels.ChannelConfig memory config, uint128 amount) internal returns (bytes memory) {
        bytes memory payersConsent = consent(escrow.getChannelId(config), amount);
        return abi.encodeCall(escrow.deposit, (config, amount, address(escrow), payersConsent));
    }

    function initiate(IChannels.ChannelConfig memory config, uint128 amount) internal {
        vm.prank(payer);
        escrow.initiateWithdraw(config, amount);
    }

    function finalize(IChannels.ChannelConfig memory config) internal {
        vm.prank(payer);
        escrow.finalizeWithdraw(config);
    }

    /// @dev The authorizer's signature over a batch.
    function authorized(IChannels.VoucherClaim[] memory batch) internal view returns (bytes memory) {
        return sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
    }

    /// @dev The words of the escrow that a packed settlement touches.
    function settledWords(IChannels.VoucherClaim[] memory batch) internal returns (bytes32[] memory words) {
        bytes memory signature = authorized(batch);
        bytes memory packed = pack(batch);
        keyVm.record();
        escrow.settleBatch(terms(), packed, signature);
        (words,) = keyVm.accesses(address(escrow));
    }

    /// @dev The words of the escrow that a deposit writes.
    function depositedWords(IChannels.ChannelConfig memory config, uint128 amount)
        internal
        returns (bytes32[] memory words)
    {
        bytes memory data = depositCall(config, amount);
        keyVm.record();
        assertSucceeds(RELAYER, data);
        (, words) = keyVm.accesses(address(escrow));
    }

    function joined(bytes32[] memory one, bytes32[] memory other) internal pure returns (bytes32[] memory all) {
        all = new bytes32[](one.length + other.length);
        for (uint256 i = 0; i < all.length; ++i) {
            all[i] = i < one.length ? one[i] : other[i - one.length];
        }
    }

    function countOf(Vm.Log[] memory logs, address emitter) internal pure returns (uint256 count) {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == emitter) ++count;
        }
    }
}
