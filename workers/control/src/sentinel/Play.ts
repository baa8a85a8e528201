/** Recorded payments played through rules. Keys are independent of each other, so each is played by itself. */
import * as Rule from '@pbstream/core/Rule'

/** After so many payments others of this isolate get their turn. */
const TURN = 500
const KEYS_MAX = 50

/** What rules would have done to one key. Amounts are decimal strings, atomic units. */
export type KeyOutcome = Rule.Outcome & { session: string; payments: number; amount: string; frozen: boolean }
/** `byKey`: those of whom most payments would have been stopped, most first; none of whom nothing was stopped or delayed. */
export type Played = Rule.BacktestReport & { byKey: KeyOutcome[] }

/** Key after key, with a turn for others in between: the sum is what all of them at once would have come to. */
export async function play(
  keys: ReadonlyMap<string, readonly Rule.Recorded[]>,
  set: Rule.Ruleset,
  lists: Rule.Lists,
): Promise<Played> {
  let sum = Rule.backtest([], set, lists)
  const hit: KeyOutcome[] = []
  let played = 0
  for (const [session, payments] of keys) {
    const report = Rule.backtest(payments, set, lists)
    sum = added(sum, report)
    if (report.stopped + report.delayed > 0) hit.push(outcomeOf(session, report))
    played += payments.length
    if (played < TURN) continue
    played = 0
    await scheduler.wait(0)
  }
  return { ...sum, byKey: hit.toSorted(byStopped).slice(0, KEYS_MAX) }
}

function outcomeOf(session: string, report: Rule.BacktestReport): KeyOutcome {
  const { payments, amount, frozenKeys, delayed, stopped, stoppedAmount, saved, honestStopped, honestStoppedAmount } =
    report
  return {
    ...{ session, payments, amount, frozen: frozenKeys > 0 },
    ...{ delayed, stopped, stoppedAmount, saved, honestStopped, honestStoppedAmount },
  }
}

/** Of as many stopped, first those with more money, then with more delayed. */
function byStopped(a: KeyOutcome, b: KeyOutcome): number {
  const more = BigInt(b.stoppedAmount) - BigInt(a.stoppedAmount)
  return b.stopped - a.stopped || Number(more > 0n) - Number(more < 0n) || b.delayed - a.delayed
}

function added(a: Rule.BacktestReport, b: Rule.BacktestReport): Rule.BacktestReport {
  return {
    ...outcome(a, b),
    payments: a.payments + b.payments,
    amount: plus(a.amount, b.amount),
    keys: a.keys + b.keys,
    frozenKeys: a.frozenKeys + b.frozenKeys,
    rules: a.rules.map((rule, i) => {
      const other = b.rules[i]
      if (other === undefined) throw new Error('reports of two sets')
      const { matches, keys, withoutValue } = rule
      return {
        ...{ ...rule, ...outcome(rule, other), matches: matches + other.matches, keys: keys + other.keys },
        withoutValue: withoutValue + other.withoutValue,
      }
    }),
  }
}

function outcome(a: Rule.Outcome, b: Rule.Outcome): Rule.Outcome {
  return {
    delayed: a.delayed + b.delayed,
    stopped: a.stopped + b.stopped,
    stoppedAmount: plus(a.stoppedAmount, b.stoppedAmount),
    saved: plus(a.saved, b.saved),
    honestStopped: a.honestStopped + b.honestStopped,
    honestStoppedAmount: plus(a.honestStoppedAmount, b.honestStoppedAmount),
  }
}

function plus(a: string, b: string): string {
  return String(BigInt(a) + BigInt(b))
}
