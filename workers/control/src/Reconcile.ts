/**
 * Compares database, sessions and chain, and the charges that are recorded with what was spent, some channels a run:
 * those under suspicion, those with an incident that holds, and the next page of all, with the cursor in the database.
 * What differs is an incident, once; what is derivable is repaired; what holds no longer is resolved. Every step can be
 * repeated, and a run that breaks is taken up by the next.
 */
import type { Hex } from '@pbstream/core/Hex'
import {
  type ChannelSnapshot,
  differenceKinds,
  type IncidentEvent,
  type PbEvent,
  type SessionEvent,
} from '@pbstream/core/message/Event'
import type { Standing } from '@pbstream/core/message/Metrics'
import type { Comparison, OperationsApi } from '@pbstream/core/message/Operations'
import { parseSessionName } from '@pbstream/core/message/Session'
import type { Database } from '@pbstream/db/Database'
import * as Incidents from '@pbstream/db/Incidents'
import { project } from '@pbstream/db/Projection'
import * as Reconciliation from '@pbstream/db/Reconciliation'
import { type Finding, findings, incident } from './Differences.ts'
import { type Flaw, flawsOf, MORE_MAX } from './ReconcileCharges.ts'

export type ReconcileDeps = {
  database: Database
  settlement: Pick<OperationsApi, 'compare' | 'observe' | 'drain'>
  /** Counts what was found; must not fail. */
  feed(events: PbEvent[]): Promise<void>
  now(): number
  log(what: string, detail: Record<string, string>): void
  /** How long somebody may be behind without having moved before it counts, in milliseconds. */
  graceMs: number
  /** Channels of the page that one run compares. */
  page: number
}

/** Statements bind their ids one by one, 100 at most. */
const SUSPECTS = 25
const HELD = 25
export const PAGE_MAX = 40
/** One call compares so many. */
const AT_ONCE = 50
const KINDS: ReadonlySet<string> = new Set(differenceKinds)

export type Outcome = {
  compared: number
  raised: number
  repaired: number
  attempts: NonNullable<Standing['attempts']>
  reconciledAt?: number
}

/** One run. */
export async function reconcile(deps: ReconcileDeps): Promise<Outcome> {
  const { database: db, settlement } = deps
  const before = await Reconciliation.progress(db, new Date(deps.now()))
  const page = await Reconciliation.channelsAfter(db, before.cursor, Math.min(deps.page, PAGE_MAX))
  const rows = await withUrgent(db, page)
  const outcome: Outcome = { compared: rows.length, raised: 0, repaired: 0, attempts: [] }
  const more = { left: MORE_MAX }
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    const some = rows.slice(i, i + AT_ONCE)
    const seen = await settlement.compare(
      1,
      some.map(({ id, session }) => ({ session, channelId: id })),
    )
    const spent = new Map(
      seen.flatMap(({ channel, session }) => (session ? [[channel.channelId, session.snapshot.spent] as const] : [])),
    )
    const flaws = await flawsOf(db, some, spent, new Date(deps.now()), more)
    await judge(deps, some, seen, flaws, outcome)
  }
  const now = new Date(deps.now())
  const last = page.length < Math.min(deps.page, PAGE_MAX)
  const finished = { cursor: '', roundAt: now, finishedAt: now }
  await Reconciliation.advance(db, last ? finished : { ...before, cursor: page.at(-1)?.id ?? '' })
  const reconciledAt = last ? now : before.finishedAt
  return reconciledAt === null ? outcome : { ...outcome, reconciledAt: reconciledAt.getTime() }
}

/** The page, and in front of it the channels that something is known against. */
async function withUrgent(db: Database, page: Reconciliation.ChannelRow[]): Promise<Reconciliation.ChannelRow[]> {
  const suspected = (await Reconciliation.oldestSuspicions(db, SUSPECTS)).map(({ channelId }) => channelId)
  const held = await Incidents.openOfKinds(db, [...differenceKinds], HELD)
  const here = new Set(page.map(({ id }) => id))
  const ids = new Set([...suspected, ...held.map(({ subject }) => subject as Hex)].filter((id) => !here.has(id)))
  return ids.size === 0 ? page : [...(await Reconciliation.channelsById(db, [...ids])), ...page]
}

