// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {SignedChangeSuite} from "./SignedChangeSuite.sol";

contract UnfreezeKeyWithSignatureTest is SignedChangeSuite {
    function prepare(address account) internal override {
        super.prepare(account);
        vm.prank(account);
        escrow.freezeKey(keyId);
    }

    function structHash(bytes32 id, uint32 version_, uint40 deadline) internal pure override returns (bytes32) {
        return changeHash(UNFREEZE, id, version_, deadline);
    }

    function call(bytes32 id, uint32 version_, uint40 deadline, bytes memory signature)
        internal
        view
        override
        returns (bytes memory)
    {
        return abi.encodeCall(escrow.unfreezeKeyWithSignature, (id, version_, deadline, signature));
    }

    function changeError(bytes32 id) internal view override returns (bytes memory) {
        return unfreezeError(id);
    }

    function changed(bytes32 id) internal view override returns (ISessionKeyValidator.KeyState memory) {
        return unfrozen(id);
    }

    function changeSize() internal pure override returns (uint256 slots, uint256 events) {
        return (3, 1);
    }

    function assertDone() internal view override {
        assertEq(uint256(escrow.getKey(keyId).frozenAt), 0);
    }

    function test_unfreezeKeyWithSignature_emitsTheStop() public {
        bytes memory data = _call(PAYER_KEY, NEVER);
        vm.expectEmit(address(escrow));
        emit ISessionKeyValidator.KeyUnfrozen(keyId, uint40(START + 30 days));
        assertSucceeds(RELAYER, data);
    }

    function test_unfreezeKeyWithSignature_revertsForTheFreezer() public {
        assertReverts(RELAYER, _call(FREEZER_KEY, NEVER), REFUSED);
    }

    function test_unfreezeKeyWithSignature_revertsWhenNotFrozen() public {
        unfreeze(keyId);
        assertReverts(
            RELAYER,
            _call(PAYER_KEY, NEVER),
            abi.encodeWithSelector(ISessionKeyValidator.KeyNotFrozen.selector, keyId)
        );
    }

    /// @dev Signed for the freeze that stood; a later freeze is not lifted by it.
    function test_unfreezeKeyWithSignature_revertsForALaterFreeze() public {
        bytes memory withheld = _call(PAYER_KEY, NEVER);
        unfreeze(keyId);
        vm.prank(freezer);
        escrow.freezeKey(keyId);
        assertReverts(RELAYER, withheld, _mismatch(4, 2));
    }
}
