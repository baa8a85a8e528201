/** Cards with a time, on both databases: which is in force when, for whoever asks whenever. */
import fc from 'fast-check'
import { asc, eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { loadCatalog, publishRateCard } from '../src/Catalog.ts'
import { inForce, nextSwitch } from '../src/CatalogTime.ts'
import { priceHistory } from '../src/PriceHistory.ts'
import * as Cards from '../src/ProvidersCards.ts'
import * as Providers from '../src/Providers.ts'
import * as Routes from '../src/ProvidersRoutes.ts'
import { standingOf, standings } from '../src/RateCards.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex, T0 } from './events.ts'

const OWNER = hex('a1', 20)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const flat = (amount: number) => ({ v: 1, kind: 'flat', amount: String(amount) }) as const
const byAt = (at: number) => ({ owner: OWNER, mode: 'test', actor: 'key_1', at: new Date(T0 + at) }) as const

emptyBeforeEach()
beforeEach(async () => {
  const terms = { withdrawDelay: null, settleAmount: null, settleAgeMs: null }
  await Providers.createProvider(db, byAt(0), { id: 'prov_1', name: 'Acme', payTo: hex('ac', 20), ...terms })
  await Routes.createRoute(db, byAt(0), {
    ...{ id: 'route_1', providerId: 'prov_1', path: '/acme/*', origin: { kind: 'url', url: 'https://acme.example' } },
    ...{ chainIds: [84532], adapter: null, rate: flat(100) },
  })
})

const revision = async () => (await Routes.routeOf(db, byAt(0), 'route_1')).revision
const publish = async (at: number, amount: number | null, from?: number) =>
  Cards.publishCard(
    db,
    byAt(at),
    'route_1',
    await revision(),
    amount === null ? null : flat(amount),
    from === undefined ? undefined : new Date(T0 + from),
  )
const withdraw = async (at: number, version: number) =>
  Cards.withdrawCard(db, byAt(at), 'route_1', await revision(), version)

/** What the price is at a time: by the catalog as it is loaded now, by the row, and by the history. */
async function priceAt(at: number): Promise<(string | null)[]> {
  const [route] = (await loadCatalog(db)).routes
  if (route === undefined) throw new Error('there is no route')
  const { rate } = inForce(route, T0 + at)
  const row = await Routes.routeOf(db, byAt(0), 'route_1')
  const { rule, version } = await standingOf(db, row, new Date(T0 + at))
  const { cards } = await priceHistory(db, 'route_1', new Date(T0 + at), new Date(T0 + at + 1))
  const amountOf = (card: unknown) => (card as { amount?: string } | undefined)?.amount ?? null
  const said = amountOf(cards.at(-1)?.rule)
  return [amountOf(rate?.rule), version === null ? null : amountOf(rule), said === '0' ? null : said]
}
const all = (amount: string | null) => [amount, amount, amount]

describe('a card with a time', () => {
  test('is in the catalog at once and in force at its instant, not a millisecond before', async () => {
    await publish(1, 200, HOUR)
    const { routes } = await loadCatalog(db)
    expect(routes).toMatchObject([
      { rate: { version: 1 }, coming: [{ version: 2, rule: flat(200), effectiveAt: T0 + HOUR }] },
    ])
    expect([nextSwitch(routes, T0), nextSwitch(routes, T0 + HOUR - 1)]).toEqual([T0 + HOUR, T0 + HOUR])
    expect(nextSwitch(routes, T0 + HOUR)).toBe(Infinity)
    expect(await priceAt(HOUR - 1)).toEqual(all('100'))
    expect(await priceAt(HOUR)).toEqual(all('200'))
  })

  test('follows whatever is put in force before it', async () => {
    await publish(1, 200, HOUR)
    await publish(2, 300)
    expect(await priceAt(HOUR - 1)).toEqual(all('300'))
    expect(await priceAt(HOUR)).toEqual(all('200'))
    await publish(HOUR + 1, 400)
    expect(await priceAt(HOUR + 1)).toEqual(all('400'))
    expect((await loadCatalog(db)).routes).toMatchObject([{ rate: { version: 4 }, coming: [] }])
  })

  test('keeps its turn when several come, whichever was published first', async () => {
    await publish(1, 300, 3 * HOUR)
    await publish(2, 200, 2 * HOUR)
    await publish(3, 250, 2 * HOUR)
    expect(await priceAt(2 * HOUR)).toEqual(all('250'))
    expect(await priceAt(3 * HOUR)).toEqual(all('300'))
    const row = await Routes.routeOf(db, byAt(0), 'route_1')
    const standing = (await standings(db, [row], new Date(T0 + 2 * HOUR))).get('route_1')
    expect([standing?.version, standing?.coming.map(({ version }) => version)]).toEqual([4, [2]])
  })

  test('comes for a route that was made free in between, and a free time is in the history', async () => {
    await publish(1, 200, HOUR)
    await publish(2, null)
    expect(await priceAt(3)).toEqual(all(null))
    expect(await priceAt(HOUR)).toEqual(all('200'))
    const cards = await db.orm.select().from(db.tables.rateCard).orderBy(asc(db.tables.rateCard.version))
    expect(cards.map(({ rule }) => rule)).toEqual([flat(100), flat(200), flat(0)])
  })

  test('that came is what the next one follows, and the route names it from then on', async () => {
    await publish(1, 200, HOUR)
    await publish(2 * HOUR, 300, 3 * HOUR)
    expect(await Routes.routeOf(db, byAt(0), 'route_1')).toMatchObject({
      rateVersion: 2,
      rateAt: new Date(T0 + HOUR),
    })
    expect(await priceAt(2 * HOUR)).toEqual(all('200'))
    expect(await priceAt(3 * HOUR)).toEqual(all('300'))
  })

  test('is not published twice, nor is a rule that is in force because its time has come', async () => {
    const first = await publish(1, 200, HOUR)
    const again = await publish(2, 200, HOUR)
    expect([first.card?.version, again.card?.version, again.row.revision]).toEqual([2, 2, first.row.revision])
    const came = await publish(HOUR + 1, 200)
    expect([came.card?.version, came.row.revision]).toEqual([2, first.row.revision])
    expect(await publishRateCard(db, 'route_1', flat(200), { actor: 'seed', at: T0 + 2 * HOUR })).toBe(2)
  })

  test('switches the route off when this release cannot read it, and not before', async () => {
    await publish(1, 200, HOUR)
    await db.orm
      .update(db.tables.rateCard)
      .set({ rule: { v: 9, kind: 'tide' } as never })
      .where(eq(db.tables.rateCard.version, 2))
    const [route] = (await loadCatalog(db)).routes
    if (route === undefined) throw new Error('there is no route')
    expect([inForce(route, T0 + HOUR - 1).enabled, inForce(route, T0 + HOUR)]).toMatchObject([
      true,
      { enabled: false, rate: null },
    ])
  })

  test.each([
    ['a time that has passed', 200, 0, 'malformed_body'],
    ['a time in more than a year', 200, 367 * 24 * HOUR, 'malformed_body'],
    ['no rule', null, HOUR, 'malformed_body'],
  ])('with %s is refused', async (_, amount, from, code) => {
    await expect(publish(1, amount, from)).rejects.toMatchObject({ code })
  })

  test('is one of twenty at most', async () => {
    for (let n = 1; n <= Cards.COMING_MAX; n++) await publish(n, 200 + n, HOUR * n)
    await expect(publish(30, 999, 100 * HOUR)).rejects.toMatchObject({ code: 'limit_reached' })
    await publish(HOUR + 1, 999, 100 * HOUR)
  }, 60_000)
})

describe('taking a card back', () => {
  test('leaves it in the history, and out of the prices', async () => {
    await publish(1, 200, HOUR)
    const { card } = await withdraw(2, 2)
    expect(card.withdrawnAt).toEqual(new Date(T0 + 2))
    expect(await priceAt(HOUR)).toEqual(all('100'))
    expect((await loadCatalog(db)).routes).toMatchObject([{ coming: [] }])
    expect(await Cards.cardsOf(db, 'route_1', 1, 5)).toMatchObject([{ version: 2, rule: flat(200) }])
    const once = await revision()
    await withdraw(3, 2)
    expect(await revision()).toBe(once)
  })

  test('is too late in the minute before it comes, and afterwards; and there has to be one', async () => {
    await publish(1, 200, HOUR)
    for (const at of [HOUR - MINUTE + 1, HOUR, 2 * HOUR])
      await expect(withdraw(at, 2)).rejects.toMatchObject({ code: 'rate_card_in_force' })
    await expect(withdraw(1, 1)).rejects.toMatchObject({ code: 'rate_card_in_force' })
    await expect(withdraw(1, 9)).rejects.toMatchObject({ code: 'not_found' })
    await withdraw(HOUR - MINUTE, 2)
  })

  test('is nobody else’s to do', async () => {
    await publish(1, 200, HOUR)
    const other = { ...byAt(2), owner: hex('b2', 20) }
    await expect(Cards.withdrawCard(db, other, 'route_1', 2, 2)).rejects.toMatchObject({ code: 'not_found' })
    await expect(Cards.withdrawCard(db, byAt(2), 'route_1', 1, 2)).rejects.toMatchObject({
      code: 'precondition_failed',
    })
  })
})

test('whatever is published, for now and for later, catalog, row and history give the same price at any time', async () => {
  const step = fc.record({
    after: fc.integer({ min: 1, max: 3 * HOUR }),
    amount: fc.option(fc.integer({ min: 1, max: 4 })),
    ahead: fc.option(fc.integer({ min: 1, max: 5 * HOUR })),
    back: fc.boolean(),
  })
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      const id = `route_${++run + 1}`
      await Routes.createRoute(db, byAt(0), {
        ...{ id, providerId: 'prov_1', path: `/acme/${run}`, origin: { kind: 'url', url: 'https://acme.example' } },
        ...{ chainIds: [84532], adapter: null, rate: null },
      })
      let at = 0
      const times = [0]
      for (const { after, amount, ahead, back } of steps) {
        at += after
        const from = amount === null || ahead === null ? undefined : new Date(T0 + at + ahead)
        const row = await Routes.routeOf(db, byAt(0), id)
        const { card } = await Cards.publishCard(
          db,
          byAt(at),
          id,
          row.revision,
          amount === null ? null : flat(amount),
          from,
        )
        times.push(at, ...(from === undefined ? [] : [from.getTime() - T0 - 1, from.getTime() - T0]))
        const now = await Routes.routeOf(db, byAt(0), id)
        if (back && card !== null && from !== undefined && from.getTime() - T0 - at >= MINUTE)
          await Cards.withdrawCard(db, byAt(at), id, now.revision, card.version)
      }
      const row = await Routes.routeOf(db, byAt(0), id)
      const loaded = (await loadCatalog(db)).routes.find((route) => route.id === id)
      if (loaded === undefined) throw new Error('there is no route')
      for (const time of times.filter((each) => each >= at)) {
        const said = inForce(loaded, T0 + time).rate
        const { version } = await standingOf(db, row, new Date(T0 + time))
        const { cards } = await priceHistory(db, id, new Date(T0 + time), new Date(T0 + time + 1))
        const last = cards.at(-1)
        const known = last === undefined || (last.rule as { amount?: string }).amount === '0' ? null : last.version
        expect([time, said?.version ?? null, version]).toEqual([time, known, known])
      }
    }),
    { numRuns: 8 },
  )
}, 120_000)
