// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestUSDC} from "../../src/TestUSDC.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {TestBase} from "./TestBase.sol";

/// @dev One escrow, one token, one payer with a session key, one receiver with an authorizer.
abstract contract EscrowFixture is TestBase {
    uint256 internal constant PAYER_KEY = 0xA11CE;
    uint256 internal constant SESSION_KEY = 0x5E55;
    uint256 internal constant AUTHORIZER_KEY = 0xA07;
    uint256 internal constant FREEZER_KEY = 0xF12;
    uint256 internal constant STRANGER_KEY = 0xBAD;
    address internal constant RECEIVER = address(0xCAFE);
    address internal constant RELAYER = address(0xBEEF);
    uint256 internal constant START = 1_800_000_000;
    uint40 internal constant DELAY = 1 days;
    uint40 internal constant NEVER = type(uint40).max;
    uint256 internal constant FUNDS = 1e12;

    IStreamChannelEscrow internal escrow;
    TestUSDC internal usdc;
    address internal payer;
    address internal key;
    address internal authorizer;
    address internal freezer;
    address internal stranger;
    uint256 private _authorizationSalt;

    function setUp() public virtual {
        vm.warp(START);
        escrow = IStreamChannelEscrow(deploy("StreamChannelEscrow.sol:StreamChannelEscrow"));
        usdc = new TestUSDC();
        payer = vm.addr(PAYER_KEY);
        key = vm.addr(SESSION_KEY);
        authorizer = vm.addr(AUTHORIZER_KEY);
        freezer = vm.addr(FREEZER_KEY);
        stranger = vm.addr(STRANGER_KEY);
        usdc.mint(payer, FUNDS);
    }

    // ------------------------------------------------------------------ channels

    /// @dev A plain channel; salts below 2^32 tell them apart.
    function channel(uint256 salt) internal view returns (IChannels.ChannelConfig memory) {
        return IChannels.ChannelConfig({
            payer: payer,
            payerAuthorizer: key,
            receiver: RECEIVER,
            receiverAuthorizer: authorizer,
            token: address(usdc),
            withdrawDelay: DELAY,
            salt: bytes32(salt)
        });
    }

    /// @dev The channel that the key governs.
    function governed(bytes32 keyId) internal view returns (IChannels.ChannelConfig memory) {
        return channel(uint256(keyId));
    }

    /// @dev The payer's EIP-3009 consent to fund `channelId`.
    function consent(bytes32 channelId, uint256 amount) internal returns (bytes memory) {
        return consent(PAYER_KEY, channelId, amount, ++_authorizationSalt);
    }

    function consent(uint256 payerKey, bytes32 channelId, uint256 amount, uint256 salt)
        internal
        view
        returns (bytes memory)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                usdc.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                vm.addr(payerKey),
                address(escrow),
                amount,
                uint256(0),
                type(uint256).max,
                keccak256(abi.encode(channelId, salt))
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
        return abi.encode(uint256(0), type(uint256).max, salt, sign(payerKey, digest));
    }

    /// @dev Relayed by a stranger to the channel.
    function deposit(IChannels.ChannelConfig memory config, uint128 amount) internal returns (bytes32 channelId) {
        channelId = escrow.getChannelId(config);
        bytes memory data = consent(channelId, amount);
        vm.prank(RELAYER);
        escrow.deposit(config, amount, address(escrow), data);
    }

    // ------------------------------------------------------------------ claims

    function row(IChannels.ChannelConfig memory config, uint128 max, uint128 total, uint256 signer)
        internal
        view
        returns (IChannels.VoucherClaim memory)
    {
        bytes32 digest = escrow.getVoucherDigest(escrow.getChannelId(config), max);
        return IChannels.VoucherClaim(IChannels.Voucher(config, max), sign(signer, digest), total);
    }

    function row(IChannels.ChannelConfig memory config, uint128 total)
        internal
        view
        returns (IChannels.VoucherClaim memory)
    {
        return row(config, total, total, SESSION_KEY);
    }

    function rows(IChannels.VoucherClaim memory one) internal pure returns (IChannels.VoucherClaim[] memory batch) {
        batch = new IChannels.VoucherClaim[](1);
        batch[0] = one;
    }

    function rows(IChannels.VoucherClaim memory one, IChannels.VoucherClaim memory two)
        internal
        pure
        returns (IChannels.VoucherClaim[] memory batch)
    {
        batch = new IChannels.VoucherClaim[](2);
        (batch[0], batch[1]) = (one, two);
    }

    /// @dev What all channels of this fixture share.
    function terms() internal view returns (IStreamChannelEscrow.BatchTerms memory) {
        return IStreamChannelEscrow.BatchTerms(RECEIVER, authorizer, address(usdc), DELAY);
    }

    /// @dev The 160 bytes of each row, one after the other.
    function pack(IChannels.VoucherClaim[] memory batch) internal pure returns (bytes memory packed) {
        for (uint256 i = 0; i < batch.length; ++i) {
            IChannels.VoucherClaim memory one = batch[i];
            (bytes32 r, bytes32 vs) = compact(one.signature);
            packed = bytes.concat(
                packed,
                abi.encodePacked(
                    one.voucher.channel.payer,
                    one.voucher.channel.payerAuthorizer,
                    one.voucher.channel.salt,
                    uint96(one.voucher.maxClaimableAmount),
                    uint96(one.totalClaimed),
                    r,
                    vs
                )
            );
        }
    }

    /// @dev EIP-2098.
    function compact(bytes memory signature) internal pure returns (bytes32 r, bytes32 vs) {
        bytes32 s;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        vs = signature[64] == bytes1(uint8(28)) ? s | bytes32(uint256(1) << 255) : s;
    }

    /// @dev A batch under the authorizer's signature, sent by a relayer.
    function settleBatch(IChannels.VoucherClaim[] memory batch) internal returns (bytes memory outcomes) {
        bytes memory signature = sign(AUTHORIZER_KEY, escrow.getClaimBatchDigest(batch));
        vm.prank(RELAYER);
        return escrow.settleBatch(terms(), pack(batch), signature);
    }

    function settleBatch(IChannels.VoucherClaim memory one) internal returns (IStreamChannelEscrow.RowOutcome) {
        return IStreamChannelEscrow.RowOutcome(uint8(settleBatch(rows(one))[0]));
    }

    /// @dev Claims as the receiver, without paying out.
    function claim(IChannels.VoucherClaim memory one) internal {
        vm.prank(RECEIVER);
        escrow.claim(rows(one));
    }

    // ------------------------------------------------------------------ session keys

    /// @dev 1,000,000 atomic units in 30 days, for RECEIVER only, no period limit.
    function permission(uint256 salt) internal view returns (ISessionKeyValidator.SessionKeyPermission memory) {
        address[] memory payees = new address[](1);
        payees[0] = RECEIVER;
        return ISessionKeyValidator.SessionKeyPermission({
            account: payer,
            key: key,
            token: address(usdc),
            payees: payees,
            spendCap: 1e6,
            periodAmount: 0,
            periodDuration: 0,
            perPaymentMax: 1000,
            start: uint40(START),
            expiry: uint40(START + 30 days),
            freezer: freezer,
            salt: bytes32(salt)
        });
    }

    function register(ISessionKeyValidator.SessionKeyPermission memory terms_) internal returns (bytes32) {
        vm.prank(terms_.account);
        return escrow.registerKey(terms_);
    }

    /// @dev A registered key and a funded channel under it.
    function governedChannel(uint128 amount) internal returns (bytes32 keyId, IChannels.ChannelConfig memory config) {
        keyId = register(permission(0));
        config = governed(keyId);
        deposit(config, amount);
    }

    function freeze(bytes32 keyId) internal {
        vm.prank(payer);
        escrow.freezeKey(keyId);
    }

    /// @dev The EIP-712 digest of a struct under the escrow's domain.
    function typedData(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("PB-Stream Escrow"),
                keccak256("1"),
                block.chainid,
                address(escrow)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    // ------------------------------------------------------------------ assertions

    function assertChannel(bytes32 channelId, uint256 balance, uint256 totalClaimed) internal view {
        (uint128 actualBalance, uint128 actualClaimed) = escrow.channels(channelId);
        assertEq(uint256(actualBalance), balance);
        assertEq(uint256(actualClaimed), totalClaimed);
    }

    function assertOutcome(IStreamChannelEscrow.RowOutcome actual, IStreamChannelEscrow.RowOutcome expected)
        internal
        pure
    {
        assertEq(uint256(actual), uint256(expected));
    }
}
