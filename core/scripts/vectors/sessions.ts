/**
 * Session mode. Digests are viem's; keys, MACs, signatures and the signature bases are made here with node:crypto and by
 * hand, so that none of them comes from the code they test.
 */
import { createHash, createHmac, createPrivateKey, hkdfSync, sign as signNode } from 'node:crypto'
import type { Hex } from '@pbstream/core/Hex'
import { hashTypedData } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { CONTRACT } from '../../test/support/escrow.ts'
import { CHAIN_ID, channelId, config, PAYER_KEY, SESSION_KEY, terms } from '../../test/support/payment.ts'
import { type Case, invalid, valid, type VectorFile } from './VectorFile.ts'

const NOW = 1_800_000_000
const GATEWAY = 'https://api.example'
const SECRETS = { m2: Buffer.alloc(32, 2), m1: Buffer.alloc(32, 1) }
const masters = JSON.stringify(
  Object.entries(SECRETS).map(([kid, secret]) => ({ kid, secret: secret.toString('base64url') })),
)
const account = privateKeyToAccount(SESSION_KEY)
/** RFC 8032, section 7.1, test 2. */
const ED25519 = {
  secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
  publicKey: '0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
} as const
const LEASE = 'ls_AAECAwQFBgcICQoLDA0ODw'
const BODY = '{"q":"weather"}'

export async function sessions(): Promise<Record<string, VectorFile>> {
  return {
    'session-open-eip712': {
      description: 'OpenSession. Invalid: not signed by `signer` as stated. Output: the digest.',
      cases: await opens(),
    },
    'session-token': {
      description: 'Session tokens, checked at `now` (Unix seconds) by a gateway with these masters.',
      cases: tokens(),
    },
    'session-nonce': {
      description: 'Nonces, checked at `now` (Unix milliseconds) by a gateway with these masters.',
      cases: nonces(),
    },
    'session-request': {
      description:
        'Signed requests, checked at `now` (Unix seconds) by a gateway with these masters. Output: the base.',
      cases: await requests(),
    },
    'session-headers': {
      description: 'Headers of session mode. Each has one form; amounts of the output are decimal strings.',
      cases: await fields(),
    },
  }
}

function derive(kid: keyof typeof SECRETS, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', SECRETS[kid], '', info, 32))
}

const hmac = (key: Buffer, bytes: string | Buffer) => createHmac('sha256', key).update(bytes).digest()

const types = {
  OpenSession: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'gateway', type: 'string' },
    { name: 'nonce', type: 'bytes32' },
    { name: 'expires', type: 'uint64' },
    { name: 'publicKey', type: 'bytes32' },
  ],
} as const

async function opens(): Promise<Case[]> {
  const at = { chainId: CHAIN_ID, contract: CONTRACT }
  const open = {
    channelId,
    gateway: GATEWAY,
    nonce: `0x${'9a'.repeat(32)}` as Hex,
    expires: NOW + 3_600,
    publicKey: `0x${'00'.repeat(32)}` as Hex,
  }
  type Open = typeof open
  const data = (message: Open, { chainId, contract } = at) =>
    ({
      domain: { name: 'PBStream Session', version: '1', chainId, verifyingContract: contract },
      types,
      primaryType: 'OpenSession',
      message: { ...message, expires: BigInt(message.expires) },
    }) as const
  const digest = (message: Open, where = at) => ({ digest: hashTypedData(data(message, where)) })
  const signature = await account.signTypedData(data(open))
  const signer = account.address.toLowerCase()
  const good = { ...at, open, signature, signer }
  const signed = async (message: Open, where = at) => ({
    ...good,
    ...where,
    open: message,
    signature: await account.signTypedData(data(message, where)),
  })
  const ed25519 = { ...open, publicKey: ED25519.publicKey as Hex }
  const local = { ...open, gateway: 'http://localhost:8787' }
  const late = { ...open, expires: Number.MAX_SAFE_INTEGER }
  const elsewhere = { chainId: 8453, contract: CONTRACT }
  const stranger = privateKeyToAccount(PAYER_KEY)
  return [
    valid('with HMAC', good, digest(open)),
    valid('with Ed25519', await signed(ed25519), digest(ed25519)),
    valid('of another gateway', await signed(local), digest(local)),
    valid('the latest time', await signed(late), digest(late)),
    valid('on another chain', await signed(open, elsewhere), digest(open, elsewhere)),
    ...Object.entries({
      'another channel': { ...open, channelId: `0x${'11'.repeat(32)}` as Hex },
      'another gateway': { ...open, gateway: 'https://evil.example' },
      'a gateway with a slash': { ...open, gateway: `${GATEWAY}/` },
      'another nonce': { ...open, nonce: `0x${'9b'.repeat(32)}` as Hex },
      'a later end': { ...open, expires: open.expires + 1 },
      'another public key': ed25519,
    }).map(([comment, message]) => invalid(comment, { ...good, open: message }, digest(message))),
    invalid('another contract', { ...good, contract: `0x${'11'.repeat(20)}` }),
    invalid('another signer', { ...good, signature: await stranger.signTypedData(data(open)) }, digest(open)),
    invalid('a voucher in its place', { ...good, signature: await account.sign({ hash: `0x${'07'.repeat(32)}` }) }),
  ]
}

