import type { Hex } from '@pbstream/core/Hex'
import * as Voucher from '@pbstream/core/Voucher'
import { hashTypedData, type TypedDataDomain } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { CHAIN_ID, channelId, config, PAYER_KEY, SESSION_KEY, terms } from '../../test/support/payment.ts'
import { type Case, invalid, valid, type VectorFile } from './VectorFile.ts'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const payer = privateKeyToAccount(PAYER_KEY)
const session = privateKeyToAccount(SESSION_KEY)
const contract = Voucher.BATCH_SETTLEMENT.contract
const at = { chainId: CHAIN_ID, contract }
const signer = lower(session.address)
const MAX = `${(1n << 128n) - 1n}`

const domain: TypedDataDomain = {
  name: 'x402 Batch Settlement',
  version: '1',
  chainId: CHAIN_ID,
  verifyingContract: contract,
}

const entry = [
  { name: 'channelId', type: 'bytes32' },
  { name: 'maxClaimableAmount', type: 'uint128' },
] as const
const transfer = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
] as const
const types = {
  ChannelConfig: [
    { name: 'payer', type: 'address' },
    { name: 'payerAuthorizer', type: 'address' },
    { name: 'receiver', type: 'address' },
    { name: 'receiverAuthorizer', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'withdrawDelay', type: 'uint40' },
    { name: 'salt', type: 'bytes32' },
  ],
  Voucher: entry,
  ClaimBatch: [{ name: 'claims', type: 'ClaimEntry[]' }],
  ClaimEntry: [...entry, { name: 'totalClaimed', type: 'uint128' }],
  TransferWithAuthorization: transfer,
  ReceiveWithAuthorization: transfer,
} as const

/** Ids, digests and signatures. All digests here are viem's. */
export async function signing(): Promise<Record<string, VectorFile>> {
  return {
    'channel-id': {
      description: 'The id of an x402 batch-settlement channel: the EIP-712 hash of its config.',
      cases: channelIds(),
    },
    'voucher-eip712': {
      description: 'Vouchers and who signed them. Invalid: not signed by `signer` as stated. Output: the digest.',
      cases: await vouchers(),
    },
    'claim-batch-eip712': {
      description: 'Claim batches as the receiver authorizer signs them. Invalid: not signed by `signer` as stated.',
      cases: await claimBatches(),
    },
    'authorization-eip712': {
      description: 'EIP-3009 authorisations. Invalid: not signed by `from` for what is stated. Output: the digest.',
      cases: await authorizations(),
    },
    'signature-recover': {
      description: 'Who signed a digest. v may be 0, 1, 27 or 28; high s, as contracts do, is refused.',
      cases: await recoveries(),
    },
  }
}

function channelIds(): Case[] {
  const id = (message: typeof config, chainId = CHAIN_ID, verifyingContract: Hex = contract) => ({
    id: hashTypedData({
      domain: { ...domain, chainId, verifyingContract },
      types,
      primaryType: 'ChannelConfig',
      message,
    }),
  })
  const longest = { ...config, withdrawDelay: 2_592_000, salt: `0x${'ff'.repeat(32)}` as Hex }
  const other: Hex = `0x${'11'.repeat(20)}`
  return [
    valid('the canonical contract', { ...at, config }, id(config)),
    valid('another chain', { ...at, chainId: 8453, config }, id(config, 8453)),
    valid('another contract', { ...at, contract: other, config }, id(config, CHAIN_ID, other)),
    valid('the longest delay, another salt', { ...at, config: longest }, id(longest)),
    valid('addresses with a checksum', { ...at, config: { ...config, payer: payer.address } }, id(config)),
    ...Object.entries({
      'no payer': { ...config, payer: undefined },
      'a short address': { ...config, receiver: '0x1234' },
      'an address without 0x': { ...config, token: '1'.repeat(42) },
      'a delay in a string': { ...config, withdrawDelay: '900' },
      'a fractional delay': { ...config, withdrawDelay: 900.5 },
      'a negative delay': { ...config, withdrawDelay: -900 },
      'a delay beyond uint40': { ...config, withdrawDelay: 2 ** 40 },
      'a short salt': { ...config, salt: '0x00' },
      'no object': 'channel',
    }).map(([comment, value]) => invalid(comment, { ...at, config: value })),
  ]
}

async function vouchers(): Promise<Case[]> {
  const data = (max: string) =>
    ({ domain, types, primaryType: 'Voucher', message: { channelId, maxClaimableAmount: BigInt(max) } }) as const
  const digest = (max: string) => ({ digest: hashTypedData(data(max)) })
  const sign = (max: string) => session.signTypedData(data(max))
  const input = async (max: string) => ({ ...at, channelId, max, signature: await sign(max), signer })
  const good = await input('1000')
  return [
    valid('a thousand', good, digest('1000')),
    valid('nothing', await input('0'), digest('0')),
    valid('2^128 - 1', await input(MAX), digest(MAX)),
    valid('v of 0 or 1', { ...good, signature: rawV(good.signature) }, digest('1000')),
    invalid('one unit more', { ...good, max: '1001' }, digest('1001')),
    invalid('another channel', { ...good, channelId: `0x${'22'.repeat(32)}` }),
    invalid('another chain', { ...good, chainId: 8453 }),
    invalid('another contract', { ...good, contract: `0x${'11'.repeat(20)}` }),
    invalid('another signer', { ...good, signer: lower(payer.address) }, digest('1000')),
    invalid('high s', { ...good, signature: mirrored(good.signature) }, digest('1000')),
    invalid('64 bytes', { ...good, signature: good.signature.slice(0, 130) }, digest('1000')),
    invalid('the zero address for a signature of zeros', {
      ...good,
      signature: `0x${'00'.repeat(65)}`,
      signer: `0x${'00'.repeat(20)}`,
    }),
  ]
}

