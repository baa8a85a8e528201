import * as Count from './Count.ts'
import type { Tally } from './Tally.ts'
import type { Units } from './Types.ts'
import { isObject } from './Value.ts'

/** Usage in our own words: the header `PBStream-Usage`, or a place in the upstream's JSON. */

/** A plain number is counted as this unit. */
export const REPORTED = 'reported'

const NUMBER = /^(?:0|[1-9][0-9]{0,38})$/
const MEMBER = /^[ \t]*([a-z*][a-z0-9_.*-]{0,64})=(-?[0-9]{1,15}|-?[0-9]{1,12}\.[0-9]{1,3})[ \t]*$/
const MAX_LENGTH = 4096

/**
 * What the header says: a plain number, or a dictionary of structured fields (RFC 9651) with numbers as its values:
 * `input_token=12, output_token=5`. `undefined`: it is neither, and says nothing. Members that are no counts of a unit
 * (negative, a fraction, a strange name) are left out.
 */
export function header(text: string | null): Units | undefined {
  if (text === null || text.length > MAX_LENGTH) return undefined
  if (NUMBER.test(text)) return { [REPORTED]: Count.ofDigits(text) }
  const report: Record<string, number> = {}
  for (const part of text.split(',')) {
    const [, name, value] = MEMBER.exec(part) ?? []
    if (name === undefined) return undefined
    report[name] = Number(value)
  }
  return Count.units(report)
}

/** What a JSON value says: a number, or an object with counts by unit. */
export function value(value: unknown): Units | undefined {
  if (isObject(value)) return Count.units(value)
  const count = Count.of(value)
  return count === undefined ? undefined : { [REPORTED]: count }
}

export function report(units: Units | undefined, tally: Tally): void {
  if (units !== undefined) tally.report({ rest: units }, true)
}

/** The value at a path; `undefined` where there is none. */
export function at(json: unknown, path: readonly string[]): unknown {
  let value = json
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}
