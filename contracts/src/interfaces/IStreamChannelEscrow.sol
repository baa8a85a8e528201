// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "./IChannels.sol";
import {ISessionKeyValidator} from "./ISessionKeyValidator.sol";

/// @title Payment channels under session keys, with packed settlement
interface IStreamChannelEscrow is IChannels, ISessionKeyValidator {
    /// @notice The terms that all channels of a packed batch share.
    struct BatchTerms {
        address receiver;
        address receiverAuthorizer;
        address token;
        uint40 withdrawDelay;
    }

    /// @notice What became of a row of a packed batch.
    /// @param Claimed Recorded, in full or as far as the money and the key's ceiling go.
    /// @param NothingNew The total is recorded already.
    /// @param ExceedsVoucher The total is above the voucher's maximum.
    /// @param Unfunded The channel has no unclaimed money.
    /// @param KeyStopped The key stopped at least the channel's `withdrawDelay` ago.
    /// @param CeilingReached The key's period ceiling is claimed already.
    /// @param InvalidVoucher The voucher is not signed by the payer authorizer.
    enum RowOutcome {
        Claimed,
        NothingNew,
        ExceedsVoucher,
        Unfunded,
        KeyStopped,
        CeilingReached,
        InvalidVoucher
    }

    /// @notice A row of a packed batch changed nothing.
    event ClaimSkipped(bytes32 indexed channelId, RowOutcome reason);
    event WithdrawCancelled(bytes32 indexed channelId, uint40 initiatedAt);

    error NotPayer(address caller);
    error UnknownCollector(address collector);
    error WithdrawPending(bytes32 channelId);
    error InvalidRows(uint256 length);
    error InitiatedAtMismatch(uint40 expected, uint40 given);
    error KeyIsOver(bytes32 keyId, uint40 stoppedAt);

    /// @notice Records the vouchers of many channels with the same terms and pays the receiver all that is due, in one
    /// transfer. Anyone may relay.
    /// @dev A bad row is skipped and emitted, an underfunded one records what is there: only a bad batch signature,
    /// malformed rows or a token that refuses the transfer revert.
    /// @param terms What all channels share.
    /// @param rows 160 bytes a channel: see {PackedRows}.
    /// @param authorizerSignature Signature of `terms.receiverAuthorizer` over `ClaimBatch` of all rows, skipped ones
    /// included.
    /// @return outcomes One {RowOutcome} a row, so that a simulation tells which rows are worth sending.
    function settleBatch(BatchTerms calldata terms, bytes calldata rows, bytes calldata authorizerSignature)
        external
        returns (bytes memory outcomes);

    /// @notice Takes the payer's withdrawal request back, so that service can go on.
    function cancelWithdraw(ChannelConfig calldata config) external;

    /// @notice {cancelWithdraw} under the payer's signature over `CancelWithdraw`. Anyone may relay.
    /// @param initiatedAt The request that is meant: the signature is worth nothing for a later one.
    function cancelWithdrawWithSignature(ChannelConfig calldata config, uint40 initiatedAt, bytes calldata signature)
        external;

    /// @notice EIP-5267: the domain that everything here is signed under.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}
