/** Calls of a key and the rules that are asked before each of them is granted: what the session's object does inline. */
import * as Rule from '@pbstream/core/Rule'

/** One decision: a call looked at, its features worked out, all rules asked, and what was done put into a log. */
export type Decide = () => void

/** Seeds and rules of one's own, so many in all; a list of as many entries as there may be. */
export function rules(count: number): { set: Rule.Ruleset; lists: Rule.Lists } {
  const entries = Array.from({ length: 1_000 }, (_, i) => ({ value: `X${i}` }))
  const lists = new Rule.Lists([Rule.parseList({ name: 'blocked', entries })])
  const own = Array.from({ length: count - Rule.seeds.length }, (_, i): Rule.RuleInput => ({
    id: `own-${i}`,
    version: 1,
    name: 'own',
    when: [
      `sum.day > ${10 ** 9 + i} || (sum.hour > ${10 ** 8 + i} && at.hour < 6)`,
      `count.hour > ${1_000 + i} && distinct.routes > 3`,
      `country in list.blocked || (new.payee && amount > ${10 ** 7 + i})`,
      `failures.hour * 1000 / max(count.hour, 1) > ${500 + i}`,
    ][i % 4]!,
    severity: 'low',
    action: 'block',
    fail: 'open',
  }))
  return { set: Rule.parse([...Rule.seeds, ...own], lists.names), lists }
}

/** A key that pays about every thirteen seconds, from two networks, on three routes; the same calls each time. */
export function decisions(count: number): Decide {
  const { set, lists } = rules(count)
  const state = new Rule.KeyState()
  const random = generator(1)
  let at = Date.UTC(2026, 8, 7)
  return () => {
    at += Math.ceil(-13_000 * Math.log(1 - random()))
    const ask = {
      at,
      amount: BigInt(500 + Math.floor(random() * 1_000)),
      route: `r${Math.floor(random() * 3)}`,
      payee: 'p',
      place: random() < 0.5 ? 'home' : 'work',
      country: 'CH',
      balance: { left: 10n ** 9n, of: 10n ** 10n },
    }
    const decision = Rule.evaluate(set, state.ask(ask), lists)
    const isGranted = !Rule.stopping.has(decision.action)
    if (isGranted) state.granted(ask)
    const { route, payee, place, country } = ask
    const entry: Rule.LogEntry = [isGranted ? 'g' : 'a', at, String(ask.amount), route, payee, place, country]
    JSON.stringify(entry)
  }
}

/** In [0, 1): mulberry32. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
