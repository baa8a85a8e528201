/** What a price is made from beside the card. */

/**
 * What is counted: `request`, `input_token`, `second`, `custom.page`. A unit of `second` is a MILLISECOND here, so that
 * half a second costs half; in a card it is a second.
 */
export type Unit = string

/** Counts by unit. A unit that is not named counts 0, but `request`: a call is one. */
export type Units = Readonly<Record<Unit, bigint>>

/** What a call has used. `times` are the spans that `second` stands for (Unix ms), and then the count of it is theirs. */
export type Usage = { units: Units; times?: readonly (readonly [from: number, to: number])[] }

/** Where a customer stood in the card's period before the call: what was used, and charged for it. */
export type Position = { units: Units; charged: bigint }

/**
 * All that a price depends on beside usage. Given the same card, usage and terms, everybody computes the same price.
 *
 * What is malformed here counts as not given: a multiplier as 1, a signal as its fallback.
 */
export type Terms = {
  /** When the call begins, in Unix milliseconds. */
  at: number
  /** Of the customer, by the names that the card has. One that it does not know is none. */
  level?: string
  /** The customer's own, beside that of its level: a decimal number. */
  multiplier?: string
  /** Values of the rate oracle by the card's names for them: integers. */
  signals?: Readonly<Record<string, string>>
  /** Without it a charge is that of the first call of a period, and a ceiling that of any. */
  position?: Position
}

/** What a price is derived from, of the request. */
export type Inputs = {
  /**
   * The most that the request can use. A bound of `input_token` is for all that is read (cached tokens and those
   * written to a cache too), one of `output_token` for all that is made (reasoning too).
   */
  bounds?: Units
  /** What else a quote is for, and only for: the price and the request of a server that makes its own prices. */
  only?: string
}

/** Nothing yet: the begin of a period. */
export const NOWHERE: Position = { units: {}, charged: 0n }
