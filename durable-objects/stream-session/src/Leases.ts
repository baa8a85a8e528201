/**
 * Edge leases: slices of a channel's room that one gateway isolate may spend by itself for a few seconds, and then
 * reports. A lease is a durable reservation: its slice counts in `reserved`, so no limit is passed by what isolates do.
 */
import type { Hex } from '@pbstream/core/Hex'
import * as Ledger from '@pbstream/core/Ledger'
import {
  type Lease,
  LEASE_GRACE_MS,
  LEASE_MS,
  type LeaseCharge,
  type LeaseKept,
  type LeaseReply,
  type LeaseReport,
  type LeaseWish,
  type SessionRoom,
} from '@pbstream/core/message/PaidSession'
import type { Origin } from '@pbstream/core/message/Sentinel'
import type { Reserve } from '@pbstream/core/message/Session'
import { requestId as requestIdOf } from '@pbstream/core/session/Lease'
import * as Admission from './Admission.ts'
import * as Permit from './Permit.ts'
import * as Plan from './Plan.ts'
import type { LeaseRow } from './Rows.ts'
import * as Ended from './sentinel/Ended.ts'
import * as Guard from './sentinel/Guard.ts'
import * as Leased from './sentinel/Leased.ts'
import type { Asked } from './sentinel/Rows.ts'
import * as Sets from './sentinel/Sets.ts'
import * as Stops from './sentinel/Stops.ts'
import type { State } from './State.ts'

/** A lease is for what its isolate is likely to need in so long: nearly all of `LEASE_MS`, as each costs two commits. */
const AHEAD_S = 4
/** A shorter lease, or one for fewer requests, is not worth its writes. */
const LEAST_MS = 1_000
const LEAST_REQUESTS = 4n
const MOST_REQUESTS = 10_000
/** An isolate holds one lease of a kind, and the next. */
const MOST_OF_A_KIND = 2
const MOST_OUT = 256

/** What a lease is for. */
export type Wanted = Pick<Reserve, 'channelId' | 'providerId' | 'routeId' | 'rateVersion'> &
  LeaseWish & { readonly origin: Origin | undefined }

/**
 * Sets a slice aside; undefined when there is to be none. Call it for a channel that has just been found open for the
 * same request: what closes channels and keys is not looked at again.
 */
export function grant(state: State, wanted: Wanted, now: number): Lease | undefined {
  const { channelId, isolate, providerId, routeId, price, origin } = wanted
  const { channel, epoch } = state.row(channelId)
  const stop =
    Math.min(Stops.stopsAt(state, channelId), channel.keyStoppedAt === 0 ? Infinity : channel.keyStoppedAt) * 1_000
  const expiresAt = Math.min(now + LEASE_MS, stop)
  if (expiresAt < now + LEAST_MS || isCrowded(state, wanted, epoch)) return undefined
  const likely = countFor(channel, wanted, Permit.leeway(state, price, expiresAt, now))
  if (likely === 0) return undefined
  const call = { channel, providerId, routeId, amount: price, origin, at: now }
  const count = Leased.count(state, call, likely, expiresAt + LEASE_GRACE_MS)
  if (count < Number(LEAST_REQUESTS)) return undefined
  const amount = BigInt(count) * price
  const held = Ledger.hold(channel, amount)
  if (!('channel' in held)) throw new Error(`a lease within the room was refused: ${held.refused}`)
  const { period, keyVersion } = Permit.begun(state, amount, now)
  const id = `ls_${state.ports.id()}`
  const { rateVersion } = wanted
  const terms = { channelId, isolate, epoch, providerId, routeId, rateVersion, period, keyVersion, origin, failed: 0 }
  const rules = Sets.revisions(state, providerId)
  state.leases.set(id, { ...terms, rules, left: amount, count, perRequestMax: price, expiresAt })
  state.put(state.row(channelId), held.channel, now)
  return { id, amount, count, perRequestMax: price, expiresAt, ...(keyVersion === undefined ? {} : { keyVersion }) }
}

/** For so many requests a lease is good: what is likely, and no more than a quarter of what is left anywhere. */
function countFor(channel: Ledger.Channel, { perSecond, price }: LeaseWish, leeway: bigint | undefined): number {
  const likely = BigInt(Math.min(MOST_REQUESTS, Math.ceil(perSecond * AHEAD_S)))
  const room = Ledger.room(channel)
  const quarter = (leeway === undefined || room < leeway ? room : leeway) / 4n / price
  const count = quarter < likely ? quarter : likely
  return count < LEAST_REQUESTS ? 0 : Number(count)
}

