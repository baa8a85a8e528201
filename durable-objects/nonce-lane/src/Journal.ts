/** The lane's memory: everything that must survive a crash, in the object's SQLite. Storage schema: README.md. */
import type { Address, Hex } from '@pbstream/core/Hex'
import type { IncidentEvent, TransactionEvent } from '@pbstream/core/message/Event'
import type { LaneItemState } from '@pbstream/core/message/Operations'
import type { ChainEvent } from '@pbstream/core/message/Session'
import * as Budget from './Budget.ts'
import * as Gap from './Gap.ts'
import type * as Gas from './Gas.ts'
import { GivenUp } from './GivenUp.ts'
import { type Attempt, type Fees, type Item, last, type Mined, type State } from './Lane.ts'
import {
  type AckEvent,
  chainEvents,
  eventByAnother,
  type LaneAck,
  type LaneItem,
  type LaneOrder,
  type Proof,
  type Purpose,
} from './Order.ts'
import { EVENTS, Outbox } from './Outbox.ts'
import type { Recorded } from './Recorded.ts'
import { create, OPEN } from './Schema.ts'
import { fromJson, type Sql, type SqlValue, toJson } from './Sql.ts'

/** An item as journaled. */
export type Entry = Item & {
  id: string
  purpose: Purpose
  to: Address
  data: Hex
  gasLimit: bigint
  acks: LaneAck[]
  proof?: Proof
  channels: number
  amount: bigint
  /** Rises with every change of state or bytes: an observation counts only for the revision it was made of. */
  revision: number
  error?: string
  attempts: Bytes[]
  /** Since when its next bytes wait for a day whose gas pays for them. */
  heldSince?: number
}

/** `setAside`: wei that were set aside with these bytes, beside what was there for the item. */
export type Bytes = Attempt & Budget.Share

export type Lane = { chainId: number; signer: Address }

/** What moves an item to another state. `recorded`: what its transaction did, where that is not all or nothing. */
export type Move = { state: State; mined?: Mined; error?: string; recorded?: Recorded }

/** The error of an item that is confirmed although its own transaction reverted: its proof held. */
export const BY_ANOTHER = 'executed_by_another'

/** Bytes that are not signed yet. `setAside`: wei, see `Bytes`. */
export type NewBytes = { n: number; filler: boolean; fees: Fees; setAside: bigint }

type Row = Record<string, SqlValue>

/** An incident names so many items. */
const SHOWN = 10

