/**
 * What a decision costs inside the object: a call looked at, its features worked out, and 50 rules asked.
 *
 *   node core/scripts/bench-rules.ts [calls]
 *
 * Prints microseconds of a call: median and p99 by the clock, and the mean of processor time, which other work on the
 * machine does not change.
 */
import * as Rule from '../src/Rule.ts'
import { random } from '../test/support/abuse/Random.ts'

const calls = Number(process.argv[2] ?? 50_000)
const r = random(1)
const lists = new Rule.Lists([
  Rule.parseList({ name: 'blocked', entries: Array.from({ length: 50 }, (_, i) => ({ value: `X${i}` })) }),
])
const own = Array.from({ length: 50 - Rule.seeds.length }, (_, i): Rule.RuleInput => ({
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
const set = Rule.parse([...Rule.seeds, ...own], lists.names)
const state = new Rule.KeyState()
const took: number[] = []
const warm = calls / 5
let began = process.cpuUsage()
let at = 1_788_739_200_000
for (let i = 0; i < calls; i++) {
  at += Math.ceil(r.exponential(13_000))
  const amount = BigInt(Math.round(1_000 * r.lognormal(0.3)))
  const ask = {
    at,
    amount,
    route: `r${r.whole(1, 3)}`,
    payee: 'p',
    place: r.pick(['home', 'work']),
    country: 'CH',
    balance: { left: 10n ** 9n, of: 10n ** 10n },
  }
  if (i === warm) began = process.cpuUsage()
  const start = performance.now()
  const decision = Rule.evaluate(set, state.ask(ask), lists)
  if (decision.action === 'allow' || decision.action === 'alert') state.granted(ask)
  took.push((performance.now() - start) * 1000)
}
const sorted = took.slice(warm).toSorted((a, b) => a - b)
const of = (share: number): string => sorted[Math.floor(share * sorted.length)]!.toFixed(1)
const { user, system } = process.cpuUsage(began)
const cpu = (user + system) / (calls - warm)
console.log(
  `${set.rules.length} rules, ${calls} calls: median ${of(0.5)} µs, p99 ${of(0.99)} µs, processor ${cpu.toFixed(1)} µs; state ${JSON.stringify(state).length} bytes`,
)
