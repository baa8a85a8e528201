/** What `Watch` finds in a generated world of honest and abused keys, when, and what it costs honest ones. */
import * as Anomaly from '../../src/Anomaly.ts'
import { world, type Key, type Size } from '../../test/support/abuse/Abuse.ts'
import { attackKinds, type AttackKind } from '../../test/support/abuse/Attacks.ts'
import { honestKinds, type HonestKind } from '../../test/support/abuse/Honest.ts'

/** Minutes from the first abusive payment; `lost`: of all that was taken by abuse, the part before the alarm. */
export type AttackFigures = {
  attacks: number
  found: number
  recall: number
  minutesMedian: number
  minutesP90: number
  lost: number
}

export type AbuseFigures = {
  seed: number
  keys: number
  payments: number
  precision: number
  recall: number
  f1: number
  /** Of honest keys, those with an alarm in two weeks. */
  falsePositiveRate: number
  falsePositives: number
  honestKeys: number
  /** Abused keys that had an alarm before the abuse; a false one too, for the precision. */
  earlyAlarms: number
  attacks: Record<AttackKind, AttackFigures>
  falsePositivesByKind: Record<HonestKind, number>
  microsecondsPerPayment: number
  stateBytes: number
}

type Seen = { key: Key; falseAlarm: boolean; foundAt: number | undefined; lost: number; bytes: number }

/** An alarm counts for an abuse from its first payment to an hour after its last. */
const GRACE = 3_600_000

/** `now`: milliseconds, to take the time. `only`: keys of these kinds. */
export function abuseFigures(
  seed: number,
  size: Size,
  now: () => number,
  only: readonly HonestKind[] = honestKinds,
): AbuseFigures {
  const seen: Seen[] = []
  let payments = 0
  let took = 0
  for (const key of world(seed, size, only)) {
    const began = now()
    seen.push(look(key))
    took += now() - began
    payments += key.payments.length
  }
  const honest = seen.filter(({ key }) => key.attack === undefined)
  const abused = seen.filter(({ key }) => key.attack !== undefined)
  const falsePositives = honest.filter(({ falseAlarm }) => falseAlarm).length
  const earlyAlarms = abused.filter(({ falseAlarm }) => falseAlarm).length
  const found = abused.filter(({ foundAt }) => foundAt !== undefined).length
  const precision = found / Math.max(1, found + falsePositives + earlyAlarms)
  const recall = found / Math.max(1, abused.length)
  return {
    seed,
    keys: seen.length,
    payments,
    precision,
    recall,
    f1: (2 * precision * recall) / Math.max(Number.MIN_VALUE, precision + recall),
    falsePositiveRate: falsePositives / Math.max(1, honest.length),
    falsePositives,
    honestKeys: honest.length,
    earlyAlarms,
    attacks: byName(attackKinds, (kind) => attackFigures(abused.filter(({ key }) => key.attack?.kind === kind))),
    falsePositivesByKind: byName(
      honestKinds,
      (kind) => honest.filter(({ key, falseAlarm }) => key.kind === kind && falseAlarm).length,
    ),
    microsecondsPerPayment: (took * 1000) / Math.max(1, payments),
    stateBytes: Math.max(0, ...seen.map(({ bytes }) => bytes)),
  }
}

function look(key: Key): Seen {
  const watch = new Anomaly.Watch()
  const { attack } = key
  let foundAt: number | undefined
  let falseAlarm = false
  let [taken, lost] = [0, 0]
  for (const payment of key.payments) {
    const { score } = watch.observe({ ...payment, amount: BigInt(payment.amount) })
    const isAbuse = key.stolen(payment)
    if (isAbuse) taken += payment.amount
    if (score >= Anomaly.WATCH_ALARM) {
      if (attack === undefined || payment.at < attack.from) falseAlarm = true
      else if (payment.at <= attack.to + GRACE) foundAt ??= payment.at
    }
    // The payment that raises the alarm is stopped.
    if (isAbuse && foundAt === undefined) lost += payment.amount
  }
  return { key, falseAlarm, foundAt, lost: lost / Math.max(1, taken), bytes: JSON.stringify(watch).length }
}

function attackFigures(seen: readonly Seen[]): AttackFigures {
  const minutes = seen
    .filter(({ foundAt }) => foundAt !== undefined)
    .map(({ key, foundAt }) => (foundAt! - key.attack!.from) / 60_000)
    .toSorted((a, b) => a - b)
  const at = (share: number): number => minutes[Math.min(minutes.length - 1, Math.floor(share * minutes.length))] ?? NaN
  return {
    attacks: seen.length,
    found: minutes.length,
    recall: minutes.length / Math.max(1, seen.length),
    minutesMedian: at(0.5),
    minutesP90: at(0.9),
    lost: seen.reduce((sum, { lost }) => sum + lost, 0) / Math.max(1, seen.length),
  }
}

function byName<Name extends string, T>(names: readonly Name[], make: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, T>
}
