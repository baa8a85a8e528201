/** The limits while a person edits them: texts of fields, and what they come to. */
import { editable, parseAmount } from '../format/Money.ts'
import { fromLocal, toLocal } from '../format/Time.ts'
import type { TextKey } from '../text/Text.ts'
import { type AmountField, type Field, type Limits, SPANS, type Terms } from './Request.ts'

/**
 * What stands in the fields. An empty `periodAmount` or `perPaymentMax` means no limit; `periodDuration` is a number of
 * seconds, `payees` and `routes` are lines.
 */
export type Draft = Record<Field, string>

/** What is wrong with a field, in words that the text tables have; `detail`: in the words of the service. */
export type Wrong = { key: TextKey; limit?: bigint; period?: number; at?: number; detail?: string }
export type Errors = Partial<Record<Field, Wrong>>
export type Checked = { limits: Limits; errors: Errors }

export function draftOf(terms: Terms): Draft {
  const { decimals } = terms.token
  const optional = (value: bigint) => (value === 0n ? '' : editable(value, decimals))
  return {
    spendCap: editable(terms.spendCap, decimals),
    periodAmount: optional(terms.periodAmount),
    periodDuration: String(terms.periodDuration),
    perPaymentMax: optional(terms.perPaymentMax),
    expiry: toLocal(terms.expiry),
    payees: terms.payees.join('\n'),
    routes: (terms.routes ?? []).join('\n'),
  }
}

/** The lengths of a period to choose from, in seconds: the usual ones, and the site's. */
export function durations({ periodDuration }: Pick<Terms, 'periodDuration'>): number[] {
  return [...new Set([...Object.values(SPANS), periodDuration])].toSorted((a, b) => a - b)
}

/**
 * What the person would grant. Where a field is wrong, the site's own value stands in `limits`.
 *
 * @param now Unix seconds.
 */
export function check(draft: Draft, terms: Terms, now: number): Checked {
  const errors: Errors = {}
  const chosen = Number(draft.periodDuration)
  const isOpen = terms.adjustable.includes('periodDuration') && durations(terms).includes(chosen)
  const duration = isOpen ? chosen : terms.periodDuration
  const spendCap = amount('spendCap', draft, terms, errors)
  const periodAmount = amount('periodAmount', draft, { ...terms, most: mostIn(duration, terms) }, errors, duration)
  const perPaymentMax = amount('perPaymentMax', draft, terms, errors)
  const expiry = end(draft, terms, now, errors)
  if (errors.spendCap === undefined) {
    const above = (field: Field, value: bigint) => terms.adjustable.includes(field) && value > spendCap
    if (above('periodAmount', periodAmount)) errors.periodAmount ??= { key: 'aboveTotal' }
    if (above('perPaymentMax', perPaymentMax)) errors.perPaymentMax ??= { key: 'aboveTotal' }
  }
  const fits = errors.periodAmount === undefined && errors.periodDuration === undefined
  const periodDuration = periodAmount === 0n ? 0 : fits ? duration : terms.periodDuration
  const payees = some('payees', terms.payees, draft, terms, errors)
  const routes = terms.routes && some('routes', terms.routes, draft, terms, errors)
  return { limits: { spendCap, periodAmount, periodDuration, perPaymentMax, expiry, payees, routes }, errors }
}

type Most = Terms['most'] & { free?: boolean }

/**
 * The most for a period of this length, so that in none of the periods that the site asked for more can be spent than it
 * asked for. Both are counted from the start: as many of the one as can lie in one of the other have the amount together.
 */
function mostIn(duration: number, { most }: Terms): Most {
  const { periodAmount, periodDuration: asked } = most
  const isPart = asked % duration === 0
  const within = isPart ? asked / duration : duration % asked === 0 ? 1 : Math.ceil(asked / duration) + 1
  return { ...most, periodAmount: periodAmount / BigInt(within), free: periodAmount === 0n }
}

function amount(
  field: AmountField,
  draft: Draft,
  terms: Terms & { most: Most },
  errors: Errors,
  period?: number,
): bigint {
  const asked = terms[field]
  const most = terms.most[field]
  const free = terms.most.free ?? most === 0n
  const refuse = (wrong: Wrong) => {
    errors[field] = wrong
    return asked
  }
  const above: Wrong =
    period === undefined || period === terms.periodDuration
      ? { key: 'aboveAllowed', limit: most }
      : { key: 'abovePeriod', limit: most, period }
  if (!terms.adjustable.includes(field)) {
    // An amount that is fixed does not go with a shorter period.
    if (!free && asked > most) errors.periodDuration = above
    return asked
  }
  if (draft[field].trim() === '') {
    if (field === 'spendCap') return refuse({ key: 'needed' })
    return free ? 0n : refuse({ key: 'neededUpTo', limit: most })
  }
  const value = parseAmount(draft[field], terms.token.decimals)
  if (value === undefined) return refuse({ key: 'noAmount' })
  if (value === 0n) return refuse({ key: 'zeroAmount' })
  return !free && value > most ? refuse(above) : value
}

/** Fields show minutes: one that nobody touched keeps the site's second. */
function end(draft: Draft, terms: Terms, now: number, errors: Errors): number {
  const untouched = !terms.adjustable.includes('expiry') || draft.expiry === toLocal(terms.expiry)
  const value = untouched ? terms.expiry : fromLocal(draft.expiry)
  if (value === undefined) errors.expiry = { key: 'noTime' }
  else if (value <= now) errors.expiry = { key: 'inThePast' }
  else if (value <= terms.start) errors.expiry = { key: 'beforeStart' }
  else if (value > terms.most.expiry) errors.expiry = { key: 'laterThanAllowed', at: terms.most.expiry }
  else return value
  return terms.expiry
}

/** Those of the site's list that the person left on it. */
function some<T extends string>(
  field: 'payees' | 'routes',
  asked: readonly T[],
  draft: Draft,
  terms: Terms,
  errors: Errors,
): readonly T[] {
  if (!terms.adjustable.includes(field)) return asked
  const wanted = draft[field].split('\n')
  const left = asked.filter((each) => wanted.includes(each))
  if (left.length > 0) return left
  // No route at all would read as any route.
  errors[field] = { key: 'chooseOne' }
  return asked
}
