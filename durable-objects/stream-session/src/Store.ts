/** Rows of a StreamSession to SQLite and back. Synchronous throughout: reads see what the last commit wrote. */
import type { Hex } from '@pbstream/core/Hex'
import type { JournalRow } from '@pbstream/core/message/Event'
import { parseSessionName, sessionName, type SessionRef } from '@pbstream/core/message/Session'
import {
  changingColumns,
  decodeChannel,
  decodeCount,
  decodeJournal,
  decodeLease,
  decodePolicy,
  decodeReservation,
  encodeChannel,
  encodeCount,
  encodeJournal,
  encodeLease,
  encodePolicy,
  encodeProgress,
  encodeReservation,
  fixedColumns,
  type Row,
} from './Codec.ts'
import type { Change } from './Draft.ts'
import type {
  AnswerRow,
  ChannelRow,
  Count,
  Deposit,
  LeaseRow,
  Loaded,
  Reader,
  RequestRow,
  Reservation,
} from './Rows.ts'
import type { DecisionEntry } from './sentinel/Rows.ts'
import { SentinelStore } from './sentinel/SentinelStore.ts'
import type { Changes } from './State.ts'

/** Journal rows stay so long after the events queue has them. */
export const JOURNAL_MS = 86_400_000
/** How many rows of a table one pruning removes. */
const PRUNE_MAX = 1_000

const channelColumns = ['id', ...fixedColumns, ...changingColumns]
const marks = (count: number): string => Array(count).fill('?').join(', ')
const channelInsert = `INSERT INTO channel (${channelColumns.join(', ')}) VALUES (${marks(channelColumns.length)})`
const channelUpdate = `UPDATE channel SET ${changingColumns.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`
const leaseInsert = `INSERT INTO lease VALUES (${marks(16)})`
const journalInsert = `INSERT INTO journal VALUES (${marks(18)})`
const reservationInsert = `INSERT INTO reservation VALUES (${marks(13)})`
const reservationUpdate =
  'UPDATE reservation SET hold = ?, marked = ?, expires_at = ?, period = ?, metered = ?, asked = ? WHERE id = ?'
const countPut = `INSERT OR REPLACE INTO usage_count VALUES (${marks(5)})`

export class Store implements Reader {
  readonly #sql: SqlStorage
  readonly memory: SentinelStore

  constructor(sql: SqlStorage) {
    this.#sql = sql
    this.memory = new SentinelStore(sql)
  }

