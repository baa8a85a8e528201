/**
 * A formula as functions in each other: what `Evaluate` finds by walking the tree, several times as fast, and without
 * steps. Whatever is not the plain case (a value that is missing or wrong, a function) is left to what `Evaluate` does.
 */
import { binary, int, variable } from './Evaluate.ts'
import { Failure, run as call } from './Functions.ts'
import { type Inputs, type Node, type Operator, type Type, type Value, isInt, MAX_LIST, MAX_STRING } from './Node.ts'

export type Run = (inputs: Inputs) => Value | Failure

export function compile(node: Node): Run {
  switch (node.kind) {
    case 'constant': {
      const { value } = node
      return () => value
    }
    case 'variable':
      return read(node.name, node.type, node.start)
    case 'list': {
      const { items } = node
      return all(items, (values) => values as Value)
    }
    case 'not': {
      const operand = compile(node.operand)
      return (inputs) => {
        const value = operand(inputs)
        return value instanceof Failure ? value : value === false
      }
    }
    case 'negate': {
      const [operand, { start }] = [compile(node.operand), node]
      return (inputs) => {
        const value = operand(inputs)
        return typeof value === 'bigint' ? int(-value, start) : value
      }
    }
    case 'and':
    case 'or':
      return logical(node.kind === 'or', compile(node.left), compile(node.right))
    case 'choice': {
      const [condition, yes, no] = [compile(node.condition), compile(node.yes), compile(node.no)]
      return (inputs) => {
        const value = condition(inputs)
        if (value instanceof Failure) return value
        return value === true ? yes(inputs) : no(inputs)
      }
    }
    case 'call': {
      const { name, start } = node
      return all(node.operands, (values) => call(name, values, start))
    }
    case 'binary':
      return ofTwo(node.operator, compile(node.left), compile(node.right), node.start)
  }
}

function all(nodes: readonly Node[], then: (values: readonly Value[]) => Value | Failure): Run {
  const runs = nodes.map(compile)
  return (inputs) => {
    const values: Value[] = []
    for (const run of runs) {
      const value = run(inputs)
      if (value instanceof Failure) return value
      values.push(value)
    }
    return then(values)
  }
}

/** As in CEL, a side that decides makes up for a failure of the other. `decisive`: the value that does. */
function logical(decisive: boolean, left: Run, right: Run): Run {
  return (inputs) => {
    const first = left(inputs)
    if (first === decisive) return decisive
    const second = right(inputs)
    if (second === decisive) return decisive
    return first instanceof Failure ? first : second
  }
}

function read(name: string, type: Type, position: number): Run {
  const wrong: Run = (inputs) => variable(name, type, inputs, position)
  const own = (inputs: Inputs): Value | undefined => (Object.hasOwn(inputs, name) ? inputs[name] : undefined)
  switch (type) {
    case 'int':
      return (inputs) => {
        const value = own(inputs)
        return typeof value === 'bigint' && isInt(value) ? value : wrong(inputs)
      }
    case 'bool':
      return (inputs) => {
        const value = own(inputs)
        return typeof value === 'boolean' ? value : wrong(inputs)
      }
    case 'string':
      return (inputs) => {
        const value = own(inputs)
        return typeof value === 'string' && value.length <= MAX_STRING ? value : wrong(inputs)
      }
    default:
      return (inputs) => {
        const value = own(inputs)
        return Array.isArray(value) && elementsOf(value)?.type === type ? value : wrong(inputs)
      }
  }
}

type Elements = { readonly type: Type; readonly values: ReadonlySet<unknown> }

/** Of lists that nobody can change any more, which were looked through once. */
const known = new WeakMap<readonly unknown[], Elements>()

/** Of a frozen list of one type that may come in; undefined of any other. */
function elementsOf(list: readonly unknown[]): Elements | undefined {
  const found = known.get(list)
  if (found !== undefined || !Object.isFrozen(list) || list.length > MAX_LIST) return found
  const isInts = list.every((each) => typeof each === 'bigint' && isInt(each))
  const isStrings = list.every((each) => typeof each === 'string' && each.length <= MAX_STRING)
  if (!isInts && !isStrings) return undefined
  const elements = { type: isStrings ? 'list<string>' : 'list<int>', values: new Set(list) } as const
  // A list without elements is of either type.
  if (list.length > 0) known.set(list, elements)
  return list.length > 0 ? elements : undefined
}

function ofTwo(operator: Operator, left: Run, right: Run, position: number): Run {
  switch (operator) {
    case '<':
      return compared(left, right, (a, b) => a < b)
    case '<=':
      return compared(left, right, (a, b) => a <= b)
    case '>':
      return compared(left, right, (a, b) => a > b)
    case '>=':
      return compared(left, right, (a, b) => a >= b)
    default:
      return (inputs) => {
        const a = left(inputs)
        if (a instanceof Failure) return a
        const b = right(inputs)
        if (b instanceof Failure) return b
        if (operator !== 'in') return binary(operator, [a, b], position)
        const elements = known.get(b as readonly Value[])
        return elements === undefined ? (b as readonly Value[]).includes(a as never) : elements.values.has(a)
      }
  }
}

/** Both are ints, or failures. */
function compared(left: Run, right: Run, run: (a: bigint, b: bigint) => boolean): Run {
  return (inputs) => {
    const a = left(inputs)
    if (typeof a !== 'bigint') return a
    const b = right(inputs)
    return typeof b === 'bigint' ? run(a, b) : b
  }
}
