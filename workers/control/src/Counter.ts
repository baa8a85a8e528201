/** The Metrics object, from the side of those who feed it: it must never hold up what they are there for. */
import type { PbEvent } from '@pbstream/core/message/Event'
import { type MetricsApi, metricsName, type Standing } from '@pbstream/core/message/Metrics'
import type { Env } from './Env.ts'

/** An object that takes longer is as good as one that is away. */
const PATIENCE_MS = 5_000

/** The object that counts; a fresh stub each time, since a broken one stays broken. Undefined where none is bound. */
export function metricsOf(env: Env): MetricsApi | undefined {
  return env.METRICS?.getByName(metricsName) as unknown as MetricsApi | undefined
}

/** Counts events that were projected; throws when they were not counted in time. */
export async function feed(env: Env, events: PbEvent[], done: { projected: number; failed: number }): Promise<void> {
  const metrics = metricsOf(env)
  if (metrics !== undefined) await within(PATIENCE_MS, metrics.feed(1, events, done))
}

/** Says how things stand; throws when it was not heard in time. */
export async function tellStanding(env: Env, now: Standing): Promise<void> {
  const metrics = metricsOf(env)
  if (metrics !== undefined) await within(PATIENCE_MS, metrics.standing(1, now))
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the metrics took too long')), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
