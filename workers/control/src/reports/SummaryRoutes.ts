/** `/providers/{id}/summary`: how the business stands, on one page. */
import { challengesOf } from '@pbstream/db/Challenges'
import type { Database } from '@pbstream/db/Database'
import { providerOf } from '@pbstream/db/Providers'
import { lagsOf, pathsOf, type Sold, soldByRoute, unsettledOf } from '@pbstream/db/ProviderSummary'
import { operation } from '../api/Operation.ts'
import { answer, idParam } from '../api/Parts.ts'
import { type Api, callerOf } from '../api/Types.ts'
import { judged } from '../providers/Making.ts'
import { before, type Period, periodOf } from './ProviderPeriod.ts'
import { periodQuery, ProviderSummary, TAGS } from './ProviderSchemas.ts'

const DAYS = { usual: 30, most: 92 }
const TOP = 5

const get = operation({
  method: 'get',
  path: '/providers/{id}/summary',
  operationId: 'getProviderSummary',
  summary: 'Revenue, paid calls, answers 402, settlement and the best routes of a period, beside the one before',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: periodQuery },
  responses: { 200: answer(ProviderSummary, 'The summary.') },
})

export function summaryRoutes(api: Api): void {
  api.openapi(get, async (c) => {
    const { database } = c.var
    const { id } = c.req.valid('param')
    await judged(() => providerOf(database, callerOf(c), id))
    const now = new Date()
    const period = periodOf(c.req.valid('query'), DAYS, now)
    const [current, previous, lags, lagsBefore, unsettled, paths] = await Promise.all([
      routesIn(database, id, period, now),
      routesIn(database, id, before(period), now),
      lagsOf(database, id, period),
      lagsOf(database, id, before(period)),
      unsettledOf(database, id),
      pathsOf(database, id),
    ])
    const summary = {
      ...totals(period, current, lags),
      unsettled: String(unsettled),
      topRoutes: [...current]
        .sort(([, a], [, b]) => (a.revenue > b.revenue ? -1 : a.revenue < b.revenue ? 1 : b.requests - a.requests))
        .slice(0, TOP)
        .map(([routeId, sums]) => ({ routeId, path: paths.get(routeId) ?? null, ...shown(sums) })),
      previous: totals(before(period), previous, lagsBefore),
    }
    return c.json(summary, 200)
  })
}

type Sums = Sold & { challenges: number }

async function routesIn(db: Database, id: string, period: Period, now: Date): Promise<Map<string, Sums>> {
  const [sold, challenges] = await Promise.all([
    soldByRoute(db, id, period, now),
    challengesOf(db, id, period.since, period.until),
  ])
  const sums = new Map(Array.from(sold, ([route, of]): [string, Sums] => [route, { ...of, challenges: 0 }]))
  for (const { routeId, count } of challenges) {
    const of = sums.get(routeId) ?? { revenue: 0n, requests: 0, challenges: 0 }
    sums.set(routeId, { ...of, challenges: of.challenges + count })
  }
  return sums
}

/** `lags`: in order, shortest first. */
function totals({ since, until }: Period, routes: Map<string, Sums>, lags: readonly number[]) {
  const sum = { revenue: 0n, requests: 0, challenges: 0 }
  for (const { revenue, requests, challenges } of routes.values()) {
    sum.revenue += revenue
    sum.requests += requests
    sum.challenges += challenges
  }
  const calls = sum.requests + sum.challenges
  const paidRate = calls === 0 ? null : sum.requests / calls
  const settlementLagMs = { p50: lags[Math.floor((lags.length - 1) / 2)] ?? null, max: lags.at(-1) ?? null }
  return { from: since.toISOString(), to: until.toISOString(), ...shown(sum), paidRate, settlementLagMs }
}

function shown({ revenue, requests, challenges }: Sums) {
  return { revenue: String(revenue), requests, challenges }
}
