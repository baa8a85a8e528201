// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchSettlement} from "../../src/BatchSettlement.sol";
import {ERC3009Collector} from "../../src/ERC3009Collector.sol";
import {TestUSDC} from "../../src/TestUSDC.sol";
import {IChannels} from "../../src/interfaces/IChannels.sol";
import {TestBase} from "../support/TestBase.sol";

/// @dev The stand-ins placed at the canonical addresses the way the local chain does it: code only, no constructor.
abstract contract ChannelFixture is TestBase {
    BatchSettlement internal constant settlement = BatchSettlement(0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003);
    ERC3009Collector internal constant collector = ERC3009Collector(0x4020806089470a89826cB9fB1f4059150b550004);
    TestUSDC internal constant usdc = TestUSDC(0x036CbD53842c5426634e7929541eC2318f3dCF7e);

    uint256 internal constant PAYER_KEY = 0xA11CE;
    uint256 internal constant SESSION_KEY = 0x5E55;
    uint256 internal constant AUTHORIZER_KEY = 0xA07;
    uint256 internal constant STRANGER_KEY = 0xBAD;
    address internal constant RECEIVER = address(0xCAFE);
    address internal constant RELAYER = address(0xBEEF);
    uint256 internal constant START = 1_800_000_000;

    address internal payer;
    address internal authorizer;
    uint256 private _authorizationSalt;

    function setUp() public virtual {
        vm.warp(START);
        vm.etch(address(settlement), address(new BatchSettlement()).code);
        vm.etch(address(collector), address(new ERC3009Collector()).code);
        vm.etch(address(usdc), address(new TestUSDC()).code);
        payer = vm.addr(PAYER_KEY);
        authorizer = vm.addr(AUTHORIZER_KEY);
        usdc.mint(payer, 1e12);
    }

    function channel(uint256 salt) internal view returns (IChannels.ChannelConfig memory) {
        return IChannels.ChannelConfig({
            payer: payer,
            payerAuthorizer: vm.addr(SESSION_KEY),
            receiver: RECEIVER,
            receiverAuthorizer: authorizer,
            token: address(usdc),
            withdrawDelay: 15 minutes,
            salt: bytes32(salt)
        });
    }

    /// @dev The payer's EIP-3009 consent to fund `channelId`, in the collector's encoding.
    function consent(bytes32 channelId, uint256 amount) internal returns (bytes memory) {
        uint256 salt = ++_authorizationSalt;
        bytes32 structHash = keccak256(
            abi.encode(
                usdc.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                payer,
                address(collector),
                amount,
                uint256(0),
                type(uint256).max,
                keccak256(abi.encode(channelId, salt))
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
        return abi.encode(uint256(0), type(uint256).max, salt, sign(PAYER_KEY, digest));
    }

    function deposit(IChannels.ChannelConfig memory config, uint128 amount) internal returns (bytes32 channelId) {
        channelId = settlement.getChannelId(config);
        bytes memory data = consent(channelId, amount);
        vm.prank(RELAYER);
        settlement.deposit(config, amount, address(collector), data);
    }

    function row(IChannels.ChannelConfig memory config, uint128 ceiling, uint128 total, uint256 key)
        internal
        view
        returns (IChannels.VoucherClaim memory)
    {
        bytes32 digest = settlement.getVoucherDigest(settlement.getChannelId(config), ceiling);
        return IChannels.VoucherClaim(IChannels.Voucher(config, ceiling), sign(key, digest), total);
    }

    function row(IChannels.ChannelConfig memory config, uint128 total)
        internal
        view
        returns (IChannels.VoucherClaim memory)
    {
        return row(config, total, total, SESSION_KEY);
    }

    function rows(IChannels.VoucherClaim memory one)
        internal
        pure
        returns (IChannels.VoucherClaim[] memory batch)
    {
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

    /// @dev Claims as the receiver.
    function claim(IChannels.VoucherClaim memory one) internal {
        claim(rows(one));
    }

    function claim(IChannels.VoucherClaim[] memory batch) internal {
        vm.prank(RECEIVER);
        settlement.claim(batch);
    }

    function assertChannel(bytes32 channelId, uint128 balance, uint128 totalClaimed) internal view {
        (uint128 actualBalance, uint128 actualClaimed) = settlement.channels(channelId);
        assertEq(uint256(actualBalance), balance);
        assertEq(uint256(actualClaimed), totalClaimed);
    }
}
