// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyFixture} from "./KeyFixture.sol";

contract UsageTest is KeyFixture {
    address private constant OTHER = address(0x0717);
    bytes32 private keyId;

    function setUp() public override {
        super.setUp();
        ISessionKeyValidator.SessionKeyPermission memory terms_ = permission(0);
        terms_.payees = new address[](2);
        (terms_.payees[0], terms_.payees[1]) = (RECEIVER, OTHER);
        keyId = register(terms_);
    }

    function test_usage_isZeroForAnUnknownKey() public view {
        assertEq(escrow.usage(keyIdOf(permission(9))), 0);
    }

    function test_usage_growsByADeposit() public {
        deposit(governed(keyId), 7);
        assertEq(escrow.usage(keyId), 7);
    }

    function test_usage_isTheSumOverChannels() public {
        deposit(governed(keyId), 7);
        deposit(_other(), 5);
        assertEq(escrow.usage(keyId), 12);
    }

    function test_usage_fallsByARefund() public {
        deposit(governed(keyId), 7);
        vm.prank(RECEIVER);
        escrow.refund(governed(keyId), 3);
        assertEq(escrow.usage(keyId), 4);
    }

    function test_usage_fallsByWhatWentBackAndNotByWhatWasAskedFor() public {
        deposit(governed(keyId), 7);
        claim(row(governed(keyId), 6));
        vm.prank(RECEIVER);
        escrow.refund(governed(keyId), 3);
        assertEq(escrow.usage(keyId), 6);
    }

    function test_usage_fallsByAWithdrawal() public {
        deposit(governed(keyId), 7);
        vm.prank(payer);
        escrow.initiateWithdraw(governed(keyId), 3);
        vm.warp(START + DELAY);
        vm.prank(payer);
        escrow.finalizeWithdraw(governed(keyId));
        assertEq(escrow.usage(keyId), 4);
    }

    function test_usage_staysWhenAWithdrawalIsAskedFor() public {
        deposit(governed(keyId), 7);
        vm.prank(payer);
        escrow.initiateWithdraw(governed(keyId), 3);
        assertEq(escrow.usage(keyId), 7);
    }

    function test_usage_staysWhenMoneyIsClaimedAndPaid() public {
        deposit(governed(keyId), 7);
        settleBatch(row(governed(keyId), 7));
        assertEq(escrow.usage(keyId), 7);
    }

    function test_usage_staysWhenTheKeyStops() public {
        deposit(governed(keyId), 7);
        revoke(keyId);
        assertEq(escrow.usage(keyId), 7);
    }

    function test_usage_fallsAfterTheStopToo() public {
        deposit(governed(keyId), 7);
        revoke(keyId);
        vm.warp(START + 60 days);
        vm.prank(RECEIVER);
        escrow.refund(governed(keyId), 7);
        assertEq(escrow.usage(keyId), 0);
    }

    function test_usage_isNotTouchedByAChannelWithoutTheTag() public {
        deposit(channel(1), 7);
        assertEq(escrow.usage(keyId), 0);
    }

    function test_usage_isNotTouchedByADepositThatFails() public {
        IChannels.ChannelConfig memory config = governed(keyId);
        assertReverts(
            RELAYER,
            abi.encodeCall(escrow.deposit, (config, 7, address(escrow), consent(escrow.getChannelId(config), 8))),
            REFUSED
        );
        assertEq(escrow.usage(keyId), 0);
    }

    function testFuzz_usage_isDepositsLessRefunds(uint128 deposited, uint128 claimed, uint128 refunded) public {
        deposited = uint128(bound(deposited, 1, 1e6));
        claimed = uint128(bound(claimed, 1, deposited));
        refunded = uint128(bound(refunded, 1, type(uint128).max));
        deposit(governed(keyId), deposited);
        claim(row(governed(keyId), claimed));
        vm.prank(RECEIVER);
        escrow.refund(governed(keyId), refunded);
        assertEq(escrow.usage(keyId), refunded < deposited - claimed ? deposited - refunded : claimed);
    }

    function _other() private view returns (IChannels.ChannelConfig memory config) {
        config = governed(keyId);
        config.receiver = OTHER;
    }
}
