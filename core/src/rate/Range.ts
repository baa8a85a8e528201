/**
 * What a formula can result in when its inputs are only known to lie between two numbers: the formula is run over ranges.
 * What comes out holds every value that can come out; it may be wider.
 */
import { isInt, MAX_INT, MAX_STRING, MIN_INT } from '../formula/Node.ts'
import type { Node, Value } from '../Formula.ts'
import { larger, smaller } from './Pricing.ts'

/** Whole numbers from `low` to `high`. */
export type Range = { low: bigint; high: bigint }

/** Whether it can be true, and whether it can be false. */
type Maybe = { true: boolean; false: boolean }
type Known = { known: Exclude<Value, bigint | boolean> }
type Some = Range | Maybe | Known

const EITHER: Maybe = { true: true, false: true }

/** `fails`: there may be inputs that it has no value for. */
export function rangeOf(node: Node, inputs: Readonly<Record<string, Range | string>>): Range & { fails: boolean } {
  const run = new Run(inputs)
  const { low, high } = run.int(node)
  return { low, high, fails: run.fails }
}

class Run {
  fails = false
  readonly #inputs: Readonly<Record<string, Range | string>>

  constructor(inputs: Readonly<Record<string, Range | string>>) {
    this.#inputs = inputs
  }

  int(node: Node): Range {
    const some = this.#some(node)
    return 'low' in some ? some : this.#failed()
  }

  #bool(node: Node): Maybe {
    const some = this.#some(node)
    return 'true' in some ? some : EITHER
  }

  /** Nothing is known but that it is a number. */
  #failed(): Range {
    this.fails = true
    return { low: MIN_INT, high: MAX_INT }
  }

  #some(node: Node): Some {
    switch (node.kind) {
      case 'constant':
        return ofValue(node.value)
      case 'variable': {
        const input = this.#inputs[node.name]
        if (typeof input === 'string') return { known: input }
        return input === undefined ? this.#failed() : this.#within(input)
      }
      case 'negate': {
        const { low, high } = this.int(node.operand)
        return this.#within({ low: -high, high: -low })
      }
      case 'not': {
        const some = this.#bool(node.operand)
        return { true: some.false, false: some.true }
      }
      case 'and':
      case 'or':
        return logical(node.kind, this.#bool(node.left), this.#bool(node.right))
      case 'choice':
        return this.#choice(node)
      case 'binary':
        return this.#binary(node)
      case 'call':
        return this.#call(node)
      case 'list':
        for (const item of node.items) this.#some(item)
        return { known: [] }
    }
  }

  /** What does not fit in 64 bits is an error when the formula is run. */
  #within({ low, high }: Range): Range {
    if (isInt(low) && isInt(high)) return { low, high }
    this.fails = true
    return { low: inside(low), high: inside(high) }
  }

  #choice({ condition, yes, no }: Extract<Node, { kind: 'choice' }>): Some {
    const which = this.#bool(condition)
    if (!which.false) return this.#some(yes)
    if (!which.true) return this.#some(no)
    const [a, b] = [this.#some(yes), this.#some(no)]
    if ('low' in a && 'low' in b) return { low: smaller(a.low, b.low), high: larger(a.high, b.high) }
    if ('true' in a && 'true' in b) return { true: a.true || b.true, false: a.false || b.false }
    return 'known' in a && 'known' in b && a.known === b.known ? a : EITHER
  }

  #binary({ operator, left, right }: Extract<Node, { kind: 'binary' }>): Some {
    const [a, b] = [this.#some(left), this.#some(right)]
    if (operator === 'in') return EITHER
    if (!('low' in a && 'low' in b)) return operator === '==' || operator === '!=' ? equal(operator, a, b) : EITHER
    switch (operator) {
      case '+':
        return this.#within({ low: a.low + b.low, high: a.high + b.high })
      case '-':
        return this.#within({ low: a.low - b.high, high: a.high - b.low })
      case '*':
        return this.#within(corners(a, [b.low, b.high], (x, y) => x * y))
      case '/':
        return this.#divided(a, b, (x, y) => x / y)
      case '%':
        return this.#rest(a, b)
      default:
        return compared(operator, a, b)
    }
  }

  #call({ name, operands }: Extract<Node, { kind: 'call' }>): Some {
    const ranges = () => operands.map((operand) => this.int(operand))
    switch (name) {
      case 'min':
        return ranges().reduce((a, b) => ({ low: smaller(a.low, b.low), high: smaller(a.high, b.high) }))
      case 'max':
        return ranges().reduce((a, b) => ({ low: larger(a.low, b.low), high: larger(a.high, b.high) }))
      case 'divUp': {
        const [a, b] = ranges() as [Range, Range]
        return this.#divided(a, b, ceiling)
      }
      case 'size':
        for (const operand of operands) this.#some(operand)
        return { low: 0n, high: BigInt(MAX_STRING) }
      default:
        for (const operand of operands) this.#some(operand)
        return EITHER
    }
  }

  /** Towards larger divisors quotients only shrink, so they are the most and the least at the ends, and beside 0. */
  #divided(a: Range, b: Range, divide: (x: bigint, y: bigint) => bigint): Range {
    if (b.low <= 0n && b.high >= 0n) this.fails = true
    const divisors = [b.low, b.high, -1n, 1n].filter((y) => y !== 0n && y >= b.low && y <= b.high)
    return divisors.length === 0 ? this.#failed() : this.#within(corners(a, divisors, divide))
  }

  /** As large as the divisor less 1, with the sign of the dividend. */
  #rest(a: Range, b: Range): Range {
    if (b.low <= 0n && b.high >= 0n) this.fails = true
    if (a.low === a.high && b.low === b.high && b.low !== 0n) return { low: a.low % b.low, high: a.low % b.low }
    const most = larger(larger(absolute(b.low), absolute(b.high)) - 1n, 0n)
    return {
      low: a.low < 0n ? -smaller(most, -a.low) : 0n,
      high: a.high > 0n ? smaller(most, a.high) : 0n,
    }
  }
}

