/** What a call costs: written by a person, read exactly, once, when the server starts. */
import * as Amount from '@pbstream/core/Amount'
import * as Rate from '@pbstream/core/Rate'

/** Prices of servers are the same at all times. */
export const ANY_TIME: Rate.Terms = { at: 0 }

/** USDC, the only kind of token that is taken now, has this many decimals. */
const DECIMALS = 6

/**
 * `'$0.002'` is dollars, `'2000'` atomic units (USDC has 6 decimals): the same price. An object is a price by use: what
 * `unit` and `per` say for what was metered, at most `max`.
 */
export type Price = string | MeteredPrice

export type MeteredPrice = {
  /** The most that one call costs; it is set aside before the handler runs. */
  max: string
  /** Price of `per` units; one atomic unit when left out, so that units are money. */
  unit?: string
  /** How many units `unit` is the price of: 1 when left out. */
  per?: number | bigint
  /** The least that an answered call costs. */
  minimum?: string
}

/** A price as the rest of the server knows it. */
export type Terms = {
  card: Rate.Card
  /** The most that a call costs, in atomic units. */
  most: bigint
}

/** A price that cannot be used. It is thrown where the price is written, not when somebody calls. */
export class InvalidPriceError extends Error {
  override readonly name = 'InvalidPriceError'
}

/** @throws {InvalidPriceError} with a message that says what to write instead. */
export function parse(price: Price): Terms {
  const card = typeof price === 'object' && price !== null ? metered(price) : flat(price)
  return { card, most: Rate.ceiling(card, {}, ANY_TIME) }
}

/**
 * The atomic units of `'$0.002'` or `'2000'`.
 *
 * @throws {InvalidPriceError}
 */
export function amountOf(text: unknown, what = 'price'): bigint {
  if (typeof text !== 'string') {
    throw new InvalidPriceError(
      `${what} ${show(text)}: write it as a string, '$0.002' or '2000'; a number is not exact`,
    )
  }
  try {
    if (text.startsWith('$')) return Amount.parseUnits(text, DECIMALS)
    return Amount.parse(text)
  } catch (error) {
    if (!(error instanceof Amount.InvalidAmountError)) throw error
    const hint = /^[0-9]+\.[0-9]+$/.test(text) ? `; dollars begin with a $: '$${text}'` : ''
    const decimals = /^\$[0-9]+\.[0-9]{7,}$/.test(text) ? `; USDC has ${DECIMALS} decimals` : ''
    throw new InvalidPriceError(
      `${what} ${show(text)}: write dollars ('$0.002') or atomic units ('2000')${hint}${decimals}`,
    )
  }
}

function flat(price: unknown): Rate.Card {
  const amount = amountOf(price)
  if (amount === 0n) throw new InvalidPriceError("price '0': a call that costs nothing needs no paid()")
  return { v: 1, kind: 'flat', amount: amount.toString() }
}

const MEMBERS = new Set(['max', 'unit', 'per', 'minimum'])

function metered(price: MeteredPrice): Rate.Card {
  const unknown = Object.keys(price).find((member) => !MEMBERS.has(member))
  if (unknown !== undefined)
    throw new InvalidPriceError(`a price has no '${unknown}': it has max, unit, per and minimum`)
  const { max, unit = '1', per = 1, minimum } = price
  if (typeof per === 'number' && !Number.isSafeInteger(per))
    throw new InvalidPriceError('per is a whole number of units')
  const card = {
    v: 1,
    kind: 'metered',
    unit: 'reported',
    unitAmount: amountOf(unit, 'unit').toString(),
    per: per.toString(),
    max: amountOf(max, 'max').toString(),
    ...(minimum === undefined ? {} : { minimum: amountOf(minimum, 'minimum').toString() }),
  }
  try {
    return Rate.parse(card)
  } catch (error) {
    if (!(error instanceof Rate.InvalidRateError)) throw error
    throw new InvalidPriceError(`this price cannot be used: ${error.message.replace(/^✖ /, '')}`)
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
