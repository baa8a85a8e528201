import type { Hex } from '@pbstream/core/Hex'
import type { Held, TakeExact, TakeReply } from '@pbstream/core/message/ExactClaim'
import type { StoredAnswer } from '@pbstream/core/message/Session'
import type { Authorization } from '@pbstream/core/message/Settlement'
import { type RequestRow, type Row, schema } from './Schema.ts'

const MINUTE = 60_000
/** Request ids, and payments that were not delivered, are remembered this long. */
const DAY = 24 * 60 * MINUTE
/** Answers of requests with an id can be replayed this long. */
const REPLAY = 10 * MINUTE
/** A mined payment whose answer got lost buys at most this many further upstream calls. */
const REDELIVERIES = 3

/**
 * The rows of one payer's authorisations and the rules by which they move. Every method is one synchronous step; the
 * caller runs it in a transaction and gives the time in Unix milliseconds.
 */
export class Claims {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(schema)
  }

  take(command: TakeExact, now: number): TakeReply {
    const { nonce } = command.authorization
    const row = this.#row(nonce)
    if (row !== undefined && isStranger(row, command)) return { kind: 'digest_mismatch' }
    if (command.requestId !== undefined) {
      const request = this.#request(command.requestId)
      if (request !== undefined) return this.#takeKnownRequest(command, request, row, now)
    }
    if (row === undefined) return this.#insert(command, 1, now)
    if (row.state === 'serving' && row.held_until <= now) return this.#retake(command, row, now)
    if (row.digest !== command.digest || (row.request_id ?? undefined) !== command.requestId)
      return { kind: 'digest_mismatch' }
    return this.#join(row, command, now)
  }

  hold(held: Held, holdMs: number, now: number): boolean {
    const row = this.#held(held)
    if (row === undefined || row.state === 'delivered') return false
    this.#sql.exec('UPDATE authorisation SET held_until = ? WHERE nonce = ?', now + holdMs, row.nonce)
    return true
  }

  submitting(held: Held, holdMs: number, answer: StoredAnswer | undefined, now: number): boolean {
    const row = this.#held(held)
    if (row === undefined || (row.state !== 'serving' && row.state !== 'submitting')) return false
    this.#sql.exec(
      `UPDATE authorisation SET state = 'submitting', held_until = ? WHERE nonce = ?`,
      now + holdMs,
      row.nonce,
    )
    if (answer !== undefined) this.#setAnswer(row.nonce, answer, now + DAY)
    return true
  }

  submitted(held: Held, transaction: Hex, mined: boolean, now: number): StoredAnswer | undefined {
    const row = this.#row(held.nonce)
    if (row === undefined || row.state === 'serving' || row.state === 'delivered') return undefined
    this.#sql.exec('UPDATE authorisation SET mined_as = ? WHERE nonce = ?', transaction, row.nonce)
    if (mined) this.#sql.exec(`UPDATE authorisation SET state = 'mined' WHERE nonce = ?`, row.nonce)
    else if (row.attempt === held.attempt && row.state === 'submitting') this.#letGo(row)
    return answerOf(row, now)
  }

  delivered(held: Held, receipt: string | undefined, now: number): boolean {
    const row = this.#held(held)
    if (row === undefined || row.state !== 'mined') return false
    const pruneAt = Math.max(endOf(row), now) + REPLAY
    this.#sql.exec(
      `UPDATE authorisation SET state = 'delivered', held_until = 0, receipt = ?, prune_at = ? WHERE nonce = ?`,
      receipt ?? null,
      row.request_id === null ? pruneAt : Math.max(pruneAt, row.prune_at),
      row.nonce,
    )
    if (row.request_id === null) this.#dropAnswer(row.nonce)
    else
      this.#sql.exec(
        'UPDATE authorisation SET answer_until = ? WHERE nonce = ? AND answer_body IS NOT NULL',
        now + REPLAY,
        row.nonce,
      )
    return true
  }

  keep(nonce: Hex, answer: StoredAnswer, now: number): void {
    const row = this.#row(nonce)
    if (row?.state === 'delivered' && row.request_id !== null) this.#setAnswer(nonce, answer, now + REPLAY)
  }

  release(held: Held, freesId: boolean): void {
    const row = this.#held(held)
    if (row === undefined || row.state === 'delivered') return
    if (row.state === 'mined') return this.#letGo(row)
    this.#sql.exec('DELETE FROM authorisation WHERE nonce = ?', row.nonce)
    if (row.request_id === null) return
    if (freesId) this.#sql.exec('DELETE FROM request WHERE id = ?', row.request_id)
    else this.#sql.exec('UPDATE request SET nonce = NULL WHERE id = ?', row.request_id)
  }

  /** Deletes what has outlived its use; says when to come again, in Unix milliseconds. */
  prune(now: number): number | undefined {
    this.#sql.exec('DELETE FROM authorisation WHERE prune_at <= ?', now)
    this.#sql.exec('DELETE FROM request WHERE prune_at <= ?', now)
    this.#sql.exec(
      'UPDATE authorisation SET answer_status = NULL, answer_headers = NULL, answer_body = NULL, answer_until = NULL WHERE answer_until <= ?',
      now,
    )
    return this.nextPrune()
  }

  /** When the next row is due, in Unix milliseconds. */
  nextPrune(): number | undefined {
    const { due } = this.#sql
      .exec<{ due: number | null }>(
        `SELECT min(due) AS due FROM (
           SELECT min(prune_at) AS due FROM authorisation
           UNION ALL SELECT min(answer_until) FROM authorisation
           UNION ALL SELECT min(prune_at) FROM request)`,
      )
      .one()
    return due ?? undefined
  }

  /** The request id was seen before: whatever authorisation came with it first is the one that counts. */
  #takeKnownRequest(command: TakeExact, request: RequestRow, row: Row | undefined, now: number): TakeReply {
    if (request.digest !== command.digest) return { kind: 'id_mismatch' }
    // What the upstream did for it is unknown, or its row has had its day.
    if (request.nonce === null) return { kind: 'duplicate' }
    const first = this.#row(request.nonce)
    if (first === undefined) return { kind: 'duplicate' }
    if (row !== undefined && row.nonce !== first.nonce) return { kind: 'digest_mismatch' }
    // A new authorisation shows who asks; one that is unknown here and over may have been read from the chain.
    if (row === undefined && !command.fresh) return { kind: 'expired' }
    // Whoever served it was not heard of again: the upstream may have been called, and nobody has paid.
    if (first.state === 'serving' && first.held_until <= now) return { kind: 'duplicate' }
    return this.#join(first, command, now)
  }

  /** Joins a payment that is under way or done. */
  #join(row: Row, command: TakeExact, now: number): TakeReply {
    if (row.state === 'delivered') {
      const answer = command.requestId === undefined ? undefined : answerOf(row, now)
      if (answer !== undefined) return { kind: 'replay', answer }
      if (command.requestId !== undefined)
        return { kind: 'duplicate', ...(row.receipt === null ? {} : { receipt: row.receipt }) }
      return { kind: 'used', transaction: row.mined_as as Hex }
    }
    if (row.held_until > now) return { kind: 'in_flight' }
    const answer = answerOf(row, now)
    if (row.state === 'mined' && answer === undefined) {
      if (row.redeliveries >= REDELIVERIES) return { kind: 'used', transaction: row.mined_as as Hex }
      this.#sql.exec('UPDATE authorisation SET redeliveries = redeliveries + 1 WHERE nonce = ?', row.nonce)
    }
    const held = this.#hold(row, command.holdMs, now)
    const transaction = (row.mined_as ?? undefined) as Hex | undefined
    if (row.state !== 'mined')
      return { kind: 'submitted', transaction, authorization: parseSigned(row.signed), ...held }
    if (answer === undefined) return { kind: 'mined_undelivered', transaction: transaction as Hex, ...held }
    return { kind: 'mined', transaction: transaction as Hex, answer, ...held }
  }

  /**
   * A caller took it and was not heard of again before anything was submitted: it is as good as new. The request id that
   * it came with, if any, is not: what the upstream did for it is unknown.
   */
  #retake(command: TakeExact, row: Row, now: number): TakeReply {
    if (!command.fresh) return { kind: 'expired' }
    this.#sql.exec('DELETE FROM authorisation WHERE nonce = ?', row.nonce)
    if (row.request_id !== null) this.#sql.exec('UPDATE request SET nonce = NULL WHERE id = ?', row.request_id)
    return this.#insert(command, row.attempt + 1, now)
  }

  /** What authorisations ask for that are being served or mined: their money is still in the balance. */
  #open(now: number): bigint {
    const rows = this.#sql.exec<{ signed: string }>(
      `SELECT signed FROM authorisation WHERE state = 'submitting' OR (state = 'serving' AND held_until > ?)`,
      now,
    )
    return rows.toArray().reduce((sum, { signed }) => sum + parseSigned(signed).value, 0n)
  }

  #insert(command: TakeExact, attempt: number, now: number): TakeReply {
    if (!command.fresh) return { kind: 'expired' }
    const { authorization, digest, requestId, callId, holdMs } = command
    const { nonce } = authorization
    const pruneAt = Number(authorization.validBefore) * 1000 + DAY
    const beside = this.#open(now)
    this.#sql.exec(
      `INSERT INTO authorisation (nonce, digest, request_id, call_id, state, attempt, held_until, redeliveries, signed, prune_at)
       VALUES (?, ?, ?, ?, 'serving', ?, ?, 0, ?, ?)`,
      nonce,
      digest,
      requestId ?? null,
      callId ?? null,
      attempt,
      now + holdMs,
      formatSigned(authorization),
      pruneAt,
    )
    if (requestId !== undefined) {
      this.#sql.exec(
        'INSERT INTO request (id, digest, nonce, prune_at) VALUES (?, ?, ?, ?)',
        requestId,
        digest,
        nonce,
        pruneAt,
      )
    }
    return { kind: 'taken', beside, nonce, attempt }
  }

  #hold(row: Row, holdMs: number, now: number): Held {
    const attempt = row.attempt + 1
    this.#sql.exec(
      'UPDATE authorisation SET attempt = ?, held_until = ? WHERE nonce = ?',
      attempt,
      now + holdMs,
      row.nonce,
    )
    return { nonce: row.nonce as Hex, attempt }
  }

  #letGo(row: Row): void {
    this.#sql.exec('UPDATE authorisation SET held_until = 0 WHERE nonce = ?', row.nonce)
  }

  #setAnswer(nonce: string, answer: StoredAnswer, until: number): void {
    this.#sql.exec(
      'UPDATE authorisation SET answer_status = ?, answer_headers = ?, answer_body = ?, answer_until = ? WHERE nonce = ?',
      answer.status,
      JSON.stringify(answer.headers),
      answer.body,
      until,
      nonce,
    )
  }

  #dropAnswer(nonce: string): void {
    this.#sql.exec(
      'UPDATE authorisation SET answer_status = NULL, answer_headers = NULL, answer_body = NULL, answer_until = NULL WHERE nonce = ?',
      nonce,
    )
  }

  #held(held: Held): Row | undefined {
    const row = this.#row(held.nonce)
    return row?.attempt === held.attempt ? row : undefined
  }

  #row(nonce: string): Row | undefined {
    return this.#sql.exec<Row>('SELECT * FROM authorisation WHERE nonce = ?', nonce).toArray()[0]
  }

  #request(id: string): RequestRow | undefined {
    return this.#sql.exec<RequestRow>('SELECT * FROM request WHERE id = ?', id).toArray()[0]
  }
}

/** Submitted authorisations are public: without the quote that only its payer knows, one proves nothing. */
function isStranger(row: Row, command: TakeExact): boolean {
  return row.state !== 'serving' && row.call_id !== null && row.call_id !== command.callId
}

function answerOf(row: Row, now: number): StoredAnswer | undefined {
  if (
    row.answer_status === null ||
    row.answer_headers === null ||
    row.answer_body === null ||
    (row.answer_until ?? 0) <= now
  )
    return undefined
  return {
    status: row.answer_status,
    headers: JSON.parse(row.answer_headers) as [string, string][],
    body: new Uint8Array(row.answer_body),
  }
}

/** Until when the chain would take the authorisation, in Unix milliseconds. */
function endOf(row: Row): number {
  return Number(parseSigned(row.signed).validBefore) * 1000
}

function formatSigned(authorization: Authorization): string {
  return JSON.stringify(authorization, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

function parseSigned(text: string): Authorization {
  const plain = JSON.parse(text) as {
    [K in keyof Authorization]: Authorization[K] extends bigint ? string : Authorization[K]
  }
  return {
    ...plain,
    value: BigInt(plain.value),
    validAfter: BigInt(plain.validAfter),
    validBefore: BigInt(plain.validBefore),
  }
}