type Payload = Record<string, unknown> & { kid: keyof typeof SECRETS }
const sessionKey = account.address.toLowerCase()
const payload = {
  v: 1,
  kid: 'm2',
  gw: GATEWAY,
  s: `${CHAIN_ID}:${CONTRACT}:${config.payer}:${sessionKey}`,
  c: channelId,
  to: terms.payTo,
  t: terms.token,
  a: 'hmac',
  e: 3,
  x: NOW + 3_600,
} as const satisfies Payload

/** A token by its text: what is signed need not be what a gateway would write. */
function tokenOfText(text: string, kid: keyof typeof SECRETS = 'm2'): string {
  const tag = hmac(derive(kid, 'pbstream session token v1'), text)
  return `${Buffer.from(text).toString('base64url')}.${tag.toString('base64url')}`
}

const tokenOf = (value: Payload) => tokenOfText(JSON.stringify(value), value.kid)
const requestKeyOf = (value: Payload) => derive(value.kid, `pbstream session request v1\n${JSON.stringify(value)}`)

function tokens(): Case[] {
  const at = { masters, gateway: GATEWAY, now: NOW }
  const ok = (comment: string, value: Payload, now = NOW) =>
    valid(
      comment,
      { ...at, now, token: tokenOf(value) },
      { payload: value, requestKey: `0x${requestKeyOf(value).toString('hex')}` },
    )
  const refused = (comment: string, token: string, change: Partial<typeof at> = {}, code = 'session_token_invalid') =>
    invalid(comment, { ...at, ...change, token }, { code })
  const token = tokenOf(payload)
  const [body, tag] = token.split('.') as [string, string]
  const json = JSON.stringify(payload)
  const { v, ...rest } = payload
  return [
    ok('with HMAC', payload),
    ok('with Ed25519', { ...payload, a: ED25519.publicKey }),
    ok('of an older master', { ...payload, kid: 'm1' }),
    ok('in its last second', payload, NOW + 3_599),
    ok('of the first epoch', { ...payload, e: 0 }),
    refused('expired', token, { now: NOW + 3_600 }, 'session_expired'),
    refused('of another gateway', token, { gateway: 'https://other.example' }),
    refused('of an unknown master', token, { masters: `[{"kid":"m3","secret":"${'A'.repeat(43)}"}]` }),
    refused('with another epoch', `${Buffer.from(json.replace('"e":3', '"e":4')).toString('base64url')}.${tag}`),
    refused('another version', tokenOfText(json.replace('"v":1', '"v":2'))),
    refused('with a member more', tokenOfText(json.replace('{', '{"b":1,'))),
    refused('with a space', tokenOfText(json.replace(',', ', '))),
    refused('with members in another order', tokenOfText(JSON.stringify({ ...rest, v }))),
    refused(
      'with a channel in upper case',
      tokenOfText(json.replace(channelId.slice(2), channelId.slice(2).toUpperCase())),
    ),
    refused('with the zero public key', tokenOf({ ...payload, a: `0x${'00'.repeat(32)}` })),
    refused('with a gateway that is no origin', tokenOf({ ...payload, gw: `${GATEWAY}/` }), { gateway: `${GATEWAY}/` }),
    refused('with a session that is none', tokenOf({ ...payload, s: 'session' })),
    refused('with a fractional end', tokenOf({ ...payload, x: NOW + 0.5 })),
    refused('padded', `${token}=`),
    refused('without its MAC', `${body}.`),
    refused('with half of its MAC', `${body}.${tag.slice(0, 22)}`),
    refused('empty', ''),
  ]
}

