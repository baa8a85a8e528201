// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {RulesFixture} from "./RulesFixture.sol";

/// @dev A key with three payees and a channel under it.
abstract contract SessionKeyFixture is RulesFixture {
    address internal constant OTHER = address(0x0717);
    uint128 internal constant CAP = 1e6;
    uint256 internal constant EXPIRY = START + 30 days;
    bytes32 internal keyId;
    IChannels.ChannelConfig internal config;

    /// @dev For RECEIVER, OTHER and the payer himself.
    function setUp() public virtual override {
        super.setUp();
        keyId = register(termsOf(0));
        config = governed(keyId);
    }

    function termsOf(uint256 salt) internal view returns (ISessionKeyValidator.SessionKeyPermission memory terms_) {
        terms_ = permission(salt);
        terms_.payees = new address[](3);
        (terms_.payees[0], terms_.payees[1], terms_.payees[2]) = (RECEIVER, OTHER, payer);
    }

    /// @dev Another channel of the key.
    function channelTo(address receiver) internal view returns (IChannels.ChannelConfig memory other) {
        other = config;
        other.receiver = receiver;
    }

    /// @dev From here on the key is one with 100 an hour.
    function usePeriods() internal {
        ISessionKeyValidator.SessionKeyPermission memory terms_ = termsOf(1);
        (terms_.periodAmount, terms_.periodDuration) = (100, 1 hours);
        keyId = register(terms_);
        config = governed(keyId);
    }

    /// @dev A deposit, a claim, a refund or a withdrawal, or none of them if the contract says no.
    function act(IChannels.ChannelConfig memory on, uint256 step, uint128 amount) internal {
        if (step == 0) attempt(RELAYER, depositCall(on, amount));
        if (step == 1) attempt(on.receiver, abi.encodeCall(escrow.claim, (rows(row(on, amount)))));
        if (step == 2) attempt(on.receiver, abi.encodeCall(escrow.refund, (on, amount)));
        if (step == 3) {
            attempt(payer, abi.encodeCall(escrow.initiateWithdraw, (on, amount)));
            vm.warp(block.timestamp + DELAY);
            attempt(payer, abi.encodeCall(escrow.finalizeWithdraw, (on)));
        }
    }

    function assertDepositReverts(bytes memory error) internal {
        assertDepositReverts(7, error);
    }

    function assertDepositReverts(uint128 amount, bytes memory error) internal {
        assertReverts(RELAYER, depositCall(config, amount), error);
    }

    function assertNoService() internal {
        assertTrue(!escrow.isAuthorized(keyId, RECEIVER, address(usdc)));
        assertEq(escrow.getRemainingLimit(keyId), 0);
        assertDepositReverts(stoppedError(stoppedAt(keyId)));
    }

    /// @dev The last second in which claims stand is the one before `time`.
    function assertBitesAt(uint256 time) internal {
        vm.warp(time - 1);
        claim(row(config, 1));
        assertOutcome(settleBatch(row(config, 2)), IStreamChannelEscrow.RowOutcome.Claimed);
        vm.warp(time);
        assertClaimIsOver();
        assertOutcome(settleBatch(row(config, 3)), IStreamChannelEscrow.RowOutcome.KeyStopped);
    }

    function assertClaimIsOver() internal {
        assertReverts(
            RECEIVER,
            abi.encodeCall(escrow.claim, (rows(row(config, 3)))),
            abi.encodeWithSelector(IStreamChannelEscrow.KeyIsOver.selector, keyId, stoppedAt(keyId))
        );
    }

    function stoppedError(uint256 at) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.KeyAlreadyStopped.selector, config.salt, at);
    }

    function mismatchError(string memory field) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.KeyTermsMismatch.selector, keyId, field);
    }

    function capError(uint256 usage) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ISessionKeyValidator.SpendCapExceeded.selector, keyId, usage, CAP);
    }
}
