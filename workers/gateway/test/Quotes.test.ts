import * as Base64 from '@pbstream/core/Base64'
import * as Jws from '@pbstream/core/Jws'
import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { toTerms } from '@pbstream/core/rate/Claims'
import * as Receipt from '@pbstream/core/Receipt'
import type { Report } from '@pbstream/core/message/Session'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import { describe, expect, it } from 'vitest'
import { CardBook } from '../src/Cards.ts'
import { CatalogCache } from '../src/Catalog.ts'
import { completion } from './support/openai.ts'
import { header, voucher } from './support/payer.ts'
import { quoted, route, START, type World, world } from './support/world.ts'

const PATH = '/v1/weather'
/** START is 2027-01-15 08:00 UTC; half an hour later everything is three times as dear. */
const PEAK = START + 30 * 60_000
const rule = Rate.parse({
  v: 2,
  kind: 'card',
  components: [{ unit: 'output_token', price: { model: 'per_unit', amount: '10' } }],
  formula: 'base * (100 + signal.load) / 100',
  schedule: { zone: 'UTC', windows: [{ from: '08:30', to: '10:00', multiplier: '3' }] },
  signals: { load: { oracle: 'o-1', min: '0', max: '100', fallback: '0' } },
  maximum: '100000',
})
const sold = (more: Partial<CatalogRoute> = {}) =>
  route({ adapter: 'openai', bodyPriced: true, rate: { version: 4, rule }, ...more })
const load = (value: string, version = 1) => ({
  version,
  values: { 'o-1': { value, at: START, staleAt: START + 86_400_000, fallback: null } },
})

const body = (tokens: number) => JSON.stringify({ model: 'm', messages: [], max_tokens: tokens })
const posting = (text: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: text,
  headers: { 'content-type': 'application/json', ...headers },
})

const tokenOf = (required: Awaited<ReturnType<typeof quoted>>) =>
  String(required.extensions?.['pbstream-quote']?.info['quote'])

async function claimsOf(at: World, required: Awaited<ReturnType<typeof quoted>>): Promise<Quote.Claims> {
  const claims = await Jws.verify(tokenOf(required), Quote.TYPE, at.gateway.keys.verifiers)
  if (!claims.ok) throw new Error(claims.code)
  return claims.claims as unknown as Quote.Claims
}

async function pay(at: World, required: Awaited<ReturnType<typeof quoted>>, text: string, headers = {}) {
  const paid = await voucher(required, BigInt(required.accepts[0]?.amount ?? 0))
  return at.send(PATH, posting(text, { ...headers, ...header(paid) }))
}

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const posts = (at: World) =>
  at.session.reports.filter((report): report is Extract<Report, { kind: 'post' }> => report.kind === 'post')

