/** The values of features for a call: only those that somebody asks for are worked out. */
import type { Inputs, Value } from '../Formula.ts'
import type { FeatureName } from './Feature.ts'
import type { View } from './KeyState.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
/** Formulas count in 64 bits with a sign: more is as much as there can be. */
export const MAX = (1n << 63n) - 1n
/** Distances that no spread explains. */
export const FAR = 1_000_000

/** `names`: of features; others are passed over. */
export function inputs(names: Iterable<string>, view: View): Inputs {
  const found: Record<string, Value> = {}
  for (const name of names) if (Object.hasOwn(values, name)) found[name] = values[name as FeatureName](view)
  return found
}

const values: Record<FeatureName, (view: View) => Value> = {
  amount: ({ ask }) => int(ask.amount),
  route: ({ ask }) => text(ask.route),
  payee: ({ ask }) => text(ask.payee),
  country: ({ ask }) => text(ask.country),
  place: ({ ask }) => text(ask.place),
  'at.hour': ({ ask }) => hourOf(ask.at),
  'at.weekday': ({ ask }) => weekdayOf(ask.at),
  'balance.known': ({ ask }) => ask.balance !== undefined,
  'balance.left': ({ ask }) => int(ask.balance?.left ?? 0n),
  'balance.share': ({ ask }) => share(ask.balance?.left ?? 0n, ask.balance?.of ?? 0n),
  'drain.hour': (view) => drain(view),
  'key.hours': ({ hours }) => BigInt(hours),
  'key.calls': ({ calls }) => BigInt(calls),
  'key.average': ({ mean }) => whole(mean),
  'ratio.average': ({ ask, mean }) => (mean === 0 ? 0n : whole((Number(ask.amount) / mean) * 1_000)),
  'ratio.high': ({ ask, high }) => share(ask.amount, high),
  'z.amount': ({ ask, mean, deviation, calls }) => (calls < 2 ? 0n : distance(Number(ask.amount) - mean, deviation)),
  'count.minute': (view) => BigInt(view.count('minute')),
  'count.hour': (view) => BigInt(view.count('hour')),
  'count.day': (view) => BigInt(view.count('day')),
  'sum.minute': (view) => int(view.sum('minute')),
  'sum.hour': (view) => int(view.sum('hour')),
  'sum.day': (view) => int(view.sum('day')),
  'failures.hour': (view) => BigInt(view.failures()),
  'distinct.routes': (view) => BigInt(view.distinct('route')),
  'distinct.payees': (view) => BigInt(view.distinct('payee')),
  'distinct.places': (view) => BigInt(view.distinct('place')),
  'distinct.countries': (view) => BigInt(view.distinct('country')),
  'new.route': (view) => view.isNew('route'),
  'new.payee': (view) => view.isNew('payee'),
  'new.place': (view) => view.isNew('place'),
  'new.country': (view) => view.isNew('country'),
  'anomaly.score': ({ anomaly }) => whole(anomaly.score * 1_000),
  'anomaly.pace': ({ anomaly }) => whole(anomaly.signs.pace * 1_000),
  'anomaly.price': ({ anomaly }) => whole(anomaly.signs.price * 1_000),
  'anomaly.place': ({ anomaly }) => whole(anomaly.signs.place * 1_000),
  'anomaly.country': ({ anomaly }) => whole(anomaly.signs.country * 1_000),
  'anomaly.rhythm': ({ anomaly }) => whole(anomaly.signs.rhythm * 1_000),
  'anomaly.beat': ({ anomaly }) => whole(anomaly.signs.beat * 1_000),
}

/** 0 to 23, UTC. */
export function hourOf(at: number): bigint {
  return BigInt(Math.floor((at % DAY) / HOUR))
}

/** 1 is Monday. */
export function weekdayOf(at: number): bigint {
  // 1 January 1970 was a Thursday.
  return BigInt(((Math.floor(at / DAY) + 3) % 7) + 1)
}

/** What does not fit into a formula is as large as can be. */
export function int(value: bigint): bigint {
  return value > MAX ? MAX : value < -MAX ? -MAX : value
}

/** What is too large for a formula is as large as can be; a part of one is nothing. */
export function whole(value: number): bigint {
  // What divided by next to nothing is beyond what a number can hold, too.
  return Number.isFinite(value) ? int(BigInt(Math.trunc(value))) : value > 0 ? MAX : -MAX
}

/** Strings that come in are bounded for formulas. */
export function text(value: string): string {
  return value.slice(0, 256)
}

/** In thousandths; 0 of nothing. */
export function share(part: bigint, of: bigint): bigint {
  return of <= 0n ? 0n : int((part * 1_000n) / of)
}

/** What is left now, and what the hour before took, is what was there; deposits within the hour count as having been. */
function drain(view: View): bigint {
  const { balance, amount } = view.ask
  if (balance === undefined) return 0n
  const spent = view.sum('hour')
  return share(spent, spent - amount + balance.left)
}

function distance(from: number, deviation: number): bigint {
  if (from === 0) return 0n
  const thousandths = deviation === 0 ? Math.sign(from) * FAR : (from / deviation) * 1_000
  return whole(Math.max(-FAR, Math.min(FAR, thousandths)))
}
