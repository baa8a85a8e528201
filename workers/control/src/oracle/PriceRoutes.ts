/** `/routes/{id}/prices` and `/quote`: what calls cost, cost, and will cost, with the reasons. */
import { toUnits } from '@pbstream/core/message/Counts'
import { read } from '@pbstream/core/Oracle'
import * as Rate from '@pbstream/core/Rate'
import { loadSignals } from '@pbstream/db/Catalog'
import { termsFor } from '@pbstream/db/CustomerTerms'
import { priceHistory } from '@pbstream/db/PriceHistory'
import { routeOf } from '@pbstream/db/ProvidersRoutes'
import { type RouteRow, soldRoute, standingOf } from '@pbstream/db/RateCards'
import { usageOf } from '@pbstream/db/UsageTotals'
import { operation } from '../api/Operation.ts'
import { address, answer, idParam, time, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { judged } from '../providers/Making.ts'
import { ordinaryUse, pricesIn } from './Prices.ts'
import { parseUnits, showUnits, unitsQuery } from './Units.ts'

const TAGS = ['Prices']
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Unless somebody says since when. */
const LOOK_BACK = 7 * DAY
const AHEAD_MAX = 366 * DAY
const SPAN_MAX = 400 * DAY

export const pricesQuery = {
  since: z.iso.datetime().optional().openapi({ description: 'From this time on; seven days ago if left out.' }),
  until: z.iso
    .datetime()
    .optional()
    .openapi({ description: 'Before this time; now if left out. Ahead: by cards to come.' }),
  step: z.enum(['hour', 'day']).optional().openapi({ description: 'How often it is looked at, besides every change.' }),
  units: unitsQuery,
}
export type PricesQuery = {
  since?: string | undefined
  until?: string | undefined
  step?: 'hour' | 'day' | undefined
  units?: string | undefined
}

const Point = z
  .object({
    at: time,
    rateVersion: z.number().int().nullable().openapi({ description: 'Of the card in force; null: free.' }),
    charge: z.string().openapi({ description: 'Of the use that is asked about, at the list price, in atomic units.' }),
    multiplier: z.string().nullable().openapi({ description: 'Of the schedule of the card.' }),
    signals: z.record(z.string(), z.string()),
  })
  .openapi('PricePoint')

const Prices = z
  .object({
    routeId: z.string(),
    units: z.record(z.string(), z.string()).openapi({ description: 'The use that is priced.' }),
    data: z.array(Point),
    nextSince: time.nullable().openapi({ description: 'Where the rest begins: send it as since.' }),
  })
  .openapi('Prices')

const prices = operation({
  method: 'get',
  path: '/routes/{id}/prices',
  operationId: 'listPrices',
  summary: 'What a stated use of a route costs over time, at the list price: every change of it',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: z.strictObject(pricesQuery) },
  responses: { 200: answer(Prices, 'The price, oldest first.') },
})

const Quote = z
  .object({
    routeId: z.string(),
    rateVersion: z.number().int().nullable(),
    rule: Rate.schema.nullable(),
    units: z.record(z.string(), z.string()),
    terms: z.object({
      at: time,
      level: z.string().nullable(),
      multiplier: z.string().nullable(),
      signals: z.record(z.string(), z.string()),
      position: z
        .object({ units: z.record(z.string(), z.string()), charged: z.string() })
        .nullable()
        .openapi({ description: 'What the payer has used in the period of the card, as far as it is projected.' }),
    }),
    ceiling: z.string().openapi({ description: 'What is held before such a call, in atomic units.' }),
    charge: z.string().openapi({ description: 'What it costs when it has used just that.' }),
    explanation: z.record(z.string(), z.unknown()).nullable().openapi({
      description: 'Which rules made the charge, from what, by which arithmetic: see docs/pricing.',
    }),
  })
  .openapi('PriceQuote')

const quote = operation({
  method: 'get',
  path: '/quote',
  operationId: 'quotePrice',
  summary: 'What a call would cost, and why; nothing is held, signed or charged',
  tags: TAGS,
  access: 'any_caller',
  request: {
    query: z.strictObject({
      route: z
        .string()
        .min(1)
        .max(64)
        .openapi({ description: 'One of yours, or any that is sold: then the list price.' }),
      units: unitsQuery,
      at: z.iso.datetime().optional().openapi({ description: 'When it begins, within 366 days; now if left out.' }),
      payer: address.optional().openapi({ description: 'For this customer of yours.' }),
    }),
  },
  responses: { 200: answer(Quote, 'The price of such a call.') },
})