describe('a quote', () => {
  it('says what its price was made from: who has the card makes the same', async () => {
    const at = await world([sold()])
    at.state.signals = load('30')
    const claims = await claimsOf(at, await quoted(at, PATH, posting(body(50))))
    expect(claims).toMatchObject({
      cv: 4,
      tm: { at: START, sg: { load: '30' } },
      bd: { output_token: '50' },
      max: '650',
    })
    const { bd = {}, tm = { at: 0 } } = claims
    const bounds = Object.fromEntries(Object.entries(bd).map(([unit, count]) => [unit, BigInt(count)]))
    expect(Rate.inputsHash({ bounds })).toBe(claims.ih)
    expect(Rate.ceiling(rule, { bounds }, toTerms(tm))).toBe(650n)
  })

  it('of a price that is the same for every call says so, and no more', async () => {
    const at = await world()
    const claims = await claimsOf(at, await quoted(at, PATH))
    expect(claims).toMatchObject({ fx: true, max: '1000' })
    expect(claims).not.toHaveProperty('tm')
    expect(claims).not.toHaveProperty('bd')
  })

  it('fits its header with as many signals as a card may have', async () => {
    const names = Array.from({ length: 16 }, (_, i) => `signal_with_a_long_name_indeed_${i.toString(36)}`)
    const far = '-99999999999999999'
    const signals = Object.fromEntries(
      names.map((name) => [name, { oracle: 'o-1', min: far, max: '0', fallback: far }]),
    )
    const formula = names.map((name) => `signal.${name}`).join('+')
    const wide = Rate.parse({ ...rule, formula: `base + 0 * (${formula})`, signals })
    const at = await world([sold({ rate: { version: 4, rule: wide } })])
    const response = await at.send(PATH, posting(body(50)))
    expect(response.status).toBe(402)
    expect(response.headers.get('payment-required')?.length).toBeLessThanOrEqual(4_096)
  })

  it('holds the moment: paid in the peak, the call costs what it was quoted before', async () => {
    const at = await world([sold()])
    at.state.upstream = () => completion({ prompt_tokens: 1, completion_tokens: 40 })
    at.state.now = PEAK - 1_000
    const required = await quoted(at, PATH, posting(body(50)))
    at.state.now = PEAK + 1_000
    expect((await claimsOf(at, await quoted(at, PATH, posting(body(50))))).max).toBe('1500')
    const response = await pay(at, required, body(50), { 'idempotency-key': 'a' })
    expect(response.status).toBe(200)
    await response.text()
    await at.rest()
    expect(at.session.reserves).toMatchObject([{ hold: 500n }])
    expect(posts(at)).toMatchObject([{ amount: 400n }])
    const receipt = await Receipt.verify(posts(at)[0]?.receipt ?? '', at.gateway.keys.verifiers)
    expect(receipt).toMatchObject({ ok: true, claims: { price: '400', tm: { at: PEAK - 1_000 } } })
  })

  it('holds the signals, and a moment after it has run out nothing of both', async () => {
    const at = await world([sold()])
    at.state.upstream = () => completion({ prompt_tokens: 1, completion_tokens: 50 })
    at.state.signals = load('10')
    const required = await quoted(at, PATH, posting(body(50)))
    at.state.signals = load('90', 2)
    at.state.now += 11_000
    await (await pay(at, required, body(50))).text()
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 550n }])
    at.state.now += 300_000
    const late = await pay(at, required, body(50))
    expect([late.status, await codeOf(late)]).toEqual([402, 'quote_expired'])
  })

  it('of a small request does not pay for a large one, nor one of no bounds', async () => {
    const at = await world([sold()])
    const required = await quoted(at, PATH, posting(body(50)))
    for (const text of [body(51), body(5_000), JSON.stringify({ model: 'm', messages: [] })]) {
      const response = await pay(at, required, text)
      expect([response.status, await codeOf(response)]).toEqual([402, 'quote_invalid'])
    }
    expect(at.session.reserves).toEqual([])
    expect(at.seen).toEqual([])
  })

  it.each([
    ['a moment when it was cheap', { tm: { at: START - 86_400_000 } }],
    ['signals of its own', { tm: { at: START, sg: { load: '0' } } }],
    ['bounds of its own', { bd: { output_token: '1' } }],
    ['a price that is fixed', { fx: true, max: '1' }],
    ['a card of its own', { cv: 5 }],
  ])('with %s, forged, is refused', async (_, change) => {
    const at = await world([sold()])
    at.state.signals = load('100')
    const required = await quoted(at, PATH, posting(body(50)))
    const [head = '', , signature = ''] = tokenOf(required).split('.')
    const claims = { ...(await claimsOf(at, required)), ...change }
    const forged = `${head}.${Base64.encodeUrl(new TextEncoder().encode(JSON.stringify(claims)))}.${signature}`
    const spoiled = { ...required, extensions: { 'pbstream-quote': { info: { quote: forged }, schema: {} } } }
    const response = await pay(at, spoiled as typeof required, body(50))
    expect([response.status, await codeOf(response)]).toEqual([402, 'quote_invalid'])
    expect(at.session.reserves).toEqual([])
  })

  it.each<[string, Partial<Quote.Claims>]>([
    ['no moment, on a card that needs one', { tm: undefined }],
    ['a card that nobody knows', { cv: 3 }],
    ['a card that is to come', { cv: 5 }],
  ])('of the gateway itself with %s is no quote', async (_, change) => {
    const at = await world([sold()])
    const required = await quoted(at, PATH, posting(body(50)))
    const quote = await Quote.sign({ ...(await claimsOf(at, required)), ...change }, at.gateway.keys.signer)
    const changed = { ...required, extensions: { 'pbstream-quote': { info: { quote }, schema: {} } } }
    const response = await pay(at, changed as typeof required, body(50))
    expect([response.status, await codeOf(response)]).toEqual([402, 'quote_invalid'])
  })

  it('of a card that this isolate never saw is honoured as the one price that it was', async () => {
    const at = await world()
    const required = await quoted(at, PATH)
    const quote = await Quote.sign({ ...(await claimsOf(at, required)), cv: 2, max: '900' }, at.gateway.keys.signer)
    const older = { ...required, extensions: { 'pbstream-quote': { info: { quote }, schema: {} } } }
    const paid = await voucher(older as typeof required, 1_000n)
    expect((await at.send(PATH, { headers: header(paid) })).status).toBe(200)
    await at.rest()
    expect(at.session.reserves).toMatchObject([{ hold: 900n, rateVersion: 2 }])
  })
})

