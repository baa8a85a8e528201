// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannels} from "../../src/interfaces/IChannels.sol";
import {ISessionKeyValidator} from "../../src/interfaces/ISessionKeyValidator.sol";
import {IStreamChannelEscrow} from "../../src/interfaces/IStreamChannelEscrow.sol";
import {TestBase} from "../support/TestBase.sol";

/// @dev The cheat codes that read JSON, and those that put a contract where a vector expects it.
interface VmJson {
    function chainId(uint256 id) external;
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function parseJsonAddressArray(string calldata json, string calldata key) external pure returns (address[] memory);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function readFile(string calldata path) external view returns (string memory);
    function revertToState(uint256 snapshot) external returns (bool);
    function snapshotState() external returns (uint256);
    function toString(uint256 value) external pure returns (string memory);
}

/// @dev The golden vectors of `core/vectors`, and the escrow at the chain and address that each case names. The private
/// keys are the well-known ones of anvil that the vectors are made with.
abstract contract VectorFixture is TestBase {
    VmJson internal constant json = VmJson(address(vm));
    uint256 internal constant PAYER_KEY = 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80;
    uint256 internal constant AUTHORIZER_KEY = 0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a;
    bytes private _code;
    string internal file;

    /// @dev One case of the file that was read last.
    struct Case {
        string path;
        bool valid;
    }

    function setUp() public virtual {
        vm.warp(1);
        _code = deploy("StreamChannelEscrow.sol:StreamChannelEscrow").code;
    }

    // ------------------------------------------------------------------ cases

    /// @dev All cases of `core/vectors/<name>.json`.
    function read(string memory name) internal returns (Case[] memory cases) {
        file = json.readFile(string.concat("../core/vectors/", name, ".json"));
        uint256 count = 0;
        while (json.keyExistsJson(file, _path(count))) ++count;
        require(count > 0, "no cases");
        cases = new Case[](count);
        for (uint256 i = 0; i < count; ++i) {
            string memory result = json.parseJsonString(file, string.concat(_path(i), ".result"));
            cases[i] = Case(_path(i), keccak256(bytes(result)) == keccak256("valid"));
        }
    }

    function word(Case memory one, string memory key) internal view returns (bytes32) {
        return json.parseJsonBytes32(file, string.concat(one.path, key));
    }

    function number(Case memory one, string memory key) internal view returns (uint256) {
        return json.parseJsonUint(file, string.concat(one.path, key));
    }

    function account(Case memory one, string memory key) internal view returns (address) {
        return json.parseJsonAddress(file, string.concat(one.path, key));
    }

    function data(Case memory one, string memory key) internal view returns (bytes memory) {
        return json.parseJsonBytes(file, string.concat(one.path, key));
    }

    function has(Case memory one, string memory key) internal view returns (bool) {
        return json.keyExistsJson(file, string.concat(one.path, key));
    }

    function config(Case memory one, string memory key) internal view returns (IChannels.ChannelConfig memory) {
        return IChannels.ChannelConfig({
            payer: account(one, string.concat(key, ".payer")),
            payerAuthorizer: account(one, string.concat(key, ".payerAuthorizer")),
            receiver: account(one, string.concat(key, ".receiver")),
            receiverAuthorizer: account(one, string.concat(key, ".receiverAuthorizer")),
            token: account(one, string.concat(key, ".token")),
            withdrawDelay: uint40(number(one, string.concat(key, ".withdrawDelay"))),
            salt: word(one, string.concat(key, ".salt"))
        });
    }

    function permission(Case memory one, string memory key)
        internal
        view
        returns (ISessionKeyValidator.SessionKeyPermission memory terms)
    {
        terms.account = account(one, string.concat(key, ".account"));
        terms.key = account(one, string.concat(key, ".key"));
        terms.token = account(one, string.concat(key, ".token"));
        terms.payees = json.parseJsonAddressArray(file, string.concat(one.path, key, ".payees"));
        terms.spendCap = uint128(number(one, string.concat(key, ".spendCap")));
        terms.periodAmount = uint128(number(one, string.concat(key, ".periodAmount")));
        terms.periodDuration = uint40(number(one, string.concat(key, ".periodDuration")));
        terms.perPaymentMax = uint128(number(one, string.concat(key, ".perPaymentMax")));
        terms.start = uint40(number(one, string.concat(key, ".start")));
        terms.expiry = uint40(number(one, string.concat(key, ".expiry")));
        terms.freezer = account(one, string.concat(key, ".freezer"));
        terms.salt = word(one, string.concat(key, ".salt"));
    }

    // ------------------------------------------------------------------ the contract

    /// @dev The escrow where the case has it.
    function escrowOf(Case memory one) internal returns (IStreamChannelEscrow escrow) {
        json.chainId(number(one, ".input.chainId"));
        address where = account(one, ".input.contract");
        vm.etch(where, _code);
        return IStreamChannelEscrow(where);
    }

    /// @dev The digest of a struct in the domain that the escrow itself states.
    function typedData(IStreamChannelEscrow escrow, bytes32 structHash) internal view returns (bytes32) {
        (, string memory name, string memory version, uint256 chain, address where,,) = escrow.eip712Domain();
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chain,
                where
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function _path(uint256 index) private pure returns (string memory) {
        return string.concat(".cases[", json.toString(index), "]");
    }
}
