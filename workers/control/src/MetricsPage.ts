/** `GET /metrics`: what the Metrics object counts, for Prometheus. */
import type { Context } from 'hono'
import { bears } from './Bearer.ts'
import { metricsOf } from './Counter.ts'
import type { Env } from './Env.ts'
import { refuse } from './Problem.ts'

/** With `METRICS_TOKEN` for whoever bears it; without, on one machine for everybody, and elsewhere for nobody. */
export async function showMetrics(c: Context<{ Bindings: Env }>): Promise<Response> {
  const { METRICS_TOKEN: token, OVERVIEW } = c.env
  if (token === undefined && OVERVIEW !== 'true') return refuse('not_found')
  if (token !== undefined && !(await bears(c.req.raw, token))) return refuse('unauthorized')
  try {
    const text = await metricsOf(c.env)?.render(1)
    if (text === undefined) return refuse('not_found')
    return c.body(text, 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'cache-control': 'no-store',
    })
  } catch {
    return refuse('temporarily_unavailable')
  }
}
