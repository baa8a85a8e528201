/**
 * What rules would have done to payments that were made: for a draft before it is switched on. Rules in shadow count as
 * if they were enabled, snoozes as if there were none.
 *
 * What a rule stops is taken out of the key's past, as it would have been; a key that it freezes stays frozen to the end.
 */
import { evaluate } from './Evaluate.ts'
import { KeyState, type Ask } from './KeyState.ts'
import type { Lists } from './Lists.ts'
import type { Action, CompiledRule, Ruleset } from './Schema.ts'

/** One micro-payment as it was recorded. `isAbuse`: somebody looked at it and said so. */
export type Recorded = Ask & { readonly key: string; readonly charged: bigint; readonly isAbuse?: boolean }

/** Amounts are decimal strings, atomic units. */
export type Outcome = {
  /** Told to come later by `throttle`: not counted as stopped. */
  delayed: number
  stopped: number
  stoppedAmount: string
  /** Of what was stopped: the money that abuse took, and honest payments. */
  saved: string
  honestStopped: number
  honestStoppedAmount: string
}

export type RuleOutcome = Outcome & {
  rule: string
  version: number
  action: Action
  /** Payments that it matched, whether or not it decided. */
  matches: number
  keys: number
  /** Payments for which its condition had no value. */
  withoutValue: number
}

export type BacktestReport = Outcome & {
  payments: number
  amount: string
  keys: number
  frozenKeys: number
  /** In the order rules are asked in; what is stopped is counted for the rule that decided, so it adds up. */
  rules: RuleOutcome[]
}

type Tally = { delayed: number; stopped: number; amount: bigint; saved: bigint; honest: number; honestAmount: bigint }
type RuleTally = Tally & { matches: number; keys: Set<string>; withoutValue: number }
type Key = { readonly state: KeyState; frozenBy?: string }

/** `payments`: in order of time, of any number of keys. */
export function backtest(payments: Iterable<Recorded>, set: Ruleset, lists: Lists): BacktestReport {
  const live: Ruleset = { ...set, rules: set.rules.map(asEnabled) }
  const keys = new Map<string, Key>()
  const total = tally()
  const rules = new Map(
    live.rules.map(({ id }) => [id, { ...tally(), matches: 0, keys: new Set<string>(), withoutValue: 0 }]),
  )
  let [count, amount] = [0, 0n]
  for (const payment of payments) {
    count++
    amount += payment.charged
    const key = keys.get(payment.key) ?? { state: new KeyState() }
    keys.set(payment.key, key)
    const decided = key.frozenBy ?? decide(payment, key, live, lists, rules)
    if (decided === undefined) continue
    for (const each of [total, rules.get(decided)!])
      add(each, payment, key.frozenBy !== undefined || stops(live, decided))
  }
  return {
    payments: count,
    amount: String(amount),
    keys: keys.size,
    frozenKeys: [...keys.values()].filter(({ frozenBy }) => frozenBy !== undefined).length,
    ...outcome(total),
    rules: live.rules.map(({ id, version, action }) => {
      const { matches, keys: seen, withoutValue, ...rest } = rules.get(id)!
      return { rule: id, version, action, matches, keys: seen.size, withoutValue, ...outcome(rest) }
    }),
  }
}

/** The id of the rule that stops or delays a payment; undefined: it passes, and is learnt. */
function decide(
  payment: Recorded,
  key: Key,
  set: Ruleset,
  lists: Lists,
  rules: Map<string, RuleTally>,
): string | undefined {
  const { action, by, hits } = evaluate(set, key.state.ask(payment), lists)
  for (const hit of hits) {
    const of = rules.get(hit.rule)!
    if (hit.error !== undefined) of.withoutValue++
    if (hit.effect !== 'done') continue
    of.matches++
    of.keys.add(payment.key)
  }
  if (by === undefined || action === 'allow' || action === 'alert') {
    key.state.granted(payment)
    if (payment.charged !== payment.amount) key.state.settled(payment, payment.charged)
    return undefined
  }
  if (action === 'freeze') key.frozenBy = by.rule
  return by.rule
}

function stops({ rules }: Ruleset, id: string): boolean {
  return rules.find((each) => each.id === id)!.action !== 'throttle'
}

function add(to: Tally, { charged, isAbuse = false }: Recorded, isStopped: boolean): void {
  if (!isStopped) {
    to.delayed++
    return
  }
  to.stopped++
  to.amount += charged
  if (isAbuse) to.saved += charged
  else {
    to.honest++
    to.honestAmount += charged
  }
}

function asEnabled(rule: CompiledRule): CompiledRule {
  return rule.state === 'shadow' ? { ...rule, state: 'enabled' } : rule
}

function tally(): Tally {
  return { delayed: 0, stopped: 0, amount: 0n, saved: 0n, honest: 0, honestAmount: 0n }
}

function outcome({ delayed, stopped, amount, saved, honest, honestAmount }: Tally): Outcome {
  return {
    delayed,
    stopped,
    stoppedAmount: String(amount),
    saved: String(saved),
    honestStopped: honest,
    honestStoppedAmount: String(honestAmount),
  }
}
