/**
 * What the owner lets the key spend, and what is used of it, over all channels of the key.
 *
 * Usage is derived: from what the channels have spent, from reservations and leases, and from what was spent when the
 * window began. So it is exact after a restart, whatever was posted, voided, expired or lost in between.
 */
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import type { Channel } from '@pbstream/core/Ledger'
import type { KeyStatus, PolicyStanding, Reserve, ReserveReply, SetPolicyReply } from '@pbstream/core/message/Session'
import * as Policy from '@pbstream/core/Policy'
import type { ChannelRow, LeaseRow, Loaded, PolicyRow, Reservation } from './Rows.ts'
import type { State } from './State.ts'

/** Sums over the channels in the policy's token, kept up to date so that a call costs the same with many channels. */
export type Meter = {
  readonly spent: bigint
  readonly reserved: bigint
  /** Held by the reservations and leases that began in the window. */
  readonly periodReserved: bigint
}

type Refused = Extract<ReserveReply, { kind: 'refused' }>

/** The sums as they follow from the rows. */
export function metered(
  { policy, period }: PolicyRow,
  channels: Iterable<[Hex, ChannelRow]>,
  reservations: Iterable<[string, Reservation]>,
  leases: Iterable<[string, LeaseRow]>,
): Meter {
  let [spent, reserved, periodReserved] = [0n, 0n, 0n]
  for (const [, { channel }] of channels) {
    if (channel.config.token !== policy.token) continue
    spent += channel.spent
    reserved += channel.reserved
  }
  for (const [, held] of reservations) if (held.period === period) periodReserved += held.hold
  for (const [, lease] of leases) if (lease.period === period) periodReserved += lease.left
  return { spent, reserved, periodReserved }
}

/** As it is after a restart. */
export function loaded({ policy, channels, reservations, leases }: Loaded): Meter | undefined {
  return policy === undefined ? undefined : metered(policy, channels, reservations, leases)
}

/**
 * Puts a policy in force. From this commit on nothing new is granted against it; what was reserved before may be posted,
 * and what was leased before may be spent up to `leasedUntil`. If the key has stopped, its sessions are over, and what is
 * earned is claimed.
 */
export function set(state: State, policy: Policy.Policy, now: number): SetPolicyReply {
  const held = state.policy.get('policy')
  const applied = held === undefined || replaces(held.policy, policy)
  if (applied && (held === undefined || held.policy.version !== policy.version)) {
    const row = windowOf(state, held, policy, seconds(now))
    state.policy.set('policy', row)
    const { channels, reservations, leases } = state
    state.meter.set('meter', metered(row, channels.entries(), reservations.entries(), leases.entries()))
    for (const [channelId] of [...channels.entries()]) {
      if (policy.status !== 'active') state.endSessions(channelId)
      state.attempt(() => state.claim(channelId, now))
    }
  }
  const { status, version } = applied ? policy : held.policy
  const until = leasedUntil(state, now)
  return {
    applied,
    status: shown(status, until),
    version,
    inFlight: state.reservations.size,
    leasedUntil: until,
  }
}

/** Undefined when nobody manages the key. */
export function standing(state: State, now: number): PolicyStanding | undefined {
  const row = state.policy.get('policy')
  if (row === undefined) return undefined
  const { policy } = row
  const usage = Policy.current(policy, usageOf(state, row), seconds(now))
  const until = leasedUntil(state, now)
  return {
    policy,
    status: shown(policy.status, until),
    inFlight: state.reservations.size,
    leasedUntil: until,
    usage,
  }
}

/** Up to when isolates may begin requests under leases; 0: there are none. */
export function leasedUntil(state: State, now: number): number {
  let until = 0
  for (const [, { expiresAt }] of state.leases.entries()) if (expiresAt > now) until = Math.max(until, expiresAt)
  return until
}

/** A freeze is in force when the last lease from before has ended (I10). */
function shown(status: Policy.Status, until: number): KeyStatus {
  return status === 'frozen' && until > 0 ? 'freezing' : status
}

/** Why the key may not make this payment now; undefined when it may. Without a route: why it may make none at all. */
export function refusal(
  state: State,
  { config, routeId, hold }: Pick<Reserve, 'config' | 'hold'> & { routeId?: string },
  now: number,
): Refused | undefined {
  const row = state.policy.get('policy')
  if (row === undefined) return undefined
  const { receiver, token } = config
  const any = routeId === undefined ? { ...row.policy, routes: null } : row.policy
  const verdict = Policy.check(
    any,
    usageOf(state, row),
    { receiver, token, routeId: routeId ?? '', hold },
    seconds(now),
  )
  return verdict.ok ? undefined : { kind: 'refused', code: verdict.code, facts: verdict.facts }
}

