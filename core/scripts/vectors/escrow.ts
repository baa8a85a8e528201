import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import { concat, encodePacked, hashTypedData, parseSignature, signatureToCompactSignature } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { config, CONTRACT, governed } from '../../test/support/escrow.ts'
import { CHAIN_ID, PAYER_KEY, SESSION_KEY, terms } from '../../test/support/payment.ts'
import { type Case, invalid, valid, type VectorFile } from './VectorFile.ts'

type Row = { config: ChannelConfig; max: string; total: string; signature: Hex }

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const MAX_PACKED = (1n << 96n) - 1n
const owner = privateKeyToAccount(PAYER_KEY)
const session = privateKeyToAccount(SESSION_KEY)
const at = { chainId: CHAIN_ID, contract: CONTRACT }
const canonical = {
  ...at,
  contract: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003' as Hex,
  name: 'x402 Batch Settlement',
}

const claim = [
  { name: 'channelId', type: 'bytes32' },
  { name: 'maxClaimableAmount', type: 'uint128' },
]
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
  Voucher: claim,
  ClaimBatch: [{ name: 'claims', type: 'ClaimEntry[]' }],
  ClaimEntry: [...claim, { name: 'totalClaimed', type: 'uint128' }],
  Refund: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'nonce', type: 'uint256' },
    { name: 'amount', type: 'uint128' },
  ],
  CancelWithdraw: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'initiatedAt', type: 'uint40' },
  ],
}

/** Channels of our own escrow: its domain, and the rows of a packed batch. All digests here are viem's. */
export async function escrow(): Promise<Record<string, VectorFile>> {
  return {
    'escrow-channel': {
      description:
        'A channel of our escrow: its id, and what is signed about it. Invalid: the voucher is not signed by the payer authorizer.',
      cases: await channels(),
    },
    'cancel-withdraw-eip712': {
      description: 'A withdrawal taken back. Invalid: not signed by the payer as stated. Output: the digest.',
      cases: await cancels(),
    },
    'packed-rows': {
      description:
        'Rows of `settleBatch`, 160 bytes each, and the `ClaimBatch` digest over them. Invalid: row `index` cannot be packed because of `field`.',
      cases: await packed(),
    },
  }
}

async function channels(): Promise<Case[]> {
  const numbers = { max: '42000', total: '41000', refund: { nonce: '3', amount: '8000' } }
  const most = { max: `${(1n << 128n) - 1n}`, total: '0', refund: { nonce: `${(1n << 256n) - 1n}`, amount: '0' } }
  const signed = async (channel: ChannelConfig, values: typeof numbers, where: Domain = at) => {
    const { chainId, contract } = where
    const signature = await signVoucher(idOf(channel, where), values.max, where)
    return { chainId, contract, config: channel, ...values, signature }
  }
  const good = async (comment: string, input: Awaited<ReturnType<typeof signed>>) =>
    valid(comment, input, outputs(input))
  const base = await signed(config, numbers)
  const foreign = await signed(config, numbers, canonical)
  return [
    await good('a channel that no key governs', base),
    await good('a channel under a session key', await signed(governed, numbers)),
    await good('the largest voucher', await signed(config, most)),
    await good('another chain', await signed(config, numbers, { ...at, chainId: 8453 })),
    invalid('signed for the canonical contract', { ...foreign, contract: at.contract }),
    invalid('signed for the name of the canonical contract', {
      ...base,
      signature: await signVoucher(idOf(config), numbers.max, { ...at, name: canonical.name }),
    }),
    invalid('signed for another channel', { ...base, config: governed }),
    invalid('signed for another chain', { ...base, chainId: 8453 }),
    invalid('signed for less', { ...base, max: '42001' }),
    invalid('signed by the payer', { ...base, signature: await signVoucher(idOf(config), numbers.max, at, owner) }),
  ]
}

async function cancels(): Promise<Case[]> {
  const form = async (initiatedAt: number, where: Domain = at) => {
    const data = typed('CancelWithdraw', { channelId: idOf(config, where), initiatedAt }, where)
    const { chainId, contract } = where
    const signature = await owner.signTypedData(data)
    return { input: { chainId, contract, config, initiatedAt, signature }, output: { digest: hashTypedData(data) } }
  }
  const one = await form(1_800_000_000)
  const last = await form(2 ** 40 - 1)
  const elsewhere = await form(1_800_000_000, { ...at, chainId: 8453 })
  return [
    valid('a request', one.input, one.output),
    valid('the latest request there can be', last.input, last.output),
    valid('another chain', elsewhere.input, elsewhere.output),
    invalid('a later request', { ...one.input, initiatedAt: 1_800_000_001 }),
    invalid('another channel', { ...one.input, config: governed }),
    invalid('another chain than signed', { ...one.input, chainId: 8453 }),
    invalid('another contract', { ...one.input, contract: canonical.contract }),
    invalid('another payer', { ...one.input, config: { ...config, payer: config.payerAuthorizer } }),
  ]
}

