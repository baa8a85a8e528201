// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {SignedChangeSuite} from "./SignedChangeSuite.sol";

contract RevokeKeyWithSignatureTest is SignedChangeSuite {
    function structHash(bytes32 id, uint32 version_, uint40 deadline) internal pure override returns (bytes32) {
        return changeHash(REVOKE, id, version_, deadline);
    }

    function call(bytes32 id, uint32 version_, uint40 deadline, bytes memory signature)
        internal
        view
        override
        returns (bytes memory)
    {
        return abi.encodeCall(escrow.revokeKeyWithSignature, (id, version_, deadline, signature));
    }

    function changeError(bytes32 id) internal view override returns (bytes memory) {
        return revokeError(id);
    }

    function changed(bytes32 id) internal view override returns (ISessionKeyValidator.KeyState memory) {
        return revoked(id);
    }

    function changeSize() internal pure override returns (uint256 slots, uint256 events) {
        return (2, 1);
    }

    function assertDone() internal view override {
        assertEq(uint256(escrow.getKey(keyId).revokedAt), block.timestamp);
    }

    function test_revokeKeyWithSignature_emitsTheStop() public {
        bytes memory data = _call(PAYER_KEY, NEVER);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyRevoked(keyId, uint40(block.timestamp));
        assertSucceeds(RELAYER, data);
    }

    function test_revokeKeyWithSignature_revertsForTheFreezer() public {
        assertReverts(RELAYER, _call(FREEZER_KEY, NEVER), REFUSED);
    }

    function test_revokeKeyWithSignature_revertsWhenRevoked() public {
        revoke(keyId);
        assertReverts(
            RELAYER,
            _call(PAYER_KEY, NEVER),
            abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyRevoked.selector, keyId)
        );
    }

    function test_revokeKeyWithSignature_revokesAFrozenKey() public {
        freeze(keyId);
        assertSucceeds(RELAYER, _call(PAYER_KEY, NEVER));
        assertDone();
    }
}
