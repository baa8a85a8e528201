import * as Authorization from '@pbstream/core/Authorization'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import * as Eip712 from '@pbstream/core/Eip712'
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import * as Voucher from '@pbstream/core/Voucher'
import { BATCH_SETTLEMENT_ADDRESS, ERC3009_DEPOSIT_COLLECTOR_ADDRESS } from '@x402/evm'
import { computeChannelId } from '@x402/evm/batch-settlement/client'
import fc from 'fast-check'
import { encodeAbiParameters, hashTypedData, keccak256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { address, bytes32, chainId, channelConfig, uint128, uint256 } from './support/arbitrary.ts'

const domain = (chain: number, contract: Hex) => ({
  name: 'x402 Batch Settlement',
  version: '1',
  chainId: chain,
  verifyingContract: contract,
})

describe('digests equal those of viem', () => {
  test('Voucher', () => {
    const types = {
      Voucher: [
        { name: 'channelId', type: 'bytes32' },
        { name: 'maxClaimableAmount', type: 'uint128' },
      ],
    } as const
    fc.assert(
      fc.property(chainId, address, bytes32, uint128, (chain, contract, channelId, max) => {
        const message = { channelId, maxClaimableAmount: max }
        const theirs = hashTypedData({ domain: domain(chain, contract), types, primaryType: 'Voucher', message })
        expect(fromBytes(Voucher.digest(Voucher.domainSeparator(chain, contract), channelId, max))).toBe(theirs)
      }),
    )
  })

  test('ClaimBatch, of any length', () => {
    const types = {
      ClaimBatch: [{ name: 'claims', type: 'ClaimEntry[]' }],
      ClaimEntry: [
        { name: 'channelId', type: 'bytes32' },
        { name: 'maxClaimableAmount', type: 'uint128' },
        { name: 'totalClaimed', type: 'uint128' },
      ],
    } as const
    const entry = fc.record({ channelId: bytes32, max: uint128, total: uint128 })
    fc.assert(
      fc.property(chainId, address, fc.array(entry, { maxLength: 12 }), (chain, contract, entries) => {
        const claims = entries.map(({ channelId, max, total }) => ({
          channelId,
          maxClaimableAmount: max,
          totalClaimed: total,
        }))
        const theirs = hashTypedData({
          domain: domain(chain, contract),
          types,
          primaryType: 'ClaimBatch',
          message: { claims },
        })
        expect(fromBytes(Voucher.claimBatchDigest(Voucher.domainSeparator(chain, contract), entries))).toBe(theirs)
      }),
    )
  })

  test('Refund', () => {
    const types = {
      Refund: [
        { name: 'channelId', type: 'bytes32' },
        { name: 'nonce', type: 'uint256' },
        { name: 'amount', type: 'uint128' },
      ],
    } as const
    fc.assert(
      fc.property(chainId, address, bytes32, uint256, uint128, (chain, contract, channelId, nonce, amount) => {
        const message = { channelId, nonce, amount }
        const theirs = hashTypedData({ domain: domain(chain, contract), types, primaryType: 'Refund', message })
        expect(fromBytes(Voucher.refundDigest(Voucher.domainSeparator(chain, contract), message))).toBe(theirs)
      }),
    )
  })

  test('TransferWithAuthorization and ReceiveWithAuthorization, in the domain of any token', () => {
    const members = [
      { name: 'from', type: 'address' },
      { name: 'to', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'validAfter', type: 'uint256' },
      { name: 'validBefore', type: 'uint256' },
      { name: 'nonce', type: 'bytes32' },
    ] as const
    const types = { TransferWithAuthorization: members, ReceiveWithAuthorization: members }
    const authorization = fc.record({
      from: address,
      to: address,
      value: uint256,
      validAfter: uint256,
      validBefore: uint256,
      nonce: bytes32,
    })
    const token = fc.record({ chainId, token: address, tokenName: fc.string(), tokenVersion: fc.string() })
    fc.assert(
      fc.property(token, authorization, (terms, message) => {
        const separator = Authorization.domainSeparator(terms)
        const their = {
          name: terms.tokenName,
          version: terms.tokenVersion,
          chainId: terms.chainId,
          verifyingContract: terms.token,
        }
        const hash = (primaryType: keyof typeof types) => hashTypedData({ domain: their, types, primaryType, message })
        expect(fromBytes(Authorization.transferDigest(separator, message))).toBe(hash('TransferWithAuthorization'))
        expect(fromBytes(Authorization.receiveDigest(separator, message))).toBe(hash('ReceiveWithAuthorization'))
      }),
    )
  })

  test('the nonce of a deposit', () => {
    fc.assert(
      fc.property(bytes32, bytes32, (channelId, salt) => {
        const words = encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [channelId, BigInt(salt)])
        expect(Authorization.depositNonce(channelId, salt)).toBe(keccak256(words))
      }),
    )
  })
})

describe('channel ids', () => {
  test('equal those of the official client', () => {
    fc.assert(
      fc.property(channelConfig, chainId, (config, chain) => {
        expect(ChannelConfig.id(config, Voucher.domainSeparator(chain))).toBe(computeChannelId(config, chain))
      }),
    )
  })

  test('the canonical addresses are those of the official client', () => {
    expect(Voucher.BATCH_SETTLEMENT.contract).toBe(BATCH_SETTLEMENT_ADDRESS.toLowerCase())
    expect(Voucher.BATCH_SETTLEMENT.collector).toBe(ERC3009_DEPOSIT_COLLECTOR_ADDRESS.toLowerCase())
  })

  test('parse lower-cases hex and drops unknown members', () => {
    fc.assert(
      fc.property(channelConfig, (config) => {
        const loud = Object.fromEntries(
          Object.entries(config).map(([name, value]) => [
            name,
            typeof value === 'string' ? `0x${value.slice(2).toUpperCase()}` : value,
          ]),
        )
        expect(ChannelConfig.parse({ ...loud, other: 1 })).toEqual(config)
      }),
    )
  })

  test('parse throws its own error, with the field, for anything else', () => {
    fc.assert(
      fc.property(
        channelConfig,
        fc.constantFrom('payer', 'payerAuthorizer', 'receiver', 'receiverAuthorizer', 'token', 'withdrawDelay', 'salt'),
        fc.oneof(fc.string(), fc.double(), fc.constant(undefined), fc.constant('900'), fc.constant(-1)),
        (config, field, value) => {
          fc.pre(field !== 'withdrawDelay' || !Number.isInteger(value) || (value as number) < 0)
          expect(() => ChannelConfig.parse({ ...config, [field]: value })).toThrow(
            expect.objectContaining({ name: 'InvalidChannelConfigError', field }),
          )
        },
      ),
    )
    for (const value of [null, undefined, [], 'x', 1]) {
      expect(() => ChannelConfig.parse(value)).toThrow(ChannelConfig.InvalidChannelConfigError)
    }
  })
})

describe('words that fit no struct are refused', () => {
  const type = Eip712.typeHash('T(uint256 a)')
  test.each([
    ['a negative integer', -1n, RangeError],
    ['an integer of 257 bits', 1n << 256n, RangeError],
    ['hex of 31 bytes', `0x${'00'.repeat(31)}` as Hex, TypeError],
    ['hex with a wrong digit', `0x${'0g'.repeat(32)}` as Hex, TypeError],
  ])('%s', (_, word, error) => expect(() => Eip712.hashStruct(type, word)).toThrow(error))
})
