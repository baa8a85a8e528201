/** Cards with a time, customers, quotes and prices over time, by the API. */
import { beforeEach, describe, expect, test } from 'vitest'
import { api, type Call, type Reply, TEST_CHAIN } from './people.ts'
import { alice, bob, call, HOST, match, openShop, provider } from './shop.ts'
import { db, hex } from './support.ts'

openShop()

const HOUR = 3_600_000
const mine = (more: Call = {}) => call(alice, more)
const ahead = (ms: number) => new Date(Date.now() + ms).toISOString()
const tokens = (amount: string, more: object = {}) => ({
  ...{ v: 2, kind: 'card', maximum: '1000000' },
  components: [{ unit: 'input_token', price: { model: 'per_unit', amount, per: '1000' } }],
  ...more,
})
let at: { provider: string; route: string }

beforeEach(async () => {
  const { id: providerId } = await provider()
  const route = { path: '/acme/v1/*', origin: { kind: 'url', url: `https://${HOST}/` }, chainIds: [TEST_CHAIN] }
  const reply = await api('POST', '/routes', mine({ body: { ...route, providerId, rate: tokens('3000') } }))
  expect([reply.status, reply.text]).toEqual([201, reply.text])
  at = { provider: providerId, route: String(reply.json['id']) }
})

const publish = (revision: number, body: object) =>
  api('POST', `/routes/${at.route}/rate-cards`, mine({ ...match(revision), body }))
const quote = (query: Record<string, string>, as: Call = mine()) =>
  api('GET', `/quote?${new URLSearchParams({ route: at.route, ...query }).toString()}`, as)
const refused = ({ status, json }: Reply) => [status, json['code']]

describe('a card with a time', () => {
  test('is shown as to come, is what a quote for then goes by, and can be taken back', async () => {
    const effectiveAt = ahead(HOUR)
    const published = await publish(1, { rule: tokens('9000'), effectiveAt })
    expect([published.status, published.json]).toMatchObject([
      201,
      { revision: 2, rateCard: { version: 2, effectiveAt, withdrawnAt: null } },
    ])
    const route = await api('GET', `/routes/${at.route}`, mine())
    expect(route.json).toMatchObject({ rateVersion: 1, comingVersions: [2] })
    const units = 'input_token=1000'
    expect((await quote({ units })).json).toMatchObject({ rateVersion: 1, charge: '3000', ceiling: '3000' })
    expect((await quote({ units, at: effectiveAt })).json).toMatchObject({ rateVersion: 2, charge: '9000' })
    const back = await api('POST', `/routes/${at.route}/rate-cards/2/withdraw`, mine(match(2)))
    expect([back.status, back.json]).toMatchObject([
      200,
      { revision: 3, rateCard: { withdrawnAt: expect.any(String) } },
    ])
    expect((await quote({ units, at: effectiveAt })).json).toMatchObject({ rateVersion: 1 })
  })

  test.each([
    ['of the past', { rule: tokens('1'), effectiveAt: '2020-01-01T00:00:00.000Z' }, 400, 'malformed_body'],
    ['too far ahead', { rule: tokens('1'), effectiveAt: '2099-01-01T00:00:00.000Z' }, 400, 'malformed_body'],
    ['that is none', { rule: tokens('1'), effectiveAt: 'tomorrow' }, 400, 'validation_failed'],
    ['without a rule', { rule: null, effectiveAt: ahead(HOUR) }, 400, 'malformed_body'],
    ['with an oracle of nobody', { rule: signalled('orc_x') }, 400, 'malformed_body'],
  ])('%s is refused', async (_, body, status, code) => {
    expect(refused(await publish(1, body))).toEqual([status, code])
  })

  test('in force is not taken back, nor what there is not', async () => {
    const back = (version: string) =>
      api('POST', `/routes/${at.route}/rate-cards/${version}/withdraw`, mine(match(1))).then(refused)
    expect(await back('1')).toEqual([409, 'rate_card_in_force'])
    for (const version of ['0', '2', 'x', '-1', '1.0']) expect(await back(version)).toEqual([404, 'not_found'])
  })
})

function signalled(oracle: string) {
  return tokens('1000', {
    formula: 'base * (100 + signal.load) / 100',
    signals: { load: { oracle, min: '0', max: '50', fallback: '10' } },
  })
}

