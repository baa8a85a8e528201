/** A formula as a tree, and the values in it. */

/** What a value can be. There is no float, no null, no map and no "any". */
export type Type = 'int' | 'bool' | 'string' | 'list<int>' | 'list<string>'

/** Whole numbers are 64 bits with a sign. */
export type Value = bigint | boolean | string | readonly bigint[] | readonly string[]

/** Which variables there are. Names may have dots: `signal.load`. */
export type Variables = Readonly<Record<string, Type>>

/** Their values, by the same names. */
export type Inputs = Readonly<Record<string, Value>>

/** Where a node is in the text, brackets around it included: `text.slice(start, end)`. */
export type Span = { readonly start: number; readonly end: number }

export type Operator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in'

export type Node = Span & { readonly type: Type } & (
    | { readonly kind: 'constant'; readonly value: Value }
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'list'; readonly items: readonly Node[] }
    | { readonly kind: 'not' | 'negate'; readonly operand: Node }
    | { readonly kind: 'and' | 'or'; readonly left: Node; readonly right: Node }
    | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Node; readonly right: Node }
    | { readonly kind: 'choice'; readonly condition: Node; readonly yes: Node; readonly no: Node }
    | { readonly kind: 'call'; readonly name: string; readonly operands: readonly Node[] }
  )

/** The most characters of a formula. */
export const MAX_TEXT = 1_000

/** The most nodes that are read of it. */
export const MAX_NODES = 200

/** How deep brackets, calls and branches may stand in each other. Operators in a row are no nesting. */
export const MAX_DEPTH = 32

/** The most characters of a string that comes in. */
export const MAX_STRING = 1_024

/** The most elements of a list that comes in. */
export const MAX_LIST = 1_000

export const MAX_INT = (1n << 63n) - 1n
export const MIN_INT = -(1n << 63n)

export function isInt(value: bigint): boolean {
  return value >= MIN_INT && value <= MAX_INT
}

/** Words of the language, and two that JavaScript would trip over. */
const WORDS = new Set(
  ['as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop'].concat([
    'namespace',
    'null',
    'package',
    'return',
    'true',
    'var',
    'void',
    'while',
    '__proto__',
    'prototype',
  ]),
)

/** True for what may name a variable, or a part of a name with dots. */
export function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(text) && !WORDS.has(text)
}

/** The most characters of a printed value or a piece of text in a trace. */
const MAX_PRINTED = 200

/** A value as it would be written in a formula: `12`, `true`, `"vip1"`, `[1, 2]`. Cut after 200 characters. */
export function print(value: Value): string {
  if (typeof value === 'string') return shorten(JSON.stringify(value))
  if (typeof value !== 'object') return String(value)
  let text = '['
  for (const [index, item] of value.entries()) {
    if (text.length > MAX_PRINTED) break
    text += `${index === 0 ? '' : ', '}${typeof item === 'string' ? JSON.stringify(item) : item}`
  }
  return shorten(`${text}]`)
}

export function shorten(text: string): string {
  return text.length <= MAX_PRINTED ? text : `${text.slice(0, MAX_PRINTED - 1)}…`
}
