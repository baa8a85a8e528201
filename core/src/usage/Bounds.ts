import { isClosed } from './Closed.ts'
import { folded } from './Members.ts'
import type { Units } from './Types.ts'
import { isObject, type Json } from './Value.ts'

/**
 * The most units that a request allows, where it says so.
 *
 * Origins differ in which bound they obey, in the case of names, in which of two members of one name they take, and in
 * what they take for a number. So the largest counts, names are read in any case, and where something is not plain there
 * is no bound: the price is held at its maximum then.
 */

/** The members by which AI requests bound their own answer, and those that ask for several answers at once. */
const BOUNDS = new Set(['max_tokens', 'max_completion_tokens', 'max_output_tokens'])
const COPIES = new Set(['n', 'best_of'])

/** What servers put around a request before the model reads it: the words of their templates. */
const TEMPLATE = 1024n

/** What nobody can use of a request that is closed. */
const UNUSED = { 'custom.web_search': 0n, 'custom.web_fetch': 0n, 'custom.audio_input_token': 0n }

/** Of a request for what a plain route sells: the bound is for all kinds of units that a model makes. */
export function ofPlain(request: Json): Units {
  const most = answer(request)
  return most === undefined ? {} : { reported: most, output_token: most }
}

/** Of a request to a model. @param length of the request, in bytes: no tokens are shorter than one. */
export function ofModel(request: Json, length: number): Units {
  const most = answer(request)
  return {
    ...(isClosed(request) ? { input_token: BigInt(length) + TEMPLATE, ...UNUSED } : {}),
    ...(most === undefined ? {} : { output_token: most }),
  }
}

/** The most that all answers to a request have together; `undefined`: the request does not say. */
function answer(request: Json): bigint | undefined {
  let units = 0n
  let copies = 1n
  let prompts = 1n
  for (const [name, value] of Object.entries(request)) {
    const key = folded(name)
    // Each text of a list is answered by itself; a list of numbers is one text.
    if (key === 'prompt' && Array.isArray(value) && typeof value[0] !== 'number') prompts = BigInt(value.length)
    const isBound = BOUNDS.has(key)
    if (value === null || !(isBound || COPIES.has(key))) continue
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) return undefined
    if (isBound) units = larger(units, BigInt(value))
    else copies = larger(copies, BigInt(value))
  }
  return units === 0n || prompts === 0n ? undefined : units * copies * prompts
}

/** How many members all objects in a value have together. */
export function countMembers(value: unknown): number {
  let members = 0
  const open: unknown[] = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isObject(next)) members += Object.keys(next).length
    if (typeof next === 'object' && next !== null)
      for (const inner of Object.values(next)) if (isNested(inner)) open.push(inner)
  }
  return members
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
