/**
 * What a formula can come to while its variables are not known, but lie in ranges. Never too little: what it comes to for
 * any values in the ranges is in the answer. The answer may hold more, as each variable is taken to move by itself.
 */
import { Failure, run as call } from './Functions.ts'
import * as Ints from './IntRanges.ts'
import { type IntRange } from './IntRanges.ts'
import { MAX_LIST, MAX_STRING, type Node, type Operator, type Type, type Value } from './Node.ts'

export type { IntRange }
/** Which of the two it can be. */
export type BoolRange = { readonly type: 'bool'; readonly true: boolean; readonly false: boolean }
/** Absent `oneOf`: any string. */
export type StringRange = { readonly type: 'string'; readonly oneOf?: readonly string[] }
export type ListRange = {
  readonly type: 'list'
  /** Elements that are in it for sure, and those that may be. */
  readonly sure: readonly (bigint | string)[]
  readonly maybe: readonly (bigint | string)[]
  /** Elements that may be in it and are not known themselves. */
  readonly vague?: readonly Range[]
  /** How many elements it has; absent: all that are sure, up to all that may be. */
  readonly size?: Omit<IntRange, 'type'>
}
export type Range = IntRange | BoolRange | StringRange | ListRange

/** By the names of variables. */
export type Ranges = Readonly<Record<string, Range>>

/** `range`: absent when there is no value for sure. `fails`: there may be none. */
export type Outcome<R extends Range = Range> = { readonly range?: R; readonly fails: boolean }

const FAILS: Outcome = { fails: true }
const EITHER: BoolRange = { type: 'bool', true: true, false: true }
/** More strings than these are any string. */
const MOST_STRINGS = 64

/** A value that is known. */
export function exactly(value: Value): Range {
  if (typeof value === 'bigint') return { type: 'int', low: value, high: value }
  if (typeof value === 'boolean') return { type: 'bool', true: value, false: !value }
  if (typeof value === 'string') return { type: 'string', oneOf: [value] }
  return { type: 'list', sure: value, maybe: [] }
}

export function outcomeOf(node: Node, ranges: Ranges): Outcome {
  switch (node.kind) {
    case 'constant':
      return { range: exactly(node.value), fails: false }
    case 'variable':
      return variable(node.name, node.type, ranges)
    case 'list':
      return over(node.items, ranges, (items) => ({ range: listOf(items), fails: false }))
    case 'not':
      return over([node.operand], ranges, ([operand]) => {
        const { true: yes, false: no } = operand as BoolRange
        return { range: { type: 'bool', true: no, false: yes }, fails: false }
      })
    case 'negate':
      return over([node.operand], ranges, ([operand]) => Ints.negate(operand as IntRange))
    case 'and':
    case 'or':
      return logical(node.kind === 'or', outcomeOf(node.left, ranges), outcomeOf(node.right, ranges))
    case 'choice':
      return choice(node, ranges)
    case 'call':
      return over(node.operands, ranges, (operands) => called(node.name, operands))
    case 'binary':
      return over([node.left, node.right], ranges, ([left, right]) => binary(node.operator, left!, right!))
  }
}

/** What comes of operands that have values; where one may have none, neither may this. */
function over(nodes: readonly Node[], ranges: Ranges, run: (operands: readonly Range[]) => Outcome): Outcome {
  const operands: Range[] = []
  let fails = false
  for (const node of nodes) {
    const outcome = outcomeOf(node, ranges)
    if (outcome.range === undefined) return FAILS
    fails ||= outcome.fails
    operands.push(outcome.range)
  }
  const outcome = run(operands)
  return fails && !outcome.fails ? { ...outcome, fails } : outcome
}

function variable(name: string, type: Type, ranges: Ranges): Outcome {
  const range = Object.hasOwn(ranges, name) ? ranges[name] : undefined
  if (range === undefined || range.type !== (type.startsWith('list') ? 'list' : type)) return FAILS
  switch (range.type) {
    case 'int':
      return Ints.within(range.low, range.high)
    case 'bool':
      return { range, fails: false }
    case 'string':
      return { range, fails: range.oneOf?.some(({ length }) => length > MAX_STRING) ?? true }
    case 'list':
      return { range, fails: sizeOf(range).high > BigInt(MAX_LIST) }
  }
}

/** As in CEL, a side that decides makes up for a side without a value. */
function logical(decisive: boolean, left: Outcome, right: Outcome): Outcome {
  const [a, b] = [left.range as BoolRange | undefined, right.range as BoolRange | undefined]
  const can = (range: BoolRange | undefined, value: boolean): boolean => range?.[value ? 'true' : 'false'] ?? false
  const decided = can(a, decisive) || can(b, decisive)
  const open = can(a, !decisive) && can(b, !decisive)
  const fails = (left.fails && (right.fails || can(b, !decisive))) || (right.fails && (left.fails || can(a, !decisive)))
  if (!decided && !open) return FAILS
  return { range: { type: 'bool', true: decisive ? decided : open, false: decisive ? open : decided }, fails }
}

function choice(node: Node & { kind: 'choice' }, ranges: Ranges): Outcome {
  const condition = outcomeOf(node.condition, ranges)
  if (condition.range === undefined) return FAILS
  const { true: yes, false: no } = condition.range as BoolRange
  const taken = [...(yes ? [node.yes] : []), ...(no ? [node.no] : [])].map((branch) => outcomeOf(branch, ranges))
  const found = taken.flatMap(({ range }) => (range === undefined ? [] : [range]))
  const fails = condition.fails || taken.some((branch) => branch.fails)
  return found.length === 0 ? FAILS : { range: found.reduce(join), fails }
}

