/**
 * When a channel's money is claimed: thresholds, one claim in flight, repeats and retries. Pure; times are Unix
 * milliseconds. The money itself is in `core/Ledger`.
 */
import { type Channel, claimable, isStopped, outstanding } from '@pbstream/core/Ledger'
import { REFUND_LOST_MS, type SettlementPolicy } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'

export type Reason = ClaimMessage['reason']

export type Plan = {
  /** Charges since the last claim was started. */
  readonly charges: number
  /** When the first of them was made; 0 for none. */
  readonly since: number
  /** Why the claim in flight, or the failed one, was started. */
  readonly reason: Reason
  /** Claims that failed since the last success. */
  readonly attempt: number
  /** How often the claim in flight was handed to the queue; 0 while it waits to be. */
  readonly sends: number
  /** With a claim in flight: when it is sent (again). After a failure, or when put off: not before this is it tried again. */
  readonly dueAt: number
  /** What the provider wants in place of `settleAmount` and `settleAgeMs`. */
  readonly settle?: SettlementPolicy
}

export type Settings = {
  /** Unclaimed atomic units that are claimed at once. */
  readonly settleAmount: bigint
  /** Unclaimed charges that are claimed at once. */
  readonly settleCount: number
  /** Age of the oldest unclaimed charge that is claimed at once; a quarter of the withdraw delay if that is less. */
  readonly settleAgeMs: number
  /** The smallest deposit worth its gas, in atomic units. */
  readonly minDeposit: bigint
}

/**
 * A claim waits so long before it leaves. Leaving makes its voucher public, and a public voucher is not led on by a
 * corrective: calls that were on their way with the same voucher when the claim was decided have arrived by then.
 */
export const PUBLISH_MS = 2_000
/**
 * A claim that settlement has not answered for so long is sent again, doubling up to an hour. Settlement leaves out what
 * its lane has already, so asking early costs little, and a claim that died with its queue is soon on its way again.
 */
export const RESEND_MS = 10_000
/** A claim that failed is tried again after so long, doubling up to an hour; to two minutes when its channel closes. */
export const RETRY_MS = 30_000
const BACKOFF_MAX_MS = 3_600_000
const CLOSING_BACKOFF_MAX_MS = 120_000

export const fresh: Plan = { charges: 0, since: 0, reason: 'amount', attempt: 0, sends: 0, dueAt: 0 }

/** The plan under what the provider wants now; the same one when nothing has changed. */
export function governed(plan: Plan, settle: SettlementPolicy | undefined): Plan {
  if (plan.settle?.amount === settle?.amount && plan.settle?.ageMs === settle?.ageMs) return plan
  const { settle: _, ...rest } = plan
  return settle === undefined ? rest : { ...rest, settle }
}

/** One more charge is unclaimed. */
export function charged(plan: Plan, now: number): Plan {
  return { ...plan, charges: plan.charges + 1, since: plan.since === 0 ? now : plan.since }
}

/**
 * Whether a claim that was not made because of it is to be hurried: its money may soon be out of reach, or nothing more
 * is to come. `stop`: when the key's policy ends its payments, Unix seconds.
 */
export function isClosing(channel: Channel, stop: number, now: number): boolean {
  const second = Math.floor(now / 1_000)
  return channel.withdrawRequestedAt !== 0 || second >= stop || isStopped(channel, second)
}

/**
 * The plan of a channel that is closing: what is in flight or has failed for another reason goes in front at once.
 * What is unclaimed and has no age, because it turned up without a charge, grows old from now.
 */
export function hurried(channel: Channel, plan: Plan, stop: number, now: number): Plan {
  const waits = channel.claiming !== undefined || plan.attempt > 0
  const aged = !waits && plan.since === 0 && outstanding(channel) > 0n ? { ...plan, since: now } : plan
  return waits && aged.reason !== 'close' && isClosing(channel, stop, now)
    ? { ...aged, reason: 'close', dueAt: now }
    : aged
}

