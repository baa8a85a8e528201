/** `/providers/{id}/revenue`: sales and answers 402 over time. */
import { challengesOf } from '@pbstream/db/Challenges'
import type { Database } from '@pbstream/db/Database'
import { providerOf } from '@pbstream/db/Providers'
import { soldByHour } from '@pbstream/db/ProviderSummary'
import { HOUR_MS } from '@pbstream/db/UsageHours'
import { operation } from '../api/Operation.ts'
import { answer, idParam } from '../api/Parts.ts'
import { type Api, callerOf } from '../api/Types.ts'
import { judged } from '../providers/Making.ts'
import { type Period, periodOf } from './ProviderPeriod.ts'
import { Revenue, seriesQuery, TAGS } from './ProviderSchemas.ts'

const DAYS = { hour: { usual: 2, most: 31 }, day: { usual: 30, most: 366 } }
const STEP_MS = { hour: HOUR_MS, day: 24 * HOUR_MS }

const get = operation({
  method: 'get',
  path: '/providers/{id}/revenue',
  operationId: 'getProviderRevenue',
  summary: 'Revenue, paid calls and answers 402 in each hour or day',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: seriesQuery },
  responses: { 200: answer(Revenue, 'The series.') },
})

export function revenueRoutes(api: Api): void {
  api.openapi(get, async (c) => {
    const { database } = c.var
    const { id } = c.req.valid('param')
    const { step = 'day', ...asked } = c.req.valid('query')
    await judged(() => providerOf(database, callerOf(c), id))
    const now = new Date()
    const period = periodOf(asked, DAYS[step], now)
    const points = await pointsOf(database, id, period, STEP_MS[step], now)
    return c.json({ from: period.since.toISOString(), to: period.until.toISOString(), step, points }, 200)
  })
}

async function pointsOf(db: Database, id: string, period: Period, stepMs: number, now: Date) {
  const [sold, challenges] = await Promise.all([
    soldByHour(db, id, period, now),
    challengesOf(db, id, period.since, period.until),
  ])
  const steps = new Map<number, { revenue: bigint; requests: number; challenges: number }>()
  const stepOf = (at: number) => Math.floor(at / stepMs) * stepMs
  for (let at = stepOf(period.since.getTime()); at < period.until.getTime(); at += stepMs) {
    steps.set(at, { revenue: 0n, requests: 0, challenges: 0 })
  }
  for (const [hour, { revenue, requests }] of sold) {
    const step = steps.get(stepOf(hour))
    if (step === undefined) continue
    step.revenue += revenue
    step.requests += requests
  }
  for (const { hour, count } of challenges) {
    const step = steps.get(stepOf(hour.getTime()))
    if (step !== undefined) step.challenges += count
  }
  return Array.from(steps, ([at, { revenue, ...counts }]) => ({
    at: new Date(at).toISOString(),
    revenue: String(revenue),
    ...counts,
  }))
}