function isCrowded(state: State, { channelId, isolate, routeId, origin }: Wanted, epoch: number): boolean {
  let same = 0
  for (const [, lease] of state.leases.entries()) {
    const alike = lease.channelId === channelId && lease.isolate === isolate && lease.routeId === routeId
    if (alike && isSameOrigin(lease.origin, origin) && lease.epoch === epoch) same += 1
  }
  return same >= MOST_OF_A_KIND || state.leases.size >= MOST_OUT
}

function isSameOrigin(a: Wanted['origin'], b: Wanted['origin']): boolean {
  return a?.country === b?.country && a?.place === b?.place
}

/** What an isolate did under a lease. Each `n` counts once, whatever is repeated; nothing counts after the grace. */
export function report(state: State, said: LeaseReport, now: number): LeaseReply {
  const { leaseId, charges, kept = [], final } = said
  const lease = state.leases.get(leaseId)
  if (lease !== undefined && isOver(lease, now)) end(state, leaseId, now)
  if (lease === undefined || isOver(lease, now)) {
    const stands = [...charges, ...kept].filter(({ n }) => isNoted(state, leaseId, n))
    return { kind: 'ended', taken: stands.length }
  }
  let taken = 0
  for (const each of charges) if (charge(state, leaseId, each, now)) taken += 1
  for (const each of kept) if (keep(state, leaseId, each, now)) taken += 1
  failures(state, leaseId, said.failed ?? 0, now)
  if (final) end(state, leaseId, now)
  if (charges.length > 0) state.claim(lease.channelId, now)
  const open = !final && isInForce(state, lease, now)
  const next = open && said.wish !== undefined ? renew(state, lease, said.wish, now) : undefined
  const { channel } = state.row(lease.channelId)
  return { kind: open ? 'open' : 'ended', taken, ...(next === undefined ? {} : { lease: next }), ...roomOf(channel) }
}

/** Ends the leases that were not ended by a report in time: the rest of their slices is free again. */
export function expire(state: State, now: number): void {
  for (const [id, lease] of [...state.leases.entries()]) {
    if (isOver(lease, now)) state.attempt(() => end(state, id, now))
  }
}

/** When a lease ends if nobody reports it, Unix milliseconds. */
export function endsAt({ expiresAt }: LeaseRow): number {
  return expiresAt + LEASE_GRACE_MS
}

/** Whether some of a channel's room is leased. */
export function isOut(state: State, channelId: Hex): boolean {
  for (const [, lease] of state.leases.entries()) if (lease.channelId === channelId) return true
  return false
}

export function roomOf(channel: Ledger.Channel): SessionRoom {
  const room = Ledger.room(channel)
  return { channel: Ledger.view(channel), accepted: channel.accepted, room: room > 0n ? room : 0n }
}

/** Whether the charge stands; one that was reported before does. */
function charge(state: State, leaseId: string, said: LeaseCharge, now: number): boolean {
  const { n, digest, amount, receipt, usage } = said
  if (isNoted(state, leaseId, n)) return true
  const lease = allowed(state, leaseId, n, amount)
  if (lease === undefined) return false
  const { channelId, period, providerId, routeId, rateVersion } = lease
  const row = state.row(channelId)
  const posted = Ledger.post(row.channel, amount, amount)
  if (!('channel' in posted)) throw new Error(`a lease could not be charged: ${posted.refused}`)
  Permit.ended(state, { period, hold: amount }, row.channel.config.token, amount)
  const id = requestIdOf({ id: leaseId, n })
  state.leases.set(leaseId, { ...lease, left: lease.left - amount })
  state.requests.set(id, {
    digest,
    state: 'done',
    reservationId: id,
    receipt,
    expiresAt: now + Admission.REQUEST_TAKEN_MS,
  })
  const plan = amount > 0n ? Plan.charged(row.plan, now) : row.plan
  const metered = usage === undefined ? {} : { usage }
  const details = {
    reservationId: id,
    requestId: id,
    providerId,
    routeId,
    rateVersion,
    ...metered,
    ...Ended.from(lease.origin),
  }
  state.put({ ...row, plan }, posted.channel, now, details)
  const asked = judge(state, lease, lease.perRequestMax, atOf(lease, said, now))
  Ended.ended(state, { asked, providerId, routeId }, amount, 'posted', now)
  return true
}

