import * as Jws from '@pbstream/core/Jws'
import * as PaymentId from '@pbstream/core/standalone/PaymentId'
import { describe, expect, test } from 'vitest'
import * as Ed25519 from '../support/Ed25519.ts'

const NOW = 1_790_000_000
const signer = await Ed25519.signer()
const keys = await Ed25519.keys(Ed25519.key)
const bytes32 = `0x${'cd'.repeat(32)}` as const

const least: PaymentId.Claims = {
  own: 'owner',
  mod: 'live',
  rt: 'answers',
  rev: 0,
  cv: 3,
  dg: bytes32,
  rq: 'request-1',
  max: '1000',
  net: 8453,
  by: { payer: `0x${'ab'.repeat(20)}`, session: 's1', rid: 'r1' },
  ch: { id: bytes32, bal: '50000', cl: '0', cc: '1000', wd: 0, rn: '0' },
  iat: NOW,
  exp: NOW + PaymentId.MAX_AGE,
}
const most: PaymentId.Claims = {
  ...least,
  mod: 'test',
  by: { ...least.by, keyVersion: 2, paid: { request: 'request-0' } },
  tx: bytes32,
}

/** What comes back of claims that the gateway signed. */
const readOf = async (claims: object, now = NOW) =>
  PaymentId.read(await Jws.sign(claims, PaymentId.TYPE, signer), keys, now)

test('an id gives back what was signed, with and without what can be left out', async () => {
  for (const claims of [least, most])
    expect(await PaymentId.read(await PaymentId.sign(claims, signer), keys, NOW)).toEqual(claims)
})

test('an id is good until its end, a day on, and not at it', async () => {
  expect(PaymentId.MAX_AGE).toBe(24 * 60 * 60)
  expect(await readOf(least, least.exp - 1)).toEqual(least)
  expect(await readOf(least, least.exp)).toBeUndefined()
})

test('an id that was touched, is of another kind, or of another signer is none', async () => {
  const id = await PaymentId.sign(least, signer)
  const [header, , signature] = id.split('.')
  const claims = Buffer.from(JSON.stringify({ ...least, max: '9999999' })).toString('base64url')
  expect(await PaymentId.read(`${header}.${claims}.${signature}`, keys, NOW)).toBeUndefined()
  expect(await PaymentId.read(await Jws.sign(least, 'pb-quote', signer), keys, NOW)).toBeUndefined()
  expect(await PaymentId.read(id, () => undefined, NOW)).toBeUndefined()
  for (const text of ['', '.', '..', 'x', id.slice(0, -1)])
    expect(await PaymentId.read(text, keys, NOW)).toBeUndefined()
})

describe('claims that no gateway of this version signs are refused, though the signature is good', () => {
  test.each(Object.keys(least))('without %s', async (member) => {
    const { [member as keyof PaymentId.Claims]: _, ...rest } = least
    expect(await readOf(rest)).toBeUndefined()
  })

  test.each(['payer', 'session', 'rid'])('without by.%s', async (member) => {
    expect(await readOf({ ...least, by: { ...least.by, [member]: undefined } })).toBeUndefined()
  })

  test.each(['id', 'bal', 'cl', 'cc', 'wd', 'rn'])('without ch.%s', async (member) => {
    expect(await readOf({ ...least, ch: { ...least.ch, [member]: undefined } })).toBeUndefined()
  })

  const longest = 'x'.repeat(257)
  test.each<[string, object]>([
    ['an owner of no letters', { own: '' }],
    ['an owner of too many', { own: 'x'.repeat(129) }],
    ['an unknown mode', { mod: 'demo' }],
    ['a route of no letters', { rt: '' }],
    ['a route of too many', { rt: longest }],
    ['a negative revision', { rev: -1 }],
    ['half a version', { cv: 0.5 }],
    ['a negative version', { cv: -1 }],
    ['a digest with more before it', { dg: `0x0${bytes32.slice(2)}` }],
    ['a digest with more after it', { dg: `${bytes32}0` }],
    ['a digest in capitals', { dg: bytes32.toUpperCase().replace('X', 'x') }],
    ['a request of no letters', { rq: '' }],
    ['a request of too many', { rq: longest }],
    ['an amount with a sign', { max: '-1' }],
    ['an amount with a leading zero', { max: '01' }],
    ['an amount with a point', { max: '1.5' }],
    ['an amount of 40 digits', { max: '1'.repeat(40) }],
    ['an amount that is a number', { max: 1000 }],
    ['no chain', { net: 0 }],
    ['a payer with more before it', { by: { ...least.by, payer: `0x0${'ab'.repeat(20)}` } }],
    ['a payer with more after it', { by: { ...least.by, payer: `0x${'ab'.repeat(20)}0` } }],
    ['a session of no letters', { by: { ...least.by, session: '' } }],
    ['a session of too many', { by: { ...least.by, session: longest } }],
    ['a reservation of no letters', { by: { ...least.by, rid: '' } }],
    ['a reservation of too many', { by: { ...least.by, rid: longest } }],
    ['version 0 of a key', { by: { ...least.by, keyVersion: 0 } }],
    ['a payment before it without a request', { by: { ...least.by, paid: {} } }],
    ['a payment before it of no letters', { by: { ...least.by, paid: { request: '' } } }],
    ['a payment before it of too many', { by: { ...least.by, paid: { request: longest } } }],
    ['a nonce that is too long', { ch: { ...least.ch, rn: '1'.repeat(79) } }],
    ['a transaction that is none', { tx: '0x1' }],
    ['half a second', { iat: NOW + 0.5 }],
    ['an end that is no number', { exp: 'never' }],
  ])('with %s', async (_, changed) => {
    expect(await readOf({ ...least, ...changed })).toBeUndefined()
  })
})

test('amounts reach 39 digits, more than any token has, and lengths their bounds', async () => {
  const claims = {
    ...least,
    own: 'x'.repeat(128),
    rt: 'x'.repeat(256),
    rq: 'x'.repeat(256),
    max: '9'.repeat(39),
    by: { ...least.by, session: 'x'.repeat(256), rid: 'x'.repeat(256), paid: { request: 'x'.repeat(256) } },
    ch: { ...least.ch, rn: '9'.repeat(78) },
  }
  expect(await readOf(claims)).toEqual(claims)
})