async function packed(): Promise<Case[]> {
  const row = async (channel: ChannelConfig, max: bigint, total: bigint): Promise<Row> => ({
    config: channel,
    max: `${max}`,
    total: `${total}`,
    signature: await signVoucher(idOf(channel), `${max}`),
  })
  const salted = (n: number): ChannelConfig => ({ ...config, salt: `0x${n.toString(16).padStart(64, '0')}` })
  const plain = await row(config, 42_000n, 41_000n)
  const under = await row(governed, 9_000n, 9_000n)
  const most = await row(salted(1), MAX_PACKED, MAX_PACKED)
  const above = await row(salted(2), 100n, 101n)
  const many = await Promise.all(Array.from({ length: 8 }, (_, i) => row(salted(10 + i), 1_000n + BigInt(i), 1n)))
  const good = (comment: string, rows: Row[]) => valid(comment, { ...at, rows }, packedOutput(rows))
  const bad = (comment: string, rows: unknown[], index: number, field: string) =>
    invalid(comment, { ...at, rows }, { index, field })
  const second = (change: Partial<Row>) => [plain, { ...under, ...change }]
  const mixed = (change: Partial<ChannelConfig>) => second({ config: { ...governed, ...change } })
  return [
    good('one row', [plain]),
    good('a channel under a session key', [plain, under]),
    good('the other order', [under, plain]),
    good('amounts of 2^96 - 1', [most]),
    good('a total above the maximum: the contract skips it', [above]),
    good('the same channel twice', [plain, plain]),
    good('eight rows, with both values of v', many),
    valid('v of 0 or 1', { ...at, rows: [{ ...plain, signature: rawV(plain.signature) }] }, packedOutput([plain])),
    bad('no rows', [], 0, 'rows'),
    bad('a maximum of 2^96', second({ max: `${MAX_PACKED + 1n}` }), 1, 'max'),
    bad('a total of 2^96', second({ total: `${MAX_PACKED + 1n}` }), 1, 'total'),
    bad('a signature of 64 bytes', second({ signature: plain.signature.slice(0, 130) as Hex }), 1, 'signature'),
    bad('a signature of 66 bytes', second({ signature: `${plain.signature}00` }), 1, 'signature'),
    bad('no signature', second({ signature: '0x' }), 1, 'signature'),
    bad('high s', second({ signature: mirrored(plain.signature) }), 1, 'signature'),
    bad('v of 29', second({ signature: `${plain.signature.slice(0, 130)}1d` as Hex }), 1, 'signature'),
    bad('another receiver', mixed({ receiver: terms.receiverAuthorizer }), 1, 'receiver'),
    bad('another receiver authorizer', mixed({ receiverAuthorizer: terms.payTo }), 1, 'receiverAuthorizer'),
    bad('another token', mixed({ token: terms.payTo }), 1, 'token'),
    bad('another delay', mixed({ withdrawDelay: 900 }), 1, 'withdrawDelay'),
  ]
}

type Domain = { chainId: number; contract: Hex; name?: string }

function typed(primaryType: keyof typeof types, message: Record<string, unknown>, where: Domain = at) {
  const { chainId, contract, name = 'PB-Stream Escrow' } = where
  return { domain: { name, version: '1', chainId, verifyingContract: contract }, types, primaryType, message }
}

function idOf(channel: ChannelConfig, where?: Domain): Hex {
  return hashTypedData(typed('ChannelConfig', channel, where))
}

function signVoucher(channelId: Hex, max: string, where?: Domain, signer = session): Promise<Hex> {
  return signer.signTypedData(typed('Voucher', { channelId, maxClaimableAmount: max }, where))
}

function claims(rows: Omit<Row, 'signature'>[], where?: Domain) {
  return rows.map(({ config: channel, max, total }) => ({
    channelId: idOf(channel, where),
    maxClaimableAmount: max,
    totalClaimed: total,
  }))
}

function outputs(input: Domain & Omit<Row, 'signature'> & { refund: { nonce: string; amount: string } }) {
  const channelId = idOf(input.config, input)
  const digest = (primaryType: keyof typeof types, message: Record<string, unknown>) =>
    hashTypedData(typed(primaryType, message, input))
  return {
    channelId,
    voucher: digest('Voucher', { channelId, maxClaimableAmount: input.max }),
    claimBatch: digest('ClaimBatch', { claims: claims([input], input) }),
    refund: digest('Refund', { channelId, ...input.refund }),
  }
}

function packedOutput(rows: Row[]) {
  const { receiver, receiverAuthorizer, token, withdrawDelay } = (rows[0] as Row).config
  const bytes = rows.map((row) => {
    const { r, yParityAndS } = signatureToCompactSignature(parseSignature(row.signature))
    return encodePacked(
      ['address', 'address', 'bytes32', 'uint96', 'uint96', 'bytes32', 'bytes32'],
      [
        row.config.payer,
        row.config.payerAuthorizer,
        row.config.salt,
        BigInt(row.max),
        BigInt(row.total),
        r,
        yParityAndS,
      ],
    )
  })
  return {
    terms: { receiver, receiverAuthorizer, token, withdrawDelay },
    rows: concat(bytes),
    claimBatch: hashTypedData(typed('ClaimBatch', { claims: claims(rows) })),
  }
}

function rawV(signature: Hex): Hex {
  return `${signature.slice(0, 130)}${signature.endsWith('1b') ? '00' : '01'}` as Hex
}

function mirrored(signature: Hex): Hex {
  const s = (ORDER - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
  return `${signature.slice(0, 66)}${s}${signature.endsWith('1b') ? '1c' : '1b'}` as Hex
}