/** Whether to start a claim now, or hand the one in flight to the queue (again). */
export function due(
  channel: Channel,
  plan: Plan,
  settings: Settings,
  stop: number,
  now: number,
): Reason | 'send' | undefined {
  // A refund claims what is there: a claim that has not left waits to see whether it is still needed.
  const refunding = now < refundedBy(channel)
  if (refunding && (channel.claiming === undefined || plan.sends === 0)) return undefined
  if (channel.claiming !== undefined) return now >= plan.dueAt ? 'send' : undefined
  if (outstanding(channel) <= 0n) return undefined
  if (plan.attempt > 0) return now >= plan.dueAt ? plan.reason : undefined
  // What is recorded is the receiver's whatever happens to the channel: its payout can wait for its age.
  const unclaimed = claimable(channel) - channel.claimed
  if (unclaimed > 0n && isClosing(channel, stop, now)) return 'close'
  if (now < plan.dueAt) return undefined
  if (unclaimed > 0n && unclaimed >= amountLimit(plan, settings)) return 'amount'
  if (unclaimed > 0n && plan.charges >= settings.settleCount) return 'count'
  return plan.since !== 0 && now >= plan.since + ageLimit(channel, plan, settings) ? 'age' : undefined
}

/** When `due` has to be asked again at the latest; undefined when nothing but a command can change its answer. */
export function dueAt(channel: Channel, plan: Plan, settings: Settings, stop: number): number | undefined {
  const at = dueUnhindered(channel, plan, settings, stop)
  const waits = channel.refund !== undefined && (channel.claiming === undefined || plan.sends === 0)
  return at === undefined || !waits ? at : Math.max(at, refundedBy(channel))
}

/** Unix milliseconds up to which claims leave the channel to its refund, which may be lost then; 0 without one. */
export function refundedBy({ refund }: Channel): number {
  return refund === undefined ? 0 : refund.at + REFUND_LOST_MS
}

function dueUnhindered(channel: Channel, plan: Plan, settings: Settings, stop: number): number | undefined {
  // A stop that lies ahead, say an expiry, closes the channel when it comes.
  const closes = Math.min(stop, channel.keyStoppedAt === 0 ? Infinity : channel.keyStoppedAt) * 1_000
  const hurried = plan.reason === 'close' ? Infinity : closes
  if (channel.claiming !== undefined) return Math.min(plan.dueAt, hurried)
  if (outstanding(channel) <= 0n) return undefined
  if (plan.attempt > 0) return Math.min(plan.dueAt, hurried)
  const old = plan.since === 0 ? Infinity : plan.since + ageLimit(channel, plan, settings)
  const unclaimed = claimable(channel) - channel.claimed
  // One that was put off although it is large enough comes again when it was told to.
  const again = plan.dueAt > 0 && unclaimed >= amountLimit(plan, settings) && unclaimed > 0n ? plan.dueAt : Infinity
  const first = Math.min(Math.max(old, plan.dueAt), again, unclaimed > 0n ? closes : Infinity)
  return first === Infinity ? undefined : first
}

/** A claim was started. `rest`: it leaves something unclaimed, which grows old from now. */
export function started(plan: Plan, reason: Reason, rest: boolean, now: number): Plan {
  const dueAt = reason === 'close' ? now : now + PUBLISH_MS
  return { ...plan, charges: 0, since: rest ? now : 0, reason, sends: 0, dueAt }
}

export function sent(plan: Plan, now: number): Plan {
  return { ...plan, sends: plan.sends + 1, dueAt: now + backoff(RESEND_MS, plan.sends) }
}

/** The queue did not take the message: it is sent again soon. */
export function unsent(plan: Plan, now: number): Plan {
  return { ...plan, dueAt: now + 5_000 }
}

export function failed(plan: Plan, now: number): Plan {
  const wait = Math.min(
    backoff(RETRY_MS, plan.attempt),
    plan.reason === 'close' ? CLOSING_BACKOFF_MAX_MS : BACKOFF_MAX_MS,
  )
  return { ...plan, attempt: plan.attempt + 1, sends: 0, dueAt: now + wait }
}

/** Settlement put the claim off: its charges go on growing old, and it is no failure. */
export function deferred(plan: Plan, now: number, waitMs: number): Plan {
  const wait = Math.min(waitMs, BACKOFF_MAX_MS)
  return { ...plan, since: plan.since === 0 ? now : plan.since, sends: 0, dueAt: now + wait }
}

export function confirmed(plan: Plan): Plan {
  return { ...plan, attempt: 0, sends: 0, dueAt: 0 }
}

function amountLimit(plan: Plan, settings: Settings): bigint {
  return plan.settle?.amount ?? settings.settleAmount
}

function ageLimit(channel: Channel, plan: Plan, settings: Settings): number {
  return Math.min(plan.settle?.ageMs ?? settings.settleAgeMs, channel.config.withdrawDelay * 250)
}

function backoff(firstMs: number, times: number): number {
  return Math.min(BACKOFF_MAX_MS, firstMs * 2 ** Math.min(times, 20))
}
