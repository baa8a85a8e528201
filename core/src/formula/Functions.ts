/** The functions of formulas. What is not in this table cannot be called. */
import { type Node, type Type, type Value, isInt } from './Node.ts'

/** Why a value cannot be had. */
export class Failure {
  readonly what: string
  readonly position: number

  constructor(what: string, position: number) {
    this.what = what
    this.position = position
  }
}

type Definition = {
  /** Called as `f(x, …)`, as `x.f(…)`, or both. */
  readonly form: 'plain' | 'member' | 'both'
  /** How it is written, for messages. */
  readonly usage: string
  readonly type: Type
  accepts(types: readonly Type[]): boolean
  /** The operands are of types that were accepted. Text: why there is no result. */
  run(operands: readonly Value[]): { value: Value } | { error: string }
}

export const OVERFLOW = 'the result does not fit in 64 bits'

const ints = (types: readonly Type[]) => types.every((type) => type === 'int')
const strings = (types: readonly Type[]) => types.every((type) => type === 'string')

function ofStrings(name: string, run: (text: string, other: string) => boolean): Definition {
  return {
    form: 'member',
    usage: `text.${name}(text)`,
    type: 'bool',
    accepts: (types) => types.length === 2 && strings(types),
    run: (operands) => {
      const [text, other] = operands as [string, string]
      return { value: run(text, other) }
    },
  }
}

function ofInts(name: string, better: (a: bigint, b: bigint) => boolean): Definition {
  return {
    form: 'plain',
    usage: `${name}(int, int, …)`,
    type: 'int',
    accepts: (types) => types.length >= 2 && types.length <= 8 && ints(types),
    run: (operands) => ({ value: (operands as readonly bigint[]).reduce((a, b) => (better(a, b) ? a : b)) }),
  }
}

const functions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['contains', ofStrings('contains', (text, other) => text.includes(other))],
  [
    'divUp',
    {
      form: 'plain',
      usage: 'divUp(int, int)',
      type: 'int',
      accepts: (types) => types.length === 2 && ints(types),
      run: (operands) => {
        const [a, b] = operands as [bigint, bigint]
        if (b === 0n) return { error: 'division by 0' }
        const quotient = a / b + (a % b !== 0n && a < 0n === b < 0n ? 1n : 0n)
        return isInt(quotient) ? { value: quotient } : { error: OVERFLOW }
      },
    },
  ],
  ['endsWith', ofStrings('endsWith', (text, other) => text.endsWith(other))],
  ['max', ofInts('max', (a, b) => a >= b)],
  ['min', ofInts('min', (a, b) => a <= b)],
  [
    'size',
    {
      form: 'both',
      usage: 'size(text or list)',
      type: 'int',
      accepts: ([type, ...rest]) => rest.length === 0 && (type === 'string' || isList(type)),
      run: ([value]) => ({ value: typeof value === 'string' ? characters(value) : BigInt((value as []).length) }),
    },
  ],
  ['startsWith', ofStrings('startsWith', (text, other) => text.startsWith(other))],
])

export function isList(type: Type | undefined): boolean {
  return type === 'list<int>' || type === 'list<string>'
}

/** Characters are code points, as in CEL. */
function characters(text: string): bigint {
  let count = 0n
  for (const _ of text) count++
  return count
}

export function exists(name: string): boolean {
  return functions.has(name)
}

/** What to say about a name that does not exist. */
export function unknown(name: string): string {
  return `${name}() is not allowed; there are ${[...functions.keys()].join(', ')}`
}

/** The type of a call, or what is wrong with it. `member`: it is written `x.name(…)`, and x is the first operand. */
export function check(name: string, operands: readonly Node[], member: boolean): { type: Type } | { error: string } {
  const found = functions.get(name)
  if (found === undefined) return { error: unknown(name) }
  const types = operands.map((operand) => operand.type)
  if (!found.accepts(types) || found.form === (member ? 'plain' : 'member')) {
    const [receiver, ...rest] = types
    const written = member ? `(${receiver}).${name}(${rest.join(', ')})` : `${name}(${types.join(', ')})`
    return { error: `write ${found.usage}, not ${written}` }
  }
  return { type: found.type }
}

/** The result of a call that was checked. */
export function run(name: string, operands: readonly Value[], position: number): Value | Failure {
  const result = functions.get(name)?.run(operands) ?? { error: `there is no ${name}()` }
  return 'error' in result ? new Failure(result.error, position) : result.value
}
