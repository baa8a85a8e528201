// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Session keys: what an account lets a key spend
interface ISessionKeyValidator {
    /// @notice What a wallet owner lets a session key spend. These are the words a wallet shows when it asks for the
    /// owner's signature.
    /// @param account Whose money it is; signs registration, unfreezing, rotation and revocation.
    /// @param key The session key: signs vouchers, holds no money.
    /// @param token The ERC-20 that may be spent.
    /// @param payees The only receivers that channels of this key may have; 1 to 32.
    /// @param spendCap Most that all channels of the key may hold or have paid, in atomic units.
    /// @param periodAmount Each channel's claims may grow by this much a period. Zero exactly if `periodDuration` is.
    /// @param periodDuration Seconds; zero: no period limit.
    /// @param perPaymentMax Most for a single payment; zero: no limit. Vouchers are cumulative, so no contract can see
    /// single payments: the gateway and the SDK enforce it.
    /// @param start Unix seconds from which payments count.
    /// @param expiry Unix seconds at which the key stops.
    /// @param freezer May freeze the key and nothing else; zero: nobody but the account.
    /// @param salt Tells permissions with the same terms apart.
    struct SessionKeyPermission {
        address account;
        address key;
        address token;
        address[] payees;
        uint128 spendCap;
        uint128 periodAmount;
        uint40 periodDuration;
        uint128 perPaymentMax;
        uint40 start;
        uint40 expiry;
        address freezer;
        bytes32 salt;
    }

    /// @notice What settlement reads of a key: one slot.
    /// @param stoppedAt The earliest stop in force: expiry, freeze or revocation. Claims end a channel's `withdrawDelay`
    /// later.
    struct KeyLimit {
        uint40 stoppedAt;
        uint40 start;
        uint40 periodDuration;
        uint128 periodAmount;
    }

    /// @notice What a deposit counts against: one slot.
    /// @param usage Deposits less refunds and withdrawals, summed over the key's channels.
    struct KeyBudget {
        uint128 spendCap;
        uint128 usage;
    }

    /// @param version Rises with every change; signed forms name it. Zero: not registered.
    /// @param frozenAt Zero: not frozen.
    /// @param revokedAt Zero: not revoked.
    struct KeyState {
        KeyLimit limit;
        KeyBudget budget;
        address account;
        uint40 expiry;
        uint40 frozenAt;
        address key;
        uint40 revokedAt;
        uint32 version;
        address token;
        address freezer;
    }

    event KeyRegistered(bytes32 indexed keyId, address indexed account, SessionKeyPermission permission);
    event KeyFrozen(bytes32 indexed keyId, uint40 stoppedAt);
    event KeyUnfrozen(bytes32 indexed keyId, uint40 stoppedAt);
    event KeyRevoked(bytes32 indexed keyId, uint40 stoppedAt);
    event KeyRotated(bytes32 indexed oldKeyId, bytes32 indexed newKeyId);

    /// @param field Name of the member that cannot be accepted.
    error InvalidPermission(string field);
    error KeyAlreadyRegistered(bytes32 keyId);
    error KeyNotRegistered(bytes32 keyId);
    error KeyAlreadyFrozen(bytes32 keyId);
    error KeyNotFrozen(bytes32 keyId);
    error KeyAlreadyRevoked(bytes32 keyId);
    error KeyAlreadyStopped(bytes32 keyId, uint40 stoppedAt);
    error KeyTermsMismatch(bytes32 keyId, string field);
    error SpendCapExceeded(bytes32 keyId, uint256 usage, uint128 spendCap);
    error ClaimExceedsCeiling(bytes32 keyId, uint256 totalClaimed, uint256 ceiling);
    error UsageAboveMaximum(bytes32 keyId, uint128 usage, uint128 maxUsage);
    error VersionMismatch(uint32 expected, uint32 given);
    error SignatureExpired(uint40 deadline);
    error NotAccount(address caller);
    error NotFreezer(address caller);

    /// @notice Registers a key under the caller's account.
    /// @return keyId Also the `salt` of every channel that the key governs.
    function registerKey(SessionKeyPermission calldata permission) external returns (bytes32 keyId);

    /// @notice {registerKey} under the account's signature over `RegisterKey`. Anyone may relay, once.
    function registerKeyWithSignature(
        SessionKeyPermission calldata permission,
        uint40 deadline,
        bytes calldata signature
    ) external returns (bytes32 keyId);

    /// @notice Stops a key until it is unfrozen. The caller is the account or the key's freezer.
    function freezeKey(bytes32 keyId) external;

    /// @notice {freezeKey} under a signature over `FreezeKey`.
    /// @param signer The account or the freezer.
    function freezeKeyWithSignature(
        bytes32 keyId,
        address signer,
        uint32 version,
        uint40 deadline,
        bytes calldata signature
    ) external;

    /// @notice Lifts a freeze; a revocation or an expiry stays.
    function unfreezeKey(bytes32 keyId) external;

    /// @notice {unfreezeKey} under the account's signature over `UnfreezeKey`.
    function unfreezeKeyWithSignature(bytes32 keyId, uint32 version, uint40 deadline, bytes calldata signature)
        external;

    /// @notice Stops a key for good.
    function revokeKey(bytes32 keyId) external;

    /// @notice {revokeKey} under the account's signature over `RevokeKey`.
    function revokeKeyWithSignature(bytes32 keyId, uint32 version, uint40 deadline, bytes calldata signature)
        external;

    /// @notice Revokes a key and registers its successor in one step.
    /// @param maxUsage Reverts if the old key's {usage} is above it: what was deposited meanwhile is no surprise.
    function rotateKey(bytes32 oldKeyId, SessionKeyPermission calldata newPermission, uint128 maxUsage)
        external
        returns (bytes32 newKeyId);

    /// @notice {rotateKey} under the account's signature over `RotateKey`.
    function rotateKeyWithSignature(
        bytes32 oldKeyId,
        SessionKeyPermission calldata newPermission,
        uint128 maxUsage,
        uint32 version,
        uint40 deadline,
        bytes calldata signature
    ) external returns (bytes32 newKeyId);

    /// @notice Id of the key with this permission on this chain and contract, registered or not.
    function getKeyId(SessionKeyPermission calldata permission) external view returns (bytes32);

    /// @notice Everything that is stored of a key but its payees; `version` is zero for an unknown one.
    function getKey(bytes32 keyId) external view returns (KeyState memory);

    /// @notice Whether a key was registered with this payee; stops are not counted in.
    function isPayee(bytes32 keyId, address payee) external view returns (bool);

    /// @notice Whether the key may pay this payee in this token now.
    function isAuthorized(bytes32 keyId, address payee, address token) external view returns (bool);

    /// @notice The total that one channel of the key may have claimed by `timestamp`; zero for an unknown key. Stops are
    /// not counted in: see {getKey}.
    function spendCeiling(bytes32 keyId, uint256 timestamp) external view returns (uint256);

    /// @notice What may still be deposited under the key: its spend cap less its usage; zero once it is stopped.
    function getRemainingLimit(bytes32 keyId) external view returns (uint128);

    /// @notice Deposits less refunds and withdrawals, summed over all channels of the key.
    function usage(bytes32 keyId) external view returns (uint128);
}
