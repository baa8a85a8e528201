/** Numbers of other people's answers, as whole numbers: a JSON number or its text, and a word that a contract returned. */

/** Decimal places that an oracle may keep of a number (or, below 0, leave out). */
export const MAX_DECIMALS = 18

const DECIMAL = /^(-?)(0|[1-9][0-9]{0,39})(?:\.([0-9]{1,40}))?(?:[eE]([+-]?[0-9]{1,3}))?$/
/** No number of use has more. */
const EXPONENT_MAX = 100

/**
 * `12.345` with 2 decimals is 1235: rounded to the nearest, halves away from 0. JSON numbers above 2^53 are not exact and
 * are refused; their text is taken. `undefined` for what is no number.
 */
export function readNumber(given: unknown, decimals: number): bigint | undefined {
  if (typeof given === 'number') {
    if (!Number.isFinite(given) || Math.abs(given) > Number.MAX_SAFE_INTEGER) return undefined
    return ofText(String(given), decimals)
  }
  return typeof given === 'string' ? ofText(given, decimals) : undefined
}

/** The `index`th 32 bytes of what a contract returned (hex), as a signed or an unsigned number, scaled the same way. */
export function readWord(data: string, index: number, signed: boolean, decimals: number): bigint | undefined {
  if (!/^0x(?:[0-9a-f]{64})+$/i.test(data)) return undefined
  const word = data.slice(2 + 64 * index, 2 + 64 * (index + 1))
  if (word.length !== 64) return undefined
  const unsigned = BigInt(`0x${word}`)
  return scaled(signed ? BigInt.asIntN(256, unsigned) : unsigned, decimals)
}

function ofText(text: string, decimals: number): bigint | undefined {
  const [match, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  if (match === undefined || Math.abs(Number(exponent)) > EXPONENT_MAX) return undefined
  const digits = BigInt(whole + fraction)
  return scaled(sign === '-' ? -digits : digits, Number(exponent) - fraction.length + decimals)
}

/** `value` × 10^`places`, rounded to the nearest, halves away from 0. */
function scaled(value: bigint, places: number): bigint {
  if (places >= 0) return value * 10n ** BigInt(places)
  const unit = 10n ** BigInt(-places)
  const half = unit / 2n
  return value < 0n ? -((-value + half) / unit) : (value + half) / unit
}