export function priceRoutes(api: Api): void {
  api.openapi(prices, async (c) => {
    const { id } = c.req.valid('param')
    await judged(() => routeOf(c.var.database, callerOf(c), id))
    const { units, points, next } = await pricesOf(c, id, c.req.valid('query'))
    const data = points.map((point) => ({ ...point, at: new Date(point.at).toISOString() }))
    const nextSince = next === null ? null : new Date(next).toISOString()
    return c.json({ routeId: id, units: showUnits(units), data, nextSince }, 200)
  })

  api.openapi(quote, async (c) => {
    const { route: id, units: given, at: when, payer } = c.req.valid('query')
    const now = new Date()
    const at = when === undefined ? now : new Date(when)
    if (Math.abs(at.getTime() - now.getTime()) > AHEAD_MAX)
      throw new Refusal('malformed_body', { detail: 'at is more than 366 days away' })
    const { route, isOwn } = await routeFor(c, id)
    if (payer !== undefined && !isOwn) throw new Refusal('not_found')
    // The past of a route is asked of its history; a quote is about now and later.
    const { version, rule } = await standingOf(c.var.database, route, at > now ? at : now)
    const units = given === undefined ? {} : (parseUnits(given) ?? {})
    if (rule === null || version === null) return c.json(free(route, units, at), 200)
    const own = payer === undefined ? undefined : { payer, providerId: route.providerId }
    const terms = await termsAt(c, { route, rule, at: at.getTime(), own })
    const explanation = Rate.explain(rule, { units }, terms)
    const { level = null, multiplier = null, signals = {}, position } = terms
    const shown = {
      ...{ routeId: id, rateVersion: version, rule, units: showUnits(units) },
      terms: {
        ...{ at: at.toISOString(), level, multiplier, signals },
        position: position ? { units: showUnits(position.units), charged: String(position.charged) } : null,
      },
      ceiling: String(Rate.ceiling(rule, given === undefined ? {} : { bounds: units }, terms)),
      charge: explanation.charge,
      // Plain data, as it is sent.
      explanation: JSON.parse(JSON.stringify(explanation)) as Record<string, never>,
    }
    return c.json(shown, 200)
  })
}

/** One answer of the history. The caller has seen to it that the route is the caller's. */
export async function pricesOf(c: ApiContext, id: string, query: PricesQuery) {
  const now = Date.now()
  const until = query.until === undefined ? now : Date.parse(query.until)
  const since = query.since === undefined ? Math.min(until, now) - LOOK_BACK : Date.parse(query.since)
  if (until - now > AHEAD_MAX) throw new Refusal('malformed_body', { detail: 'until is more than 366 days ahead' })
  if (until - since > SPAN_MAX) throw new Refusal('malformed_body', { detail: 'more than 400 days at once' })
  if (until <= since) return { units: {}, points: [], next: null }
  const history = await priceHistory(c.var.database, id, new Date(since), new Date(until))
  if (!history.whole)
    throw new Refusal('malformed_body', { detail: 'too many changes in this time: ask for less of it' })
  const units = query.units === undefined ? ordinaryUse(history.cards) : (parseUnits(query.units) ?? {})
  const step = query.step === 'day' ? DAY : HOUR
  return { units, ...pricesIn(history, units, { since, until, step, now }) }
}

/** A route of the caller, or one that is sold in the caller's mode: what it costs everybody can ask its gateway too. */
async function routeFor(c: ApiContext, id: string): Promise<{ route: RouteRow; isOwn: boolean }> {
  const { owner, mode } = callerOf(c)
  const found = await soldRoute(c.var.database, id)
  const isOwn = found?.provider.owner === owner && found.provider.mode === mode
  const isSold = found !== undefined && found.route.enabled && found.provider.enabled && found.provider.mode === mode
  if (found === undefined || (!isOwn && !isSold)) throw new Refusal('not_found')
  return { route: found.route, isOwn }
}

type Asked = {
  route: RouteRow
  rule: Rate.Card
  at: number
  own: { payer: `0x${string}`; providerId: string } | undefined
}

async function termsAt(c: ApiContext, { route, rule, at, own }: Asked): Promise<Rate.Terms> {
  const { database } = c.var
  const { values } = await loadSignals(database, 0)
  const terms: Rate.Terms = { at, signals: read(rule, values, Math.min(at, Date.now())) }
  if (own === undefined) return terms
  const agreed = await termsFor(database, own.providerId, own.payer)
  const period = Rate.periodOf(rule, at)
  if (period === undefined) return { ...terms, ...agreed }
  const { units, charged } = await usageOf(database, { payer: own.payer, routeId: route.id, period })
  return { ...terms, ...agreed, position: { units: toUnits(units), charged: BigInt(charged) } }
}

function free(route: RouteRow, units: Rate.Units, at: Date) {
  return {
    ...{ routeId: route.id, rateVersion: null, rule: null, units: showUnits(units) },
    terms: { at: at.toISOString(), level: null, multiplier: null, signals: {}, position: null },
    ...{ ceiling: '0', charge: '0', explanation: null },
  }
}
