/**
 * Text to syntax tree: the only place that knows the CEL library. It is used as a parser and for nothing else: what it
 * would check, expand or run is never asked of it.
 */
import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js'
import { FormulaError } from './FormulaError.ts'
import { MAX_DEPTH, MAX_NODES, MAX_TEXT } from './Node.ts'

export type { ASTNode }

const parser = new Environment({
  limits: {
    maxAstNodes: MAX_NODES,
    maxDepth: MAX_DEPTH,
    maxListElements: MAX_NODES,
    maxMapEntries: MAX_NODES,
    maxCallArguments: MAX_NODES,
  },
})

/**
 * Reads a formula.
 *
 * @throws {FormulaError} when it is no CEL, or too large.
 */
export function read(text: string): ASTNode {
  if (text.length > MAX_TEXT) {
    throw new FormulaError(`the formula has more than ${MAX_TEXT} characters`, text, MAX_TEXT)
  }
  if (!text.isWellFormed()) throw new FormulaError('the formula is no well-formed Unicode text', text, 0)
  try {
    return parser.parse(text).ast
  } catch (error) {
    if (!(error instanceof ParseError)) throw new FormulaError('the formula cannot be read', text, 0)
    const { start, end } = error.range ?? { start: 0, end: 0 }
    throw new FormulaError(explain(error, text.slice(start, end)), text, start)
  }
}

function explain(error: ParseError, found: string): string {
  switch (error.code) {
    case 'limit_exceeded':
      return error.summary.includes('maxDepth')
        ? `the formula is nested deeper than ${MAX_DEPTH} levels`
        : `the formula has more than ${MAX_NODES} parts`
    case 'unexpected_token':
      return found === '' ? 'the formula ends where a value is expected' : `'${found}' stands where a value is expected`
    case 'expected_token':
      return `${expected(error.summary)} is expected${found === '' ? '' : `, not '${found}'`}`
    case 'unexpected_character':
      return `'${found}' is not expected here`
    case 'reserved_identifier':
      return `'${found}' is a reserved word`
    case 'invalid_macro_argument':
      return 'all, exists, exists_one, filter, map and has are not allowed'
    default:
      return lowerFirst(error.summary)
  }
}

const TOKENS: Readonly<Record<string, string>> = {
  COLON: "':'",
  IDENTIFIER: 'a name',
  RBRACE: "'}'",
  RBRACKET: "']'",
  RPAREN: "')'",
}

/** Of "Expected RPAREN, got EOF" the first. */
function expected(summary: string): string {
  const token = /^Expected (\w+)/.exec(summary)?.[1] ?? ''
  return TOKENS[token] ?? token
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

/** Literals, comments and round brackets of a text that has been parsed. */
const PIECES =
  /\/\/[^\n]*|"""(?:\\[^]|[^\\])*?"""|'''(?:\\[^]|[^\\])*?'''|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|[()]/g

/** Where each pair of round brackets begins and ends: the library leaves those around an operand out of its span. */
export function brackets(text: string): [open: number, end: number][] {
  const open: number[] = []
  const pairs: [number, number][] = []
  for (const { 0: piece, index } of text.matchAll(PIECES)) {
    if (piece === '(') open.push(index)
    else if (piece === ')') pairs.push([open.pop() ?? index, index + 1])
  }
  return pairs
}
