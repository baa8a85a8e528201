/**
 * What a session key may spend, as it is enforced off chain: at once, and across all channels of the key.
 *
 * Pure. Amounts are atomic units of `token`, times whole Unix seconds. Windows are `periodDuration` seconds long, aligned
 * to `start`, and never run backwards, whatever the clock does.
 */
import * as Amount from './Amount.ts'
import type { ErrorCode } from './Errors.ts'
import { type Address, isAddress, lower } from './Hex.ts'
import type { Permission } from './SessionKey.ts'

export type Status = 'active' | 'frozen' | 'revoked'

/** The part of a permission that is enforced here. */
type Terms = Pick<
  Permission,
  'token' | 'payees' | 'spendCap' | 'periodAmount' | 'periodDuration' | 'perPaymentMax' | 'start' | 'expiry'
>

/** What its owner lets a key do now. `periodAmount` counts in each window of `periodDuration`; both zero: no such limit. */
export type Policy = Terms & {
  /** Rises with every change of the key. */
  readonly version: number
  readonly status: Status
  /** Ids of the only routes that it may pay; null: any. */
  readonly routes: readonly string[] | null
}

/** What the key has used. */
export type Usage = {
  /** All that was ever charged on its channels. */
  readonly spent: bigint
  /** Held for requests that are being served. */
  readonly reserved: bigint
  /** When the window began that `periodSpent` is about. */
  readonly periodStart: number
  /** Charged and held by requests that began in that window. */
  readonly periodSpent: bigint
}

/** A payment that is about to begin. `hold` is the most that it can cost. */
export type Payment = { receiver: Address; token: Address; routeId: string; hold: bigint }

/** Numbers that go with a refusal. */
export type Facts = {
  /** What the limit leaves for this payment. */
  left?: bigint
  /** When the key starts, or stopped; or when the next window begins, if this payment would fit into it. */
  at?: number
}

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly code: ErrorCode; readonly facts: Facts }

/** A policy in JSON: amounts are decimal strings. */
export type PolicyJson = Omit<Policy, 'spendCap' | 'periodAmount' | 'perPaymentMax'> & {
  spendCap: string
  periodAmount: string
  perPaymentMax: string
}

/** A value that is no policy. */
export class InvalidPolicyError extends Error {
  override readonly name = 'InvalidPolicyError'
}

/** The most routes and payees that a policy names. */
export const MAX_ROUTES = 256
export const MAX_PAYEES = 32

const TIME_MAX = 2 ** 40 - 1
const ROUTE_MAX = 256

/** The policy for a permission. */
export function of(
  { token, payees, spendCap, periodAmount, periodDuration, perPaymentMax, start, expiry }: Permission,
  { version, status, routes }: Pick<Policy, 'version' | 'status' | 'routes'>,
): Policy {
  const terms = { token, payees, spendCap, periodAmount, periodDuration, perPaymentMax, start, expiry }
  return { version, status, ...terms, routes }
}

/** Whether a payment may begin; if not, the first reason. */
export function check(policy: Policy, usage: Usage, payment: Payment, now: number): Verdict {
  if (policy.status === 'frozen') return refused('session_key_frozen')
  if (policy.status === 'revoked') return refused('session_key_revoked')
  if (now < policy.start) return refused('session_key_not_started', { at: policy.start })
  if (now >= policy.expiry) return refused('session_key_expired', { at: policy.expiry })
  if (payment.token !== policy.token) return refused('session_key_token')
  if (!policy.payees.includes(payment.receiver)) return refused('session_key_payee')
  if (policy.routes !== null && !policy.routes.includes(payment.routeId)) return refused('session_key_route')
  return amounts(policy, usage, payment.hold, now)
}

/** What the spend cap leaves. */
export function capLeft({ spendCap }: Policy, { spent, reserved }: Usage): bigint {
  return difference(spendCap, spent + reserved)
}

/** The window that `now` lies in: when it began. Before `start`, and without periods, that is `start`. */
export function windowStart({ start, periodDuration }: Policy, now: number): number {
  if (periodDuration === 0 || now < start) return start
  return now - ((now - start) % periodDuration)
}

