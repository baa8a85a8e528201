/** The limits while a person edits them: texts of fields, and what they come to. */
import { editable, parseAmount } from '../format/Money.ts'
import { fromLocal, toLocal } from '../format/Time.ts'
import type { TextKey } from '../text/Text.ts'
import type { Field, Limits, Terms } from './Request.ts'

/** What stands in the fields. An empty `periodAmount` or `perPaymentMax` means no limit. */
export type Draft = Record<Field, string> & { periodDuration: number }

/** What is wrong with a field, in words that the text tables have. */
/** `detail`: in the words of the service. */
export type Wrong = { key: TextKey; limit?: bigint; at?: number; detail?: string }
export type Checked = { limits: Limits; errors: Partial<Record<Field, Wrong>> }

export function draftOf(terms: Terms): Draft {
  const { decimals } = terms.token
  const optional = (value: bigint) => (value === 0n ? '' : editable(value, decimals))
  return {
    spendCap: editable(terms.spendCap, decimals),
    periodAmount: optional(terms.periodAmount),
    periodDuration: terms.periodDuration,
    perPaymentMax: optional(terms.perPaymentMax),
    expiry: toLocal(terms.expiry),
  }
}

/**
 * What the person would grant. Where a field is wrong, the site's own value stands in `limits`.
 *
 * @param now Unix seconds.
 */
export function check(draft: Draft, terms: Terms, now: number): Checked {
  const errors: Checked['errors'] = {}
  const spendCap = amount('spendCap', draft, terms, errors)
  const periodAmount = amount('periodAmount', draft, terms, errors)
  const perPaymentMax = amount('perPaymentMax', draft, terms, errors)
  const expiry = end(draft, terms, now, errors)
  if (errors.spendCap === undefined) {
    if (periodAmount > spendCap) errors.periodAmount ??= { key: 'aboveTotal' }
    if (perPaymentMax > spendCap) errors.perPaymentMax ??= { key: 'aboveTotal' }
  }
  const periodDuration = periodAmount === 0n ? 0 : draft.periodDuration
  return { limits: { spendCap, periodAmount, periodDuration, perPaymentMax, expiry }, errors }
}

function amount(field: Exclude<Field, 'expiry'>, draft: Draft, terms: Terms, errors: Checked['errors']): bigint {
  const asked = terms[field]
  if (!terms.adjustable.includes(field)) return asked
  const most = terms.most[field]
  const refuse = (wrong: Wrong) => {
    errors[field] = wrong
    return asked
  }
  if (draft[field].trim() === '') {
    if (field === 'spendCap') return refuse({ key: 'needed' })
    return most === 0n ? 0n : refuse({ key: 'neededUpTo', limit: most })
  }
  const value = parseAmount(draft[field], terms.token.decimals)
  if (value === undefined) return refuse({ key: 'noAmount' })
  if (value === 0n) return refuse({ key: 'zeroAmount' })
  if (most !== 0n && value > most) return refuse({ key: 'aboveAllowed', limit: most })
  return value
}

/** Fields show minutes: one that nobody touched keeps the site's second. */
function end(draft: Draft, terms: Terms, now: number, errors: Checked['errors']): number {
  const untouched = !terms.adjustable.includes('expiry') || draft.expiry === toLocal(terms.expiry)
  const value = untouched ? terms.expiry : fromLocal(draft.expiry)
  if (value === undefined) errors.expiry = { key: 'noTime' }
  else if (value <= now) errors.expiry = { key: 'inThePast' }
  else if (value <= terms.start) errors.expiry = { key: 'beforeStart' }
  else if (value > terms.most.expiry) errors.expiry = { key: 'laterThanAllowed', at: terms.most.expiry }
  else return value
  return terms.expiry
}