export class Journal {
  readonly outbox: Outbox
  readonly givenUp: GivenUp
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    this.outbox = new Outbox(sql)
    this.givenUp = new GivenUp(sql)
    sql.transaction(() => {
      create(sql)
      for (const { id } of sql.rows(`SELECT id FROM item WHERE ${OPEN}`)) this.#catchUp(id as string)
    })
  }

  /** Which lane this is; undefined until the first order. */
  lane(): Lane | undefined {
    const value = this.#sql.rows(`SELECT value FROM lane WHERE key = 'lane'`)[0]?.['value']
    return typeof value === 'string' ? fromJson<Lane>(value) : undefined
  }

  entry(id: string): Entry | undefined {
    const row = this.#sql.rows('SELECT * FROM item WHERE id = ?', id)[0]
    return row === undefined ? undefined : this.#toEntry(row)
  }

  /** The item of this id. Where there is none, none is taken on from now on. */
  giveUp(id: string, now: number): Entry | undefined {
    const entry = this.entry(id)
    if (entry === undefined) this.givenUp.add(id, now)
    return entry
  }

  /** Ids of items that have not come to their end, lowest nonce first. */
  open(limit: number): string[] {
    const rows = this.#sql.rows(`SELECT id FROM item WHERE ${OPEN} ORDER BY nonce LIMIT ?`, limit)
    return rows.map((row) => row['id'] as string)
  }

  /** What was last said of the signer's ether; absent while there is enough. */
  get gas(): Gas.Low | undefined {
    const value = this.#sql.rows(`SELECT value FROM lane WHERE key = 'gas'`)[0]?.['value']
    return typeof value === 'string' ? fromJson<Gas.Low>(value) : undefined
  }

  /** Keeps what was found of the signer's ether, and reports it if it is news. */
  weighed(lane: Lane, verdict: Gas.Verdict, now: number): void {
    const { low } = verdict
    this.#sql.transaction(() => {
      this.#sql.rows(`DELETE FROM lane WHERE key = 'gas'`)
      if (low !== undefined) this.#sql.rows(`INSERT INTO lane (key, value) VALUES ('gas', ?)`, toJson(low))
      if (!verdict.say) return
      // It may be the first that there is to tell of this lane.
      this.#sql.rows(`INSERT OR IGNORE INTO lane (key, value) VALUES ('lane', ?)`, toJson(lane))
      const { chainId, signer } = lane
      const id = `gas_low:${chainId}:${signer}:${verdict.low.day}`
      const detail = { chainId: String(chainId), signer, balance: verdict.balance.toString() }
      this.outbox.put(EVENTS, id, { v: 1, kind: 'incident', id, what: 'gas_low', detail, at: now }, now)
    })
  }

  /** Reports that the gas of the day does not pay for what there is to do; once a day. `budget`: wei. */
  short(lane: Lane, budget: bigint, now: number): void {
    const day = String(Math.floor(now / Budget.DAY))
    if (this.#sql.rows(`SELECT 1 AS one FROM lane WHERE key = 'short' AND value = ?`, day).length > 0) return
    this.#sql.transaction(() => {
      this.#sql.rows(`INSERT OR REPLACE INTO lane (key, value) VALUES ('short', ?)`, day)
      this.#sql.rows(`INSERT OR IGNORE INTO lane (key, value) VALUES ('lane', ?)`, toJson(lane))
      const { chainId, signer } = lane
      const id = `gas_budget:${chainId}:${signer}:${day}`
      const detail = { chainId: String(chainId), signer, budget: budget.toString() }
      this.outbox.put(EVENTS, id, { v: 1, kind: 'incident', id, what: 'gas_budget', detail, at: now }, now)
    })
  }

  /** Whether a transaction waits for a day whose gas pays for its replacement. */
  get isHeld(): boolean {
    return (
      this.#sql.rows(`SELECT 1 AS one FROM item WHERE state = 'open' AND held_since IS NOT NULL LIMIT 1`).length > 0
    )
  }

  /** Notes that an item's next bytes have to wait. */
  hold(id: string, now: number): void {
    this.#sql.rows('UPDATE item SET held_since = ? WHERE id = ? AND held_since IS NULL', now, id)
  }

  /** Whether the lane takes on nothing new. Kept until it is resumed. */
  get paused(): boolean {
    return this.#sql.rows(`SELECT 1 AS one FROM lane WHERE key = 'paused'`).length > 0
  }

  pause(on: boolean): void {
    if (on) this.#sql.rows(`INSERT OR IGNORE INTO lane (key, value) VALUES ('paused', '1')`)
    else this.#sql.rows(`DELETE FROM lane WHERE key = 'paused'`)
  }

  /** What is under way, for operators. */
  underWay(limit: number): LaneItemState[] {
    const rows = this.#sql.rows(`SELECT * FROM item WHERE ${OPEN} ORDER BY nonce LIMIT ?`, limit)
    return rows.map((row) => {
      const entry = this.#toEntry(row)
      const { id, purpose, nonce, state, attempts, heldSince } = entry
      const transaction = transactionOf(entry)
      const refusal = attempts.findLast((attempt) => attempt.refusal !== undefined)?.refusal
      return {
        id,
        purpose,
        nonce,
        state,
        attempts: attempts.length,
        createdAt: row['created_at'] as number,
        ...(transaction === undefined ? {} : { transaction }),
        ...(refusal === undefined ? {} : { refusal }),
        ...(heldSince === undefined ? {} : { heldSince }),
      }
    })
  }

  hasOpen(): boolean {
    return this.#sql.rows(`SELECT 1 AS one FROM item WHERE ${OPEN} LIMIT 1`).length > 0
  }

  highestNonce(): number | undefined {
    const nonce = this.#sql.rows('SELECT max(nonce) AS nonce FROM item')[0]?.['nonce']
    return typeof nonce === 'number' ? nonce : undefined
  }

  /** The lowest nonce that has not come to its end. */
  lowestOpen(): number | undefined {
    const nonce = this.#sql.rows(`SELECT min(nonce) AS nonce FROM item WHERE ${OPEN}`)[0]?.['nonce']
    return typeof nonce === 'number' ? nonce : undefined
  }

  /** Items with these nonces, whatever their state. */
  within({ from, to }: Gap.Gap): Entry[] {
    return this.#sql
      .rows('SELECT * FROM item WHERE nonce BETWEEN ? AND ? ORDER BY nonce', from, to)
      .map((row) => this.#toEntry(row))
  }

  /**
   * Fills nonces that the chain has lost: items that had ended are open again, and where there is none an empty
   * transaction takes the nonce. What is under way stays as it is. One incident.
   *
   * @param fees of bytes that are new
   */
  fill(gap: Gap.Gap, fees: Fees, now: number): void {
    const lane = this.lane()
    if (lane === undefined) return
    this.#sql.transaction(() => {
      const items = new Map(this.within(gap).map((entry) => [entry.nonce, entry]))
      for (let nonce = gap.from; nonce <= gap.to; nonce++) {
        const entry = items.get(nonce)
        if (entry === undefined) this.#allocateEmpty(lane, nonce, fees, now)
        else if (entry.state === 'confirmed' || entry.state === 'failed') this.#revive(entry, fees, now)
      }
      const nonces = gap.from === gap.to ? String(gap.from) : `${gap.from}-${gap.to}`
      const id = `lane_reorged:${lane.chainId}:${lane.signer}:${nonces}:${now}`
      const names = [...items.values()].slice(0, SHOWN).map((entry) => entry.id)
      const detail = { chainId: String(lane.chainId), signer: lane.signer, nonces, items: names.join(' ') }
      this.outbox.put(EVENTS, id, { v: 1, kind: 'incident', id, what: 'lane_reorged', detail, at: now }, now)
    })
  }

  /** Wei of gas on the day of `now`: used by what is final, set aside for what is not. */
  spent(now: number): bigint {
    const wei = this.#sql.rows('SELECT wei FROM spend WHERE day = ?', Math.floor(now / Budget.DAY))[0]?.['wei']
    return typeof wei === 'string' ? BigInt(wei) : 0n
  }

  /** Gives an order its nonce, for good. */
  allocate(order: LaneOrder, given: { nonce: number; gasLimit: bigint; fees: Fees }, now: number): void {
    const { chainId, signer, id } = order
    this.#sql.transaction(() => {
      this.#sql.rows(`INSERT OR IGNORE INTO lane (key, value) VALUES ('lane', ?)`, toJson({ chainId, signer }))
      this.#sql.rows(
        `INSERT INTO item (id, nonce, purpose, state, revision, to_address, data, gas_limit, acks, proof, channels,
         amount, created_at, changed_at) VALUES (?, ?, ?, 'open', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[id, given.nonce, order.purpose, order.to, order.data, given.gasLimit.toString(), toJson(order.acks)],
        ...[order.proof === undefined ? null : toJson(order.proof), order.channels, order.amount.toString(), now, now],
      )
      for (const key of order.keys) this.#sql.rows('INSERT OR REPLACE INTO cover (key, item_id) VALUES (?, ?)', key, id)
      const setAside = given.gasLimit * given.fees.maxFee
      this.#insertAttempt(id, { n: 0, filler: false, fees: given.fees, setAside }, now)
    })
  }

  /** Other bytes for the same nonce. */
  addAttempt(id: string, attempt: NewBytes, now: number): void {
    this.#sql.transaction(() => {
      this.#insertAttempt(id, attempt, now)
      this.#sql.rows(
        'UPDATE item SET revision = revision + 1, held_since = NULL, changed_at = ? WHERE id = ?',
        ...[now, id],
      )
    })
  }

  /** Keeps signed bytes; the first to come is kept. They go out only afterwards. */
  signed(id: string, n: number, bytes: { raw: Hex; hash: Hex }): void {
    this.#sql.rows(
      'UPDATE attempt SET raw = ?, hash = ? WHERE item_id = ? AND n = ? AND raw IS NULL',
      ...[bytes.raw, bytes.hash, id, n],
    )
  }

  /** Notes that bytes are about to go out. */
  sending(id: string, n: number, now: number): void {
    this.#sql.transaction(() => {
      const first = this.#sql.rows('SELECT sent_at FROM attempt WHERE item_id = ? AND n = ?', id, n)[0]?.['sent_at']
      // Unpaid is what is known to be in no pool: from now on it may be again.
      this.#sql.rows('UPDATE attempt SET sent_at = ?, unpaid = NULL WHERE item_id = ? AND n = ?', now, id, n)
      const entry = this.entry(id)
      if (first === null && n === 0 && entry !== undefined) this.#publish(entry, 'submitted', now)
    })
  }

  /** Notes that a node has bytes. Kept is when that was first so, and the newest block by then, if it is known. */
  taken(id: string, n: number, at: number, head: number | undefined): void {
    this.#sql.rows(
      `UPDATE attempt SET underpriced = 0, taken_at = coalesce(taken_at, ?), taken_head = coalesce(taken_head, ?)
       WHERE item_id = ? AND n = ?`,
      ...[at, head ?? null, id, n],
    )
  }

  /** Notes that the signer cannot pay for bytes, and that the node which says so does not have them. */
  unpaid(id: string, n: number): void {
    this.#sql.rows(
      'UPDATE attempt SET unpaid = 1, taken_at = NULL, taken_head = NULL WHERE item_id = ? AND n = ?',
      ...[id, n],
    )
  }

  /** Whether the newest bytes of something under way cannot be paid for. */
  get isUnpaid(): boolean {
    const found = this.#sql.rows(
      `SELECT 1 AS one FROM item JOIN attempt ON attempt.item_id = item.id WHERE item.state = 'open'
       AND attempt.unpaid = 1 AND attempt.n = (SELECT max(n) FROM attempt WHERE item_id = item.id) LIMIT 1`,
    )
    return found.length > 0
  }

  underpriced(id: string, n: number): void {
    this.#sql.rows('UPDATE attempt SET underpriced = 1 WHERE item_id = ? AND n = ?', id, n)
  }

  refused(id: string, n: number, message: string): void {
    this.#sql.rows(
      'UPDATE attempt SET refusals = refusals + 1, refusal = ? WHERE item_id = ? AND n = ?',
      ...[message, id, n],
    )
  }

  missing(id: string, since: number | undefined): void {
    this.#sql.rows('UPDATE item SET missing_since = ? WHERE id = ?', since ?? null, id)
  }

  /** Moves an item to another state and writes down whom to tell, in one. */
  move(id: string, move: Move, now: number): void {
    this.#sql.transaction(() => {
      this.#sql.rows(
        `UPDATE item SET state = ?, revision = revision + 1, mined = ?, error = ?, missing_since = NULL,
         held_since = NULL, changed_at = ? WHERE id = ?`,
        ...[move.state, move.mined === undefined ? null : toJson(move.mined), move.error ?? null, now, id],
      )
      const entry = this.entry(id)
      if (entry === undefined) return
      if (move.state === 'confirmed' || move.state === 'failed') this.#returnGas(entry)
      // A revert that can still be undone by a reorganisation is nobody's business yet.
      if (move.state === 'mined' && !(move.mined?.success === true && !move.mined.filler)) return
      this.#publish(entry, move.state === 'open' ? 'submitted' : move.state, now)
      this.#tell(entry, move, now)
    })
  }

  /** Those of `keys` that a live or successful item covers. */
  covered(keys: readonly string[]): string[] {
    return keys.filter((key) => {
      const found = this.#sql.rows(
        `SELECT 1 AS one FROM cover JOIN item ON item.id = cover.item_id WHERE cover.key = ? AND item.state <> 'failed'`,
        key,
      )
      return found.length > 0
    })
  }

  /** Forgets items that ended before `before`, except the newest, which holds the nonce. */
  prune(before: number, limit: number): void {
    this.givenUp.prune(before)
    this.#sql.transaction(() => {
      const rows = this.#sql.rows(
        `SELECT id FROM item WHERE NOT ${OPEN} AND changed_at < ? AND nonce < (SELECT max(nonce) FROM item) LIMIT ?`,
        ...[before, limit],
      )
      for (const { id } of rows as { id: string }[]) {
        this.#sql.rows('DELETE FROM cover WHERE item_id = ?', id)
        this.#sql.rows('DELETE FROM attempt WHERE item_id = ?', id)
        this.#sql.rows('DELETE FROM item WHERE id = ?', id)
      }
      this.#sql.rows('DELETE FROM spend WHERE day < ?', Math.floor(before / Budget.DAY))
    })
  }

  /** What was set aside for gas and not used is there for others. */
  #returnGas(entry: Entry): void {
    for (const { at, wei } of unused(entry)) this.#spend(at, wei)
  }

  /** Sets aside what a release left out that did so for first bytes only, and did not say how much. */
  #catchUp(id: string): void {
    const entry = this.entry(id)
    if (entry === undefined) return
    let there = 0n
    const unsaid = this.#sql.rows('SELECT n FROM attempt WHERE item_id = ? AND set_aside IS NULL', id).map(({ n }) => n)
    for (const { n, filler, maxFee, createdAt, setAside } of entry.attempts) {
      const share = unsaid.includes(n) ? Budget.missing(Budget.gasOf(entry, filler), maxFee, there) : setAside
      there += share
      if (!unsaid.includes(n)) continue
      this.#sql.rows('UPDATE attempt SET set_aside = ? WHERE item_id = ? AND n = ?', share.toString(), id, n)
      if (n > 0) this.#spend(createdAt, share)
    }
  }

  /** An item that had ended is under way again, with its own bytes or, if they are not wanted, an empty transaction. */
  #revive(before: Entry, fees: Fees, now: number): void {
    const { id, attempts } = before
    this.#keepGas(before)
    this.#sql.rows(
      `UPDATE item SET state = 'open', revision = revision + 1, mined = NULL, error = NULL, changed_at = ? WHERE id = ?`,
      ...[now, id],
    )
    // No node is known to have them now.
    this.#sql.rows('UPDATE attempt SET taken_at = NULL, taken_head = NULL WHERE item_id = ?', id)
    if (!Gap.isWanted(before) && !last(before).filler) {
      const setAside = Budget.missing(Budget.FILLER_GAS, fees.maxFee, Budget.setAside(before))
      this.#insertAttempt(id, { n: attempts.length, filler: true, fees, setAside }, now)
    }
    const entry = this.entry(id)
    if (entry !== undefined) this.#publish(entry, 'submitted', now)
  }

  #allocateEmpty({ chainId, signer }: Lane, nonce: number, fees: Fees, now: number): void {
    const order: LaneOrder = {
      chainId,
      signer,
      id: `gap:${nonce}`,
      purpose: 'claim',
      to: signer,
      data: '0x',
      acks: [],
      keys: [],
      maxGas: Budget.FILLER_GAS,
      channels: 0,
      amount: 0n,
    }
    this.allocate(order, { nonce, gasLimit: Budget.FILLER_GAS, fees }, now)
  }

  /** What was there again when the item ended is set aside as before. */
  #keepGas(entry: Entry): void {
    for (const { at, wei } of unused(entry)) this.#spend(at, -wei)
  }

  #spend(at: number, wei: bigint): void {
    const total = (this.spent(at) + wei).toString()
    this.#sql.rows('INSERT OR REPLACE INTO spend (day, wei) VALUES (?, ?)', Math.floor(at / Budget.DAY), total)
  }

  /** Writes bytes down, and sets aside for them. */
  #insertAttempt(id: string, { n, filler, fees, setAside }: NewBytes, now: number): void {
    this.#sql.rows(
      'INSERT INTO attempt (item_id, n, filler, max_fee, priority_fee, set_aside, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[id, n, filler ? 1 : 0, fees.maxFee.toString(), fees.priorityFee.toString(), setAside.toString(), now],
    )
    this.#spend(now, setAside)
  }

  #tell(entry: Entry, move: Move, now: number): void {
    for (const { session, event } of entry.acks) {
      for (const news of newsOf(entry, event, move)) this.outbox.put(session, entry.id, news, now)
    }
    if (move.state === 'mined') this.#sql.rows('UPDATE item SET reported = 1 WHERE id = ?', entry.id)
    const reported = this.#sql.rows('SELECT reported FROM item WHERE id = ?', entry.id)[0]?.['reported']
    if (move.state !== 'failed' || entry.purpose !== 'deposit' || reported !== 1) return
    const chainId = String(this.lane()?.chainId)
    const incident: IncidentEvent = {
      v: 1,
      kind: 'incident',
      id: `deposit_reorged:${chainId}:${entry.id}`,
      what: 'deposit_reorged',
      detail: { chainId, itemId: entry.id, error: entry.error ?? '' },
      at: now,
    }
    this.outbox.put(EVENTS, entry.id, incident, now)
  }

  #publish(entry: Entry, status: TransactionEvent['status'], now: number): void {
    const lane = this.lane()
    if (lane === undefined) return
    const transaction = transactionOf(entry)
    const event: TransactionEvent = {
      v: 1,
      kind: 'transaction',
      chainId: lane.chainId,
      signer: lane.signer,
      itemId: entry.id,
      purpose: entry.purpose,
      nonce: entry.nonce,
      status,
      revision: entry.revision,
      channels: entry.channels,
      amount: entry.amount.toString(),
      at: now,
      ...(transaction === undefined ? {} : { transaction }),
      attempts: entry.attempts.length,
      ...(entry.mined === undefined
        ? {}
        : { gasUsed: entry.mined.gasUsed.toString(), gasPrice: entry.mined.gasPrice.toString() }),
      ...(entry.error === undefined ? {} : { error: entry.error }),
    }
    this.outbox.put(EVENTS, entry.id, event, now)
  }

  #toEntry(row: Row): Entry {
    const id = row['id'] as string
    const attempts = this.#sql.rows('SELECT * FROM attempt WHERE item_id = ? ORDER BY n', id).map(toAttempt)
    return {
      id,
      nonce: row['nonce'] as number,
      purpose: row['purpose'] as Purpose,
      state: row['state'] as State,
      revision: row['revision'] as number,
      to: row['to_address'] as Address,
      data: row['data'] as Hex,
      gasLimit: BigInt(row['gas_limit'] as string),
      acks: fromJson(row['acks'] as string),
      channels: row['channels'] as number,
      amount: BigInt(row['amount'] as string),
      attempts,
      ...(row['proof'] === null ? {} : { proof: fromJson<Proof>(row['proof'] as string) }),
      ...(row['mined'] === null ? {} : { mined: fromJson<Mined>(row['mined'] as string) }),
      ...(row['missing_since'] === null ? {} : { missingSince: row['missing_since'] as number }),
      ...(row['error'] === null ? {} : { error: row['error'] as string }),
      ...(row['held_since'] === null ? {} : { heldSince: row['held_since'] as number }),
    }
  }
}

/** What the session behind an ack is told of a move. */
function newsOf(entry: Entry, ack: AckEvent, move: Move): ChainEvent[] {
  if (move.error !== BY_ANOTHER)
    return chainEvents(ack, move.state, transactionOf(entry), move.recorded, entry.mined?.block)
  const news = eventByAnother(ack)
  return news === undefined ? [] : [news]
}

/** By day, below 0: what was set aside for an item and is not used by what was mined of it. */
function unused({ attempts, mined }: Entry): ReturnType<typeof Budget.settle> {
  return Budget.settle(attempts, mined === undefined ? 0n : mined.gasUsed * mined.gasPrice)
}

function toAttempt(row: Row): Bytes {
  return {
    n: row['n'] as number,
    filler: row['filler'] === 1,
    maxFee: BigInt(row['max_fee'] as string),
    priorityFee: BigInt(row['priority_fee'] as string),
    createdAt: row['created_at'] as number,
    refusals: row['refusals'] as number,
    underpriced: row['underpriced'] === 1,
    unpaid: row['unpaid'] === 1,
    setAside: BigInt((row['set_aside'] as string | null) ?? '0'),
    ...(row['raw'] === null ? {} : { raw: row['raw'] as Hex }),
    ...(row['hash'] === null ? {} : { hash: row['hash'] as Hex }),
    ...(row['sent_at'] === null ? {} : { sentAt: row['sent_at'] as number }),
    ...(row['refusal'] === null ? {} : { refusal: row['refusal'] as string }),
    ...(row['taken_at'] === null ? {} : { takenAt: row['taken_at'] as number }),
    ...(row['taken_head'] === null ? {} : { takenHead: row['taken_head'] as number }),
  }
}

/** The mined transaction of an item, or the newest that is signed and does its work. */
function transactionOf(entry: Entry): Hex | undefined {
  if (entry.error === BY_ANOTHER) return undefined
  return entry.mined?.hash ?? entry.attempts.findLast((attempt) => !attempt.filler && attempt.hash !== undefined)?.hash
}

/** An item as callers see it. */
export function toLaneItem(entry: Entry): LaneItem {
  const transaction = transactionOf(entry)
  const success = entry.mined === undefined ? undefined : entry.mined.success && !entry.mined.filler
  return {
    id: entry.id,
    state: entry.state,
    nonce: entry.nonce,
    ...(transaction === undefined ? {} : { transaction }),
    ...(success === undefined ? {} : { success }),
    ...(entry.error === undefined ? {} : { error: entry.error }),
  }
}
