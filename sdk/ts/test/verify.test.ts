// What `@pbstream/sdk/verify` makes of quotes and receipts, right and wrong.
import * as Ed25519 from '../../../core/test/support/Ed25519.ts'
import * as Jwk from '@pbstream/core/Jwk'
import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { ofBounds, ofList, ofTerms } from '@pbstream/core/rate/Claims'
import * as Receipt from '@pbstream/core/Receipt'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cardUrl, KEYS_PATH, verifyCharge, verifyQuote } from '../src/verify.ts'

const NOW = 1_800_000_000
const AT = NOW * 1_000
const signer = await Ed25519.signer()
const keys = { keys: [Jwk.toPublic(Ed25519.key)] }
const rule = {
  v: 2,
  kind: 'card',
  components: [
    { unit: 'input_token', price: { model: 'per_unit', amount: '3', per: '10' } },
    {
      unit: 'output_token',
      price: {
        model: 'graduated',
        tiers: [
          { upTo: '1000', amount: '2' },
          { upTo: null, amount: '1' },
        ],
      },
    },
  ],
  formula: 'base * (100 + signal.load) / 100',
  period: { every: 'month', zone: 'UTC' },
  schedule: { zone: 'UTC', windows: [{ from: '08:00', to: '10:00', multiplier: '1.5' }] },
  levels: { vip1: { multiplier: '0.9' } },
  signals: { load: { oracle: 'o', min: '0', max: '100', fallback: '0' } },
  maximum: '100000',
}
const priced = Rate.parse(rule)
const card = { routeId: 'chat', version: 4, card: rule }
const flat = { routeId: 'chat', version: 4, card: { v: 1, kind: 'flat', amount: '700' } }
const terms: Rate.Terms = { at: AT, signals: { load: '20' } }
const bounds = { input_token: 1_000n, output_token: 100n }

const claims: Quote.Claims = {
  jti: 'q',
  rt: 'chat',
  m: 'POST',
  cv: 4,
  ih: Rate.inputsHash({ bounds }),
  max: `${Rate.ceiling(priced, { bounds }, terms)}`,
  bd: ofBounds(bounds),
  tm: ofList(terms),
  iat: NOW,
  exp: NOW + 300,
}
const quote = (change: Partial<Quote.Claims> = {}) => Quote.sign({ ...claims, ...change }, signer)

const usage: Rate.Usage = { units: { input_token: 900n, output_token: 80n } }
const own: Rate.Terms = { ...terms, level: 'vip1', position: { units: { output_token: 990n }, charged: 5n } }
const receipt = (change: Partial<Receipt.Claims> = {}) =>
  Receipt.sign(
    {
      scheme: 'exact',
      jti: 'r',
      payer: `0x${'01'.repeat(20)}`,
      network: 'eip155:84532',
      asset: `0x${'02'.repeat(20)}`,
      digest: `0x${'03'.repeat(32)}`,
      route: 'chat',
      rate: 4,
      price: `${Rate.charge(priced, usage, own)}`,
      use: { input_token: '900', output_token: '80' },
      tm: ofTerms(own),
      iat: NOW,
      ...change,
    } as Receipt.Claims,
    signer,
  )

describe('a quote', () => {
  const given = { keys, card, now: NOW + 1 }

  test('that follows from its card verifies, and says what it promises', async () => {
    expect(await verifyQuote(await quote(), given)).toEqual({
      ok: true,
      max: claims.max,
      routeId: 'chat',
      version: 4,
      method: 'POST',
      expiresAt: NOW + 300,
      bounds: { input_token: '1000', output_token: '100' },
      terms: { at: AT, signals: { load: '20' } },
    })
    const expected = { routeId: 'chat', method: 'POST', bounds: { output_token: '100', input_token: '1000' } }
    expect(await verifyQuote(await quote(), { ...given, expected })).toMatchObject({ ok: true })
    const some = { bounds: { output_token: '100' } }
    expect(await verifyQuote(await quote(), { ...given, expected: some })).toMatchObject({ ok: true })
  })

  test('of a price that is always the same verifies too', async () => {
    const { bd: _, tm: __, ...rest } = claims
    const always = { ...rest, ih: Rate.inputsHash(), fx: true as const, max: '700' }
    const verdict = await verifyQuote(await Quote.sign(always, signer), { ...given, card: flat })
    expect(verdict).toMatchObject({ ok: true, max: '700', bounds: {} })
    expect(verdict).not.toHaveProperty('terms')
    const short = await Quote.sign({ ...always, max: '699' }, signer)
    expect(await verifyQuote(short, { ...given, card: flat })).toMatchObject({ ok: false, code: 'price' })
  })

  test.each<[string, Partial<Quote.Claims>, string]>([
    ['one unit dearer than the card', { max: `${BigInt(claims.max) + 1n}` }, 'price'],
    ['one unit cheaper', { max: `${BigInt(claims.max) - 1n}` }, 'price'],
    ['made at another time', { tm: { at: AT + 3_600_000 * 3, sg: { load: '20' } } }, 'price'],
    ['made with another signal', { tm: { at: AT, sg: { load: '21' } } }, 'price'],
    ['of other bounds than its hash', { bd: { input_token: '1000', output_token: '99' } }, 'unsaid'],
    ['that says no bounds', { bd: undefined }, 'unsaid'],
    ['of a server’s own price', { ih: Rate.inputsHash({ only: '7 x' }), bd: undefined, tm: undefined }, 'unsaid'],
    ['that says no time', { tm: undefined }, 'unsaid'],
    ['that says it is fixed', { fx: true }, 'price'],
    ['of another version', { cv: 5 }, 'card'],
    ['of another route', { rt: 'weather' }, 'card'],
    ['that has run out', { exp: NOW + 1 }, 'expired'],
  ])('%s does not verify', async (_, change, code) => {
    expect(await verifyQuote(await quote(change), given)).toMatchObject({ ok: false, code })
  })

  test.each([
    [{ routeId: 'weather' }, 'it is for the route chat'],
    [{ method: 'GET' }, 'it is for POST'],
    [{ bounds: { image: '1' } }, 'it is for the bounds {"input_token":"1000","output_token":"100"}'],
    [{ bounds: { output_token: '1' } }, 'it is for the bounds {"input_token":"1000","output_token":"100"}'],
  ])('that is not for %j is not what was asked for', async (expected, detail) => {
    const verdict = await verifyQuote(await quote(), { ...given, expected })
    expect(verdict).toEqual({ ok: false, code: 'request', detail })
  })

  test('needs the key that signed it, and a card', async () => {
    for (const none of [undefined, {}, { keys: [] }, { keys: [{ kty: 'RSA' }] }]) {
      expect(await verifyQuote(await quote(), { ...given, keys: none })).toMatchObject({ code: 'keys' })
    }
    const { x: _, ...rest } = keys.keys[0] as { x: string }
    const others = { keys: [{ ...rest, x: 'A'.repeat(43) }] }
    expect(await verifyQuote(await quote(), { ...given, keys: others })).toMatchObject({ code: 'signature' })
    const unread = { ...card, card: { ...rule, maximum: '0' } }
    expect(await verifyQuote(await quote(), { ...given, card: unread })).toMatchObject({ code: 'card' })
  })

  test('that was signed as something else is none', async () => {
    expect(await verifyQuote(await receipt(), given)).toMatchObject({ ok: false, code: 'signature' })
    expect(await verifyCharge(await quote(), given)).toMatchObject({ ok: false, code: 'signature' })
  })
})

