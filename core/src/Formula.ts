/**
 * Formulas: what a provider writes to make a price, or a rule to stop a payment. A small part of CEL over whole numbers,
 * checked before it is ever run; it sees the values it is given and nothing else, and always ends.
 */
import { build, namesOf } from './formula/Build.ts'
import { compile as toFunction } from './formula/Compile.ts'
import { type Step, type Trace, evaluate as valueOf } from './formula/Evaluate.ts'
import { FormulaError } from './formula/FormulaError.ts'
import { Failure } from './formula/Functions.ts'
import {
  exactly,
  outcomeOf,
  type BoolRange,
  type IntRange,
  type Outcome,
  type Range,
  type Ranges,
} from './formula/Ranges.ts'
import { type Inputs, type Node, type Type, type Value, type Variables, isName } from './formula/Node.ts'

export { exactly, FormulaError, isName }
export type { BoolRange, Inputs, Node, Range, Ranges, Step, Type, Value, Variables }

/** What a formula may result in. */
export type ResultType = 'int' | 'bool'

type ValueOf<R extends ResultType> = R extends 'int' ? bigint : boolean
type RangeOf<R extends ResultType> = R extends 'int' ? IntRange : BoolRange

export type Result<R extends ResultType = ResultType> =
  | { ok: true; value: ValueOf<R> }
  | { ok: false; error: FormulaError }

export type Formula<R extends ResultType = ResultType> = {
  readonly text: string
  readonly type: R
  /** The variables that it reads: others need not be given. */
  readonly names: ReadonlySet<string>
  readonly ast: Node
  /** Its value. Never throws; an error says where in the text. */
  evaluate(inputs: Inputs): Result<R>
  /** As `evaluate`, with the value of each part of it, innermost first. A branch that was not taken has none. */
  trace(inputs: Inputs): { result: Result<R>; steps: Step[] }
  /** What it can come to while its variables lie in ranges: never too little, perhaps too much. A name without a range has no value. */
  range(ranges: Ranges): Outcome<RangeOf<R>>
}

/**
 * Reads and checks a formula.
 *
 * @throws {FormulaError} with the place, when the text is not a formula over these variables of that result.
 * @throws {RangeError} when the variables are not well named: an error of the program, not of the text.
 */
export function compile<R extends ResultType>(text: string, variables: Variables, result: R): Formula<R> {
  checkNames(variables)
  const ast = build(text, variables)
  if (ast.type !== result) throw new FormulaError(`the result is ${ast.type}, not ${result}`, text, ast.start)

  const evaluate = toFunction(ast)
  const run = (inputs: Inputs, trace?: Trace): Result<R> => {
    const outcome = trace === undefined ? evaluate(inputs) : valueOf(ast, inputs, trace)
    if (outcome instanceof Failure) {
      return { ok: false, error: new FormulaError(outcome.what, text, outcome.position) }
    }
    return { ok: true, value: outcome as ValueOf<R> }
  }
  return {
    text,
    type: result,
    names: namesOf(ast),
    ast,
    evaluate: (inputs) => run(inputs),
    trace: (inputs) => {
      const steps: Step[] = []
      return { result: run(inputs, { text, steps }), steps }
    },
    range: (ranges) => outcomeOf(ast, ranges) as Outcome<RangeOf<R>>,
  }
}

function checkNames(variables: Variables): void {
  const names = Object.keys(variables)
  for (const name of names) {
    if (!name.split('.').every(isName)) throw new RangeError(`not the name of a variable: ${name}`)
    if (names.some((other) => other.startsWith(`${name}.`))) {
      throw new RangeError(`both a variable and a group: ${name}`)
    }
  }
}
