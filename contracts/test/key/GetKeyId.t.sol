// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyFixture} from "./KeyFixture.sol";

contract GetKeyIdTest is KeyFixture {
    uint256 private constant MEMBERS = 12;

    // ------------------------------------------------------------------ what it is

    function test_getKeyId_beginsWithTheTag() public view {
        assertTrue(bytes4(escrow.getKeyId(permission(0))) == bytes4("PBST"));
    }

    function test_getKeyId_endsWithTheLastBytesOfTheDigest() public view {
        bytes32 digest = typedData(permissionHash(permission(0)));
        assertEq(uint224(uint256(escrow.getKeyId(permission(0)))), uint224(uint256(digest)));
    }

    /// @dev Computed with viem's `hashTypedData` for this address and chain.
    function test_getKeyId_isWhatAWalletLibraryComputes() public {
        address place = address(0xE5);
        vm.etch(place, address(escrow).code);
        vm.chainId(84_532);
        address[] memory payees = new address[](2);
        (payees[0], payees[1]) = (address(0xB1), address(0xB2));
        ISessionKeyValidator.SessionKeyPermission memory terms_ = ISessionKeyValidator.SessionKeyPermission({
            account: address(0xA1),
            key: address(0xA2),
            token: address(0xA3),
            payees: payees,
            spendCap: 1,
            periodAmount: 2,
            periodDuration: 3,
            perPaymentMax: 4,
            start: 5,
            expiry: 6,
            freezer: address(0xA4),
            salt: bytes32(uint256(7))
        });
        assertEq(
            IStreamChannelEscrow(place).getKeyId(terms_),
            0x50425354cb39f32bd8dd4b74f90ff2a9c41a76d1ad3d0a80af8630637eaf4724
        );
    }

    function test_getKeyId_isTheSameBeforeAndAfterRegistration() public {
        bytes32 before = escrow.getKeyId(permission(0));
        register(permission(0));
        assertEq(escrow.getKeyId(permission(0)), before);
    }

    function test_getKeyId_answersForTermsThatNobodyCouldRegister() public view {
        ISessionKeyValidator.SessionKeyPermission memory nothing;
        assertEq(escrow.getKeyId(nothing), keyIdOf(nothing));
    }

    // ------------------------------------------------------------------ what it binds

    function test_getKeyId_differsOnAnotherChain() public {
        bytes32 here = escrow.getKeyId(permission(0));
        vm.chainId(block.chainid + 1);
        assertTrue(escrow.getKeyId(permission(0)) != here);
    }

    function test_getKeyId_followsTheChainId() public {
        vm.chainId(block.chainid + 1);
        assertEq(escrow.getKeyId(permission(0)), keyIdOf(permission(0)));
    }

    function test_getKeyId_differsOnAnotherContract() public {
        vm.etch(address(0xE5), address(escrow).code);
        assertTrue(IStreamChannelEscrow(address(0xE5)).getKeyId(permission(0)) != escrow.getKeyId(permission(0)));
    }

    function test_getKeyId_differsWithEachMember() public view {
        bytes32 before = escrow.getKeyId(permission(0));
        for (uint256 i = 0; i < MEMBERS; ++i) {
            assertTrue(escrow.getKeyId(_altered(permission(0), i)) != before);
        }
    }

    function test_getKeyId_differsWithTheOrderOfPayees() public view {
        ISessionKeyValidator.SessionKeyPermission memory one = _withPayees(address(1), address(2));
        ISessionKeyValidator.SessionKeyPermission memory other = _withPayees(address(2), address(1));
        assertTrue(escrow.getKeyId(one) != escrow.getKeyId(other));
    }

    function test_getKeyId_differsWhenAPayeeIsNamedTwice() public view {
        ISessionKeyValidator.SessionKeyPermission memory twice = _withPayees(RECEIVER, RECEIVER);
        assertTrue(escrow.getKeyId(twice) != escrow.getKeyId(permission(0)));
    }

    // ------------------------------------------------------------------ random input

    function testFuzz_getKeyId(ISessionKeyValidator.SessionKeyPermission memory terms_) public view {
        assertEq(escrow.getKeyId(terms_), keyIdOf(terms_));
    }

    function testFuzz_getKeyId_differsWithEachMember(
        ISessionKeyValidator.SessionKeyPermission memory terms_,
        uint256 member
    ) public view {
        bytes32 before = escrow.getKeyId(terms_);
        assertTrue(escrow.getKeyId(_altered(terms_, member % MEMBERS)) != before);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev With another value in one member, wherever it stood.
    function _altered(ISessionKeyValidator.SessionKeyPermission memory terms_, uint256 member)
        private
        pure
        returns (ISessionKeyValidator.SessionKeyPermission memory)
    {
        unchecked {
            if (member == 0) terms_.account = _other(terms_.account);
            if (member == 1) terms_.key = _other(terms_.key);
            if (member == 2) terms_.token = _other(terms_.token);
            if (member == 3 && terms_.payees.length == 0) terms_.payees = new address[](1);
            else if (member == 3) terms_.payees[0] = _other(terms_.payees[0]);
            if (member == 4) terms_.spendCap += 1;
            if (member == 5) terms_.periodAmount += 1;
            if (member == 6) terms_.periodDuration += 1;
            if (member == 7) terms_.perPaymentMax += 1;
            if (member == 8) terms_.start += 1;
            if (member == 9) terms_.expiry += 1;
            if (member == 10) terms_.freezer = _other(terms_.freezer);
            if (member == 11) terms_.salt = ~terms_.salt;
        }
        return terms_;
    }

    function _other(address who) private pure returns (address) {
        return address(uint160(who) ^ 1);
    }

    function _withPayees(address first, address second)
        private
        view
        returns (ISessionKeyValidator.SessionKeyPermission memory terms_)
    {
        terms_ = permission(0);
        terms_.payees = new address[](2);
        (terms_.payees[0], terms_.payees[1]) = (first, second);
    }
}