async function claimBatches(): Promise<Case[]> {
  const rows = [
    { channelId, max: '42000', total: '41000' },
    { channelId: `0x${'22'.repeat(32)}` as Hex, max: MAX, total: '0' },
  ]
  const sign = async (entries: typeof rows) => {
    const claims = entries.map((row) => ({
      channelId: row.channelId,
      maxClaimableAmount: BigInt(row.max),
      totalClaimed: BigInt(row.total),
    }))
    const data = { domain, types, primaryType: 'ClaimBatch', message: { claims } } as const
    return {
      input: { ...at, entries, signature: await session.signTypedData(data), signer },
      digest: hashTypedData(data),
    }
  }
  const two = await sign(rows)
  const one = await sign(rows.slice(0, 1))
  const none = await sign([])
  return [
    valid('two channels', two.input, { digest: two.digest }),
    valid('one channel', one.input, { digest: one.digest }),
    valid('an empty batch', none.input, { digest: none.digest }),
    invalid('the rows in another order', { ...two.input, entries: rows.toReversed() }),
    invalid('a row less', { ...two.input, entries: rows.slice(0, 1) }),
    invalid('a larger total', { ...one.input, entries: [{ ...rows[0], total: '41001' }] }),
  ]
}

async function authorizations(): Promise<Case[]> {
  const { tokenName, tokenVersion } = terms
  const token = { chainId: CHAIN_ID, token: terms.token, tokenName, tokenVersion }
  const tokenDomain: TypedDataDomain = {
    name: tokenName,
    version: tokenVersion,
    chainId: CHAIN_ID,
    verifyingContract: terms.token,
  }
  const authorization = {
    from: lower(payer.address),
    to: terms.payTo,
    value: '1000',
    validAfter: '0',
    validBefore: '1790000600',
    nonce: `0x${'7e'.repeat(32)}` as Hex,
  }
  const signed = async (primaryType: 'TransferWithAuthorization' | 'ReceiveWithAuthorization') => {
    const { value, validAfter, validBefore, ...rest } = authorization
    const message = { ...rest, value: BigInt(value), validAfter: BigInt(validAfter), validBefore: BigInt(validBefore) }
    const data = { domain: tokenDomain, types, primaryType, message } as const
    const signature = await payer.signTypedData(data)
    return { input: { primaryType, token, authorization, signature }, output: { digest: hashTypedData(data) } }
  }
  const exact = await signed('TransferWithAuthorization')
  const deposit = await signed('ReceiveWithAuthorization')
  const changed = (change: Partial<typeof authorization>) => ({
    ...exact.input,
    authorization: { ...authorization, ...change },
  })
  return [
    valid('a transfer', exact.input, exact.output),
    valid('a deposit', deposit.input, deposit.output),
    invalid('a transfer presented as a deposit', { ...exact.input, primaryType: 'ReceiveWithAuthorization' }),
    invalid('another value', changed({ value: '1001' })),
    invalid('another receiver', changed({ to: terms.receiverAuthorizer })),
    invalid('a longer life', changed({ validBefore: '1790000601' })),
    invalid('another nonce', changed({ nonce: `0x${'7f'.repeat(32)}` })),
    invalid('another token', { ...exact.input, token: { ...token, token: terms.payTo } }),
    invalid('another version of the token', { ...exact.input, token: { ...token, tokenVersion: '1' } }),
  ]
}

async function recoveries(): Promise<Case[]> {
  const digest: Hex = `0x${'5c'.repeat(32)}`
  const signature = await session.sign({ hash: digest })
  const parts = (r: bigint, s: bigint, v: string) => `0x${word(r)}${word(s)}${v}`
  const r = BigInt(signature.slice(0, 66))
  const s = BigInt(`0x${signature.slice(66, 130)}`)
  const v = signature.slice(130)
  return [
    valid('as viem signs', { digest, signature }, { address: signer }),
    valid('v of 0 or 1', { digest, signature: rawV(signature) }, { address: signer }),
    valid('in upper case', { digest, signature: `0x${signature.slice(2).toUpperCase()}` }, { address: signer }),
    invalid('high s', { digest, signature: mirrored(signature) }),
    invalid('s of n', { digest, signature: parts(r, ORDER, v) }),
    invalid('s of zero', { digest, signature: parts(r, 0n, v) }),
    invalid('r of zero', { digest, signature: parts(0n, s, v) }),
    invalid('r of n', { digest, signature: parts(ORDER, s, v) }),
    invalid('r that is on no point', { digest, signature: parts(5n, s, v) }),
    invalid('v of 2', { digest, signature: parts(r, s, '02') }),
    invalid('v of 29', { digest, signature: parts(r, s, '1d') }),
    invalid('64 bytes', { digest, signature: signature.slice(0, 130) }),
    invalid('66 bytes', { digest, signature: `${signature}00` }),
    invalid('no hex', { digest, signature: `0x${'zz'.repeat(65)}` }),
    invalid('empty', { digest, signature: '0x' }),
    invalid('a digest of 31 bytes', { digest: `0x${'5c'.repeat(31)}`, signature }),
  ]
}

function mirrored(signature: Hex): Hex {
  const s = ORDER - BigInt(`0x${signature.slice(66, 130)}`)
  return `${signature.slice(0, 66)}${word(s)}${signature.endsWith('1b') ? '1c' : '1b'}` as Hex
}

function rawV(signature: Hex): Hex {
  return `${signature.slice(0, 130)}${signature.endsWith('1b') ? '00' : '01'}` as Hex
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

function lower(address: Hex): Hex {
  return address.toLowerCase() as Hex
}
