/**
 * Money: bigint atomic units of a token, between 0 and 2^128 - 1 (what the channel contract can hold).
 *
 * On the wire and in SQL an amount is its canonical decimal string. No float ever holds one.
 */

/** The largest amount: 2^128 - 1. */
export const MAX = (1n << 128n) - 1n

/** A value that is not an amount, or a sum that would not be one. */
export class InvalidAmountError extends Error {
  override readonly name = 'InvalidAmountError'
}

const CANONICAL = /^(?:0|[1-9][0-9]{0,38})$/
const DECIMAL = /^\$?(0|[1-9][0-9]{0,38})(?:\.([0-9]{1,38}))?$/

/**
 * The amount of a canonical decimal string: digits only, no sign, no leading zero.
 *
 * @throws {InvalidAmountError} for any other string or type, and above 2^128 - 1.
 */
export function parse(text: unknown): bigint {
  const amount = tryParse(text)
  if (amount === undefined) throw new InvalidAmountError('not a decimal string of atomic units below 2^128')
  return amount
}

/** As `parse`, but `undefined` where that throws. */
export function tryParse(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || !CANONICAL.test(text)) return undefined
  const amount = BigInt(text)
  return amount <= MAX ? amount : undefined
}

/** True for a bigint between 0 and 2^128 - 1. */
export function isAmount(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= MAX
}

/**
 * The canonical decimal string of an amount.
 *
 * @throws {InvalidAmountError} when the value is not an amount.
 */
export function toString(amount: bigint): string {
  return check(amount).toString()
}

/**
 * An amount as a person reads it: `1500` with 6 decimals is `0.0015`. Trailing zeros are dropped.
 *
 * @throws {InvalidAmountError} when the value is not an amount.
 */
export function format(amount: bigint, decimals: number): string {
  const digits = toString(amount).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/**
 * The atomic units of a price written by a person: `$0.001` or `0.001` with 6 decimals is `1000`. Exact.
 *
 * @throws {InvalidAmountError} when it is not such a price, or has more decimals than the token.
 */
export function parseUnits(text: string, decimals: number): bigint {
  const match = typeof text === 'string' ? DECIMAL.exec(text) : null
  if (match === null) throw new InvalidAmountError('not a price such as $0.001')
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > decimals) throw new InvalidAmountError(`more than ${decimals} decimals`)
  return check(BigInt(match[1] + fraction.padEnd(decimals, '0')))
}

/** @throws {InvalidAmountError} when the sum is no amount. */
export function add(a: bigint, b: bigint): bigint {
  return check(check(a) + check(b))
}

/** @throws {InvalidAmountError} when the difference is negative. */
export function sub(a: bigint, b: bigint): bigint {
  return check(check(a) - check(b))
}

/**
 * a × b / c, rounded up, once: the one rounding a charge goes through.
 *
 * @throws {InvalidAmountError} when c is 0, an operand is no amount, or the result is none.
 */
export function mulDivUp(a: bigint, b: bigint, c: bigint): bigint {
  if (check(c) === 0n) throw new InvalidAmountError('division by zero')
  return check((check(a) * check(b) + c - 1n) / c)
}

export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function check(value: bigint): bigint {
  if (!isAmount(value)) throw new InvalidAmountError('outside 0 to 2^128 - 1')
  return value
}
