import * as Base64 from '@pbstream/core/Base64'
import type { Inputs } from '@pbstream/core/Rate'
import type { Body } from './Body.ts'

/** The members by which AI requests bound their own answer. */
const BOUNDS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens']

/** What a body-priced route is priced from: the most units that the request allows, where it says so. */
export function inputsOf(body: Body): Inputs {
  if (body.kind !== 'whole') return {}
  const json = Base64.parseJson(body.bytes)
  if (typeof json !== 'object' || json === null) return {}
  for (const name of BOUNDS) {
    const value: unknown = Object.hasOwn(json, name) ? (json as Record<string, unknown>)[name] : undefined
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return { units: BigInt(value) }
  }
  return {}
}