/**
 * Whether a deposit could be of use: not if the key may spend no more than what lies unspent in the channel already.
 */
export function mayUse(state: State, unspent: bigint): boolean {
  const row = state.policy.get('policy')
  return row === undefined || Policy.capLeft(row.policy, usageOf(state, row)) > unspent
}

/**
 * How far the key's nearest limit is for payments of `price` each that begin up to `until` (Unix milliseconds), after all
 * that is held and leased. 0: there are to be none; undefined: nobody manages the key.
 */
export function leeway(state: State, price: bigint, until: number, now: number): bigint | undefined {
  const row = state.policy.get('policy')
  if (row === undefined) return undefined
  const { policy } = row
  const { perPaymentMax, periodAmount, periodDuration } = policy
  const usage = Policy.current(policy, usageOf(state, row), seconds(now))
  if (perPaymentMax !== 0n && price > perPaymentMax) return 0n
  const left = Policy.capLeft(policy, usage)
  if (periodDuration === 0) return left
  // What a lease spends counts in one window only.
  if ((usage.periodStart + periodDuration) * 1_000 < until) return 0n
  const inPeriod = periodAmount - usage.periodSpent
  return inPeriod < left ? (inPeriod < 0n ? 0n : inPeriod) : left
}

/** What the key's cap leaves of payments in a token, and the cap; undefined: nobody manages the key, or not for this token. */
export function capOf(state: State, token: Hex): { left: bigint; of: bigint } | undefined {
  const row = state.policy.get('policy')
  if (row === undefined || row.policy.token !== token) return undefined
  return { left: Policy.capLeft(row.policy, usageOf(state, row)), of: row.policy.spendCap }
}

/** A reservation or lease begins: it counts in the window of now, which begins with it if it is the first. */
export function begun(state: State, hold: bigint, now: number): { period: number | undefined; keyVersion?: number } {
  const held = state.policy.get('policy')
  if (held === undefined) return { period: undefined }
  const keyVersion = held.policy.version
  if (held.policy.periodDuration === 0) return { period: undefined, keyVersion }
  const row = rolled(state, held, seconds(now))
  const meter = meterOf(state)
  state.meter.set('meter', { ...meter, periodReserved: meter.periodReserved + hold })
  return { period: row.period, keyVersion }
}

/**
 * What a reservation may hold now, up to `to`: as much as a request in its place would be let in for. Less than it holds,
 * when there could be none; `code` says what keeps it from being `to`.
 */
export function growth(
  state: State,
  held: Reservation,
  { receiver, token }: Pick<Reserve['config'], 'receiver' | 'token'>,
  to: bigint,
  now: number,
): { hold: bigint; code?: ErrorCode } {
  const row = state.policy.get('policy')
  if (row === undefined) return { hold: to }
  const all = usageOf(state, row)
  // As if what it holds were free.
  const periodSpent = held.period === row.period ? all.periodSpent - held.hold : all.periodSpent
  const usage = { ...all, reserved: all.reserved - held.hold, periodSpent }
  const { routeId } = held
  let hold = to
  let code: ErrorCode | undefined
  // Each limit that is met says what it leaves, which is less every time.
  for (;;) {
    const verdict = Policy.check(row.policy, usage, { receiver, token, routeId, hold }, seconds(now))
    if (verdict.ok) return code === undefined ? { hold } : { hold, code }
    code = verdict.code
    const { left } = verdict.facts
    if (left === undefined || left < held.hold) return { hold: -1n, code }
    hold = left
  }
}

/** A reservation has grown: all of it counts in the window of now from now on, if it counts in windows. */
export function grown(state: State, held: Reservation, hold: bigint, now: number): number | undefined {
  const policy = state.policy.get('policy')
  if (policy === undefined || policy.policy.periodDuration === 0) return held.period
  const row = rolled(state, policy, seconds(now))
  const meter = meterOf(state)
  const more = held.period === row.period ? hold - held.hold : hold
  state.meter.set('meter', { ...meter, periodReserved: meter.periodReserved + more })
  return row.period
}