describe('a quote', () => {
  test('explains itself, and holds nothing', async () => {
    const { json } = await quote({ units: 'input_token=1500' })
    expect(json).toMatchObject({ charge: '4500', units: { input_token: '1500' }, explanation: { charge: '4500' } })
    expect(json['terms']).toMatchObject({ level: null, multiplier: null, signals: {}, position: null })
    expect((await quote({})).json).toMatchObject({ charge: '0', ceiling: '1000000' })
  })

  test('for a customer goes by its level, multiplier and what its sessions have used', async () => {
    const payer = hex('c3', 20)
    const rule = tokens('1000', { levels: { vip1: { multiplier: '0.5' } } })
    expect((await publish(1, { rule })).status).toBe(201)
    const terms = { level: 'vip1', multiplier: '0.9' }
    const put = await api('PUT', `/providers/${at.provider}/customers/${payer}`, mine({ body: terms }))
    expect([put.status, put.json]).toMatchObject([200, { payer, ...terms, revision: 1 }])
    const own = await quote({ units: 'input_token=1000', payer: `0x${'C3'.repeat(20)}` })
    expect(own.json).toMatchObject({ charge: '450', terms })
    expect((await quote({ units: 'input_token=1000' })).json).toMatchObject({ charge: '1000' })
    const period = { every: 'month', zone: 'UTC' }
    const graduated = {
      model: 'graduated',
      tiers: [
        { upTo: '100', amount: '10' },
        { upTo: null, amount: '1' },
      ],
    }
    const tiered = tokens('1', { components: [{ unit: 'input_token', price: graduated }], period })
    await publish(2, { rule: tiered })
    const month = new Date().toISOString().slice(0, 7)
    await db.orm.insert(db.tables.usageTotal).values({
      ...{ session: 's', payer, routeId: at.route, period: month, units: { input_token: '90' }, charged: '900' },
      revision: 1,
    })
    const after = await quote({ units: 'input_token=20', payer })
    expect(after.json).toMatchObject({
      charge: '99',
      terms: { position: { units: { input_token: '90' }, charged: '900' } },
    })
  })

  test('of what another sells is the list price, without a word of its customers', async () => {
    const payer = hex('c3', 20)
    await api('PUT', `/providers/${at.provider}/customers/${payer}`, mine({ body: { multiplier: '0.1' } }))
    const strangers = await quote({ units: 'input_token=1000' }, call(bob))
    expect([strangers.status, strangers.json]).toMatchObject([200, { charge: '3000', terms: { multiplier: null } }])
    expect(refused(await quote({ units: 'input_token=1000', payer }, call(bob)))).toEqual([404, 'not_found'])
    expect(refused(await quote({}, call(bob, { mode: 'live' })))).toEqual([404, 'not_found'])
    await api('PATCH', `/routes/${at.route}`, mine({ ...match(1), body: { enabled: false } }))
    expect(refused(await quote({}, call(bob)))).toEqual([404, 'not_found'])
    expect((await quote({})).status).toBe(200)
  })

  test.each([
    ['input_token'],
    ['=1'],
    ['input_token=-1'],
    ['input_token=1,input_token=2'],
    ['A=1'],
    ['x=1,'],
    ['__proto__=1'],
  ])('of %s is refused', async (units) => {
    expect(refused(await quote({ units }))).toEqual([400, 'validation_failed'])
  })

  test('of more than can be is the maximum, not a failure', async () => {
    const { status, json } = await quote({ units: `input_token=${'9'.repeat(29)}` })
    expect([status, json['charge'], json['ceiling']]).toEqual([200, '1000000', '1000000'])
  })
})

describe('customers', () => {
  const payer = hex('c3', 20)
  const path = () => `/providers/${at.provider}/customers/${payer}`

  test('are listed, changed from what was read, and taken away', async () => {
    await api('PUT', path(), mine({ body: { level: 'vip1' } }))
    expect(refused(await api('PUT', path(), mine({ body: { level: 'vip2' } })))).toEqual([428, 'precondition_required'])
    expect((await api('PUT', path(), mine({ ...match(1), body: { level: 'vip2' } }))).json).toMatchObject({
      revision: 2,
    })
    const list = await api('GET', `/providers/${at.provider}/customers`, mine())
    expect(list.json).toMatchObject({ data: [{ payer, level: 'vip2', multiplier: null }] })
    expect((await api('DELETE', path(), mine())).status).toBe(204)
    expect(refused(await api('GET', path(), mine()))).toEqual([404, 'not_found'])
  })

  test.each([
    [{ multiplier: '-1' }],
    [{ multiplier: '1.1234567' }],
    [{ multiplier: 1 }],
    [{ level: 'a b' }],
    [{ tier: 'x' }],
  ])('with %j are refused', async (body) => {
    expect(refused(await api('PUT', path(), mine({ body })))).toEqual([400, 'validation_failed'])
  })
})

