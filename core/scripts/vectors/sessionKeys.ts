import * as SessionKey from '@pbstream/core/SessionKey'
import type { Hex } from '@pbstream/core/Hex'
import { hashStruct, hashTypedData } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { CONTRACT, permission } from '../../test/support/escrow.ts'
import { CHAIN_ID, payer, PAYER_KEY } from '../../test/support/payment.ts'
import { type Case, invalid, valid, type VectorFile } from './VectorFile.ts'

type Json = SessionKey.PermissionJson
type Input = {
  chainId: number
  contract: Hex
  permission: Json
  oldKeyId: Hex
  maxUsage: string
  version: number
  deadline: number
}

const MAX = `${(1n << 128n) - 1n}`
const LAST = 2 ** 40 - 1
const zero: Hex = `0x${'00'.repeat(20)}`
const base = SessionKey.toJson(permission)
const many = (count: number) =>
  Array.from({ length: count }, (_, i): Hex => `0x${(i + 1).toString(16).padStart(40, '0')}`)
const without = (field: string) => Object.fromEntries(Object.entries(base).filter(([name]) => name !== field))

/** Every member at its lowest and highest value. */
const least: Json = {
  ...base,
  payees: many(1),
  spendCap: '1',
  periodAmount: '0',
  periodDuration: 0,
  perPaymentMax: '0',
  start: 0,
  expiry: 1_800_000_001,
  freezer: zero,
}
const most: Json = {
  ...base,
  payees: many(32),
  spendCap: MAX,
  periodAmount: MAX,
  periodDuration: LAST,
  perPaymentMax: MAX,
  start: LAST - 1,
  expiry: LAST,
  freezer: `0x${'ff'.repeat(20)}`,
  salt: `0x${'ff'.repeat(32)}`,
}

const change = [
  { name: 'keyId', type: 'bytes32' },
  { name: 'version', type: 'uint32' },
  { name: 'deadline', type: 'uint40' },
]
/** Written out here on purpose: nothing generated, nothing that our own code hashes with. */
const types = {
  SessionKeyPermission: [
    { name: 'account', type: 'address' },
    { name: 'key', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'payees', type: 'address[]' },
    { name: 'spendCap', type: 'uint128' },
    { name: 'periodAmount', type: 'uint128' },
    { name: 'periodDuration', type: 'uint40' },
    { name: 'perPaymentMax', type: 'uint128' },
    { name: 'start', type: 'uint40' },
    { name: 'expiry', type: 'uint40' },
    { name: 'freezer', type: 'address' },
    { name: 'salt', type: 'bytes32' },
  ],
  RegisterKey: [
    { name: 'permission', type: 'SessionKeyPermission' },
    { name: 'deadline', type: 'uint40' },
  ],
  RotateKey: [
    { name: 'oldKeyId', type: 'bytes32' },
    { name: 'newPermission', type: 'SessionKeyPermission' },
    { name: 'maxUsage', type: 'uint128' },
    { name: 'version', type: 'uint32' },
    { name: 'deadline', type: 'uint40' },
  ],
  FreezeKey: change,
  UnfreezeKey: change,
  RevokeKey: change,
}

/** What the owner of an account signs about a session key. All digests here are viem's. */
export function sessionKeys(): Record<string, VectorFile> {
  return {
    'session-key-eip712': {
      description:
        'The id of a session key, and what is signed to register, freeze, unfreeze, revoke and rotate (from `oldKeyId`) it. Invalid: no permission, because of `field`.',
      cases: digests(),
    },
    'session-key-terms': {
      description: 'Permissions that contract and code both judge. Invalid: refused because of `field`.',
      cases: judged(),
    },
  }
}