function nonces(): Case[] {
  const MS = NOW * 1_000
  const at = { masters, gateway: GATEWAY, now: MS }
  const nonceOf = (time: number, origin = GATEWAY, kid: keyof typeof SECRETS = 'm2'): string => {
    const head = Buffer.concat([Buffer.alloc(6), Buffer.alloc(10, 0xab)])
    head.writeUIntBE(time, 0, 6)
    const tag = hmac(derive(kid, 'pbstream session nonce v1'), Buffer.concat([Buffer.from(origin), head]))
    return `0x${Buffer.concat([head, tag.subarray(0, 16)]).toString('hex')}`
  }
  const nonce = nonceOf(MS)
  const ok = (comment: string, text: string, now = MS, time = MS) =>
    valid(comment, { ...at, now, nonce: text }, { expiresAt: time + 60_000 })
  return [
    ok('fresh', nonce),
    ok('in its last millisecond', nonce, MS + 59_999),
    ok('where the clock is 5 s behind', nonce, MS - 5_000),
    ok('by an older master', nonceOf(MS, GATEWAY, 'm1')),
    ok('with milliseconds', nonceOf(MS + 789), MS + 789, MS + 789),
    invalid('too old', { ...at, now: MS + 60_000, nonce }),
    invalid('from the future', { ...at, now: MS - 5_001, nonce }),
    invalid('of another gateway', { ...at, nonce: nonceOf(MS, 'https://other.example') }),
    invalid('with a later time', { ...at, nonce: `0x${(MS + 1).toString(16).padStart(12, '0')}${nonce.slice(14)}` }),
    invalid('with other random bytes', { ...at, nonce: nonce.replace('abab', 'abac') }),
    invalid('with another tag', { ...at, nonce: `${nonce.slice(0, -2)}${nonce.endsWith('00') ? '01' : '00'}` }),
    invalid('too short', { ...at, nonce: nonce.slice(0, -2) }),
    invalid('empty', { ...at, nonce: '' }),
  ]
}

type Signing = { created: number; expires: number; alg: string; tag: string }
type Field = readonly [name: string, value: string]

/** The profile, written out: components in the order in which they are given. */
function inputOf(fields: readonly Field[], { created, expires, alg, tag }: Signing): string {
  const names = fields.map(([name]) => `"${name}"`).join(' ')
  return `(${names});created=${created};expires=${expires};alg="${alg}";tag="${tag}"`
}

function baseOf(fields: readonly Field[], signing: Signing): string {
  const lines = fields.map(([name, value]) => `"${name}": ${value}`)
  return [...lines, `"@signature-params": ${inputOf(fields, signing)}`].join('\n')
}

