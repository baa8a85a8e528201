/** What a rule can ask about: every variable of a condition, its type, its unit, and where it comes from. */
import type { Type, Variables } from '../Formula.ts'

export type Feature = {
  readonly type: Type
  readonly unit: string
  /** `request`: of this call; `session`: of the money behind it; `key`: of what the key did before, and this call with it. */
  readonly from: 'request' | 'session' | 'key'
  readonly about: string
}

const amount = { type: 'int', unit: 'atomic units' } as const
const number = { type: 'int', unit: '' } as const
const thousandths = { type: 'int', unit: 'thousandths' } as const
const text = { type: 'string', unit: '' } as const
const flag = { type: 'bool', unit: '' } as const

export const features = {
  amount: { ...amount, from: 'request', about: 'what the call may cost: its hold' },
  route: { ...text, from: 'request', about: 'id of the route' },
  payee: { ...text, from: 'request', about: 'address of the receiver' },
  country: { ...text, from: 'request', about: 'two capital letters, or empty where it is not known' },
  place: { ...text, from: 'request', about: 'network that the call came from, hashed' },
  'at.hour': { ...number, from: 'request', about: 'hour of the day, UTC, 0 to 23' },
  'at.weekday': { ...number, from: 'request', about: 'day of the week, UTC, 1 is Monday' },
  'balance.known': { ...flag, from: 'session', about: 'whether the balance is known' },
  'balance.left': { ...amount, from: 'session', about: 'what can still be spent, before this call' },
  'balance.share': { ...thousandths, from: 'session', about: 'of all the money, what is left' },
  'drain.hour': {
    ...thousandths,
    from: 'session',
    about: 'of what was there an hour ago, what is gone after this call',
  },
  'key.hours': { type: 'int', unit: 'hours', from: 'key', about: 'since its first call' },
  'key.calls': { ...number, from: 'key', about: 'calls granted before' },
  'key.average': { ...amount, from: 'key', about: 'fading mean of the amounts granted before' },
  'ratio.average': { ...thousandths, from: 'key', about: 'amount over average; 0 before the first' },
  'ratio.high': {
    ...thousandths,
    from: 'key',
    about: 'amount over the highest that was granted in 30 days; 0 before the first',
  },
  'z.amount': { ...thousandths, from: 'key', about: 'distance of the amount from the average in standard deviations' },
  'count.minute': { ...number, from: 'key', about: 'calls in a minute, with this one' },
  'count.hour': { ...number, from: 'key', about: 'calls in an hour, with this one' },
  'count.day': { ...number, from: 'key', about: 'calls in a day, with this one' },
  'sum.minute': { ...amount, from: 'key', about: 'amounts in a minute, with this one' },
  'sum.hour': { ...amount, from: 'key', about: 'amounts in an hour, with this one' },
  'sum.day': { ...amount, from: 'key', about: 'amounts in a day, with this one' },
  'failures.hour': { ...number, from: 'key', about: 'calls that the upstream failed in an hour' },
  'distinct.routes': { ...number, from: 'key', about: 'routes in a day, with this one; 32 at most' },
  'distinct.payees': { ...number, from: 'key', about: 'receivers in a day, with this one; 32 at most' },
  'distinct.places': { ...number, from: 'key', about: 'networks in a day, with this one; 32 at most' },
  'distinct.countries': { ...number, from: 'key', about: 'countries in a day, with this one; 32 at most' },
  'new.route': { ...flag, from: 'key', about: 'not used in 30 days, though the key was' },
  'new.payee': { ...flag, from: 'key', about: 'not paid in 30 days, though others were' },
  'new.place': { ...flag, from: 'key', about: 'not seen in 30 days, though others were' },
  'new.country': { ...flag, from: 'key', about: 'not seen in 30 days, though others were' },
  'anomaly.score': { ...thousandths, from: 'key', about: 'how strange the call is for this key; 500 is an alarm' },
  'anomaly.pace': { ...thousandths, from: 'key', about: 'sign of its speed; 1000 is an alarm by itself' },
  'anomaly.price': { ...thousandths, from: 'key', about: 'sign of its price' },
  'anomaly.place': { ...thousandths, from: 'key', about: 'sign of its networks' },
  'anomaly.country': { ...thousandths, from: 'key', about: 'sign of its countries' },
  'anomaly.rhythm': { ...thousandths, from: 'key', about: 'sign of its hours' },
  'anomaly.beat': { ...thousandths, from: 'key', about: 'sign of its regularity' },
} as const satisfies Record<string, Feature>

export type FeatureName = keyof typeof features

/** The variables of a condition: all features, and the lists by `list.<name>`. */
export function variables(lists: readonly string[]): Variables {
  return Object.fromEntries<Type>([
    ...Object.entries(features).map(([name, { type }]) => [name, type] as const),
    ...lists.map((name) => [`list.${name}`, 'list<string>'] as const),
  ])
}
