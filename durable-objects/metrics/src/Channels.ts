/** Session events as sums: the last revision of each channel is kept, and only differences to it are added. */
import type { ChannelSnapshot, JournalRow, SessionEvent } from '@pbstream/core/message/Event'
import { sessionName } from '@pbstream/core/message/Session'
import * as Lag from './Lag.ts'
import * as Seen from './Seen.ts'
import type { Sql } from './Sql.ts'
import { labelText, type Totals } from './Totals.ts'

const NAMES = [
  'provisional',
  'deposited',
  'returned',
  'accepted',
  'spent',
  'claimed',
  'settled',
  'lost',
] as const satisfies (keyof ChannelSnapshot)[]

export type Name = (typeof NAMES)[number]
type Numbers = Record<Name, bigint>

type Channel = {
  id: string
  labels: string
  /** -1: no snapshot has come yet. */
  revision: number
  numbers: Numbers
  /** When `settled` was last seen to rise. */
  settledAt: number
  marks: Lag.Marks
  oldestAt: number | undefined
  attempt: number
}

/** Different (chain, token) that get sums of their own. Tokens come out of what callers sent: they must not be many. */
const PAIRS_MAX = 64
const nothing = Object.fromEntries(NAMES.map((name) => [name, 0n])) as Numbers

/** Counts what a session has sent. `now` is the time of the object, Unix milliseconds, for events without rows. */
export function count(sql: Sql, totals: Totals, event: SessionEvent, now: number): void {
  const { chainId } = event.session
  const time = event.rows.reduce((latest, { at }) => Math.max(latest, at), 0) || now
  const rows = unseen(sql, totals, event)
  const snapshots = new Map(event.channels.map((snapshot) => [snapshot.channelId, snapshot]))
  for (const id of new Set([...snapshots.keys(), ...rows.map(({ channelId }) => channelId)])) {
    const snapshot = snapshots.get(id)
    const before = read(sql, id) ?? made(sql, totals, id, chainId, snapshot?.token)
    const charges = rows.filter(({ channelId, kind }) => channelId === id && kind === 'charge')
    const after = swept(totals, advanced(totals, before, snapshot, charges, time))
    write(sql, after)
  }
}

/** Notes how often the claim of a channel has failed since it last succeeded. */
export function attempted(sql: Sql, totals: Totals, id: string, attempt: number): void {
  const channel = read(sql, id)
  if (channel === undefined) return
  failing(totals, channel.labels, channel.attempt, attempt)
  write(sql, { ...channel, attempt })
}

/** Journal rows that were not counted before. */
function unseen(sql: Sql, totals: Totals, { session, rows }: SessionEvent): JournalRow[] {
  const name = sessionName(session)
  const known = sql('SELECT seen FROM session WHERE name = ?', name)[0]?.['seen'] as string | undefined
  if (known === undefined) totals.add('sessions', labelText({ chain_id: session.chainId }), 1)
  let seen = JSON.parse(known ?? '[]') as Seen.Seen
  const fresh = rows.filter(({ seq }) => {
    const next = Seen.add(seen, seq)
    seen = next ?? seen
    return next !== undefined
  })
  if (known === undefined || fresh.length > 0) {
    sql('INSERT OR REPLACE INTO session (name, seen) VALUES (?, ?)', name, JSON.stringify(seen))
  }
  return fresh
}

function advanced(
  totals: Totals,
  before: Channel,
  snapshot: ChannelSnapshot | undefined,
  charges: readonly JournalRow[],
  time: number,
): Channel {
  const { labels } = before
  totals.add('charges', labels, charges.length)
  let { marks, numbers, revision, settledAt, attempt } = before
  for (const { cumulative, at } of charges) {
    if (cumulative !== undefined) marks = Lag.charged(marks, BigInt(cumulative), at)
  }
  if (snapshot !== undefined && snapshot.revision > revision) {
    const now = Object.fromEntries(NAMES.map((name) => [name, BigInt(snapshot[name])])) as Numbers
    for (const name of NAMES) totals.add(name, labels, now[name] - numbers[name])
    if (now.settled > numbers.settled) {
      settledAt = Math.max(settledAt, time)
      failing(totals, labels, attempt, 0)
      attempt = 0
    }
    numbers = now
    revision = snapshot.revision
  }
  return { ...before, marks, numbers, revision, settledAt, attempt }
}