function digests(): Case[] {
  const at = { chainId: CHAIN_ID, contract: CONTRACT }
  const form = { maxUsage: '0', version: 1, deadline: 1_800_003_600 }
  const oldKeyId = keyIdOf(at, base)
  const second: Json = { ...base, salt: `0x${'00'.repeat(31)}01` }
  const input = (json: Json, rest: Partial<Input> = {}) => ({ ...at, permission: json, oldKeyId, ...form, ...rest })
  const good = (comment: string, given: Input) => valid(comment, given, outputs(given))
  const bad = (comment: string, json: unknown, field: string) =>
    invalid(comment, { ...input(base), permission: json }, { field })
  return [
    good('a key with every limit', input(base)),
    good('its successor', input(second)),
    good('the second version of a key', input(second, { version: 2 })),
    good('the least of everything', input(least)),
    good('the most of everything', input(most, { maxUsage: MAX, version: 2 ** 32 - 1, deadline: LAST })),
    good('two payees', input({ ...base, payees: many(2) })),
    good('the payees in another order', input({ ...base, payees: many(2).toReversed() })),
    good('an account with a checksum', input({ ...base, account: privateKeyToAccount(PAYER_KEY).address })),
    good('another chain', input(base, { chainId: 8453 })),
    good('another contract', input(base, { contract: `0x${'11'.repeat(20)}` })),
    bad('no object', 'key', 'permission'),
    bad('a list', [], 'permission'),
    ...Object.keys(base).map((field) => bad(`no ${field}`, without(field), field)),
    bad('an address of 19 bytes', { ...base, key: `0x${'11'.repeat(19)}` }, 'key'),
    bad('an address without 0x', { ...base, token: '1'.repeat(42) }, 'token'),
    bad('payees that are no list', { ...base, payees: base.payees[0] }, 'payees'),
    bad('a payee that is no address', { ...base, payees: ['everybody'] }, 'payees'),
    bad('a cap as a number', { ...base, spendCap: 50_000_000 }, 'spendCap'),
    bad('a cap in dollars', { ...base, spendCap: '50.00' }, 'spendCap'),
    bad('a negative cap', { ...base, spendCap: '-1' }, 'spendCap'),
    bad('a cap of 2^128', { ...base, spendCap: `${1n << 128n}` }, 'spendCap'),
    bad('a maximum of 2^128', { ...base, perPaymentMax: `${1n << 128n}` }, 'perPaymentMax'),
    bad('a start in a string', { ...base, start: '1800000000' }, 'start'),
    bad('half a second', { ...base, start: 0.5 }, 'start'),
    bad('a negative period', { ...base, periodDuration: -1 }, 'periodDuration'),
    bad('an expiry of 2^40', { ...base, expiry: 2 ** 40 }, 'expiry'),
    bad('a short salt', { ...base, salt: '0x00' }, 'salt'),
  ]
}

function judged(): Case[] {
  const good = (comment: string, terms: Partial<Json>) => valid(comment, { ...base, ...terms })
  const bad = (comment: string, terms: Partial<Json>, field: string) =>
    invalid(comment, { ...base, ...terms }, { field })
  return [
    valid('every limit', base),
    valid('the least of everything', least),
    valid('the most of everything', most),
    good('the same payee twice', { payees: [base.payees[0] as Hex, base.payees[0] as Hex] }),
    good('the account is the key, a payee and the freezer', {
      key: payer.address,
      payees: [payer.address],
      freezer: payer.address,
    }),
    good('a period longer than the life of the key', { periodDuration: 10_000_000 }),
    good('more in a period than in all', { periodAmount: '50000001' }),
    good('a payment above the cap', { perPaymentMax: '50000001' }),
    bad('no account', { account: zero }, 'account'),
    bad('no key', { key: zero }, 'key'),
    bad('no token', { token: zero }, 'token'),
    bad('no payee', { payees: [] }, 'payees'),
    bad('33 payees', { payees: many(33) }, 'payees'),
    bad('nobody as the last payee', { payees: [...many(31), zero] }, 'payees'),
    bad('a cap of zero', { spendCap: '0' }, 'spendCap'),
    bad('a period without an amount', { periodAmount: '0' }, 'periodDuration'),
    bad('an amount without a period', { periodDuration: 0 }, 'periodDuration'),
    bad('the start at the expiry', { start: base.expiry }, 'start'),
    bad('the start after the expiry', { start: base.expiry + 1 }, 'start'),
    bad('two faults: the first one counts', { key: zero, spendCap: '0' }, 'key'),
  ]
}

function outputs(input: Input) {
  const { permission: json, oldKeyId, maxUsage, version, deadline } = input
  const keyId = keyIdOf(input, json)
  const digest = (primaryType: keyof typeof types, message: Record<string, unknown>) =>
    hashTypedData({ domain: domainOf(input), types, primaryType, message })
  return {
    structHash: hashStruct({ data: { ...json }, types, primaryType: 'SessionKeyPermission' }),
    keyId,
    register: digest('RegisterKey', { permission: json, deadline }),
    freeze: digest('FreezeKey', { keyId, version, deadline }),
    unfreeze: digest('UnfreezeKey', { keyId, version, deadline }),
    revoke: digest('RevokeKey', { keyId, version, deadline }),
    rotate: digest('RotateKey', { oldKeyId, newPermission: json, maxUsage, version, deadline }),
  }
}

/** The tag and the last 28 bytes of the digest. */
function keyIdOf(at: { chainId: number; contract: Hex }, json: Json): Hex {
  const digest = hashTypedData({
    domain: domainOf(at),
    types,
    primaryType: 'SessionKeyPermission',
    message: { ...json },
  })
  return `0x50425354${digest.slice(10)}`
}

function domainOf({ chainId, contract }: { chainId: number; contract: Hex }) {
  return { name: 'PB-Stream Escrow', version: '1', chainId, verifyingContract: contract }
}