async function requests(): Promise<Case[]> {
  const at = { masters, gateway: GATEWAY, now: NOW }
  const url = `${GATEWAY}/v1/weather?city=Berlin`
  const signing: Signing = { created: NOW, expires: NOW + 60, alg: 'hmac-sha256', tag: 'pbstream-session' }
  const ed25519: Payload = { ...payload, a: ED25519.publicKey }
  const seed = Buffer.from(`302e020100300506032b657004220420${ED25519.secret}`, 'hex')
  const privateKey = createPrivateKey({ key: seed, format: 'der', type: 'pkcs8' })
  const digest = `sha-256=:${createHash('sha256').update(BODY).digest('base64')}:`
  const voucher = await voucherText()
  const fieldsOf = (session: Payload): Field[] => [
    ['@method', 'POST'],
    ['@target-uri', url],
    ['content-digest', digest],
    ['idempotency-key', `${LEASE}.7`],
    ['pbstream-max-price', '1000'],
    ['pbstream-session', tokenOf(session)],
    ['pbstream-lease', `"${LEASE}"`],
    ['pbstream-voucher', voucher],
  ]
  const least: Field[] = [
    ['@method', 'GET'],
    ['@target-uri', url],
    ['idempotency-key', 'call-1'],
    ['pbstream-max-price', '0'],
    ['pbstream-session', tokenOf(payload)],
  ]
  const request = (fields: readonly Field[], by = signing, session: Payload = payload) => {
    const base = Buffer.from(baseOf(fields, by))
    const signature = by.alg === 'ed25519' ? signNode(null, base, privateKey) : hmac(requestKeyOf(session), base)
    const all = Object.fromEntries(fields)
    const { '@method': method, '@target-uri': target, ...headers } = all
    const signed = {
      'signature-input': `pbs=${inputOf(fields, by)}`,
      signature: `pbs=:${signature.toString('base64')}:`,
    }
    return { ...at, method, url: target, headers: { ...headers, ...signed } }
  }
  const byEd25519 = { ...signing, alg: 'ed25519' }
  const full = fieldsOf(payload)
  const good = request(full)
  const changed = (name: string, value: string) => ({ ...good, headers: { ...good.headers, [name]: value } })
  const without = (name: string) => ({
    ...good,
    headers: Object.fromEntries(Object.entries(good.headers).filter(([each]) => each !== name)),
  })
  const ok = (comment: string, fields: readonly Field[], by = signing, session: Payload = payload) =>
    valid(comment, request(fields, by, session), { base: baseOf(fields, by) })
  const refused = (comment: string, input: object, code = 'session_signature_invalid') =>
    invalid(comment, input, { code })
  const swapped = [full[1]!, full[0]!, ...full.slice(2)]
  const fewer = request(full.filter(([name]) => name !== 'pbstream-max-price'))
  const uncovered = { ...fewer, headers: { ...fewer.headers, 'pbstream-max-price': '1000' } }
  const late = { ...signing, expires: NOW + 61 }
  return [
    ok('with everything, by HMAC', full),
    ok('with everything, by Ed25519', fieldsOf(ed25519), byEd25519, ed25519),
    ok('with nothing that need not be there', least),
    ok('good for a second', least, { ...signing, expires: NOW + 1 }),
    valid('on a clock that is 5 s ahead', { ...request(least), now: NOW - 5 }, { base: baseOf(least, signing) }),
    refused('with another method', { ...good, method: 'PUT' }),
    refused('with another path', { ...good, url: `${GATEWAY}/v1/other` }),
    refused('with another host', { ...good, url: url.replace('api', 'evil') }),
    refused('with another body', changed('content-digest', digest.replace(/:./, ':A'))),
    refused('with another request id', changed('idempotency-key', `${LEASE}.8`)),
    refused('with a higher maximum', changed('pbstream-max-price', '1001')),
    refused('with the token of another epoch', changed('pbstream-session', tokenOf({ ...payload, e: 4 }))),
    refused('without its lease', without('pbstream-lease')),
    refused('without its voucher', without('pbstream-voucher')),
    refused('with another signature', changed('signature', `pbs=:${Buffer.alloc(32).toString('base64')}:`)),
    refused('with components in another order', request(swapped)),
    refused('with a component left out', uncovered),
    refused('with another tag', request(full, { ...signing, tag: 'web-bot-auth' })),
    refused('by HMAC where the session has Ed25519', request(fieldsOf(ed25519), signing, ed25519)),
    refused('by Ed25519 where the session has HMAC', request(full, byEd25519)),
    refused('with a second label', changed('signature-input', `${good.headers['signature-input']}, sig=("@method")`)),
    refused('too old', { ...good, now: NOW + 60 }, 'session_signature_expired'),
    refused('from the future', { ...good, now: NOW - 6 }, 'session_signature_expired'),
    refused('good for too long', request(full, late), 'session_signature_expired'),
    refused('at the end of its session', { ...good, now: NOW + 3_600 }, 'session_expired'),
    refused('of a session of another gateway', { ...good, gateway: 'https://other.example' }, 'session_token_invalid'),
    refused('with a lease and an id of its own', changed('idempotency-key', 'call-1'), 'session_headers_invalid'),
    refused('without a request id', without('idempotency-key'), 'session_headers_invalid'),
    refused('with a maximum in dollars', changed('pbstream-max-price', '$1'), 'session_headers_invalid'),
  ]
}

