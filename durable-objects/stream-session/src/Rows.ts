/** What a StreamSession remembers. Times are Unix milliseconds, amounts atomic units. */
import type { Hex } from '@pbstream/core/Hex'
import type { Channel } from '@pbstream/core/Ledger'
import type { Counts } from '@pbstream/core/message/Counts'
import type { JournalRow } from '@pbstream/core/message/Event'
import type { Origin, Scope, Snooze } from '@pbstream/core/message/Sentinel'
import type { SessionRef, StoredAnswer } from '@pbstream/core/message/Session'
import type { Policy } from '@pbstream/core/Policy'
import type { Clock } from './Clock.ts'
import type { Plan } from './Plan.ts'
import type { MemoryReader } from './sentinel/Memory.ts'
import type { Asked, DecisionEntry, FailureEntry, ScopeRow, StopEntry } from './sentinel/Rows.ts'
import type { SetRow } from './sentinel/Sets.ts'

/** A channel's money and when it is claimed. */
export type ChannelRow = {
  readonly channel: Channel
  readonly plan: Plan
  /** When its last sponsored refund was mined; 0 for never. */
  readonly refundedAt: number
  /** When settlement last looked at it on chain. */
  readonly observedAt: number
  /** Sessions that were opened in another epoch are over. Counted from 1. */
  readonly epoch: number
  /** When the last session of this epoch ends; 0: none was opened. */
  readonly openUntil: number
  /** Whose calls were served on it last; undefined: nobody's yet. */
  readonly providerId: string | undefined
}

/** Money set aside for one request. Ends in exactly one of posted, voided, expired (I7). */
export type Reservation = {
  readonly channelId: Hex
  readonly hold: bigint
  /** Progress that expiry charges. */
  readonly marked: bigint
  readonly expiresAt: number
  readonly requestId: string | undefined
  readonly providerId: string
  readonly routeId: string
  readonly rateVersion: number
  /** The window of the key's policy in which it counts; undefined: in none. */
  readonly period: number | undefined
  /** The epoch of the session that it was granted to, within which it may grow; undefined: to a voucher or a lease. */
  readonly epoch: number | undefined
  /** Undefined for most: nothing is counted. */
  readonly metered: Metered | undefined
  /** Undefined: Sentinel was not asked, and nobody said where the call came from. */
  readonly asked: Asked | undefined
}

/** What is counted of a reservation, as it is kept in JSON. */
export type Metered = {
  /** The period of its card. */
  readonly period?: string
  /** What the marked amount is the price of. */
  readonly usage?: Counts
  /** Of a rental. */
  readonly clock?: Clock
}

/** What was used of a route in one period of its card, and what was charged for it. */
export type Count = {
  readonly period: string
  readonly units: Counts
  readonly charged: bigint
  /** The journal row that counted last. */
  readonly revision: number
}

/** A slice of a channel's room that one gateway isolate may spend. What is `left` of it counts in `reserved`. */
export type LeaseRow = {
  readonly channelId: Hex
  readonly isolate: string
  /** That of the channel when it was granted. */
  readonly epoch: number
  readonly left: bigint
  readonly count: number
  readonly perRequestMax: bigint
  /** Nothing is begun under it from then on; its row goes with the final report, or after the grace. */
  readonly expiresAt: number
  readonly providerId: string
  readonly routeId: string
  readonly rateVersion: number
  /** As in `Reservation`. */
  readonly period: number | undefined
  /** The version of the key's policy that it was granted under; undefined: nobody managed the key. */
  readonly keyVersion: number | undefined
  /** Of the requests that it is for, as far as that is known. */
  readonly origin: Origin | undefined
  /** The revisions of the rules that it was granted under. */
  readonly rules: string
  /** Upstream failures under it that were reported. */
  readonly failed: number
}

/** What the owner lets the key spend, and the window that its charges count in now. */
export type PolicyRow = {
  readonly policy: Policy
  /** Windows are counted from 1. */
  readonly period: number
  /** Unix seconds. */
  readonly periodStart: number
  /** What the key had spent when the window began, and what requests from before were charged since. */
  readonly periodBase: bigint
}

/** A request id that was taken by a reservation. `unknown`: it ended, and nobody knows what the upstream did. */
export type RequestRow = {
  readonly digest: Hex
  readonly state: 'in_flight' | 'done' | 'unknown'
  readonly reservationId: string
  readonly receipt: string | undefined
  readonly expiresAt: number
}

export type AnswerRow = { readonly answer: StoredAnswer; readonly expiresAt: number }

/** A deposit under way. Its row goes when it is confirmed or failed; what is reported later changes nothing. */
export type Deposit = {
  readonly channelId: Hex
  readonly amount: bigint
  readonly status: 'wanted' | 'mined'
  readonly at: number
}

/** All that is held in memory, as it is read back after a restart. */
export type Loaded = {
  session: SessionRef | undefined
  /** Undefined: nobody manages the key. */
  policy: PolicyRow | undefined
  channels: [Hex, ChannelRow][]
  reservations: [string, Reservation][]
  leases: [string, LeaseRow][]
  deposits: [string, Deposit][]
  /** By route. */
  counts: [string, readonly Count[]][]
  /** Sentinel's: rule sets and what stands beside them by scope, snoozes, stops by id, failures by provider and route. */
  sets: [Scope, SetRow][]
  scopes: [Scope, ScopeRow][]
  snoozes: [string, Snooze][]
  stops: [string, StopEntry][]
  failures: [string, FailureEntry][]
  /** Position of the last journal row, and of the last one that the events queue has. */
  seq: number
  sent: number
  /** Number of the last decision; the last change of what Sentinel tells, and the last one that the events queue has. */
  decisions: number
  news: number
  told: number
}

/** Rows that are read when they are asked for. */
export type Reader = {
  request(id: string): RequestRow | undefined
  /** The kept answer, by reservation. */
  answer(reservationId: string): AnswerRow | undefined
  /** Until when a nonce that opened a session is remembered. */
  nonce(nonce: Hex): number | undefined
  decision(number: number): DecisionEntry | undefined
  /** What Sentinel knows of the key. */
  readonly memory: MemoryReader
}

export type { JournalRow }
