import * as Base64 from '@pbstream/core/Base64'
import type { Inputs } from '@pbstream/core/Rate'
import type { Body } from './Body.ts'

/** The members by which AI requests bound their own answer, and those that ask for several answers at once. */
const BOUNDS = new Set(['max_tokens', 'max_completion_tokens', 'max_output_tokens'])
const COPIES = new Set(['n', 'best_of'])

/**
 * What a body-priced route is priced from: the most units that the request allows, where it says so.
 *
 * Origins differ in which bound they obey, in the case of names and in what they take for a number. So the largest
 * counts, names are read in any case, and a value that is no plain number leaves the price at its maximum.
 */
export function inputsOf(body: Body): Inputs {
  if (body.kind !== 'whole') return {}
  const json = Base64.parseJson(body.bytes)
  if (typeof json !== 'object' || json === null) return {}
  let units = 0n
  let copies = 1n
  for (const [name, value] of Object.entries(json)) {
    const key = name.toLowerCase()
    const isBound = BOUNDS.has(key)
    if (value === null || !(isBound || COPIES.has(key))) continue
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) return {}
    if (isBound) units = larger(units, BigInt(value))
    else copies = larger(copies, BigInt(value))
  }
  return units === 0n ? {} : { units: units * copies }
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
