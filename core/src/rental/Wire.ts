/**
 * Rentals on the wire: a provider's own server starts one with the payment that a caller brought, says every 30 seconds
 * that it goes on, and ends it. JSON over HTTPS, with an API key of the provider's owner. Charged is the time that is
 * proven, by the clock of the payer's session and the rate card that was in force at the start.
 *
 * Amounts are decimal strings of atomic units, times Unix milliseconds. Problems are those of `Errors`.
 */
import type { Times } from '../message/Session.ts'
import type { AuthorizeBody } from '../standalone/Wire.ts'

/** `start`, `heartbeat`, `pause`, `resume` and `stop` lie below, each a POST. */
export const RENTALS_PATH = '/.well-known/pbstream/rentals'

/** A heartbeat is due so often, in milliseconds: also while a rental is paused. */
export const BEAT_MS = 30_000
/** A rental that nobody speaks of for so long is over. */
export const SILENCE_MS = 90_000
/** Money is set aside for so much time to come. */
export const AHEAD_MS = 120_000
/** No rental is longer, pauses included. */
export const LONGEST_MS = 7 * 86_400_000

export type StartBody = Omit<AuthorizeBody, 'price' | 'route'> & {
  /** The id of a route of the provider whose card has a price for `second`, and perhaps for `request`. */
  route: string
  /** The longest that this rental can be: its price is the ceiling. Left out: the card's maximum is. */
  seconds?: number
}

/** What all the others say. */
export type RentalBody = { v: 1; id: string }

/** How a rental stands, as of this answer. */
export type RentalState =
  | {
      kind: 'running' | 'paused'
      /** What it costs so far. */
      amount: string
      /** Time that is charged, without pauses. */
      milliseconds: number
      /** What is set aside for it. */
      hold: string
      /** Running: up to when that pays. What lies beyond is not charged, unless a heartbeat in time says a later one. */
      paidUntil?: number
      /** When it is over if nothing is heard. */
      expiresAt: number
    }
  | {
      kind: 'ended'
      /** `stopped`, or why it could not go on: one of `EndReason`, or a code of `Errors`. */
      reason: string
      amount: string
      /** With the charge; absent where this was told before, and only the receipt is known. */
      milliseconds?: number
      times?: Times
      receipt: string
      /** For an answer to the caller: PAYMENT-RESPONSE, PBStream-Receipt. */
      headers: Record<string, string>
    }

/** `hold_used_up`: nothing more is set aside, since the ceiling is reached or the payer's room is too small. */
export type EndReason = 'stopped' | 'hold_used_up' | 'too_long' | 'paused_too_often'

export type StartReply =
  | {
      kind: 'started'
      /** Names the rental in what follows. */
      id: string
      payer: string
      session: string
      /** CAIP-2. */
      network: string
      /** The most that the rental can cost. */
      ceiling: string
      /** For the caller's answer. */
      headers: Record<string, string>
      token?: string
      state: RentalState
    }
  /** What the caller gets instead, as it is: the offers, a refusal. */
  | { kind: 'response'; status: number; headers: Record<string, string>; body: string }