describe('a charge', () => {
  const given = { keys, card }

  test('is made again from its receipt, rule by rule', async () => {
    const price = `${Rate.charge(priced, usage, own)}`
    const verdict = await verifyCharge(await receipt(), given)
    expect(verdict).toMatchObject({ ok: true, price, made: price, use: { input_token: '900', output_token: '80' } })
    expect(verdict).toMatchObject({ explanation: { charge: price, level: { name: 'vip1' } } })
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict)
  })

  test('of any use is what the card charges for it, and never above', async () => {
    const counts = fc.record({ input_token: fc.bigInt(1n, 10_000n), output_token: fc.bigInt(1n, 10_000n) })
    await fc.assert(
      fc.asyncProperty(counts, fc.integer({ min: -2, max: 2 }), async (units, off) => {
        const price = Rate.charge(priced, { units }, own)
        const verdict = await verifyCharge(
          await receipt({ use: ofBounds(units), price: `${price + BigInt(off)}` }),
          given,
        )
        expect(verdict).toMatchObject(off > 0 ? { ok: false, code: 'price' } : { ok: true, made: `${price}` })
      }),
      { numRuns: 50 },
    )
  })

  test('by time is split by its spans', async () => {
    const timed = {
      ...card,
      card: {
        ...rule,
        formula: undefined,
        components: [{ unit: 'second', price: { model: 'per_unit', amount: '10' } }],
      },
    }
    // START is 08:00 UTC: two hours in the window and one second after it.
    const spans: [number, number][] = [[AT + 7_199_000, AT + 7_201_000]]
    const tm = ofTerms({ at: AT, signals: {} }, spans)
    const verdict = await verifyCharge(await receipt({ use: { second: '2000' }, tm, price: '25' }), {
      keys,
      card: timed,
    })
    expect(verdict).toMatchObject({ ok: true, made: '25' })
  })

  test.each<[string, Partial<Receipt.Claims>, string]>([
    ['is dearer than its use', { use: { input_token: '1' } }, 'price'],
    ['forgets the level', { tm: { at: AT } }, ''],
    ['says no use', { use: undefined }, 'unsaid'],
    ['says no time', { tm: undefined }, 'unsaid'],
    ['is of another version', { rate: 5 }, 'card'],
    ['is of another route', { route: 'weather' }, 'card'],
  ])('that %s', async (_, change, code) => {
    const verdict = await verifyCharge(await receipt(change), given)
    expect(verdict).toMatchObject(code === '' ? { ok: true } : { ok: false, code })
  })

  test('that is always the same needs to say nothing', async () => {
    const plain = { use: undefined, tm: undefined, price: '700' }
    expect(await verifyCharge(await receipt(plain), { keys, card: flat })).toMatchObject({ ok: true, made: '700' })
    const dearer = await receipt({ ...plain, price: '701' })
    expect(await verifyCharge(dearer, { keys, card: flat })).toMatchObject({ ok: false, code: 'price' })
  })
})

test('no text makes it throw', async () => {
  const token = await quote()
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.nat(token.length).map((at) => token.slice(0, at)),
      ),
      async (text) => {
        fc.pre(text !== token)
        expect(await verifyQuote(text, { keys, card })).toMatchObject({ ok: false, code: 'signature' })
        expect(await verifyCharge(text, { keys, card })).toMatchObject({ ok: false, code: 'signature' })
      },
    ),
  )
})

test('names where gateways publish', () => {
  expect(cardUrl('https://api.example', 'a/b', 4)).toBe('https://api.example/.well-known/pbstream/rates/a%2Fb/4')
  expect(KEYS_PATH).toBe('/.well-known/jwks.json')
})
