import { expect, test } from 'vitest'
import { type DecisionCost, decisionLines } from '../src/DecisionCost.ts'
import { decisions, rules } from '../src/DecisionLoad.ts'

const cost: DecisionCost = {
  rules: 50,
  node: { cpu_us: 20, p50_us: 18.5, p99_us: 60, decisions: 1_000 },
  workerd: { cpu_us: null, p50_us: 19, p99_us: 99.9, decisions: 1_000 },
  share: { voucher: 0.0113 },
}

test('a decision is made with as many rules as are asked for, whatever comes next', () => {
  expect(rules(50).set.rules).toHaveLength(50)
  const decide = decisions(50)
  for (let i = 0; i < 500; i++) decide()
})

test('what is printed: microseconds, the share of a request, and whether the aim is met', () => {
  expect(decisionLines(cost).map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
    'Sentinel, 50 rules, µs each | CPU | p50 | p99',
    'Node, each | 20 | 18.5 | 60',
    'workerd, mean of its millisecond | - | 19 | 99.9',
    'share of voucher | 1.1 %',
    'aim: p99 < 100 µs: met',
  ])
  expect(decisionLines({ ...cost, workerd: { ...cost.workerd, p99_us: 100 } }).at(-1)).toContain('missed')
  expect(decisionLines({ ...cost, node: { ...cost.node, p99_us: 100 } }).at(-1)).toContain('missed')
})