/** The usage in the window of `now`: a new window has seen nothing. */
export function current(policy: Policy, usage: Usage, now: number): Usage {
  const periodStart = windowStart(policy, now)
  return periodStart > usage.periodStart ? { ...usage, periodStart, periodSpent: 0n } : usage
}

/** From when on nothing new is charged; 0: that is so already. */
export function stopsAt({ status, expiry }: Policy): number {
  return status === 'active' ? expiry : 0
}

/** Whether two policies say the same, their versions included. */
export function same(a: Policy, b: Policy): boolean {
  return JSON.stringify(toJson(a)) === JSON.stringify(toJson(b))
}

/** Whether two policies count in the same windows, and the same money. */
export function sameWindows(a: Policy, b: Policy): boolean {
  return a.token === b.token && a.start === b.start && a.periodDuration === b.periodDuration
}

/** The JSON that `parse` reads. */
export function toJson(policy: Policy): PolicyJson {
  return {
    version: policy.version,
    status: policy.status,
    token: policy.token,
    payees: [...policy.payees],
    spendCap: Amount.toString(policy.spendCap),
    periodAmount: Amount.toString(policy.periodAmount),
    periodDuration: policy.periodDuration,
    perPaymentMax: Amount.toString(policy.perPaymentMax),
    start: policy.start,
    expiry: policy.expiry,
    routes: policy.routes === null ? null : [...policy.routes],
  }
}

/**
 * Reads a policy from JSON.
 *
 * @throws {InvalidPolicyError}
 */
export function parse(value: unknown): Policy {
  const from = isFields(value) ? value : {}
  const amount = (field: string): unknown => Amount.tryParse(from[field])
  const policy = {
    version: from['version'],
    status: from['status'],
    token: from['token'],
    payees: from['payees'],
    spendCap: amount('spendCap'),
    periodAmount: amount('periodAmount'),
    periodDuration: from['periodDuration'],
    perPaymentMax: amount('perPaymentMax'),
    start: from['start'],
    expiry: from['expiry'],
    routes: from['routes'],
  }
  if (!isPolicy(policy)) throw new InvalidPolicyError('not a policy')
  return policy
}

/** Whether a value has the shape of a policy. No payees: nobody can be paid. */
export function isPolicy(value: unknown): value is Policy {
  if (!isFields(value)) return false
  const { version, status, token, payees, spendCap, periodAmount, periodDuration, perPaymentMax, routes } = value
  return (
    isTime(version) &&
    version > 0 &&
    (status === 'active' || status === 'frozen' || status === 'revoked') &&
    isLower(token) &&
    isList(payees, MAX_PAYEES, isLower) &&
    [spendCap, periodAmount, perPaymentMax].every(Amount.isAmount) &&
    [periodDuration, value['start'], value['expiry']].every(isTime) &&
    (periodAmount === 0n) === (periodDuration === 0) &&
    (routes === null || isList(routes, MAX_ROUTES, isRoute))
  )
}

function amounts(policy: Policy, usage: Usage, hold: bigint, now: number): Verdict {
  const { perPaymentMax, periodAmount, periodDuration } = policy
  if (perPaymentMax !== 0n && hold > perPaymentMax) return refused('session_key_payment_max', { left: perPaymentMax })
  const left = capLeft(policy, usage)
  if (hold > left) return refused('session_key_spend_cap', { left })
  if (periodDuration === 0) return { ok: true }
  const { periodStart, periodSpent } = current(policy, usage, now)
  const inPeriod = difference(periodAmount, periodSpent)
  if (hold <= inPeriod) return { ok: true }
  const next = periodStart + periodDuration
  const fits = hold <= periodAmount && next < policy.expiry
  return refused('session_key_period_limit', { left: inPeriod, ...(fits ? { at: next } : {}) })
}

function refused(code: ErrorCode, facts: Facts = {}): Verdict {
  return { ok: false, code, facts }
}

function difference(limit: bigint, used: bigint): bigint {
  return Amount.max(limit - used, 0n)
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isTime(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= TIME_MAX
}

function isLower(value: unknown): boolean {
  return isAddress(value) && value === lower(value)
}

function isRoute(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= ROUTE_MAX
}

function isList(value: unknown, most: number, each: (member: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= most && value.every(each)
}