function ofValue(value: Value): Some {
  if (typeof value === 'bigint') return { low: value, high: value }
  return typeof value === 'boolean' ? { true: value, false: !value } : { known: value }
}

function logical(kind: 'and' | 'or', a: Maybe, b: Maybe): Maybe {
  return kind === 'and'
    ? { true: a.true && b.true, false: a.false || b.false }
    : { true: a.true || b.true, false: a.false && b.false }
}

function equal(operator: '==' | '!=', a: Some, b: Some): Maybe {
  if (!('known' in a && 'known' in b) || typeof a.known !== 'string') return EITHER
  const holds = (a.known === b.known) === (operator === '==')
  return { true: holds, false: !holds }
}

function compared(operator: string, a: Range, b: Range): Maybe {
  const same = a.low === a.high && b.low === b.high && a.low === b.low
  const apart = a.high < b.low || b.high < a.low
  switch (operator) {
    case '<':
      return { true: a.low < b.high, false: a.high >= b.low }
    case '<=':
      return { true: a.low <= b.high, false: a.high > b.low }
    case '>':
      return { true: a.high > b.low, false: a.low <= b.high }
    case '>=':
      return { true: a.high >= b.low, false: a.low < b.high }
    case '==':
      return { true: !apart, false: !same }
    default:
      return { true: !same, false: !apart }
  }
}

function corners(a: Range, others: readonly bigint[], of: (x: bigint, y: bigint) => bigint): Range {
  const all = others.flatMap((y) => [of(a.low, y), of(a.high, y)])
  return { low: all.reduce(smaller), high: all.reduce(larger) }
}

function ceiling(a: bigint, b: bigint): bigint {
  return a / b + (a % b !== 0n && a < 0n === b < 0n ? 1n : 0n)
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

function inside(value: bigint): bigint {
  return smaller(larger(value, MIN_INT), MAX_INT)
}
