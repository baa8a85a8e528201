/** `/ops/stops` and `/ops/breakers`: what is stopped, and by whose word it goes on. Each act is in the platform's audit. */
import { PLATFORM } from '@pbstream/db/Audit'
import { breakersOf, openBreakers } from '@pbstream/db/Breakers'
import { open } from '@pbstream/db/Database'
import { providerOfRoute } from '@pbstream/db/ProvidersRoutes'
import { stopById, type StopRow as StopRecord, stopsOf } from '@pbstream/db/Stops'
import { type Context, Hono } from 'hono'
import { z } from '../api/Parts.ts'
import type { Env } from '../Env.ts'
import { Refusal, refuse } from '../Problem.ts'
import * as Breakers from './Breakers.ts'
import { answering, json, read } from './OperatorRules.ts'
import { release } from './StopRelease.ts'
import { refOfStop, Release, showStop, SNOOZE_SECONDS, stopOf } from './StopSchemas.ts'

type App = { Bindings: Env }

const LIST_MAX = 100

/** Mounted behind the bearer key of operators. */
export const operatorStops = new Hono<App>()

/** The newest stops; `?open=true`: those that hold. */
operatorStops.get('/stops', async (c) => {
  const asked = z.strictObject({ open: z.enum(['true', 'false']).optional() }).safeParse(c.req.query())
  if (!asked.success) return refuse('malformed_query')
  const filter = asked.data.open === undefined ? {} : { open: asked.data.open === 'true' }
  const rows = await stopsOf(open(c.env), 'all', filter, undefined, LIST_MAX)
  return json(c, { stops: rows.map((row) => shown(row)) })
})

/** Of every scope and kind: an operator's word is enough, and needs a reason. */
operatorStops.post('/stops/:id/release', async (c) =>
  answering(async () => {
    const { reason, snoozeSeconds = SNOOZE_SECONDS } = await read(c, Release)
    const database = open(c.env)
    const row = await stopById(database, c.req.param('id'))
    if (row === undefined) throw new Refusal('not_found')
    const stop = stopOf(row)
    if (stop.releasedAt !== undefined) return json(c, shown(row))
    const order = { env: c.env, database, chain: PLATFORM, actor: 'operator', by: 'operator' as const }
    const [after] = await release({ ...order, reason, snoozeSeconds }, refOfStop(row), [stop])
    return json(c, shown(row, after))
  }),
)

/** Those of the platform, and all that are not closed. */
operatorStops.get('/breakers', async (c) => {
  const database = open(c.env)
  const now = new Date()
  const own = await breakersOf(database, ['platform'], LIST_MAX)
  const others = (await openBreakers(database)).filter(({ scope }) => scope !== 'platform').slice(0, LIST_MAX)
  const breakers = [
    ...own.map((row) => ({ scope: row.scope, ...Breakers.showBreaker(row, now) })),
    ...others.map((row) => ({ ...row, until: row.until?.toISOString() ?? null })),
  ]
  return json(c, { breakers })
})

/** `global`, `provider:<id>` or `upstream:<route>`. */
operatorStops.post('/breakers/:subject/:act{open|close}', async (c) =>
  answering(async () => {
    const { reason } = await read(c, Breakers.Reason)
    const { subject, act } = c.req.param() as { subject: string; act: 'open' | 'close' }
    const order = { scope: await scopeOf(c, subject), subject, act, reason }
    const by = { env: c.env, database: open(c.env), chain: PLATFORM, actor: 'operator' }
    return json(c, await Breakers.act(by, order))
  }),
)

/** @throws {Refusal} not_found */
async function scopeOf(c: Context<App>, subject: string): Promise<string> {
  if (subject === 'global') return 'platform'
  const [, kind, id] = /^(provider|upstream):(.{1,128})$/.exec(subject) ?? []
  if (id === undefined) throw new Refusal('not_found')
  if (kind === 'provider') return subject
  const provider = await providerOfRoute(open(c.env), id)
  if (provider === undefined) throw new Refusal('not_found')
  return `provider:${provider}`
}

/** Without the payer. */
function shown(row: StopRecord, stop = stopOf(row)) {
  return { ...showStop(stop, 'operator'), chainId: row.chainId, key: row.key }
}
