// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../../src/interfaces/ISessionKeyValidator.sol";
import {ChannelHash} from "../../../src/libraries/ChannelHash.sol";
import {KeyHash} from "../../../src/libraries/KeyHash.sol";
import {EscrowFixture} from "../EscrowFixture.sol";

/// @dev Counts everybody's money before and after an attack, and signs what an attacker may have got hold of. The test
/// contract itself plays the bystander.
abstract contract AttackBase is EscrowFixture {
    /// @dev A function so marked moves no dollar of anybody.
    modifier gainsNothing() {
        uint256[] memory before = purses();
        _;
        assertPaid(before, 0, 0);
    }

    // ------------------------------------------------------------------ money

    /// @dev The dollars of everybody there is: payer, receiver and escrow first.
    function purses() internal view returns (uint256[] memory amounts) {
        address[9] memory everybody =
            [payer, RECEIVER, address(escrow), key, authorizer, freezer, stranger, RELAYER, address(this)];
        amounts = new uint256[](everybody.length);
        for (uint256 i = 0; i < everybody.length; ++i) {
            amounts[i] = usdc.balanceOf(everybody[i]);
        }
    }

    /// @dev The escrow paid so much to the receiver and so much back to the payer; nobody else's purse changed.
    function assertPaid(uint256[] memory before, uint256 toReceiver, uint256 toPayer) internal view {
        uint256[] memory present = purses();
        assertEq(present[0], before[0] + toPayer);
        assertEq(present[1], before[1] + toReceiver);
        assertEq(present[2] + toReceiver + toPayer, before[2]);
        for (uint256 i = 3; i < present.length; ++i) {
            assertEq(present[i], before[i]);
        }
    }

    /// @dev The escrow refuses the call with exactly this answer.
    function assertRefused(address caller, bytes memory call, bytes memory reason) internal {
        vm.prank(caller);
        (bool success, bytes memory answer) = address(escrow).call(call);
        assertTrue(!success);
        assertEq(keccak256(answer), keccak256(reason));
    }

    function assertRefused(address caller, bytes memory call, bytes4 reason) internal {
        assertRefused(caller, call, abi.encodePacked(reason));
    }

    // ------------------------------------------------------------------ signatures

    function signBatch(IChannels.VoucherClaim[] memory batch) internal view returns (bytes memory) {
        return sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
    }

    function signRefund(bytes32 channelId, uint256 nonce, uint128 amount) internal view returns (bytes memory) {
        return sign(AUTHORIZER_KEY, escrow.getRefundDigest(channelId, nonce, amount));
    }

    function signCancel(bytes32 channelId, uint40 initiatedAt) internal view returns (bytes memory) {
        return sign(PAYER_KEY, typedData(ChannelHash.cancelWithdraw(channelId, initiatedAt)));
    }

    /// @dev A deposit consent in the name of `from`, signed by whoever wants the money.
    function forgeConsent(uint256 signer, address from, bytes32 channelId, uint256 amount)
        internal
        view
        returns (bytes memory)
    {
        bytes32 nonce = keccak256(abi.encode(channelId, signer));
        bytes32 typeHash = usdc.RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
        bytes32 structHash = keccak256(abi.encode(typeHash, from, address(escrow), amount, 0, NEVER, nonce));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
        return abi.encode(0, NEVER, signer, sign(signer, digest));
    }

    /// @param typeHash {KeyHash-FREEZE}, {KeyHash-UNFREEZE} or {KeyHash-REVOKE}.
    function signChange(uint256 signer, bytes32 typeHash, bytes32 keyId, uint32 version)
        internal
        view
        returns (bytes memory)
    {
        return sign(signer, typedData(KeyHash.change(typeHash, keyId, version, NEVER)));
    }

    function signRegister(ISessionKeyValidator.SessionKeyPermission memory terms_, uint40 deadline)
        internal
        view
        returns (bytes memory)
    {
        return sign(PAYER_KEY, typedData(KeyHash.register(this.permissionHash(terms_), deadline)));
    }

    function signRotate(
        bytes32 oldKeyId,
        ISessionKeyValidator.SessionKeyPermission memory terms_,
        uint128 maxUsage,
        uint32 version
    ) internal view returns (bytes memory) {
        bytes32 structHash = KeyHash.rotate(oldKeyId, this.permissionHash(terms_), maxUsage, version, NEVER);
        return sign(PAYER_KEY, typedData(structHash));
    }

    function permissionHash(ISessionKeyValidator.SessionKeyPermission calldata terms_) external pure returns (bytes32) {
        return KeyHash.permission(terms_);
    }

    // ------------------------------------------------------------------ moves

    function initiateWithdraw(IChannels.ChannelConfig memory config, uint128 amount) internal {
        vm.prank(config.payer);
        escrow.initiateWithdraw(config, amount);
    }

    function finalizeWithdraw(IChannels.ChannelConfig memory config) internal {
        vm.prank(config.payer);
        escrow.finalizeWithdraw(config);
    }

    function refund(IChannels.ChannelConfig memory config, uint128 amount) internal {
        vm.prank(config.receiver);
        escrow.refund(config, amount);
    }

    /// @dev A batch of several rows: the way {EscrowFixture-rows} goes on.
    function rows(
        IChannels.VoucherClaim memory one,
        IChannels.VoucherClaim memory two,
        IChannels.VoucherClaim memory three
    ) internal pure returns (IChannels.VoucherClaim[] memory batch) {
        batch = new IChannels.VoucherClaim[](3);
        (batch[0], batch[1], batch[2]) = (one, two, three);
    }

    function pendingSince(bytes32 channelId) internal view returns (uint40 initiatedAt) {
        (, initiatedAt) = escrow.pendingWithdrawals(channelId);
    }
}