/** Turns a part of the slice into a reservation of its own. Whether there is one. */
function keep(state: State, leaseId: string, { n, digest, hold }: LeaseKept, now: number): boolean {
  if (isNoted(state, leaseId, n)) return true
  const lease = allowed(state, leaseId, n, hold)
  if (lease === undefined) return false
  const { channelId, period, providerId, routeId, rateVersion } = lease
  const id = requestIdOf({ id: leaseId, n })
  const asked = judge(state, lease, hold, now)
  const named = { requestId: id, providerId, routeId, rateVersion, period, epoch: undefined, metered: undefined, asked }
  const held = { channelId, hold, marked: 0n, ...named }
  state.leases.set(leaseId, { ...lease, left: lease.left - hold })
  state.reservations.set(id, { ...held, expiresAt: now + Admission.RESERVATION_MS })
  const taken = { digest, state: 'in_flight', reservationId: id, receipt: undefined } as const
  state.requests.set(id, { ...taken, expiresAt: now + Admission.REQUEST_TAKEN_MS })
  return true
}

/** A request that was served is judged now: what it shows stops those after it. */
function judge(state: State, lease: LeaseRow, amount: bigint, at: number): Asked | undefined {
  const { channelId, providerId, routeId, origin } = lease
  return Guard.served(state, { channel: state.row(channelId).channel, providerId, routeId, amount, origin, at })
}

/** When a request began, as far as the isolate's clock can be believed. */
function atOf({ expiresAt }: LeaseRow, { at = Infinity }: LeaseCharge, now: number): number {
  return Math.max(Math.min(at, now), Math.min(expiresAt - LEASE_MS, now))
}

/** Upstream failures that were not reported yet. */
function failures(state: State, leaseId: string, failed: number, now: number): void {
  const lease = state.leases.get(leaseId)
  const more = lease === undefined ? 0 : Math.min(failed, lease.count) - lease.failed
  if (lease === undefined || more <= 0) return
  state.leases.set(leaseId, { ...lease, failed: lease.failed + more })
  Ended.failedUnder(state, lease, more, now)
}

/** The lease as it is now, if it allows for a request. */
function allowed(state: State, leaseId: string, n: number, amount: bigint): LeaseRow | undefined {
  const lease = state.leases.get(leaseId)
  if (lease === undefined || n > lease.count || amount > lease.perRequestMax || amount > lease.left) return undefined
  return lease
}

function isNoted(state: State, leaseId: string, n: number): boolean {
  return state.requests.get(requestIdOf({ id: leaseId, n })) !== undefined
}

/** Another one in the place of a lease that runs out, if such a request would be let in now. */
function renew(state: State, lease: LeaseRow, wish: LeaseWish, now: number): Lease | undefined {
  const { channelId, providerId, routeId, rateVersion, isolate, origin } = lease
  const { channel } = state.row(channelId)
  const isShut =
    Permit.refusal(state, { config: channel.config, routeId, hold: wish.price }, now) !== undefined ||
    Admission.isShut(state, channel, now)
  if (isShut) return undefined
  return grant(state, { channelId, providerId, routeId, rateVersion, origin, ...wish, isolate }, now)
}

/** Whether requests may begin under a lease: its sessions go on, and the limits that it was granted under are still those. */
function isInForce(state: State, lease: LeaseRow, now: number): boolean {
  if (now >= lease.expiresAt || state.row(lease.channelId).epoch !== lease.epoch) return false
  if (lease.rules !== Sets.revisions(state, lease.providerId)) return false
  return lease.keyVersion === Permit.version(state) && Guard.refusal(state, lease.providerId, now, true) === undefined
}

function isOver(lease: LeaseRow, now: number): boolean {
  return now >= endsAt(lease)
}

/** The rest of the slice is free again. */
function end(state: State, leaseId: string, now: number): void {
  const lease = state.leases.get(leaseId)
  if (lease === undefined) return
  const { channelId, left, period } = lease
  const row = state.row(channelId)
  const released = Ledger.release(row.channel, left)
  if (!('channel' in released)) throw new Error(`a lease could not end: ${released.refused}`)
  state.leases.delete(leaseId)
  Permit.ended(state, { period, hold: left }, row.channel.config.token, 0n)
  if (left > 0n) state.put(row, released.channel, now)
}
