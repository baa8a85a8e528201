/** `/routes/{id}/forecast`: what a route will sell, and what such forecasts would have been worth. */
import * as Forecast from '@pbstream/core/Forecast'
import * as Routes from '@pbstream/db/ProvidersRoutes'
import { hoursOf } from '@pbstream/db/UsageHours'
import { operation } from '../api/Operation.ts'
import { answer, idParam } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { judged } from '../providers/Making.ts'
import { type Asked, historyOf, seasonsOf, STEP_MS, windowOf } from './History.ts'
import * as Schemas from './Schemas.ts'

const TAGS = ['Forecasts']
const HORIZON = { hour: 48, day: 14 } as const
const FOLD = { hour: 24, day: 7 } as const

const forecast = operation({
  method: 'get',
  path: '/routes/{id}/forecast',
  operationId: 'forecastRoute',
  summary: 'Usage, revenue or price of a route in the next hours or days, with intervals',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: Schemas.forecastQuery },
  responses: { 200: answer(Schemas.Forecast, 'The forecast.') },
})

const backtest = operation({
  method: 'get',
  path: '/routes/{id}/forecast/backtest',
  operationId: 'backtestRoute',
  summary: 'How good forecasts of a route would have been, beside repeating the last day or week',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: Schemas.backtestQuery },
  responses: { 200: answer(Schemas.Backtest, 'The figures.') },
})

export function forecastRoutes(api: Api): void {
  api.openapi(forecast, async (c) => {
    const { horizon, step = 'hour', ...asked } = c.req.valid('query')
    const { shown, values, until } = await read(c, c.req.valid('param').id, { ...asked, step })
    if (values.length === 0) return c.json({ ...shown, points: [], models: [], origins: 0 }, 200)
    const options = { ...seasonsOf(step), horizon: horizon ?? HORIZON[step] }
    const { points, intervals, models, origins } = Forecast.forecast(values, options)
    const timed = points.map((value, h) => ({
      at: iso(until + h * STEP_MS[step]),
      value,
      intervals: intervals.map(({ level, lower, upper }) => ({ level, lower: lower[h]!, upper: upper[h]! })),
    }))
    return c.json({ ...shown, points: timed, models, origins }, 200)
  })

  api.openapi(backtest, async (c) => {
    const { horizon: asking, folds: most = 4, step = 'hour', ...asked } = c.req.valid('query')
    const { shown, values, from } = await read(c, c.req.valid('param').id, { ...asked, step })
    const horizon = asking ?? FOLD[step]
    const { season, cycle } = seasonsOf(step)
    const needs = 2 * season + horizon
    if (values.length < needs) return c.json({ ...shown, needs, folds: [], mean: null }, 200)
    const { folds, mean } = Forecast.backtest(values, { season, cycle, horizon, folds: most })
    const timed = folds.map((fold) => ({ at: iso(from + fold.origin * STEP_MS[step]), ...figures(fold) }))
    return c.json({ ...shown, needs, folds: timed, mean: figures(mean) }, 200)
  })
}

/** The history of a route of the caller's. */
async function read(c: ApiContext, id: string, asked: Asked) {
  const { database } = c.var
  await judged(() => Routes.routeOf(database, callerOf(c), id))
  const window = windowOf(asked.step, Date.now())
  const rows = await hoursOf(database, id, new Date(window.from), new Date(window.until))
  const { from, values } = historyOf(rows, asked, window.until)
  const history = { from: values.length === 0 ? null : iso(from), until: iso(window.until), values: values.length }
  const shown = { routeId: id, metric: asked.metric, unit: asked.unit ?? null, step: asked.step, history }
  return { shown, values, from, until: window.until }
}

function figures({ mase, smape, coverage, naive }: Forecast.Accuracy) {
  return { mase: mase ?? null, smape, coverage: [...coverage], naive: { mase: naive.mase ?? null, smape: naive.smape } }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
