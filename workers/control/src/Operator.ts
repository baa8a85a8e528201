/**
 * `/ops`: what an operator may see and do, with the bearer key `OPERATOR_KEY`; without that secret there is no such thing
 * here. Every act can be repeated, and is written into the audit. Answers are JSON, amounts decimal strings; no payers.
 */
import { type Address, type Hex, isAddress, isBytes32, lower } from '@pbstream/core/Hex'
import type { DeadLetter, LaneState, OperationsApi, ReplayReply } from '@pbstream/core/message/Operations'
import { record } from '@pbstream/db/Audit'
import { type Database, open } from '@pbstream/db/Database'
import * as Incidents from '@pbstream/db/Incidents'
import { channelsById, progress } from '@pbstream/db/Reconciliation'
import { type Context, Hono } from 'hono'
import { verifyAll } from './audit/VerifyAll.ts'
import { bears } from './Bearer.ts'
import * as DeadEvents from './DeadEvents.ts'
import type { Env } from './Env.ts'
import { deadDeps, lettersOf, log, runReconciliation } from './Jobs.ts'
import { refuse } from './Problem.ts'
import { operatorChannels } from './sentinel/OperatorChannels.ts'
import { operatorRules } from './sentinel/OperatorRules.ts'
import { operatorStops } from './sentinel/OperatorStops.ts'

type App = { Bindings: Env }

const INCIDENTS_MAX = 100
const LETTERS_MAX = 100
/** A transaction under way for longer is worth a look. */
const OLD_ITEM_MS = 300_000

export const operator = new Hono<App>()

operator.use('*', async (c, next) => {
  if (c.env.OPERATOR_KEY === undefined) return refuse('not_found')
  return (await bears(c.req.raw, c.env.OPERATOR_KEY)) ? next() : refuse('unauthorized')
})

operator.onError((error, c) => {
  // The name only: a database's message may quote a row.
  log('operator_failed', { path: c.req.path, error: error.name })
  return refuse('temporarily_unavailable')
})

/** What does not get on: incidents that hold, dead letters, transactions that are under way for long. */
operator.get('/stuck', async (c) => {
  const now = Date.now()
  const database = open(c.env)
  const settlement = settlementOf(c)
  const [incidents, events, claims, lanes, { finishedAt }] = await Promise.all([
    Incidents.openIncidents(database, INCIDENTS_MAX),
    lettersOf(c.env).list(1, LETTERS_MAX),
    settlement.deadLetters(1, LETTERS_MAX),
    settlement.lanes(1),
    progress(database, new Date(now)),
  ])
  const letters = [...claims.letters.map(of('claims')), ...events.letters.map(of('events'))]
  return json(c, {
    incidents,
    deadLetters: letters,
    lanes: lanes.flatMap((lane) => {
      const items = lane.items.filter(({ createdAt }) => createdAt < now - OLD_ITEM_MS)
      return lane.paused || items.length > 0 ? [{ ...lane, items }] : []
    }),
    reconciledAt: finishedAt,
  })
})

/** Whether the audit is as it was written. `?chain=` and `?seq=`: go on there. */
operator.get('/audit/verify', async (c) => {
  const { chain = '', seq = '0' } = c.req.query()
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(seq) || chain.length > 200) return refuse('malformed_query')
  return json(c, await verifyAll(open(c.env), { chain, seq: Number(seq) }))
})

operator.get('/incidents', async (c) =>
  json(c, { incidents: await Incidents.openIncidents(open(c.env), INCIDENTS_MAX) }),
)

operator.get('/lanes', async (c) => {
  const lanes: LaneState[] = await settlementOf(c).lanes(1)
  return json(c, { lanes })
})

/** A run of the comparison now, besides those that the clock makes. */
operator.post('/reconcile', async (c) => {
  const { compared, raised, repaired } = await runReconciliation(c.env)
  return json(c, { compared, raised, repaired })
})

operator.post('/dead-letters/:id/replay', async (c) => {
  const id = c.req.param('id').replace(/^dead_letter:/, '')
  if (!/^[\w-]{1,128}$/.test(id)) return refuse('malformed_query')
  const database = open(c.env)
  const mine = await DeadEvents.replay(deadDeps(c.env), id)
  const reply: ReplayReply = mine.kind === 'not_found' ? await settlementOf(c).replay(1, id) : mine
  if (reply.kind === 'not_found') return refuse('not_found')
  if (reply.kind === 'replayed') await Incidents.resolve(database, [DeadEvents.incidentId(id)], new Date())
  await noted(database, 'replay', id, { ...reply })
  return json(c, reply)
})

operator.post('/channels/:id/drain', async (c) => {
  const id = c.req.param('id')
  if (!isBytes32(id)) return refuse('malformed_query')
  const database = open(c.env)
  const channelId: Hex = lower(id)
  const [row] = await channelsById(database, [channelId])
  if (row === undefined) return refuse('not_found')
  const reply = await settlementOf(c).drain(1, { session: row.session, channelId })
  if (reply.kind === 'unknown_channel') return refuse('not_found')
  const amounts = reply.kind === 'sent' ? { total: String(reply.total), rest: String(reply.rest) } : {}
  const answer = { kind: reply.kind, channelId, ...amounts }
  await noted(database, 'drain', channelId, answer)
  return json(c, answer)
})

operator.post('/lanes/:chainId/:signer/:act{pause|resume}', async (c) => {
  const { chainId, signer, act } = c.req.param()
  if (!/^[1-9][0-9]{0,14}$/.test(chainId) || !isAddress(signer)) return refuse('malformed_query')
  const on = act === 'pause'
  const address: Address = lower(signer)
  if (!(await settlementOf(c).pauseLane(1, Number(chainId), address, on))) return refuse('not_found')
  await noted(open(c.env), act, `${chainId}:${address}`, {})
  return json(c, { chainId: Number(chainId), signer: address, paused: on })
})

operator.route('/', operatorRules)
operator.route('/', operatorStops)
operator.route('/', operatorChannels)

operator.notFound(() => refuse('not_found'))

function settlementOf({ env }: Context<App>): OperationsApi {
  if (env.OPERATIONS === undefined) throw new Error('there is no OPERATIONS binding')
  return env.OPERATIONS
}

function of(queue: 'claims' | 'events'): (letter: DeadLetter) => DeadLetter & { queue: string } {
  return (letter) => ({ ...letter, queue })
}

async function noted(database: Database, action: string, subject: string, detail: Record<string, unknown>) {
  await record(database, { actor: 'operator', action, subject, detail, at: new Date() })
}

function json(c: Context, body: object): Response {
  return c.json(body, 200, { 'cache-control': 'no-store' })
}
