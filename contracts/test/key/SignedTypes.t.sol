// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {KeyFixture} from "./KeyFixture.sol";

/// @dev The hashes that the tests sign, against those of a wallet library: viem's `hashTypedData` for this address and
/// chain. What the contract accepts in the other tests is thereby what a wallet signs.
contract SignedTypesTest is KeyFixture {
    bytes32 private constant KEY_ID = bytes32(uint256(0x11));

    function setUp() public override {
        super.setUp();
        vm.chainId(84_532);
        escrow = IStreamChannelEscrow(address(0xE5));
    }

    function test_signedTypes_registerKey() public view {
        assertEq(
            typedData(registerHash(_terms(), 9)),
            0x61a4e3338f9064459e3de8299479753174de50151b0e328c96d3a1656c10623a
        );
    }

    function test_signedTypes_rotateKey() public view {
        assertEq(
            typedData(rotateHash(KEY_ID, _terms(), 8, 2, 9)),
            0xeecc3668a22e36c7375396b049ef35c10b1cfb1b22c9872df63cf80aacf716b7
        );
    }

    function test_signedTypes_freezeKey() public view {
        assertEq(
            typedData(changeHash(FREEZE, KEY_ID, 2, 9)),
            0x8bebfe6b7f51446cc7c6d73486f00036c17e4e450a9b882730e645daafd15fb8
        );
    }

    function test_signedTypes_unfreezeKey() public view {
        assertEq(
            typedData(changeHash(UNFREEZE, KEY_ID, 2, 9)),
            0xe134fdecc289ca56c38e530dd33f51cd1568edbb7a748d995bbfa5de4636a890
        );
    }

    function test_signedTypes_revokeKey() public view {
        assertEq(
            typedData(changeHash(REVOKE, KEY_ID, 2, 9)),
            0xf1e969a61f57ecbe7f22950ae4dffb7c1616b1f9bbece88db8e881728b7779f5
        );
    }

    function _terms() private pure returns (ISessionKeyValidator.SessionKeyPermission memory) {
        address[] memory payees = new address[](2);
        (payees[0], payees[1]) = (address(0xB1), address(0xB2));
        return ISessionKeyValidator.SessionKeyPermission({
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
    }
}