  /** Everything that is held in memory. */
  load(): Loaded {
    const reservations = this.#rows('SELECT * FROM reservation').map(decodeReservation)
    const reserved = new Map<Hex, bigint>()
    for (const [, { channelId, hold }] of reservations) reserved.set(channelId, (reserved.get(channelId) ?? 0n) + hold)
    const leases = this.#rows('SELECT * FROM lease').map(decodeLease)
    for (const [, { channelId, left }] of leases) reserved.set(channelId, (reserved.get(channelId) ?? 0n) + left)
    const channels = this.#rows('SELECT * FROM channel').map((row): [Hex, ChannelRow] => {
      const id = row['id'] as Hex
      return [id, decodeChannel(row, reserved.get(id) ?? 0n)]
    })
    const deposits = this.#rows('SELECT * FROM deposit').map((row): [string, Deposit] => [
      String(row['id']),
      {
        channelId: row['channel_id'] as Hex,
        amount: BigInt(String(row['amount'])),
        status: row['status'] as Deposit['status'],
        at: Number(row['at']),
      },
    ])
    const counts = new Map<string, Count[]>()
    // In the order in which they were counted last.
    for (const [routeId, count] of this.#rows('SELECT * FROM usage_count ORDER BY revision').map(decodeCount)) {
      counts.set(routeId, [...(counts.get(routeId) ?? []), count])
    }
    const seq = Number(this.#rows('SELECT max(seq) AS seq FROM journal')[0]?.['seq'] ?? 0)
    const meta = new Map(this.#rows('SELECT key, value FROM meta').map((row) => [row['key'], String(row['value'])]))
    const session = meta.get('session')
    const policy = this.#rows('SELECT * FROM policy')[0]
    return {
      session: session === undefined ? undefined : decodeSession(session),
      policy: policy === undefined ? undefined : decodePolicy(policy),
      channels,
      reservations,
      leases,
      deposits,
      counts: [...counts],
      seq,
      sent: Number(meta.get('sent') ?? 0),
      ...this.memory.load(Number(meta.get('told') ?? 0)),
    }
  }

  /** Writes what a group changed. Call it inside a transaction. */
  write(changes: Changes): void {
    const { session, policy, sent, told } = changes
    if (session !== undefined) this.#setMeta('session', sessionName(session))
    if (sent !== undefined) this.#setMeta('sent', String(sent))
    if (told !== undefined) this.#setMeta('told', String(told))
    if (policy !== undefined)
      this.#sql.exec('INSERT OR REPLACE INTO policy VALUES (1, ?, ?, ?, ?)', ...encodePolicy(policy))
    for (const change of changes.channels) this.#writeChannel(change)
    for (const change of changes.reservations) this.#writeReservation(change)
    for (const change of changes.leases) this.#writeLease(change)
    // A nonce is never written twice: the second would break the key of its table, and the group with it.
    for (const { key, after } of changes.nonces) this.#sql.exec('INSERT INTO session_nonce VALUES (?, ?)', key, after!)
    for (const change of changes.requests) this.#writeRequest(change)
    for (const change of changes.answers) this.#writeAnswer(change)
    for (const change of changes.deposits) this.#writeDeposit(change)
    for (const change of changes.counts) this.#writeCounts(change)
    for (const row of changes.journal) this.#sql.exec(journalInsert, ...encodeJournal(row))
    this.memory.write(changes)
  }

  request(id: string): RequestRow | undefined {
    const row = this.#rows('SELECT * FROM request WHERE id = ?', id)[0]
    return row === undefined
      ? undefined
      : {
          digest: row['digest'] as Hex,
          state: row['state'] as RequestRow['state'],
          reservationId: String(row['reservation_id']),
          receipt: row['receipt'] === null ? undefined : String(row['receipt']),
          expiresAt: Number(row['expires_at']),
        }
  }

  answer(reservationId: string): AnswerRow | undefined {
    const row = this.#rows('SELECT * FROM answer WHERE reservation_id = ?', reservationId)[0]
    if (row === undefined) return undefined
    const headers = JSON.parse(String(row['headers'])) as [string, string][]
    const body = new Uint8Array(row['body'] as ArrayBuffer)
    return { answer: { status: Number(row['status']), headers, body }, expiresAt: Number(row['expires_at']) }
  }

  nonce(nonce: Hex): number | undefined {
    const row = this.#rows('SELECT expires_at FROM session_nonce WHERE nonce = ?', nonce)[0]
    return row === undefined ? undefined : Number(row['expires_at'])
  }

  decision(number: number): DecisionEntry | undefined {
    return this.memory.decision(number)
  }

  /** Journal rows after a position, in order. */
  journal(after: number, limit: number): JournalRow[] {
    return this.#rows('SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?', after, limit).map(decodeJournal)
  }

  /**
   * Removes answers, request ids and nonces that have expired and journal rows that were sent long ago, some at a time. The
   * last journal row stays: it is where the next one counts from.
   */
  prune(now: number, sent: number, told: number): void {
    const oldest = (table: string): string => `rowid IN (SELECT rowid FROM ${table} ORDER BY rowid LIMIT ${PRUNE_MAX})`
    this.#sql.exec(`DELETE FROM answer WHERE ${oldest('answer')} AND expires_at <= ?`, now)
    this.#sql.exec(`DELETE FROM request WHERE ${oldest('request')} AND expires_at <= ? AND state <> 'in_flight'`, now)
    this.#sql.exec(`DELETE FROM session_nonce WHERE ${oldest('session_nonce')} AND expires_at <= ?`, now)
    this.#sql.exec(
      `DELETE FROM journal WHERE ${oldest('journal')} AND at <= ? AND seq <= ? AND seq < (SELECT max(seq) FROM journal)`,
      now - JOURNAL_MS,
      sent,
    )
    this.memory.prune(now, told)
  }

  /** When there is something to prune next; undefined when there never will be unless something happens. */
  pruneDueAt(sent: number, told: number): number | undefined {
    const first = this.#rows(
      `SELECT (SELECT expires_at FROM answer ORDER BY rowid LIMIT 1) AS answer,
        (SELECT expires_at FROM request ORDER BY rowid LIMIT 1) AS request,
        (SELECT expires_at FROM session_nonce ORDER BY rowid LIMIT 1) AS nonce,
        (SELECT at FROM journal WHERE seq <= ? AND seq < (SELECT max(seq) FROM journal) ORDER BY seq LIMIT 1) AS journal`,
      sent,
    )[0]
    const times: number[] = []
    if (typeof first?.['answer'] === 'number') times.push(first['answer'])
    if (typeof first?.['request'] === 'number') times.push(first['request'])
    if (typeof first?.['nonce'] === 'number') times.push(first['nonce'])
    if (typeof first?.['journal'] === 'number') times.push(first['journal'] + JOURNAL_MS)
    const decisions = this.memory.pruneDueAt(told)
    if (decisions !== undefined) times.push(decisions)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  #writeChannel({ key, before, after }: Change<Hex, ChannelRow>): void {
    if (after === undefined) return
    const [fixed, changing] = encodeChannel(after)
    if (before === undefined) this.#sql.exec(channelInsert, key, ...fixed, ...changing)
    else this.#sql.exec(channelUpdate, ...changing, key)
  }

  #writeReservation({ key, before, after }: Change<string, Reservation>): void {
    if (after === undefined) {
      this.#sql.exec('DELETE FROM reservation WHERE id = ?', key)
    } else if (before === undefined) {
      this.#sql.exec(reservationInsert, ...encodeReservation(key, after))
    } else {
      this.#sql.exec(reservationUpdate, ...encodeProgress(after), key)
    }
  }

  #writeCounts({ key, before = [], after = [] }: Change<string, readonly Count[]>): void {
    for (const count of after) {
      if (!before.includes(count)) this.#sql.exec(countPut, ...encodeCount(key, count))
    }
    for (const { period } of before) {
      if (after.some((count) => count.period === period)) continue
      this.#sql.exec('DELETE FROM usage_count WHERE route_id = ? AND period = ?', key, period)
    }
  }

  #writeLease({ key, before, after }: Change<string, LeaseRow>): void {
    if (after === undefined) {
      this.#sql.exec('DELETE FROM lease WHERE id = ?', key)
    } else if (before === undefined) {
      this.#sql.exec(leaseInsert, ...encodeLease(key, after))
    } else {
      this.#sql.exec('UPDATE lease SET remaining = ?, failed = ? WHERE id = ?', String(after.left), after.failed, key)
    }
  }

  #writeRequest({ key, before, after }: Change<string, RequestRow>): void {
    // An id that was freed and taken again, or is kept for longer, is a new row: rows stay in the order in which they
    // expire.
    const again =
      before !== undefined && (after?.reservationId !== before.reservationId || after.expiresAt !== before.expiresAt)
    if (after === undefined || again) this.#sql.exec('DELETE FROM request WHERE id = ?', key)
    if (after === undefined) return
    const { digest, state, reservationId, receipt, expiresAt } = after
    if (before === undefined || again) {
      this.#sql.exec(
        'INSERT INTO request VALUES (?, ?, ?, ?, ?, ?)',
        ...[key, digest, state, reservationId, receipt ?? null, expiresAt],
      )
    } else {
      this.#sql.exec('UPDATE request SET state = ?, receipt = ? WHERE id = ?', state, receipt ?? null, key)
    }
  }

  #writeAnswer({ key, after }: Change<string, AnswerRow>): void {
    if (after === undefined) return
    const { status, headers, body } = after.answer
    this.#sql.exec(
      'INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?)',
      ...[key, after.expiresAt, status, JSON.stringify(headers), body],
    )
  }

  #writeDeposit({ key, after }: Change<string, Deposit>): void {
    if (after === undefined) {
      this.#sql.exec('DELETE FROM deposit WHERE id = ?', key)
    } else {
      const { channelId, amount, status, at } = after
      this.#sql.exec(
        'INSERT OR REPLACE INTO deposit VALUES (?, ?, ?, ?, ?)',
        key,
        channelId,
        String(amount),
        status,
        at,
      )
    }
  }

  #setMeta(key: string, value: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO meta VALUES (?, ?)', key, value)
  }

  #rows(query: string, ...bindings: (string | number)[]): Row[] {
    return this.#sql.exec<Row>(query, ...bindings).toArray()
  }
}

function decodeSession(text: string): SessionRef {
  const session = parseSessionName(text)
  if (session === undefined) throw new Error('stream-session: the session of this object cannot be read')
  return session
}
