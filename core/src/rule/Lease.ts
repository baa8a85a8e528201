/** For how many calls a lease is good, so that no rule that would stop one of them goes unasked. */
import type { BoolRange, Ranges } from '../Formula.ts'
import type { Snoozes } from './Evaluate.ts'
import { listRanges, present, ranges, type LeaseWish } from './Future.ts'
import type { KeyState } from './KeyState.ts'
import type { Lists } from './Lists.ts'
import { stopping, type CompiledRule, type Rules } from './Schema.ts'

/** Whether any rule in force could stop or delay a call. */
export function stops({ rules }: Rules): boolean {
  return rules.some((rule) => rule.state === 'enabled' && stopping.has(rule.action))
}

/**
 * The most calls, up to those wished for, under which no rule in force that stops or delays can match: not for any of
 * them, whatever else is under lease meanwhile, and if as many calls like them are made beside any lease. Signs of
 * anomaly count as they are now; they are judged when calls are reported.
 */
export function leaseCount(set: Rules, lists: Lists, snoozes: Snoozes, state: KeyState, wish: LeaseWish): number {
  if (wish.count < 1 || !stops(set)) return Math.max(0, wish.count)
  const at = present(state, wish)
  const fixed = listRanges(lists, at)
  const found = (rules: readonly CompiledRule[], names: Iterable<string>, count: number): Set<CompiledRule> =>
    thatMayStop(rules, { ...fixed, ...ranges(names, at, count) }, snoozes, at.now.ask.at, at.until.ask.at)
  const near = found(set.rules, set.names, wish.count)
  if (near.size === 0) return wish.count
  // What cannot match for more calls cannot for fewer; what spares others may spare them then.
  const rules = set.rules.filter((rule) => near.has(rule) || !stopping.has(rule.action))
  const names = new Set(rules.filter(({ state: on }) => on === 'enabled').flatMap(({ formula }) => [...formula.names]))
  const isSafe = (count: number): boolean => found(rules, names, count).size === 0
  if (!isSafe(1)) return 0
  let [good, bad] = [1, wish.count]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (isSafe(middle)) good = middle
    else bad = middle
  }
  return good
}

/** The rules that may stop or delay a call from one time to another. */
function thatMayStop(
  rules: readonly CompiledRule[],
  values: Ranges,
  snoozes: Snoozes,
  from: number,
  to: number,
): Set<CompiledRule> {
  const found = new Set<CompiledRule>()
  let isSpared = false
  for (const rule of rules) {
    const { id, state, group, action, fail, formula } = rule
    const isFirst = group === 'first_match'
    const asleep = Object.hasOwn(snoozes, id) ? snoozes[id]! : 0
    if (state !== 'enabled' || to < asleep || (isFirst && isSpared)) continue
    if (!isFirst && !stopping.has(action)) continue
    const { range, fails } = formula.range(values)
    if (stopping.has(action) && (range?.true === true || (fails && fail === 'closed'))) found.add(rule)
    // One that surely matches ends its group.
    if (isFirst && from >= asleep && isSure(range, fails, fail)) isSpared = true
  }
  return found
}

function isSure(range: BoolRange | undefined, fails: boolean, fail: CompiledRule['fail']): boolean {
  return range?.false !== true && (!fails || fail === 'closed')
}
