/** F25: the price changes between 402 and payment, or becomes nonsense. The signed price holds until it expires. I1 I13. */
import { type RateRule, publishRateCard } from '@pbstream/db/Catalog'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start({ routes: [{ path: '/work' }, { path: '/nonsense' }, { path: '/formula' }] })
})
afterAll(() => world?.stop())

/** Its deposit covers what formulas hold. */
let formulaCaller: Caller | undefined

const flat = (amount: string): RateRule => ({ v: 1, kind: 'flat', amount })
const by = () => ({ actor: 'test', at: Date.now() })

async function asked(path = '/work'): Promise<string | number> {
  const answer = await fetch(`${world.stack.gateway}${path}`)
  const header = answer.headers.get('payment-required')
  if (header === null) return answer.status
  return (JSON.parse(atob(header)) as { accepts: { amount: string }[] }).accepts[0]!.amount
}

async function reprice(amount: string): Promise<void> {
  await publishRateCard(world.stack.system.database, 'work', flat(amount), by())
  await until(`calls cost ${amount}`, async () => (await asked()) === amount)
}

test.each(['5000', '200'])('a call that was quoted 1000 costs 1000 when the price has become %s', async (amount) => {
  const caller = world.callers[0] ?? (await world.caller())
  await reprice('1000')
  await caller.calls(1)
  const [before, request] = [caller.acknowledged, await caller.sign()]
  await reprice(amount)
  const served = await fetch(request)
  caller.count(served)
  expect([served.status, caller.acknowledged - before]).toEqual([200, 1_000n])
  await caller.calls(1)
  expect(caller.acknowledged - before).toBe(1_000n + BigInt(amount))
  await drained(world)
})

test('when the quote has expired, the caller is asked for the new price and charged nothing', async () => {
  const [caller] = world.callers
  await reprice('1000')
  const request = await caller!.sign()
  await reprice('5000')
  await world.clock('gateway', { skew: 301_000 })
  const refused = await fetch(request)
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([402, 'quote_expired'])
  await world.clock('gateway', { skew: 0 })
  await drained(world)
})

test('I1: a price that is no amount cannot be published, and a card that nobody can read sells nothing', async () => {
  const { database } = world.stack.system
  for (const amount of ['-1', 'NaN', '1e3', '0.5', '', '9'.repeat(80)]) {
    await expect(publishRateCard(database, 'nonsense', flat(amount), by())).rejects.toThrow()
  }
  expect(await asked('/nonsense')).toBe('1000')
  const { rateCard, catalog } = database.tables
  const rule = { v: 9, kind: 'formula', text: 'now() / 0' } as unknown as RateRule
  await database.orm.update(rateCard).set({ rule }).where(eq(rateCard.routeId, 'nonsense'))
  await database.orm.update(catalog).set({ version: sql`${catalog.version} + 1` })
  await until('it is not sold', async () => (await asked('/nonsense')) === 404)
  expect(world.stack.upstream.calls('/nonsense')).toBe(0)
  await drained(world)
})

/** A call costs what a formula makes of the pages that its answer reports, or 300 when that is no price. */
const formula = (text: string, maximum: string): RateRule => ({
  v: 2,
  kind: 'card',
  components: [{ unit: 'request', price: { model: 'per_unit', amount: '300' } }],
  formula: text,
  signals: { load: { oracle: 'nobody', min: '0', max: '10', fallback: '0' } },
  maximum,
})

test.each([
  ['works', 21n, 'units.custom.page * 7', '2001'],
  ['divides by zero', 300n, '5000 / (units.custom.page - 3)', '2002'],
  ['divides by what nobody tells', 300n, '5000 / signal.load', '2006'],
  ['is negative', 300n, 'units.custom.page - 100', '2003'],
  ['is above the maximum', 300n, 'units.custom.page * 1000000', '2004'],
  ['does not fit in 64 bits', 300n, 'units.custom.page * 9223372036854775807', '2005'],
])('I1 I13: a call whose formula %s costs %s, once', async (_, cost, text, maximum) => {
  const caller = (formulaCaller ??= await world.caller({ deposit: 1_000_000n }))
  const { database } = world.stack.system
  await publishRateCard(database, 'formula', formula(text, maximum), by())
  // Before the call nobody knows how many pages there are: asked for is the most that the formula can make of any.
  await until('it is sold by the formula', async () => (await asked('/formula')) === maximum)
  world.stack.upstream.on('/formula', (_request, response) => {
    response.setHeader('pbstream-usage', 'custom.page=3').end('three pages')
  })
  const served = await caller.payer.fetch(`${world.stack.gateway}/formula`)
  expect([served.status, await served.text()]).toEqual([200, 'three pages'])
  caller.acknowledged += cost
  await drained(world)
  const { orm, tables } = database
  const charges = await orm.select().from(tables.microPayment).where(eq(tables.microPayment.routeId, 'formula'))
  expect(charges.toSorted((a, b) => b.rateVersion! - a.rateVersion!)[0]?.amount).toBe(`${cost}`)
})
