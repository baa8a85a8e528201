/** What belongs to a request while it is served, beside the objects of the framework rather than in them. */
import type { Passage } from './Passage.ts'
import { type Payment, type Usage, UsageError } from './Payment.ts'
import { type Paywall, standardPaywall } from './Paywall.ts'

const passages = new WeakMap<object, Passage>()
const paywalls = new WeakMap<object, Paywall>()

/** @throws {UsageError} when it has a passage already: which of two prices is meant is not for us to say. */
export function checkSingle(where: object): void {
  if (passages.has(where)) throw new UsageError('this route has two paid(): leave one')
}

export function attach(where: object, passage: Passage): void {
  passages.set(where, passage)
}

export function passageOf(where: object): Passage | undefined {
  return passages.get(where)
}

export function setPaywall(where: object, paywall: Paywall): void {
  paywalls.set(where, paywall)
}

/** The paywall that was set up for this request, or that of the environment. */
export function paywallOf(where: object): Pick<Paywall, 'admit' | 'publicUrl'> {
  return paywalls.get(where) ?? standardPaywall()
}

/** @throws {UsageError} when nothing was paid for this request. */
export function paymentOf(where: object): Payment {
  return required(where).payment
}

/** @throws {UsageError} when nothing was paid for this request, or it is too late. */
export function meterOf(where: object, usage: Usage): void {
  required(where).payment.meter(usage)
}

function required(where: object): Passage {
  const passage = passages.get(where)
  if (passage === undefined) throw new UsageError('this call is not paid for: its route has no paid()')
  return passage
}
