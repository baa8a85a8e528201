/**
 * When a channel's money is claimed: thresholds, one claim in flight, repeats and retries. Pure; times are Unix
 * milliseconds. The money itself is in `core/Ledger`.
 */
import { type Channel, claimable } from '@pbstream/core/Ledger'
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
  /** With a claim in flight: when it is sent (again). After a failure: when it is tried again. */
  readonly dueAt: number
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
/** A claim that failed is tried again after so long, doubling up to an hour. */
export const RETRY_MS = 30_000
const BACKOFF_MAX_MS = 3_600_000

export const fresh: Plan = { charges: 0, since: 0, reason: 'amount', attempt: 0, sends: 0, dueAt: 0 }

/** One more charge is unclaimed. */
export function charged(plan: Plan, now: number): Plan {
  return { ...plan, charges: plan.charges + 1, since: plan.since === 0 ? now : plan.since }
}

/** Whether to start a claim now, or hand the one in flight to the queue (again). */
export function due(channel: Channel, plan: Plan, settings: Settings, now: number): Reason | 'send' | undefined {
  // A refund claims what is there: a claim that has not left waits to see whether it is still needed.
  if (channel.refund !== undefined && plan.sends === 0) return undefined
  if (channel.claiming !== undefined) return now >= plan.dueAt ? 'send' : undefined
  if (channel.refund !== undefined) return undefined
  const unclaimed = claimable(channel) - channel.claimed
  if (unclaimed <= 0n) return undefined
  if (plan.attempt > 0) return now >= plan.dueAt ? plan.reason : undefined
  if (channel.withdrawRequestedAt !== 0) return 'close'
  if (unclaimed >= settings.settleAmount) return 'amount'
  if (plan.charges >= settings.settleCount) return 'count'
  return plan.since !== 0 && now >= plan.since + ageLimit(channel, settings) ? 'age' : undefined
}

/** When `due` has to be asked again at the latest; undefined when nothing but a command can change its answer. */
export function dueAt(channel: Channel, plan: Plan, settings: Settings): number | undefined {
  if (channel.refund !== undefined && plan.sends === 0) return undefined
  if (channel.claiming !== undefined) return plan.dueAt
  if (channel.refund !== undefined || claimable(channel) <= channel.claimed) return undefined
  if (plan.attempt > 0) return plan.dueAt
  return plan.since === 0 ? undefined : plan.since + ageLimit(channel, settings)
}

/** A claim was started. `rest`: it leaves something unclaimed, which grows old from now. */
export function started(plan: Plan, reason: Reason, rest: boolean, now: number): Plan {
  const dueAt = reason === 'close' ? now : now + PUBLISH_MS
  return { charges: 0, since: rest ? now : 0, reason, attempt: plan.attempt, sends: 0, dueAt }
}

export function sent(plan: Plan, now: number): Plan {
  return { ...plan, sends: plan.sends + 1, dueAt: now + backoff(RESEND_MS, plan.sends) }
}

/** The queue did not take the message: it is sent again soon. */
export function unsent(plan: Plan, now: number): Plan {
  return { ...plan, dueAt: now + 5_000 }
}

export function failed(plan: Plan, now: number): Plan {
  return { ...plan, attempt: plan.attempt + 1, sends: 0, dueAt: now + backoff(RETRY_MS, plan.attempt) }
}

export function confirmed(plan: Plan): Plan {
  return { ...plan, attempt: 0, sends: 0, dueAt: 0 }
}

function ageLimit(channel: Channel, settings: Settings): number {
  return Math.min(settings.settleAgeMs, channel.config.withdrawDelay * 250)
}

function backoff(firstMs: number, times: number): number {
  return Math.min(BACKOFF_MAX_MS, firstMs * 2 ** Math.min(times, 20))
}