/** Takes the marks of what is settled into the histogram, and forgets those of what is lost. */
function swept(totals: Totals, channel: Channel): Channel {
  const { labels, numbers, settledAt } = channel
  const { done, waiting } = Lag.settle(channel.marks, numbers.settled)
  for (const { at, count: charges } of done) {
    const ms = Math.max(0, settledAt - at)
    const bucket = Lag.BUCKETS.find((seconds) => ms <= seconds * 1_000) ?? '+Inf'
    totals.add('lag_bucket', `${labels},le="${bucket}"`, charges)
    totals.add('lag_count', labels, charges)
    totals.add('lag_ms', labels, BigInt(ms) * BigInt(charges))
  }
  const marks = numbers.settled + numbers.lost >= numbers.spent ? waiting.filter(later(numbers.spent)) : waiting
  return { ...channel, marks, oldestAt: Lag.oldest(marks, numbers.claimed) }
}

/** A charge that the snapshot does not know yet is neither settled nor lost. */
function later(spent: bigint): (mark: Lag.Mark) => boolean {
  return ({ cumulative }) => cumulative > spent
}

function failing(totals: Totals, labels: string, before: number, after: number): void {
  totals.add('claims_failing', labels, Math.sign(after) - Math.sign(before))
  totals.add('claim_retries', labels, after - before)
}

function made(sql: Sql, totals: Totals, id: string, chainId: number, token: string | undefined): Channel {
  const labels = labelsOf(sql, chainId, token ?? 'unknown')
  totals.add('channels', labels, 1)
  return {
    id,
    labels,
    revision: -1,
    numbers: nothing,
    settledAt: 0,
    marks: [],
    oldestAt: undefined,
    attempt: 0,
  }
}

/** Whoever comes when there are many is counted with the other ones. */
function labelsOf(sql: Sql, chainId: number, token: string): string {
  const labels = labelText({ chain_id: chainId, token })
  if (sql(`SELECT 1 AS one FROM series WHERE kind = 'pair' AND key = ?`, labels).length > 0) return labels
  const pairs = sql(`SELECT count(*) AS count FROM series WHERE kind = 'pair'`)[0]?.['count'] as number
  if (pairs >= PAIRS_MAX) return labelText({ chain_id: 'other', token: 'other' })
  sql(`INSERT INTO series (kind, key) VALUES ('pair', ?)`, labels)
  return labels
}

function read(sql: Sql, id: string): Channel | undefined {
  const row = sql('SELECT * FROM channel WHERE id = ?', id)[0]
  if (row === undefined) return undefined
  const numbers = JSON.parse(row['numbers'] as string) as string[]
  return {
    id,
    labels: row['labels'] as string,
    revision: row['revision'] as number,
    numbers: Object.fromEntries(NAMES.map((name, i) => [name, BigInt(numbers[i] ?? '0')])) as Numbers,
    settledAt: row['settled_at'] as number,
    marks: Lag.decode(row['marks'] as string),
    oldestAt: (row['oldest_at'] as number | null) ?? undefined,
    attempt: row['attempt'] as number,
  }
}

function write(sql: Sql, { id, labels, revision, numbers, settledAt, marks, oldestAt, attempt }: Channel): void {
  const amounts = JSON.stringify(NAMES.map((name) => String(numbers[name])))
  sql(
    `INSERT OR REPLACE INTO channel (id, labels, revision, numbers, settled_at, marks, oldest_at, attempt)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[id, labels, revision, amounts, settledAt, Lag.encode(marks), oldestAt ?? null, attempt],
  )
}