async function voucherText(): Promise<string> {
  const signature = await account.sign({ hash: `0x${'07'.repeat(32)}` })
  return `max="1000000", signature=:${Buffer.from(signature.slice(2), 'hex').toString('base64')}:`
}

async function fields(): Promise<Case[]> {
  const room = 'room="9000", accepted="50000", funds="1000000", charged="41000"'
  const state = { room: '9000', accepted: '50000', funds: '1000000', charged: '41000' }
  const voucher = await voucherText()
  const signature = await account.sign({ hash: `0x${'07'.repeat(32)}` })
  const offered = `"${LEASE}";expires=1800000005;count=40`
  const digest = createHash('sha256').update(BODY)
  const hex = digest.copy().digest('hex')
  const contentDigest = `sha-256=:${digest.digest('base64')}:`
  const ok = (header: string, text: string, output: object) => valid(header, { header, text }, output)
  const wrong = (header: string, comment: string, text: string) => invalid(`${header}, ${comment}`, { header, text })
  return [
    ok('PBStream-Room', room, state),
    ok('PBStream-Room', `${room}, needed="12000"`, { ...state, needed: '12000' }),
    ok('PBStream-Voucher', voucher, { max: '1000000', signature }),
    ok('PBStream-Lease of an answer', offered, { id: LEASE, expires: 1_800_000_005, count: 40 }),
    ok('PBStream-Lease of a request', `"${LEASE}"`, { id: LEASE }),
    ok('Idempotency-Key under a lease', `${LEASE}.7`, { id: LEASE, n: 7 }),
    ok('Content-Digest', contentDigest, { digest: `0x${hex}` }),
    wrong('PBStream-Room', 'an integer', room.replace('"9000"', '9000')),
    wrong('PBStream-Room', 'a leading zero', room.replace('9000', '09000')),
    wrong('PBStream-Room', 'another order', room.split(', ').toReversed().join(', ')),
    wrong('PBStream-Room', 'no space', room.replaceAll(', ', ',')),
    wrong('PBStream-Room', '2^128', room.replace('1000000', `${1n << 128n}`)),
    wrong('PBStream-Voucher', 'no padding', `${voucher.slice(0, -2)}:`),
    wrong('PBStream-Voucher', 'no signature', 'max="1000000"'),
    wrong('PBStream-Voucher', 'a signature in hex', `max="1000000", signature="${signature}"`),
    wrong('PBStream-Voucher', 'an integer', voucher.replace('"1000000"', '1000000')),
    wrong('PBStream-Lease of an answer', 'no count', offered.replace(';count=40', '')),
    wrong('PBStream-Lease of an answer', 'another order', `"${LEASE}";count=40;expires=1800000005`),
    wrong('PBStream-Lease of a request', 'no quotes', LEASE),
    wrong('Idempotency-Key under a lease', 'number 0', `${LEASE}.0`),
    wrong('Idempotency-Key under a lease', 'an id of the caller', 'order.7'),
    wrong('Content-Digest', 'two digests', `${contentDigest}, sha-512=:AAAA:`),
    wrong('Content-Digest', 'SHA-512', contentDigest.replace('256', '512')),
  ]
}
