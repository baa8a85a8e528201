/** Editing the limits of a key: what changes, what of it needs the wallet, and what to do when somebody was faster. */
import { type Limits, raised } from '@pbstream/core/KeyStatus'
import type { components } from '../../api/Schema.d.ts'
import { formatAmount } from '../../format/Money.ts'
import { formatTime } from '../../format/Time.ts'
import { type Draft, like, toBody } from './Draft.ts'
import { editWords as w } from './editWords.ts'
import type { Key } from './Key.ts'
import { perPeriod } from './Period.ts'

export type Body = components['schemas']['EditSessionKey']
export const FIELDS = [
  'name',
  'payees',
  'routes',
  'spendCap',
  'periodAmount',
  'periodDuration',
  'perPaymentMax',
  'expiry',
] as const
export type EditField = (typeof FIELDS)[number]
type Values = Pick<Key, EditField>

/** The form as it stands at first. */
export function begin(key: Key, nowS: number): Draft {
  return {
    ...like(key, nowS),
    start: key.start > nowS ? key.start * 1_000 : undefined,
    expiry: { at: key.expiry * 1_000 },
  }
}

/** What the form changes of the key; undefined: nothing. Members that are as they were are left out. */
export function changesOf(key: Values, draft: Draft, nowS: number): Body | undefined {
  const { name, payees, routes = null, spendCap, periodAmount, periodDuration, perPaymentMax } = toBody(draft, nowS)
  const expiry = expiryOf(key, draft)
  const next = { name, payees, routes, spendCap, periodAmount, periodDuration, perPaymentMax, expiry }
  const changed = FIELDS.filter((field) => !same(key[field], next[field]))
  if (changed.length === 0) return undefined
  return Object.fromEntries(changed.map((field) => [field, next[field]]))
}

/** The input knows whole minutes: an end that was not touched keeps its seconds. */
function expiryOf({ expiry }: Values, draft: Draft): number {
  const at = 'at' in draft.expiry ? Math.floor((draft.expiry.at ?? 0) / 1_000) : expiry
  return Math.floor(at / 60) === Math.floor(expiry / 60) ? expiry : at
}

/** Those changes that let the key do more than before: the wallet has to confirm them. */
export function raises(key: Values, body: Body): EditField[] {
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
  return raised(key as Limits, { ...key, ...given } as Limits)
}

export type Difference = { field: EditField; was: string; theirs: string; mine?: string }

/** What somebody else has changed since the form was opened; `mine` where the form changes it too. */
export function differences(was: Values, theirs: Values, mine: Body): Difference[] {
  return FIELDS.filter((field) => !same(was[field], theirs[field])).map((field) => {
    const own = mine[field]
    return {
      field,
      was: valueText(field, was[field]),
      theirs: valueText(field, theirs[field]),
      ...(own === undefined ? {} : { mine: valueText(field, own) }),
    }
  })
}

export function fieldText(field: EditField): string {
  return w[field]()
}

/** A value as people read it. */
export function valueText(field: EditField, value: Values[EditField]): string {
  switch (field) {
    case 'spendCap':
      return `${formatAmount(String(value))} USDC`
    case 'periodAmount':
    case 'perPaymentMax':
      return value === '0' ? w.none() : `${formatAmount(String(value))} USDC`
    case 'periodDuration':
      return value === 0 ? w.none() : perPeriod(Number(value))
    case 'expiry':
      return formatTime(Number(value) * 1_000)
    case 'routes':
      return value === null ? w.anyRoute() : (value as string[]).join(', ')
    case 'payees':
      return (value as string[]).join(', ')
    case 'name':
      return String(value)
  }
}

function same(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b
  return a.length === b.length && a.every((each) => b.includes(each))
}
