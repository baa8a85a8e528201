/** Counts of units in a query: `input_token=1000,output_token=500`. */
import { isUnit, UNITS_MAX } from '@pbstream/core/message/Counts'
import { z } from '../api/Parts.ts'

/** `undefined` for what is none. */
export function parseUnits(text: string): Record<string, bigint> | undefined {
  const parts = text.split(',', UNITS_MAX + 1)
  if (parts.length > UNITS_MAX) return undefined
  const units = new Map<string, bigint>()
  for (const part of parts) {
    const [, unit = '', count = ''] = /^([a-z][^=]*)=(0|[1-9][0-9]{0,28})$/.exec(part) ?? []
    if (!isUnit(unit) || units.has(unit)) return undefined
    units.set(unit, BigInt(count))
  }
  return Object.fromEntries(units)
}

export const unitsQuery = z
  .string()
  .max(2_048)
  .refine((text) => parseUnits(text) !== undefined, 'not counts of units such as input_token=1000,output_token=500')
  .optional()
  .openapi({
    description: 'What a call uses: counts of units. `second` counts milliseconds.',
    example: 'input_token=1000,output_token=500',
  })

export function showUnits(units: Readonly<Record<string, bigint>>): Record<string, string> {
  return Object.fromEntries(Object.entries(units).map(([unit, count]) => [unit, String(count)]))
}
