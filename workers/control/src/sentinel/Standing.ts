/** How Sentinel stands, for metrics. */
import type { Standing } from '@pbstream/core/message/Metrics'
import { countOpenBreakers } from '@pbstream/db/Breakers'
import { open } from '@pbstream/db/Database'
import { countOpenStops } from '@pbstream/db/Stops'
import type { Env } from '../Env.ts'
import { log } from '../Log.ts'

/** What is not known now stays as it was last said. */
export async function standing(env: Env): Promise<Pick<Standing, 'stopsOpen' | 'breakersOpen' | 'alerts'>> {
  const database = open(env)
  const [stopsOpen, breakersOpen, alerts] = await Promise.all([
    countOpenStops(database),
    countOpenBreakers(database),
    alertsOf(env),
  ])
  return { stopsOpen, breakersOpen, ...(alerts === undefined ? {} : { alerts }) }
}

async function alertsOf({ SENTINEL }: Env): Promise<Standing['alerts']> {
  try {
    const counts = await SENTINEL?.alertCounts(1)
    if (counts === undefined) return undefined
    const { sent, failed, dead, deadKept } = counts
    const told = Object.entries({ sent, failed, dead }) as ['sent' | 'failed' | 'dead', number][]
    return { told: told.map(([status, count]) => ({ status, count })), deadKept }
  } catch (error) {
    log('sentinel_not_asked', { error: error instanceof Error ? error.name : 'unknown' })
    return undefined
  }
}