/**
 * A reservation, or a part of a lease, on a channel in `token` ends with a charge. One from before the window leaves the
 * window as it is.
 */
export function ended(
  state: State,
  { period, hold }: Pick<Reservation, 'period' | 'hold'>,
  token: Hex,
  amount: bigint,
): void {
  const row = state.policy.get('policy')
  if (row === undefined || row.policy.periodDuration === 0) return
  if (period === row.period) {
    const meter = meterOf(state)
    state.meter.set('meter', { ...meter, periodReserved: meter.periodReserved - hold })
  } else if (token === row.policy.token && amount > 0n) {
    state.policy.set('policy', { ...row, periodBase: row.periodBase + amount })
  }
}

/** A channel is known now: what the key had spent there before our time counts against its cap, and in no window. */
export function opened(state: State, { config, spent }: Channel): void {
  const row = state.policy.get('policy')
  if (row === undefined || config.token !== row.policy.token || spent === 0n) return
  const meter = meterOf(state)
  state.meter.set('meter', { ...meter, spent: meter.spent + spent })
  state.policy.set('policy', { ...row, periodBase: row.periodBase + spent })
}

/** A channel's numbers have changed. */
export function moved(state: State, before: Channel, after: Channel): void {
  const row = state.policy.get('policy')
  if (row === undefined || after.config.token !== row.policy.token) return
  const [spent, reserved] = [after.spent - before.spent, after.reserved - before.reserved]
  if (spent === 0n && reserved === 0n) return
  const meter = meterOf(state)
  state.meter.set('meter', { ...meter, spent: meter.spent + spent, reserved: meter.reserved + reserved })
}

/** The version of the policy in force; undefined: nobody manages the key. */
export function version(state: State): number | undefined {
  return state.policy.get('policy')?.policy.version
}

/** From when on the key charges nothing new, Unix seconds; `Infinity`: no policy says. */
export function stopsAt(state: State): number {
  const row = state.policy.get('policy')
  return row === undefined ? Number.POSITIVE_INFINITY : Policy.stopsAt(row.policy)
}

/** Whether `next` may stand in the place of `held`: it is newer, or the same again, and undoes no revocation. */
function replaces(held: Policy.Policy, next: Policy.Policy): boolean {
  if (next.version === held.version) return Policy.same(held, next)
  return next.version > held.version && (held.status !== 'revoked' || next.status === 'revoked')
}

/**
 * The window under a new policy. It goes on if windows stay as they were. Windows that are cut otherwise begin with all
 * that was used in the last one, if that reaches into the new one; a first policy begins with nothing used.
 */
function windowOf(state: State, held: PolicyRow | undefined, policy: Policy.Policy, now: number): PolicyRow {
  if (held !== undefined && Policy.sameWindows(held.policy, policy)) return { ...held, policy }
  const periodStart = Policy.windowStart(policy, now)
  const goesOn =
    held !== undefined &&
    held.policy.token === policy.token &&
    held.policy.periodDuration > 0 &&
    policy.periodDuration > 0 &&
    held.periodStart + held.policy.periodDuration > periodStart
  if (goesOn) return { ...held, policy, periodStart }
  const fresh = { policy, period: (held?.period ?? 0) + 1, periodStart, periodBase: 0n }
  return { ...fresh, periodBase: metered(fresh, state.channels.entries(), [], []).spent }
}

/** The window of now: a new one begins with nothing used. */
function rolled(state: State, row: PolicyRow, now: number): PolicyRow {
  const periodStart = Policy.windowStart(row.policy, now)
  if (periodStart <= row.periodStart) return row
  const meter = meterOf(state)
  const next = { ...row, period: row.period + 1, periodStart, periodBase: meter.spent }
  state.policy.set('policy', next)
  state.meter.set('meter', { ...meter, periodReserved: 0n })
  return next
}

function usageOf(state: State, { policy, periodStart, periodBase }: PolicyRow): Policy.Usage {
  const { spent, reserved, periodReserved } = meterOf(state)
  const periodSpent = policy.periodDuration === 0 ? 0n : spent - periodBase + periodReserved
  return { spent, reserved, periodStart, periodSpent }
}

function meterOf(state: State): Meter {
  const meter = state.meter.get('meter')
  if (meter === undefined) throw new Error('a policy without its sums')
  return meter
}

function seconds(now: number): number {
  return Math.floor(now / 1_000)
}
