import type { Counts } from '@pbstream/core/message/Counts'
import type { Address } from '@pbstream/core/Hex'
import * as Rate from '@pbstream/core/Rate'
import * as Claims from '@pbstream/core/rate/Claims'
import * as Receipt from '@pbstream/core/Receipt'
import type { Report } from '@pbstream/core/message/Session'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import { describe, expect, it, vi } from 'vitest'
import { type CustomerLookup, Customers, FRESH_MS, STALE_MS, together } from '../src/Customers.ts'
import { DATABASE_MS } from '../src/Within.ts'
import { completion } from './support/openai.ts'
import { header, payer, voucher } from './support/payer.ts'
import { openSession, sessionWorld, signed } from './support/session.ts'
import { quoted, route, START, type World } from './support/world.ts'

const PATH = '/v1/weather'
const NAME = 'a session'
const acme: Address = `0x${'ac'.repeat(20)}`

/** Tiers over a month: 10 each up to 100 tokens, 4 each from there. */
const tiered = Rate.parse({
  v: 2,
  kind: 'card',
  components: [
    {
      unit: 'output_token',
      price: {
        model: 'graduated',
        tiers: [
          { upTo: '100', amount: '10' },
          { upTo: null, amount: '4' },
        ],
      },
    },
  ],
  period: { every: 'month', zone: 'UTC' },
  levels: { gold: { multiplier: '0.5' } },
  maximum: '10000',
})

/** A database of one customer. */
function database() {
  const state = {
    asked: [] as string[],
    away: false,
    slow: undefined as Promise<void> | undefined,
    terms: undefined as { level?: string; multiplier?: string } | undefined,
    usage: { units: {} as Counts, charged: '0' },
  }
  const answer = async <T>(question: string, value: () => T): Promise<T> => {
    state.asked.push(question)
    await state.slow
    if (state.away) throw new Error('away')
    return value()
  }
  const lookup: CustomerLookup = {
    terms: (provider, who) => answer(`terms ${provider} ${who}`, () => state.terms),
    usage: ({ period }, except) => answer(`usage ${period} but ${except}`, () => state.usage),
  }
  return { state, lookup }
}

function customers() {
  const { state, lookup } = database()
  const clock = { now: START }
  const kept: Promise<unknown>[] = []
  const known = new Customers(lookup, () => clock.now)
  const terms = () => known.terms('acme', acme, (work) => void kept.push(work))
  return { state, clock, known, terms, settled: () => Promise.all(kept) }
}