/** Compares channels that were read together, and writes down what came of it. */
async function judge(
  deps: ReconcileDeps,
  rows: Reconciliation.ChannelRow[],
  seen: Comparison[],
  flaws: ReadonlyMap<Hex, Flaw>,
  outcome: Outcome,
): Promise<void> {
  const ids = rows.map(({ id }) => id)
  const suspicions = await Reconciliation.suspicionsOf(deps.database, ids)
  const held = await Incidents.openOfChannels(deps.database, ids)
  const news: PbEvent[] = []
  for (const row of rows) {
    const comparison = seen.find(({ channel }) => channel.channelId === row.id)
    const found = comparison === undefined ? undefined : findings(row, comparison, deps.now(), flaws.get(row.id))
    if (comparison === undefined || found === undefined) continue
    const suspected = suspicions.filter(({ channelId }) => channelId === row.id)
    const confirmed = await confirm(deps, found, suspected)
    const incidents: IncidentEvent[] = []
    for (const finding of confirmed) {
      const repaired = await repair(deps, finding, comparison)
      if (repaired !== 'no') outcome.repaired++
      incidents.push(incident(finding, repaired, deps.now()))
    }
    const raised = await report(deps, incidents)
    outcome.raised += raised.length
    news.push(...raised)
    const open = held.filter(({ subject, what }) => subject === row.id && KINDS.has(what))
    await Incidents.resolve(deps.database, over(open, found, incidents), new Date(deps.now()))
    const { session } = comparison
    if (session === undefined) continue
    outcome.attempts.push({ channelId: row.id, attempt: session.attempt })
    const said = snapshotEvent(session.snapshot, row.session)
    if (said !== undefined) news.push(said)
  }
  await deps.feed(news)
}

/** Writes incidents down, and gives back those that did not hold before. */
async function report(deps: ReconcileDeps, incidents: IncidentEvent[]): Promise<IncidentEvent[]> {
  const raised = await Incidents.raise(deps.database, incidents)
  const fresh = incidents.filter(({ id }) => raised.includes(id))
  for (const { id, what, detail } of fresh) deps.log(what, { id, ...detail })
  return fresh
}

/** Ids of incidents that hold no longer. One that is still suspected holds, perhaps under other numbers. */
function over(open: { id: string; what: string }[], found: Finding[], incidents: IncidentEvent[]): string[] {
  const gone = open.filter(({ id, what }) => {
    if (incidents.some((each) => each.id === id)) return false
    return !found.some((each) => each.what === what) || incidents.some((each) => each.what === what)
  })
  return gone.map(({ id }) => id)
}

/** The findings that count: at once, or because they were there a while ago and nothing has moved since. */
async function confirm(
  { database: db, now, graceMs }: ReconcileDeps,
  found: Finding[],
  suspicions: Reconciliation.Suspicion[],
): Promise<Finding[]> {
  const confirmed: Finding[] = []
  for (const finding of found) {
    const { what, channelId, mark } = finding
    const known = suspicions.find((each) => each.what === what)
    if (mark === undefined) confirmed.push(finding)
    else if (known?.mark !== mark) await Reconciliation.suspect(db, { channelId, what, mark, since: new Date(now()) })
    else if (now() - known.since.getTime() >= graceMs) confirmed.push(finding)
  }
  for (const { channelId, what } of suspicions) {
    if (!found.some((each) => each.what === what)) await Reconciliation.acquit(db, channelId, what)
  }
  return confirmed
}

/** Does what is derivable, and says what was done. What could not be done is tried again in the next run. */
async function repair(deps: ReconcileDeps, finding: Finding, { channel, session }: Comparison): Promise<string> {
  const { settlement, database } = deps
  if (finding.repair === undefined || session === undefined) return 'no'
  if (finding.repair === 'project') {
    const event = snapshotEvent(session.snapshot, channel.session)
    if (event === undefined) return 'no'
    await project(database, [event])
    return 'projected'
  }
  const { ok } = await settlement.observe(1, channel, session.config)
  // Settlement finds the claim on chain and confirms it.
  if (finding.repair === 'observe_and_claim') await settlement.drain(1, channel)
  return ok ? 'observed' : 'no'
}

/** What the session would send: its numbers as they are. Rows that it has sent stand for themselves. */
function snapshotEvent(snapshot: ChannelSnapshot, name: string): SessionEvent | undefined {
  const session = parseSessionName(name)
  return session && { v: 1, kind: 'session', session, channels: [snapshot], rows: [] }
}
