/** The values of features over all keys of a scope: only those that somebody asks for are worked out. */
import type { Inputs, Value } from '../Formula.ts'
import type { CrossFeatureName } from './CrossFeature.ts'
import { hourOf, int, text, weekdayOf } from './Inputs.ts'
import type { ScopeView } from './ScopeState.ts'

/** `names`: of features; others are passed over. */
export function crossInputs(names: Iterable<string>, view: ScopeView): Inputs {
  const found: Record<string, Value> = {}
  for (const name of names) if (Object.hasOwn(values, name)) found[name] = values[name as CrossFeatureName](view)
  return found
}

const values: Record<CrossFeatureName, (view: ScopeView) => Value> = {
  amount: ({ ask }) => int(ask.amount),
  route: ({ ask }) => text(ask.route),
  payee: ({ ask }) => text(ask.payee),
  country: ({ ask }) => text(ask.country),
  place: ({ ask }) => text(ask.place),
  'at.hour': ({ ask }) => hourOf(ask.at),
  'at.weekday': ({ ask }) => weekdayOf(ask.at),
  'scope.count.minute': (view) => BigInt(view.count('minute')),
  'scope.count.hour': (view) => BigInt(view.count('hour')),
  'scope.count.day': (view) => BigInt(view.count('day')),
  'scope.sum.minute': (view) => int(view.sum('minute')),
  'scope.sum.hour': (view) => int(view.sum('hour')),
  'scope.sum.day': (view) => int(view.sum('day')),
  'scope.keys.hour': (view) => BigInt(view.keys()),
  'scope.keys.new.hour': (view) => BigInt(view.newKeys()),
  'scope.failures.share': (view) => BigInt(view.failures()),
  'scope.place.keys.day': (view) => BigInt(view.placeKeys()),
  'anomaly.revenue': ({ revenue }) => BigInt(Math.trunc(revenue * 1_000)),
}