describe('what is known of a customer', () => {
  it('is asked for once, and believed for ten seconds', async () => {
    const { state, clock, terms } = customers()
    state.terms = { level: 'gold' }
    expect(await Promise.all([terms(), terms()])).toEqual([{ level: 'gold' }, { level: 'gold' }])
    clock.now += FRESH_MS - 1
    state.terms = { level: 'silver' }
    expect(await terms()).toEqual({ level: 'gold' })
    expect(state.asked).toEqual([`terms acme ${acme}`])
  })

  it('is asked for again behind the next call, and waited for after a minute', async () => {
    const { state, clock, terms, settled } = customers()
    state.terms = { level: 'gold' }
    await terms()
    clock.now += FRESH_MS
    state.terms = { level: 'silver' }
    expect(await terms()).toEqual({ level: 'gold' })
    await settled()
    expect(await terms()).toEqual({ level: 'silver' })
    clock.now += STALE_MS
    state.terms = undefined
    expect(await terms()).toEqual({})
    expect(state.asked).toHaveLength(3)
  })

  it('holds for a minute without a database, then everybody pays the list price', async () => {
    const { state, clock, terms } = customers()
    state.away = true
    expect(await terms()).toEqual({})
    state.away = false
    state.terms = { multiplier: '0.8' }
    expect(await terms()).toEqual({ multiplier: '0.8' })
    state.away = true
    clock.now += STALE_MS - 1
    expect(await terms()).toEqual({ multiplier: '0.8' })
    clock.now += 1
    expect(await terms()).toEqual({})
  })

  it('is waited for for three seconds: then the list price holds, and the next asks again', async () => {
    vi.useFakeTimers()
    try {
      const { state, clock, terms, settled } = customers()
      const { promise: slow, resolve: answer } = Promise.withResolvers<void>()
      state.slow = slow
      state.terms = { level: 'gold' }
      const waiting = terms()
      await vi.advanceTimersByTimeAsync(DATABASE_MS)
      expect(await waiting).toEqual({})
      const next = terms()
      await vi.advanceTimersByTimeAsync(DATABASE_MS)
      expect(await next).toEqual({})
      expect(state.asked).toHaveLength(2)
      answer()
      await settled()
      // What came too late for those calls is known to the next.
      expect(await terms()).toEqual({ level: 'gold' })
      clock.now += FRESH_MS
      state.slow = new Promise(() => {})
      expect(await terms()).toEqual({ level: 'gold' })
    } finally {
      vi.useRealTimers()
    }
  })

  it('is apart for each session, period and route', async () => {
    const { state, known } = customers()
    const keep = () => {}
    const at = { payer: acme, routeId: 'r', period: '2027-01' }
    await known.elsewhere(at, NAME, keep)
    await known.elsewhere(at, NAME, keep)
    await known.elsewhere({ ...at, period: '2027-02' }, NAME, keep)
    await known.elsewhere({ ...at, routeId: 's' }, NAME, keep)
    await known.elsewhere(at, 'another', keep)
    expect(state.asked).toHaveLength(4)
  })

  it('is one place in the period, whichever keys were used', () => {
    const a = { units: { output_token: 5n, request: 1n }, charged: 50n }
    const b = { units: { output_token: 7n, image: 1n }, charged: 30n }
    expect(together(a, b)).toEqual({ units: { output_token: 12n, request: 1n, image: 1n }, charged: 80n })
    expect([together(a, undefined), together(undefined, b)]).toEqual([a, b])
  })
})

const posts = (at: World) =>
  at.session.reports.filter((report): report is Extract<Report, { kind: 'post' }> => report.kind === 'post')

describe('a call of a customer', () => {
  const sold = (rule = tiered): CatalogRoute => route({ adapter: 'openai', rate: { version: 1, rule } })
  const posting = (headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    body: '{"messages":[]}',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'x', ...headers },
  })

  async function start(rule = tiered) {
    const at = await sessionWorld([sold(rule)])
    const { state, lookup } = database()
    at.gateway.customers = new Customers(lookup, () => at.state.now)
    at.state.upstream = () => completion({ prompt_tokens: 0, completion_tokens: 20 })
    return { at, state }
  }

  async function byVoucher(at: World) {
    const required = await quoted(at, PATH, posting())
    const price = BigInt(required.accepts[0]?.amount ?? 0)
    await (await at.send(PATH, posting(header(await voucher(required, price))))).text()
    await at.rest()
    const [post] = posts(at).slice(-1)
    const receipt = await Receipt.verify(post?.receipt ?? '', at.gateway.keys.verifiers)
    if (!receipt.ok) throw new Error(receipt.code)
    return { price, amount: post?.amount, claims: receipt.claims }
  }

  it('is charged where it stands: by its own count, and by what other keys of it used', async () => {
    const { at, state } = await start()
    state.usage = { units: { output_token: '30' }, charged: '300' }
    at.session.decide = (command) => {
      const granted = at.session.grant(command)
      const position = { units: { output_token: '60' }, charged: '600' }
      return granted.kind === 'granted' ? { ...granted, position } : granted
    }
    const { amount, claims } = await byVoucher(at)
    expect(at.session.reserves).toMatchObject([{ period: '2027-01' }])
    // 10 at 10, 10 at 4.
    expect(amount).toBe(140n)
    expect(claims).toMatchObject({ tm: { at: START, pos: { u: { output_token: '90' }, c: '900' } } })
    const { use = {}, tm } = claims
    if (tm === undefined) throw new Error('nothing says what the price depended on')
    expect(`${Rate.charge(tiered, Claims.toUsage(use, tm), Claims.toTerms(tm))}`).toBe(claims.price)
  })

  it('is not placed by others where its session does not count', async () => {
    const { at, state } = await start(Rate.parse({ ...tiered, period: undefined }))
    state.usage = { units: { output_token: '1000' }, charged: '1' }
    const { amount, claims } = await byVoucher(at)
    expect([amount, claims.tm?.pos]).toEqual([200n, undefined])
    expect(at.session.reserves[0]).not.toHaveProperty('period')
    expect(state.asked).toEqual([`terms acme ${payer.address}`])
  })

  it('costs what its provider agreed with it, and is quoted at the list price', async () => {
    const { at, state } = await start()
    state.terms = { level: 'gold', multiplier: '0.9' }
    const { price, amount, claims } = await byVoucher(at)
    expect([price, amount]).toEqual([10_000n, 90n])
    expect(claims.tm).toMatchObject({ lv: 'gold', mu: '0.9' })
  })

  it('never costs more than its quote, whatever its provider has set since', async () => {
    const { at, state } = await start()
    state.terms = { multiplier: '900' }
    const { price, amount } = await byVoucher(at)
    expect(price).toBe(10_000n)
    expect(amount).toBeLessThanOrEqual(price)
  })

  it('in session mode holds what it costs this customer', async () => {
    const { at, state } = await start()
    state.terms = { level: 'gold' }
    const session = await openSession(at)
    const body = '{"messages":[],"max_tokens":40}'
    const ask = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
    at.state.routes = [{ ...sold(), bodyPriced: true }]
    at.state.version++
    at.state.now += 20_000
    await (await at.handle(await signed(session, PATH, { ...ask, created: at.state.now / 1000 }))).text()
    await at.rest()
    // 40 tokens at 10, for half.
    expect(at.session.pays).toMatchObject([{ hold: 200n, period: '2027-01' }])
    expect(posts(at)).toMatchObject([{ amount: 100n }])
  })

  it('of a fixed price is nothing that anybody asks the database about', async () => {
    const { at, state } = await start(Rate.parse({ v: 1, kind: 'flat', amount: '1000' }))
    await byVoucher(at)
    expect(state.asked).toEqual([])
  })
})

