/**
 * The value of a formula. Each node is visited at most once, nothing loops but over a list that came in, and nothing is
 * built but numbers of 64 bits: so it ends, soon, in little memory. Errors are values; nothing is thrown.
 */
import { Failure, OVERFLOW, run as call } from './Functions.ts'
import {
  type Inputs,
  MAX_LIST,
  MAX_STRING,
  type Node,
  type Operator,
  type Type,
  type Value,
  isInt,
  print,
  shorten,
} from './Node.ts'

/** What a sub-expression was: its text, and its value or why it has none. Data that can be stored. */
export type Step = {
  text: string
  start: number
  end: number
  type: Type
  /** As it would be written in a formula. */
  value?: string
  error?: string
}

/** Collects steps. */
export type Trace = { readonly text: string; readonly steps: Step[] }

/** The value of a node, or why it has none. With `trace` every node that is visited leaves a step, but for constants. */
export function evaluate(node: Node, inputs: Inputs, trace?: Trace): Value | Failure {
  const outcome = valueOf(node, inputs, trace)
  if (trace !== undefined && node.kind !== 'constant') {
    const { start, end, type } = node
    const text = shorten(trace.text.slice(start, end))
    const result = outcome instanceof Failure ? { error: outcome.what } : { value: print(outcome) }
    trace.steps.push({ text, start, end, type, ...result })
  }
  return outcome
}

function valueOf(node: Node, inputs: Inputs, trace: Trace | undefined): Value | Failure {
  switch (node.kind) {
    case 'constant':
      return node.value
    case 'variable':
      return variable(node.name, node.type, inputs, node.start)
    case 'list': {
      const items = all(node.items, inputs, trace)
      return items instanceof Failure ? items : (items as Value)
    }
    case 'not': {
      const value = evaluate(node.operand, inputs, trace)
      return value instanceof Failure ? value : value === false
    }
    case 'negate': {
      const value = evaluate(node.operand, inputs, trace)
      return value instanceof Failure ? value : int(-(value as bigint), node.start)
    }
    case 'and':
    case 'or':
      return logical(node.kind === 'or', node.left, node.right, inputs, trace)
    case 'choice': {
      const condition = evaluate(node.condition, inputs, trace)
      if (condition instanceof Failure) return condition
      return evaluate(condition === true ? node.yes : node.no, inputs, trace)
    }
    case 'call': {
      const operands = all(node.operands, inputs, trace)
      return operands instanceof Failure ? operands : call(node.name, operands, node.start)
    }
    case 'binary': {
      const operands = all([node.left, node.right], inputs, trace)
      return operands instanceof Failure ? operands : binary(node.operator, operands, node.start)
    }
  }
}

/** All values, or the first failure. */
function all(nodes: readonly Node[], inputs: Inputs, trace: Trace | undefined): Value[] | Failure {
  const values: Value[] = []
  for (const node of nodes) {
    const value = evaluate(node, inputs, trace)
    if (value instanceof Failure) return value
    values.push(value)
  }
  return values
}

/** As in CEL, a side that decides makes up for a failure of the other. `decisive`: the value that does. */
function logical(decisive: boolean, left: Node, right: Node, inputs: Inputs, trace: Trace | undefined) {
  const first = evaluate(left, inputs, trace)
  if (first === decisive) return decisive
  const second = evaluate(right, inputs, trace)
  if (second === decisive) return decisive
  return first instanceof Failure ? first : second
}

export function variable(name: string, type: Type, inputs: Inputs, position: number): Value | Failure {
  const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined
  if (value === undefined) return new Failure(`${name} has no value`, position)
  const wrong = mismatch(value, type)
  return wrong === undefined ? value : new Failure(`${name} ${wrong}`, position)
}

/** What is wrong with a value that came in. */
function mismatch(value: Value, type: Type): string | undefined {
  if (type === 'bool') return typeof value === 'boolean' ? undefined : 'is no bool'
  if (type === 'int') return typeof value !== 'bigint' ? 'is no int' : isInt(value) ? undefined : OUTSIDE
  if (type === 'string') {
    if (typeof value !== 'string') return 'is no string'
    return value.length <= MAX_STRING ? undefined : `is longer than ${MAX_STRING} characters`
  }
  if (!Array.isArray(value)) return 'is no list'
  if (value.length > MAX_LIST) return `has more than ${MAX_LIST} elements`
  const element = type === 'list<int>' ? 'int' : 'string'
  for (const item of value as readonly Value[]) {
    const wrong = mismatch(item, element)
    if (wrong !== undefined) return `has an element that ${wrong}`
  }
  return undefined
}

const OUTSIDE = 'does not fit in 64 bits'

export function int(value: bigint, position: number): bigint | Failure {
  return isInt(value) ? value : new Failure(OVERFLOW, position)
}

/** The operands are of the types that the operator takes. */
export function binary(operator: Operator, [left, right]: readonly Value[], position: number): Value | Failure {
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case 'in':
      return (right as readonly Value[]).includes(left as Value)
  }
  const [a, b] = [left as bigint, right as bigint]
  switch (operator) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '+':
      return int(a + b, position)
    case '-':
      return int(a - b, position)
    case '*':
      return int(a * b, position)
    case '/':
      return b === 0n ? new Failure('division by 0', position) : int(a / b, position)
    case '%':
      return b === 0n ? new Failure('division by 0', position) : a % b
  }
}
