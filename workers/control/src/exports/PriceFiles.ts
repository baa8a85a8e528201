/** `/exports/*.csv` of prices: cards, what oracles said, and what a use of a route cost over time. */
import { everOracleOf } from '@pbstream/db/OracleRows'
import { valuesAfter } from '@pbstream/db/OracleValues'
import { cardsOf } from '@pbstream/db/ProvidersCards'
import { routeOf } from '@pbstream/db/ProvidersRoutes'
import { operation } from '../api/Operation.ts'
import { z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { pricesOf, pricesQuery, type PricesQuery } from '../oracle/PriceRoutes.ts'
import { judged } from '../providers/Making.ts'
import type { Cell } from './Csv.ts'
import { csv, file, text } from './Routes.ts'
import type { Page } from './Stream.ts'
import { ROWS } from './Walk.ts'

const cards = operation({
  ...csv,
  path: '/exports/rate-cards.csv',
  operationId: 'exportRateCards',
  summary: 'Every rate card of a route, oldest first',
  request: { query: z.strictObject({ route: text }) },
})

const values = operation({
  ...csv,
  path: '/exports/oracle-values.csv',
  operationId: 'exportOracleValues',
  summary: 'Every value of an oracle, oldest first; of a deleted one too',
  request: {
    query: z.strictObject({
      oracle: text,
      since: pricesQuery.since,
      until: pricesQuery.until,
      after: z
        .string()
        .regex(/^(?:0|[1-9][0-9]{0,14})$/)
        .transform(Number)
        .optional()
        .openapi({ type: 'integer', minimum: 0, description: 'The `seq` of the last line you have.' }),
    }),
  },
})

const prices = operation({
  ...csv,
  path: '/exports/prices.csv',
  operationId: 'exportPrices',
  summary: 'What a stated use of a route cost over time: every change of it',
  request: { query: z.strictObject({ ...pricesQuery, route: text }) },
})

const CARD = ['version', 'effective_at', 'withdrawn_at', 'created_at', 'rule']
const VALUE = ['seq', 'time', 'status', 'raw', 'value', 'source', 'message', 'error', 'sent_at']
const PRICE = ['time', 'rate_version', 'charge_atomic_units_6_decimals', 'multiplier', 'signals', 'units']

export function priceFileRoutes(api: Api): void {
  api.openapi(cards, async (c) => {
    const { route } = c.req.valid('query')
    await judged(() => routeOf(c.var.database, callerOf(c), route))
    return file(c, 'rate-cards', CARD, () => cardPage(c, route, 0))
  })

  api.openapi(values, async (c) => {
    const { oracle, since, until, after = 0 } = c.req.valid('query')
    await judged(() => everOracleOf(c.var.database, callerOf(c), oracle))
    const between = { since: dateOf(since), until: dateOf(until) }
    return file(c, 'oracle-values', VALUE, () => valuePage(c, oracle, between, after))
  })

  api.openapi(prices, async (c) => {
    const { route, ...query } = c.req.valid('query')
    await judged(() => routeOf(c.var.database, callerOf(c), route))
    return file(c, 'prices', PRICE, () => pricePage(c, route, query))
  })
}

async function cardPage(c: ApiContext, route: string, after: number): Promise<Page> {
  const rows = await cardsOf(c.var.database, route, after, ROWS)
  const lines = rows.map(({ version, effectiveAt, withdrawnAt, createdAt, rule }): Cell[] => {
    const times = [effectiveAt.toISOString(), withdrawnAt?.toISOString() ?? null, createdAt.toISOString()]
    return [version, ...times, JSON.stringify(rule)]
  })
  const last = rows.at(-1)
  const next = rows.length === ROWS && last !== undefined ? () => cardPage(c, route, last.version) : undefined
  return { lines, next }
}

type Between = { since: Date | undefined; until: Date | undefined }

async function valuePage(c: ApiContext, oracle: string, between: Between, after: number): Promise<Page> {
  const rows = await valuesAfter(c.var.database, oracle, between, after, ROWS)
  const lines = rows.map(({ seq, at, status, raw, value, source, messageId, error, sentAt }): Cell[] => {
    return [seq, at.toISOString(), status, raw, value, source, messageId, error, sentAt?.toISOString() ?? null]
  })
  const last = rows.at(-1)
  const next = rows.length === ROWS && last !== undefined ? () => valuePage(c, oracle, between, last.seq) : undefined
  return { lines, next }
}

async function pricePage(c: ApiContext, route: string, query: PricesQuery): Promise<Page> {
  // The end is that of the first page: a file does not run after the clock.
  const fixed = { ...query, until: query.until ?? new Date().toISOString() }
  const { units, points, next } = await pricesOf(c, route, fixed)
  const use = Object.entries(units).map(([unit, count]) => `${unit}=${count}`)
  const lines = points.map(({ at, rateVersion, charge, multiplier, signals }): Cell[] => {
    const said = Object.entries(signals).map(([name, value]) => `${name}=${value}`)
    return [new Date(at).toISOString(), rateVersion, charge, multiplier, said.join(','), use.join(',')]
  })
  const since = next === null ? undefined : new Date(next).toISOString()
  return { lines, next: since === undefined ? undefined : () => pricePage(c, route, { ...fixed, since }) }
}

function dateOf(given: string | undefined): Date | undefined {
  return given === undefined ? undefined : new Date(given)
}
