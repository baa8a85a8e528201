/** What the clock starts, connected to this Worker's bindings. */
import type { PbEvent } from '@pbstream/core/message/Event'
import type { Standing } from '@pbstream/core/message/Metrics'
import { type DeadLettersApi, deadLettersName } from '@pbstream/core/message/Operations'
import { recordHeads } from '@pbstream/db/AuditHeads'
import { open } from '@pbstream/db/Database'
import * as Incidents from '@pbstream/db/Incidents'
import { countDue } from '@pbstream/db/UsageHours'
import { sweepOld } from './auth/Sweep.ts'
import { prewarm } from './cache/Prewarm.ts'
import { feed, tellStanding } from './Counter.ts'
import { type DeadDeps, incidentId } from './DeadEvents.ts'
import type { Env } from './Env.ts'
import { log } from './Log.ts'
import { sweepKeys } from './keys/Sweep.ts'
import { everyMinute as everyMinuteOfOracles } from './oracle/Clock.ts'
import { everyMinute as everyMinuteOfProviders } from './providers/Clock.ts'
import { type Outcome, PAGE_MAX, reconcile } from './Reconcile.ts'
import { sweepChannels } from './sentinel/Channels.ts'
import { standing as sentinelStanding } from './sentinel/Standing.ts'
import { forward, forwardIncidents } from './sentinel/Forward.ts'
import { pushPending } from './sentinel/RulePush.ts'
import { sweepWebhooks } from './webhooks/Queue.ts'
import { projectAndTell } from './webhooks/Tell.ts'

export { log } from './Log.ts'

const GRACE_MS = 60_000
const LETTERS_MAX = 100

export function lettersOf(env: Env): DeadLettersApi {
  if (env.DEAD_LETTERS === undefined) throw new Error('there is no DEAD_LETTERS binding')
  return env.DEAD_LETTERS.getByName(deadLettersName) as unknown as DeadLettersApi
}

export function deadDeps(env: Env): DeadDeps {
  const database = open(env)
  return {
    letters: lettersOf(env),
    project: async (events) => {
      await projectAndTell(env, database, events)
      await forward(env, events)
    },
    feed: (events) => countIfPossible(env, events),
    log,
  }
}

/** What happens every minute. One part that fails does not keep the others from being done. */
export async function everyMinute(env: Env): Promise<void> {
  const outcome = await guarded('reconcile', () => runReconciliation(env))
  await guarded('oracles', () => everyMinuteOfOracles(env))
  await guarded('prewarm', () => prewarm(env, open(env)))
  const deadLetters = await guarded('dead_letters', () => lookAtLetters(env))
  await guarded('session_keys', () => sweepKeys(env, log))
  await guarded('rules', () => pushPending(env, open(env)))
  await guarded('providers', () => everyMinuteOfProviders(env))
  await guarded('usage_hours', () => countDue(open(env), new Date()))
  await guarded('webhooks', () => sweepWebhooks(env))
  await guarded('alert_channels', () => sweepChannels(env, open(env), new Date()))
  await guarded('forward_incidents', () => forwardIncidents(env, open(env), new Date()))
  await guarded('audit_heads', async () => void (await recordHeads(open(env), new Date())))
  await guarded('sweep', () => sweepOld(open(env), new Date()))
  await guarded('standing', async () => {
    const incidentsOpen = await Incidents.countOpen(open(env))
    const now: Standing = {
      incidentsOpen,
      ...(await guarded('sentinel_standing', () => sentinelStanding(env))),
      ...(deadLetters === undefined ? {} : { deadLetters }),
      ...(outcome === undefined ? {} : { attempts: outcome.attempts }),
      ...(outcome?.reconciledAt === undefined ? {} : { reconciledAt: outcome.reconciledAt }),
    }
    await tellStanding(env, now)
  })
}

/** One run of the comparison of database, sessions and chain. */
export async function runReconciliation(env: Env): Promise<Outcome> {
  if (env.OPERATIONS === undefined) throw new Error('there is no OPERATIONS binding')
  return reconcile({
    database: open(env),
    settlement: env.OPERATIONS,
    feed: async (events) => {
      await countIfPossible(env, events)
      await guarded('forward', () => forward(env, events))
    },
    now: () => Date.now(),
    log,
    graceMs: number(env.RECONCILE_GRACE_MS, GRACE_MS),
    page: Math.max(1, number(env.RECONCILE_PAGE, PAGE_MAX)),
  })
}

/** How many dead letters wait; those whose claim was settled since do not, and their incidents are over. */
async function lookAtLetters(env: Env): Promise<NonNullable<Standing['deadLetters']>> {
  const events = await lettersOf(env).list(1, 1)
  const claims = await env.OPERATIONS?.deadLetters(1, LETTERS_MAX)
  if (claims !== undefined) {
    const ids = claims.settled.map(incidentId)
    await Incidents.resolve(open(env), ids, new Date())
  }
  return [
    { queue: 'events', depth: events.depth },
    ...(claims === undefined ? [] : [{ queue: 'claims' as const, depth: claims.depth }]),
  ]
}

/** What is told again by the next run, or by the channel's next event, is not worth failing for. */
async function countIfPossible(env: Env, events: PbEvent[]): Promise<void> {
  await guarded('count', () => feed(env, events, { projected: 0, failed: 0 }))
}

async function guarded<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    // Names only: a database's message may quote a row.
    log('job_failed', { job: what, error: error instanceof Error ? error.name : 'unknown' })
    return undefined
  }
}

function number(text: string | undefined, fallback: number): number {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : fallback
}
