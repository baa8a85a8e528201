/** Arithmetic over ranges of whole numbers of 64 bits: what is outside of them has no value, as in a formula. */
import { isInt, MAX_INT, MIN_INT, type Operator } from './Node.ts'

/** Both ends are in it. */
export type IntRange = { readonly type: 'int'; readonly low: bigint; readonly high: bigint }

type Outcome = { readonly range?: IntRange | { type: 'bool'; true: boolean; false: boolean }; readonly fails: boolean }
type Operation = (a: bigint, b: bigint) => bigint

const FAILS: Outcome = { fails: true }

/** What of a range can be a value. */
export function within(low: bigint, high: bigint): Outcome {
  if (low > MAX_INT || high < MIN_INT) return FAILS
  const range = { type: 'int', low: low < MIN_INT ? MIN_INT : low, high: high > MAX_INT ? MAX_INT : high } as const
  return { range, fails: !isInt(low) || !isInt(high) }
}

export function join(a: IntRange, b: IntRange): IntRange {
  return { type: 'int', low: least(a.low, b.low), high: most(a.high, b.high) }
}

export function negate({ low, high }: IntRange): Outcome {
  return within(-high, -low)
}

export function binary(operator: Exclude<Operator, '==' | '!=' | 'in'>, a: IntRange, b: IntRange): Outcome {
  switch (operator) {
    case '<':
      return bool(a.low < b.high, a.high >= b.low)
    case '<=':
      return bool(a.low <= b.high, a.high > b.low)
    case '>':
      return bool(a.high > b.low, a.low <= b.high)
    case '>=':
      return bool(a.high >= b.low, a.low < b.high)
    case '+':
      return within(a.low + b.low, a.high + b.high)
    case '-':
      return within(a.low - b.high, a.high - b.low)
    case '*':
      return corners(a, [b], (x, y) => x * y)
    case '/':
      return divided(a, b, (x, y) => x / y)
    case '%':
      return remainder(a, b)
  }
}

/** `min`, `max`, `divUp`. */
export function called(name: 'min' | 'max' | 'divUp', operands: readonly IntRange[]): Outcome {
  if (name === 'divUp') return divided(operands[0]!, operands[1]!, divideUp)
  const pick = name === 'min' ? least : most
  const [low, high] = [operands.map((each) => each.low).reduce(pick), operands.map((each) => each.high).reduce(pick)]
  return within(low, high)
}

function bool(yes: boolean, no: boolean): Outcome {
  return { range: { type: 'bool', true: yes, false: no }, fails: false }
}

/** Of an operation that only rises or only falls in each operand, over each of the ranges: its extremes are at their ends. */
function corners(a: IntRange, parts: readonly IntRange[], run: Operation): Outcome {
  const all = parts.flatMap(({ low, high }) => [a.low, a.high].flatMap((x) => [run(x, low), run(x, high)]))
  return within(all.reduce(least), all.reduce(most))
}

/** On each side of 0 a quotient only rises or falls; by 0 there is none. */
function divided(a: IntRange, b: IntRange, run: Operation): Outcome {
  const parts: IntRange[] = []
  if (b.low < 0n) parts.push({ type: 'int', low: b.low, high: least(b.high, -1n) })
  if (b.high > 0n) parts.push({ type: 'int', low: most(b.low, 1n), high: b.high })
  if (parts.length === 0) return FAILS
  const outcome = corners(a, parts, run)
  return b.low <= 0n && b.high >= 0n ? { ...outcome, fails: true } : outcome
}

/** It has the sign of what is divided, and is nearer to 0 than either. */
function remainder(a: IntRange, b: IntRange): Outcome {
  if (b.low === 0n && b.high === 0n) return FAILS
  if (a.low === a.high && b.low === b.high) return within(a.low % b.low, a.low % b.low)
  const far = most(absolute(b.low), absolute(b.high)) - 1n
  const outcome = within(a.low < 0n ? most(a.low, -far) : 0n, a.high > 0n ? least(a.high, far) : 0n)
  return b.low <= 0n && b.high >= 0n ? { ...outcome, fails: true } : outcome
}

function divideUp(a: bigint, b: bigint): bigint {
  return a / b + (a % b !== 0n && a < 0n === b < 0n ? 1n : 0n)
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
