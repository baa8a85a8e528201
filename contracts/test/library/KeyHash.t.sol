// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {KeyHash} from "../../src/libraries/KeyHash.sol";
import {TestBase} from "../support/TestBase.sol";

/// @dev Every expectation is the encoding as EIP-712 describes it, written out: the type as text, each member a word.
contract KeyHashTest is TestBase {
    function testFuzz_permission_encodesEveryMember(ISessionKeyValidator.SessionKeyPermission calldata terms)
        public
        pure
    {
        assertEq(KeyHash.permission(terms), _permission(terms));
    }

    function test_permission_dependsOnTheOrderOfPayees() public view {
        ISessionKeyValidator.SessionKeyPermission memory terms = _example();
        bytes32 one = this.permission(terms);
        (terms.payees[0], terms.payees[1]) = (terms.payees[1], terms.payees[0]);
        assertTrue(this.permission(terms) != one);
    }

    function testFuzz_register_encodesEveryMember(bytes32 permissionHash, uint40 deadline) public pure {
        bytes32 typeHash = keccak256(
            bytes(string.concat("RegisterKey(SessionKeyPermission permission,uint40 deadline)", _permissionType()))
        );
        bytes memory encoded = bytes.concat(typeHash, permissionHash, bytes32(uint256(deadline)));
        assertEq(KeyHash.register(permissionHash, deadline), keccak256(encoded));
    }

    function testFuzz_rotate_encodesEveryMember(
        bytes32 oldKeyId,
        bytes32 permissionHash,
        uint128 maxUsage,
        uint32 version,
        uint40 deadline
    ) public pure {
        string memory text = string.concat(
            "RotateKey(",
            "bytes32 oldKeyId,",
            "SessionKeyPermission newPermission,",
            "uint128 maxUsage,",
            "uint32 version,",
            "uint40 deadline",
            ")",
            _permissionType()
        );
        bytes memory encoded = bytes.concat(
            keccak256(bytes(text)),
            oldKeyId,
            permissionHash,
            bytes32(uint256(maxUsage)),
            bytes32(uint256(version)),
            bytes32(uint256(deadline))
        );
        assertEq(KeyHash.rotate(oldKeyId, permissionHash, maxUsage, version, deadline), keccak256(encoded));
    }

    function testFuzz_change_encodesEveryMember(bytes32 keyId, uint32 version, uint40 deadline) public pure {
        string[3] memory names = ["FreezeKey", "UnfreezeKey", "RevokeKey"];
        bytes32[3] memory typeHashes = [KeyHash.FREEZE, KeyHash.UNFREEZE, KeyHash.REVOKE];
        for (uint256 i = 0; i < 3; ++i) {
            string memory text = string.concat(names[i], "(bytes32 keyId,uint32 version,uint40 deadline)");
            bytes memory encoded =
                bytes.concat(keccak256(bytes(text)), keyId, bytes32(uint256(version)), bytes32(uint256(deadline)));
            assertEq(KeyHash.change(typeHashes[i], keyId, version, deadline), keccak256(encoded));
        }
    }

    function testFuzz_idOf_isTheTagAndTheLast28Bytes(bytes32 digest) public pure {
        bytes32 keyId = KeyHash.idOf(digest);
        assertEq(bytes32(bytes4(keyId)), bytes32(bytes4("PBST")));
        assertEq(keyId << 32, digest << 32);
        assertTrue(KeyHash.governs(keyId));
    }

    function testFuzz_governs_onlyWhatBeginsWithTheTag(bytes32 salt) public pure {
        bool tagged = salt[0] == 0x50 && salt[1] == 0x42 && salt[2] == 0x53 && salt[3] == 0x54;
        assertTrue(KeyHash.governs(salt) == tagged);
    }

    function test_governs_readsAllFourBytesAndNoMore() public pure {
        assertTrue(KeyHash.governs(bytes32(bytes4("PBST"))));
        assertTrue(KeyHash.governs(bytes32(bytes4("PBST")) | bytes32(uint256(type(uint224).max))));
        assertTrue(!KeyHash.governs(bytes32(bytes4("PBSU"))));
        assertTrue(!KeyHash.governs(bytes32(bytes4("QBST"))));
        assertTrue(!KeyHash.governs(bytes32(uint256(0x50425354))));
        assertTrue(!KeyHash.governs(0));
    }

    // What a wallet shows and signs: the test runner's own EIP-712 encoder is the witness.

    function test_register_isWhatAWalletSigns() public view {
        ISessionKeyValidator.SessionKeyPermission memory terms = _example();
        string memory json = _json(
            '"RegisterKey":[{"name":"permission","type":"SessionKeyPermission"},{"name":"deadline","type":"uint40"}]',
            "RegisterKey",
            string.concat('{"permission":', _jsonOf(terms), ',"deadline":"1900000000"}')
        );
        bytes32 expected = KeyHash.register(this.permission(terms), 1_900_000_000);
        assertEq(vm.eip712HashTypedData(json), _digest(expected));
    }

    function test_rotate_isWhatAWalletSigns() public view {
        ISessionKeyValidator.SessionKeyPermission memory terms = _example();
        bytes32 old = keccak256("old");
        string memory json = _json(
            '"RotateKey":[{"name":"oldKeyId","type":"bytes32"},{"name":"newPermission","type":"SessionKeyPermission"},{"name":"maxUsage","type":"uint128"},{"name":"version","type":"uint32"},{"name":"deadline","type":"uint40"}]',
            "RotateKey",
            string.concat(
                '{"oldKeyId":"',
                Strings.toHexString(uint256(old), 32),
                '","newPermission":',
                _jsonOf(terms),
                ',"maxUsage":"77","version":"5","deadline":"1900000000"}'
            )
        );
        bytes32 expected = KeyHash.rotate(old, this.permission(terms), 77, 5, 1_900_000_000);
        assertEq(vm.eip712HashTypedData(json), _digest(expected));
    }

    // ------------------------------------------------------------------ helpers

    /// @dev External: the library takes calldata.
    function permission(ISessionKeyValidator.SessionKeyPermission calldata terms) external pure returns (bytes32) {
        return KeyHash.permission(terms);
    }

    function _permissionType() private pure returns (string memory) {
        return string.concat(
            "SessionKeyPermission(",
            "address account,",
            "address key,",
            "address token,",
            "address[] payees,",
            "uint128 spendCap,",
            "uint128 periodAmount,",
            "uint40 periodDuration,",
            "uint128 perPaymentMax,",
            "uint40 start,",
            "uint40 expiry,",
            "address freezer,",
            "bytes32 salt",
            ")"
        );
    }

    function _permission(ISessionKeyValidator.SessionKeyPermission memory terms) private pure returns (bytes32) {
        bytes memory payees;
        for (uint256 i = 0; i < terms.payees.length; ++i) {
            payees = bytes.concat(payees, _word(terms.payees[i]));
        }
        bytes memory encoded = bytes.concat(
            keccak256(bytes(_permissionType())), _word(terms.account), _word(terms.key), _word(terms.token)
        );
        encoded = bytes.concat(encoded, keccak256(payees), _word(terms.spendCap), _word(terms.periodAmount));
        encoded = bytes.concat(encoded, _word(terms.periodDuration), _word(terms.perPaymentMax), _word(terms.start));
        encoded = bytes.concat(encoded, _word(terms.expiry), _word(terms.freezer), terms.salt);
        return keccak256(encoded);
    }

    function _example() private pure returns (ISessionKeyValidator.SessionKeyPermission memory) {
        address[] memory payees = new address[](2);
        (payees[0], payees[1]) = (address(0xCAFE), address(0xF00D));
        return ISessionKeyValidator.SessionKeyPermission({
            account: address(0xA1),
            key: address(0xB2),
            token: address(0xC3),
            payees: payees,
            spendCap: 50_000_000,
            periodAmount: 5_000_000,
            periodDuration: 86_400,
            perPaymentMax: 10_000,
            start: 1_800_000_000,
            expiry: 1_802_592_000,
            freezer: address(0xD4),
            salt: keccak256("salt")
        });
    }

    function _jsonOf(ISessionKeyValidator.SessionKeyPermission memory terms) private pure returns (string memory) {
        string memory who = string.concat(
            '{"account":"',
            Strings.toHexString(terms.account),
            '","key":"',
            Strings.toHexString(terms.key),
            '","token":"',
            Strings.toHexString(terms.token),
            '","payees":["',
            Strings.toHexString(terms.payees[0]),
            '","',
            Strings.toHexString(terms.payees[1]),
            '"],'
        );
        string memory limits = string.concat(
            '"spendCap":"',
            Strings.toString(terms.spendCap),
            '","periodAmount":"',
            Strings.toString(terms.periodAmount),
            '","periodDuration":"',
            Strings.toString(terms.periodDuration),
            '","perPaymentMax":"',
            Strings.toString(terms.perPaymentMax),
            '",'
        );
        string memory times = string.concat(
            '"start":"',
            Strings.toString(terms.start),
            '","expiry":"',
            Strings.toString(terms.expiry),
            '","freezer":"',
            Strings.toHexString(terms.freezer),
            '","salt":"',
            Strings.toHexString(uint256(terms.salt), 32),
            '"}'
        );
        return string.concat(who, limits, times);
    }

    function _json(string memory types, string memory primary, string memory message)
        private
        view
        returns (string memory)
    {
        string memory head = string.concat(
            '{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],',
            '"SessionKeyPermission":[{"name":"account","type":"address"},{"name":"key","type":"address"},{"name":"token","type":"address"},{"name":"payees","type":"address[]"},{"name":"spendCap","type":"uint128"},{"name":"periodAmount","type":"uint128"},',
            '{"name":"periodDuration","type":"uint40"},{"name":"perPaymentMax","type":"uint128"},{"name":"start","type":"uint40"},{"name":"expiry","type":"uint40"},{"name":"freezer","type":"address"},{"name":"salt","type":"bytes32"}],'
        );
        string memory domain = string.concat(
            '"domain":{"name":"PB-Stream Escrow","version":"1","chainId":',
            Strings.toString(block.chainid),
            ',"verifyingContract":"',
            Strings.toHexString(address(this)),
            '"},'
        );
        return string.concat(head, types, "},", domain, '"primaryType":"', primary, '","message":', message, "}");
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("PB-Stream Escrow"),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function _word(address who) private pure returns (bytes32) {
        return bytes32(uint256(uint160(who)));
    }

    function _word(uint256 value) private pure returns (bytes32) {
        return bytes32(value);
    }
}
