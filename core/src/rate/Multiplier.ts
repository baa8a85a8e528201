/** Multipliers: decimal numbers from 0 to below a million, with at most 6 decimals. Exact, in millionths. */

export const MULTIPLIER = /^(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,6})?$/

/** 1, in millionths. */
export const ONE = 1_000_000n

/** In millionths; `undefined` for what is no multiplier. */
export function tryParse(text: string): bigint | undefined {
  if (!MULTIPLIER.test(text)) return undefined
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(6, '0'))
}

/** In millionths; what is none counts as 1. */
export function parse(text: string | undefined): bigint {
  return (text === undefined ? undefined : tryParse(text)) ?? ONE
}
