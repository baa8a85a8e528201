// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {ChannelMath} from "../../src/libraries/ChannelMath.sol";
import {SymbolicBase} from "./SymbolicBase.sol";

/// @dev Changes of any key, by anybody, at any time.
contract KeysSymbolic is SymbolicBase {
    /// @dev What a change by the account (or the freezer) leaves: a new version, the earliest stop, the same terms.
    function _checkChanged(ISessionKeyValidator.KeyState memory before, bytes32 keyId)
        private
        view
        returns (ISessionKeyValidator.KeyState memory state)
    {
        state = escrow.getKey(keyId);
        assert(before.version != 0 && state.version == before.version + 1);
        assert(state.limit.stoppedAt == ChannelMath.stoppedAt(state.expiry, state.frozenAt, state.revokedAt));
        assert(state.account == before.account && state.key == before.key && state.token == before.token);
        assert(state.budget.spendCap == before.budget.spendCap && state.budget.usage == before.budget.usage);
        assert(state.limit.periodAmount == before.limit.periodAmount && state.expiry == before.expiry);
    }

    function check_freezeKey_byAccountOrFreezer(bytes32 keyId, address caller, uint40 time) public {
        vm.warp(time);
        ISessionKeyValidator.KeyState memory before = escrow.getKey(keyId);
        vm.prank(caller);
        (bool success,) = address(escrow).call(abi.encodeCall(escrow.freezeKey, (keyId)));
        if (!success) return;
        assert(caller == before.account || caller == before.freezer);
        ISessionKeyValidator.KeyState memory state = _checkChanged(before, keyId);
        assert(before.frozenAt == 0 && state.frozenAt == time && state.revokedAt == 0 && before.revokedAt == 0);
    }

    function check_unfreezeKey_byAccount(bytes32 keyId, address caller) public {
        ISessionKeyValidator.KeyState memory before = escrow.getKey(keyId);
        vm.prank(caller);
        (bool success,) = address(escrow).call(abi.encodeCall(escrow.unfreezeKey, (keyId)));
        if (!success) return;
        ISessionKeyValidator.KeyState memory state = _checkChanged(before, keyId);
        assert(caller == before.account && before.frozenAt != 0 && state.frozenAt == 0);
        assert(state.revokedAt == before.revokedAt);
    }

    function check_revokeKey_byAccount(bytes32 keyId, address caller, uint40 time) public {
        vm.warp(time);
        ISessionKeyValidator.KeyState memory before = escrow.getKey(keyId);
        vm.prank(caller);
        (bool success,) = address(escrow).call(abi.encodeCall(escrow.revokeKey, (keyId)));
        if (!success) return;
        ISessionKeyValidator.KeyState memory state = _checkChanged(before, keyId);
        assert(caller == before.account && before.revokedAt == 0 && state.revokedAt == time);
        assert(state.frozenAt == before.frozenAt);
    }

    function check_planted_nobodyCanRevoke(bytes32 keyId, address caller, uint40 time) public {
        vm.warp(time);
        vm.prank(caller);
        (bool success,) = address(escrow).call(abi.encodeCall(escrow.revokeKey, (keyId)));
        assert(!success);
    }
}