/** All that is in either; both are of one type. */
function join(a: Range, b: Range): Range {
  switch (a.type) {
    case 'int':
      return Ints.join(a, b as IntRange)
    case 'bool': {
      const other = b as BoolRange
      return { type: 'bool', true: a.true || other.true, false: a.false || other.false }
    }
    case 'string': {
      const other = b as StringRange
      return a.oneOf === undefined || other.oneOf === undefined
        ? { type: 'string' }
        : oneOf([...a.oneOf, ...other.oneOf])
    }
    case 'list': {
      const other = b as ListRange
      const maybe = [a, other].flatMap(({ sure, maybe: more }) => [...sure, ...more])
      const size = Ints.join({ type: 'int', ...sizeOf(a) }, { type: 'int', ...sizeOf(other) })
      return { type: 'list', sure: [], maybe, vague: [...(a.vague ?? []), ...(other.vague ?? [])], size }
    }
  }
}

function oneOf(strings: readonly string[]): StringRange {
  const all = [...new Set(strings)]
  return all.length > MOST_STRINGS ? { type: 'string' } : { type: 'string', oneOf: all }
}

function listOf(items: readonly Range[]): ListRange {
  const known = items.map(knownOf)
  const size = { low: BigInt(items.length), high: BigInt(items.length) }
  return {
    type: 'list',
    sure: known.filter((value) => value !== undefined) as (bigint | string)[],
    maybe: [],
    vague: items.filter((_, i) => known[i] === undefined),
    size,
  }
}

function sizeOf({ sure, maybe, vague = [], size }: ListRange): Omit<IntRange, 'type'> {
  return size ?? { low: BigInt(sure.length), high: BigInt(sure.length + maybe.length + vague.length) }
}

/** The value, if there is only one that it can be. */
function knownOf(range: Range): Value | undefined {
  switch (range.type) {
    case 'int':
      return range.low === range.high ? range.low : undefined
    case 'bool':
      return range.true === range.false ? undefined : range.true
    case 'string':
      return range.oneOf?.length === 1 ? range.oneOf[0] : undefined
    case 'list': {
      const isKnown = range.maybe.length === 0 && (range.vague ?? []).length === 0
      return isKnown ? (range.sure as Value) : undefined
    }
  }
}

function called(name: string, operands: readonly Range[]): Outcome {
  const known = operands.map(knownOf)
  if (known.every((value) => value !== undefined)) {
    const value = call(name, known as Value[], 0)
    return value instanceof Failure ? FAILS : { range: exactly(value), fails: false }
  }
  switch (name) {
    case 'min':
    case 'max':
    case 'divUp':
      return Ints.called(name, operands as readonly IntRange[])
    case 'size':
      return { range: sized(operands[0]!), fails: false }
    default:
      return { range: compared(name, operands as readonly StringRange[]), fails: false }
  }
}

/** Of an element that is a list's, or a string's, characters. */
function sized(range: Range): IntRange {
  if (range.type === 'list') return { type: 'int', ...sizeOf(range) }
  const { oneOf: strings } = range as StringRange
  if (strings === undefined) return { type: 'int', low: 0n, high: BigInt(MAX_STRING) }
  return strings.map((text) => exactly(call('size', [text], 0) as bigint) as IntRange).reduce(Ints.join)
}

function compared(name: string, [text, other]: readonly StringRange[]): BoolRange {
  if (text?.oneOf === undefined || other?.oneOf === undefined) return EITHER
  const results = text.oneOf.flatMap((a) => other.oneOf!.map((b) => call(name, [a, b], 0)))
  return { type: 'bool', true: results.includes(true), false: results.includes(false) }
}

function binary(operator: Operator, left: Range, right: Range): Outcome {
  switch (operator) {
    case '==':
      return { range: equal(left, right), fails: false }
    case '!=': {
      const { true: yes, false: no } = equal(left, right)
      return { range: { type: 'bool', true: no, false: yes }, fails: false }
    }
    case 'in':
      return { range: member(left, right as ListRange), fails: false }
    default:
      return Ints.binary(operator, left as IntRange, right as IntRange)
  }
}

function equal(a: Range, b: Range): BoolRange {
  const [one, other] = [knownOf(a), knownOf(b)]
  return { type: 'bool', true: meets(a, b), false: one === undefined || other === undefined || one !== other }
}

/** Whether some value is in both; they are of one type. */
function meets(a: Range, b: Range): boolean {
  switch (a.type) {
    case 'int': {
      const other = b as IntRange
      return a.low <= other.high && other.low <= a.high
    }
    case 'bool': {
      const other = b as BoolRange
      return (a.true && other.true) || (a.false && other.false)
    }
    case 'string': {
      const other = (b as StringRange).oneOf
      return a.oneOf === undefined || other === undefined || a.oneOf.some((text) => other.includes(text))
    }
    case 'list':
      return true
  }
}

function member(element: Range, { sure, maybe, vague = [] }: ListRange): BoolRange {
  const known = knownOf(element) as bigint | string | undefined
  if (known !== undefined) {
    if (sure.includes(known)) return { type: 'bool', true: true, false: false }
    return { type: 'bool', true: maybe.includes(known) || vague.some((each) => meets(element, each)), false: true }
  }
  const has = [...sure, ...maybe].some((each) => meets(element, exactly(each)))
  return { type: 'bool', true: has || vague.some((each) => meets(element, each)), false: true }
}