describe('prices over time', () => {
  test('say every change: cards, those to come, times of day, free times; as JSON and as a file', async () => {
    const { route } = at
    const schedule = { zone: 'UTC', windows: [{ from: '00:00', to: '12:00', multiplier: '2' }] }
    const day = 24 * HOUR
    const midnight = Math.ceil(Date.now() / day) * day
    const from = new Date(midnight + day).toISOString()
    await publish(1, { rule: tokens('1000', { schedule }), effectiveAt: from })
    const period = { until: new Date(midnight + 2 * day).toISOString(), units: 'input_token=1000' }
    const query = new URLSearchParams(period).toString()
    const { status, json } = await api('GET', `/routes/${route}/prices?${query}`, mine())
    const data = json['data'] as { at: string; rateVersion: number | null; charge: string; multiplier: string | null }[]
    expect([status, json['nextSince']]).toEqual([200, null])
    const seen = data.map(({ at: when, rateVersion, charge }) => [when, rateVersion, charge])
    expect(seen.slice(-2)).toEqual([
      [from, 2, '2000'],
      [new Date(midnight + day + 12 * HOUR).toISOString(), 2, '1000'],
    ])
    expect(seen.slice(0, 2).map(([, version, charge]) => [version, charge])).toEqual([
      [null, '0'],
      [1, '3000'],
    ])
    const file = await api('GET', `/exports/prices.csv?${query}&route=${route}`, mine())
    const lines = file.text.trim().split('\r\n')
    expect(lines).toHaveLength(1 + data.length)
    expect(lines.at(-2)?.startsWith(`${from},2,2000,2`)).toBe(true)
    const cards = await api('GET', `/exports/rate-cards.csv?route=${route}`, mine())
    expect(
      cards.text
        .trim()
        .split('\r\n')
        .map((line) => line.split(',')[0]),
    ).toEqual(['version', '1', '2'])
  })

  test('go by what the oracle said then, and by the fallback where it was silent', async () => {
    const made = await api('POST', '/oracles', {
      ...mine({ body: { ...oracleOf(at.provider), fallback: '40' } }),
      env: { WEBHOOK_SECRET: 'webhook-secret-0123456789-0123456789' },
    })
    const id = String(made.json['id'])
    await publish(1, { rule: signalled(id) })
    const begin = Date.now()
    const said = [
      ['accepted', '20', 10 * 60_000],
      ['clamped', '90', 20 * 60_000],
      ['fallback', null, 30 * 60_000],
    ] as const
    await db.orm.insert(db.tables.oracleValue).values(
      said.map(([status, value, after], i) => {
        return { oracleId: id, seq: 10 + i, raw: value, value, status, source: 'push', at: new Date(begin + after) }
      }),
    )
    // A clock that is an hour ahead: these values are of its past.
    const { pricesIn } = await import('../src/oracle/Prices.ts')
    const { priceHistory } = await import('@pbstream/db/PriceHistory')
    const [since, until] = [begin, begin + HOUR]
    const history = await priceHistory(db, at.route, new Date(since), new Date(until))
    const { points } = pricesIn(history, { input_token: 1000n }, { since, until, step: 24 * HOUR, now: until })
    expect(points.map(({ at: when, charge, signals }) => [when - begin, charge, signals])).toEqual([
      [0, '1400', { load: '40' }],
      [10 * 60_000, '1200', { load: '20' }],
      [20 * 60_000, '1500', { load: '50' }],
      [30 * 60_000, '1100', { load: '10' }],
    ])
  })

  test.each([
    ['more than 400 days', { since: '2020-01-01T00:00:00.000Z' }],
    ['more than a year ahead', { since: '2098-12-01T00:00:00.000Z', until: '2099-01-01T00:00:00.000Z' }],
  ])('of %s are refused', async (_, query) => {
    const reply = await api('GET', `/routes/${at.route}/prices?${new URLSearchParams(query).toString()}`, mine())
    expect(refused(reply)).toEqual([400, 'malformed_body'])
  })
})

function oracleOf(providerId: string) {
  return { providerId, name: 'load', min: '0', max: '100', staleSeconds: 60, source: { kind: 'push' } }
}
