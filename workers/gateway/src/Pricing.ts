/** What a call costs at most, before it is made: for anybody, for who pays, and as the first step of a hold that grows. */
import type { Address } from '@pbstream/core/Hex'
import { type CountedPosition, toUnits } from '@pbstream/core/message/Counts'
import * as Oracle from '@pbstream/core/Oracle'
import * as Rate from '@pbstream/core/Rate'
import type { Call, PaidCall } from './Call.ts'
import { type CustomerTerms, together } from './Customers.ts'

/**
 * So much is held at first of what an answer may use, in session mode: 1,024 tokens, 10 seconds, 64 KiB, 64 events. The
 * rest of what the request allows is not taken out of the room until it is near.
 */
const STEPS: Rate.Units = { output_token: 1024n, second: 10_000n, byte: 65_536n, 'custom.event': 64n }

/** Counted as part of another unit: bounds are for groups. */
const GROUPS: Readonly<Record<Rate.Unit, Rate.Unit>> = {
  cached_token: 'input_token',
  cache_write_token: 'input_token',
  cache_write_1h_token: 'input_token',
  reasoning_token: 'output_token',
}

/** On what the price of a call depends for everybody, at `at` (Unix milliseconds). */
export function listTerms({ signals }: Pick<Call, 'signals'>, rule: Rate.Card, at: number): Rate.Terms {
  if (!Rate.needsTerms(rule)) return { at }
  const values = Oracle.read(rule, signals, at)
  return Object.keys(values).length === 0 ? { at } : { at, signals: values }
}

/** As `list`, and what the provider has agreed with who pays. */
export async function ownTerms(call: Call, rule: Rate.Card, list: Rate.Terms, payer: Address): Promise<Rate.Terms> {
  if (!Rate.needsTerms(rule)) return list
  const agreed: CustomerTerms = await call.gateway.customers.terms(call.route.providerId, payer, call.keep)
  const { level, multiplier } = agreed
  return {
    ...list,
    ...(level === undefined ? {} : { level }),
    ...(multiplier === undefined ? {} : { multiplier }),
  }
}

/** What the payer used by other keys in the card's period; undefined: the card has none, or nothing is known. */
export async function elsewhere(
  call: Call,
  { rule, at }: { rule: Rate.Card; at: number },
  { payer, session }: { payer: Address; session: string },
): Promise<Rate.Position | undefined> {
  const period = Rate.periodOf(rule, at)
  if (period === undefined) return undefined
  return call.gateway.customers.elsewhere({ payer, routeId: call.route.id, period }, session, call.keep)
}

/** The terms with where the customer stands: what its session has counted (absent: it counts nothing), and what others have. */
export function standing(terms: Rate.Terms, own?: CountedPosition, others?: Rate.Position): Rate.Terms {
  if (own === undefined) return terms
  const counted = { units: toUnits(own.units), charged: BigInt(own.charged) }
  return { ...terms, position: together(counted, others) ?? counted }
}

/** The period that a call counts in, for the session. */
export function period(rule: Rate.Card, { at }: Rate.Terms): { period?: string } {
  const name = Rate.periodOf(rule, at)
  return name === undefined ? {} : { period: name }
}

/** What is set aside first in session mode: the ceiling, or less where it can grow while the answer flows. */
export function firstStep({ rate, inputs, prepared }: PaidCall, terms: Rate.Terms, ceiling: bigint): bigint {
  const bounds: Record<Rate.Unit, bigint> = { ...prepared?.bounds, ...inputs.bounds }
  let canGrow = false
  for (const unit of Rate.counted(rate.rule)) {
    const group = GROUPS[unit] ?? unit
    const step = STEPS[group]
    const bound = bounds[group]
    // An answer that comes at once is there before anybody can ask for more.
    const flows = group === 'second' || group === 'byte' || prepared?.stream === true
    if (step === undefined || !flows) {
      if (bound === undefined && group !== 'request') return ceiling
    } else if (bound === undefined || bound > step) {
      bounds[group] = step
      canGrow = true
    }
  }
  if (!canGrow) return ceiling
  const first = Rate.ceiling(rate.rule, { bounds }, terms)
  if (first >= ceiling) return ceiling
  return first > 0n ? first : 1n
}

/** Whether the request says how much its answer uses at most, of everything that is counted. */
export function isBounded(rule: Rate.Card, { bounds = {} }: Rate.Inputs): boolean {
  return [...Rate.counted(rule)].every((unit) => unit === 'request' || bounds[GROUPS[unit] ?? unit] !== undefined)
}