describe('a price that follows the time', () => {
  const evening = Rate.parse({
    v: 2,
    kind: 'card',
    components: [{ unit: 'request', price: { model: 'per_unit', amount: '100' } }],
    schedule: { zone: 'UTC', windows: [{ from: '18:00', to: '20:00', multiplier: '1.5' }] },
    signals: { load: { oracle: 'o1', min: '0', max: '10', fallback: '2' } },
    formula: 'base * (100 + signal.load) / 100',
    maximum: '1000',
  })
  const at18 = Date.UTC(2027, 0, 15, 18)

  async function start() {
    const at = await sessionWorld([route({ rate: { version: 1, rule: evening } })])
    at.state.now = at18 - 1
    const price = async () => (await quoted(at, PATH)).accepts[0]?.amount
    return { at, price }
  }

  it('changes at the instant, and is the same from the quote to the charge', async () => {
    const { at, price } = await start()
    expect(await price()).toBe('102')
    const required = await quoted(at, PATH)
    at.state.now += 1
    expect(await price()).toBe('153')
    const response = await at.send(PATH, { headers: header(await voucher(required, 102n)) })
    await response.text()
    await at.rest()
    expect(posts(at)).toMatchObject([{ amount: 102n, usage: { request: '1' } }])
  })

  it('follows its signals while they are fresh, within the bounds of the card', async () => {
    const { at, price } = await start()
    const say = async (value: string, staleAt = at18 + 60_000) => {
      at.state.signals = {
        version: at.state.signals.version + 1,
        values: { o1: { value, at: at18, staleAt, fallback: null } },
      }
      at.state.version++
      at.state.now += 20_000
      return price()
    }
    expect(await say('8')).toBe('162')
    expect(await say('5000')).toBe('165')
    expect(await say('8', 0)).toBe('153')
  })

  it('is that of the card in force at the begin of the call', async () => {
    const { at, price } = await start()
    const next = Rate.parse({ v: 1, kind: 'flat', amount: '7' })
    at.state.routes = [
      route({ rate: { version: 1, rule: evening }, coming: [{ version: 2, rule: next, effectiveAt: at18 + 500 }] }),
    ]
    at.state.version++
    at.state.now += 499
    await at.rest()
    expect(await price()).toBe('153')
    at.state.now += 2
    expect(await price()).toBe('7')
  })
})
