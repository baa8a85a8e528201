/** What a rule over all keys of a scope (a provider, the platform) can ask about, of a call that was made. */
import type { Type, Variables } from '../Formula.ts'
import { features } from './Feature.ts'

export type CrossFeature = {
  readonly type: Type
  readonly unit: string
  /** `request`: of this call; `scope`: of all calls of the scope, and this one with them. */
  readonly from: 'request' | 'scope'
  readonly about: string
}

const number = { type: 'int', unit: '', from: 'scope' } as const
const money = { type: 'int', unit: 'atomic units', from: 'scope' } as const
const thousandths = { type: 'int', unit: 'thousandths', from: 'scope' } as const

const { route, payee, country, place, 'at.hour': hour, 'at.weekday': weekday } = features

export const crossFeatures = {
  amount: { ...features.amount, about: 'what the call was charged' },
  route,
  payee,
  country,
  place,
  'at.hour': hour,
  'at.weekday': weekday,
  'scope.count.minute': { ...number, about: 'calls in a minute' },
  'scope.count.hour': { ...number, about: 'calls in an hour' },
  'scope.count.day': { ...number, about: 'calls in a day' },
  'scope.sum.minute': { ...money, about: 'what was charged in a minute' },
  'scope.sum.hour': { ...money, about: 'what was charged in an hour' },
  'scope.sum.day': { ...money, about: 'what was charged in a day' },
  'scope.keys.hour': { ...number, about: 'keys that called in an hour; 1,000 at most' },
  'scope.keys.new.hour': { ...number, about: 'keys that called for the first time, in an hour' },
  'scope.failures.share': {
    ...thousandths,
    about: 'of the calls of ten minutes, those that the upstream failed; 0 below 20 calls',
  },
  'scope.place.keys.day': { ...number, about: 'keys that called from the network of this call in a day; 64 at most' },
  'anomaly.revenue': {
    ...thousandths,
    about: 'how strange the revenue of the last whole 5 minutes is; 390 is an alarm',
  },
} as const satisfies Record<string, CrossFeature>

export type CrossFeatureName = keyof typeof crossFeatures

/** The variables of a condition over all keys: its features, and the lists by `list.<name>`. */
export function crossVariables(lists: readonly string[]): Variables {
  return Object.fromEntries<Type>([
    ...Object.entries(crossFeatures).map(([name, { type }]) => [name, type] as const),
    ...lists.map((name) => [`list.${name}`, 'list<string>'] as const),
  ])
}