describe('the card of a price', () => {
  const at = (version: number | string, id = 'weather') => `${Quote.RATES_PATH}/${id}/${version}`

  it('is public, and may be kept for ever', async () => {
    const here = await world([sold()])
    const response = await here.send(at(4))
    expect(await response.json()).toEqual({ routeId: 'weather', version: 4, card: rule })
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    const described = (await (await here.send('/.well-known/pbstream')).json()) as {
      routes: { price: { card: string } }[]
    }
    expect(described.routes[0]?.price).toEqual({
      version: 4,
      kind: 'card',
      most: { amount: '100000', text: '0.1 USDC' },
      card: at(4),
    })
  })

  it('is there for receipts of a route that is switched off, and of a card that was replaced', async () => {
    const here = await world([sold({ enabled: false })])
    expect((await here.send(at(4))).status).toBe(200)
    here.state.routes = [sold({ rate: { version: 5, rule: { v: 1, kind: 'flat', amount: '1' } } })]
    here.state.version = 2
    here.state.now += 11_000
    expect((await here.send(at(5))).status).toBe(200)
    expect(await (await here.send(at(4))).json()).toMatchObject({ version: 4 })
  })

  it('is nobody’s business before it is in force', async () => {
    const later = { version: 5, rule: { v: 1, kind: 'flat', amount: '1' } as const, effectiveAt: START + 1_000 }
    const here = await world([sold({ coming: [later] })])
    expect((await here.send(at(5))).status).toBe(404)
    here.state.now += 1_000
    expect((await here.send(at(5))).status).toBe(200)
  })

  it.each([at(3), at(0), at('4x'), at('04'), at(-1), at('1e3'), at(4, 'nobody'), at(4, '__proto__'), `${at(4)}/`])(
    'is not found at %s',
    async (path) => {
      const here = await world([sold()])
      const response = await here.send(path)
      expect([response.status, await codeOf(response)]).toEqual([404, 'not_found'])
    },
  )

  it('is read and not written, and no route takes its place', async () => {
    const here = await world([sold(), route({ id: 'wide', path: '/.well-known/pbstream/rates/*' })])
    expect((await here.send(at(4), { method: 'POST' })).status).toBe(405)
    expect((await here.send(at(4))).status).toBe(200)
    expect(here.seen).toEqual([])
  })
})

describe('cards that an isolate has not seen', () => {
  const book = (rules: Record<number, unknown>) => {
    const asked: number[] = []
    const cards = new CardBook(new CatalogCache(), async (_, version) => {
      asked.push(version)
      return rules[version]
    })
    return { cards, asked }
  }

  it('are looked up once', async () => {
    const { cards, asked } = book({ 2: rule })
    expect(await cards.card(sold(), 2)).toEqual(rule)
    expect(await cards.card(sold(), 2)).toEqual(rule)
    expect(asked).toEqual([2])
  })

  it('are looked up only where there may be one', async () => {
    const { cards, asked } = book({})
    for (const version of [-1, 0, 21, 1e9]) expect(await cards.card(sold(), version)).toBeUndefined()
    expect(asked).toEqual([])
    expect(await cards.card(sold(), 20)).toBeUndefined()
    expect(await cards.card(sold({ rate: null }), 1_016)).toBeUndefined()
    expect(await cards.card(sold({ rate: null }), 1_017)).toBeUndefined()
    expect(asked).toEqual([20, 1_016])
  })

  it('that this release cannot read are none', async () => {
    const { cards } = book({ 1: { v: 9, kind: 'card' }, 2: null })
    expect(await cards.card(sold(), 1)).toBeUndefined()
    expect(await cards.card(sold(), 2)).toBeUndefined()
    expect(await new CardBook(new CatalogCache(), undefined).card(sold(), 2)).toBeUndefined()
  })
})
