/** Holds that get larger while a stream or a rental goes on, and the clocks of rentals. */
import * as Ledger from '@pbstream/core/Ledger'
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Report, ReportReply } from '@pbstream/core/message/Session'
import * as Admission from './Admission.ts'
import * as Clock from './Clock.ts'
import * as Permit from './Permit.ts'
import type { Reservation } from './Rows.ts'
import * as Ended from './sentinel/Ended.ts'
import * as Guard from './sentinel/Guard.ts'
import * as Sessions from './Sessions.ts'
import type { State } from './State.ts'

type Grow = Extract<Report, { kind: 'grow' }>
type Time = Extract<Report, { kind: 'time' }>

/**
 * Makes the hold of a request under a session larger, if a request for that much would be let in now: as far as the
 * key's policy and the room go. What may not grow is left as it is, and so is when it expires.
 */
export function grow(state: State, { reservationId, to }: Grow, held: Reservation, now: number): ReportReply {
  const row = state.row(held.channelId)
  const { channel } = row
  const done = held.hold >= to
  const left = (why: Pick<ReportReply, 'refused' | 'observe'>): ReportReply => {
    return { done, hold: held.hold, channel: Ledger.view(channel), ...(done ? {} : why) }
  }
  if (held.epoch === undefined) return left({})
  if (held.epoch !== row.epoch) return left({ refused: Sessions.ended(state, row, now).code })
  const shut = Admission.shut(state, channel, now)
  const stopped = Guard.refusal(state, held.providerId, now, true)
  if (stopped !== undefined) return left({ refused: stopped.code })
  if (shut !== undefined) return left(shut.kind === 'refused' ? { refused: shut.code } : { observe: channel.config })
  const most: ReturnType<typeof Permit.growth> = done
    ? { hold: held.hold }
    : Permit.growth(state, held, channel.config, to, now)
  const limit = most.code === undefined ? {} : { refused: most.code }
  if (most.hold < held.hold) return left(limit)
  const grown = Ledger.grow(channel, held.hold, most.hold)
  if (!('channel' in grown)) throw new Error(`a hold could not grow: ${grown.refused}`)
  const { hold } = grown
  const period = hold === held.hold ? held.period : Permit.grown(state, held, hold, now)
  const asked = hold > held.hold ? Ended.grown(state, held, hold) : held.asked
  state.reservations.set(reservationId, { ...held, hold, period, asked, expiresAt: now + Admission.RESERVATION_MS })
  if (hold > held.hold) state.put(row, grown.channel, now)
  return {
    done: hold >= to,
    hold,
    channel: Ledger.view(grown.channel),
    ...(hold === most.hold && hold < to ? limit : {}),
    ...(hold < most.hold && lacksMoney(state, grown.channel, most.hold - hold, now) ? { observe: channel.config } : {}),
  }
}

/**
 * Tells the clock of a rental. One whose session or key has ended, or whose money is about to leave, is stopped by
 * whatever comes next.
 */
export function time(state: State, { reservationId, op }: Time, held: Reservation, now: number): ReportReply {
  const row = state.row(held.channelId)
  const refused = over(state, held, now)
  const before = held.metered?.clock
  const clock = Clock.told(before, refused === undefined ? op : 'stop', now)
  const times = (clock ?? before)?.times ?? []
  const running = (clock ?? before)?.state === 'running'
  const reply = { channel: Ledger.view(row.channel), hold: held.hold, times, running }
  const more = refused === undefined ? look(state, row.channel, now) : { refused }
  if (clock === undefined) return { done: false, ...reply, ...more }
  const metered = { ...held.metered, clock }
  // What has stopped is to be charged: hearing of it again gives it no more time, or its money might leave before.
  const expiresAt = before?.state === 'stopped' ? held.expiresAt : now + Admission.RESERVATION_MS
  state.reservations.set(reservationId, { ...held, metered, expiresAt })
  return { done: refused === undefined || op === 'pause' || op === 'stop', ...reply, ...more }
}

/** A rental may be all that ever calls, so nobody else would have the chain looked at. */
function look(state: State, channel: Ledger.Channel, now: number): Pick<ReportReply, 'observe'> {
  return Admission.mayLook(state, channel, now) ? { observe: channel.config } : {}
}

/** Why a rental may not go on. */
function over(state: State, { channelId, epoch, providerId }: Reservation, now: number): ErrorCode | undefined {
  const row = state.row(channelId)
  if (epoch !== undefined && epoch !== row.epoch) return Sessions.ended(state, row, now).code
  const denied = Permit.refusal(state, { config: row.channel.config, hold: 0n }, now)?.code
  if (denied !== undefined) return denied
  const stopped = Guard.refusal(state, providerId, now, true)?.code
  return stopped === 'sentinel_frozen' ? stopped : Admission.leaving(row.channel, now)
}

/** Where the vouchers would let it grow, the money may have come without us: from time to time somebody has to look. */
function lacksMoney(state: State, channel: Ledger.Channel, missing: bigint, now: number): boolean {
  const { channelId } = channel
  if (Ledger.base(channel) + missing > channel.accepted || !Admission.mayReread(state, channelId, now)) return false
  state.observedAt.set(channelId, now)
  return true
}
