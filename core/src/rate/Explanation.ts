/** A price as data: which rules made it, from what, by which arithmetic. All of it is JSON. */
import type { Step as FormulaStep } from '../Formula.ts'

/**
 * An exact number: `12`, `-0.5`, or `1/3` where decimals do not end. Amounts are atomic units, counts units of the card
 * (seconds, not milliseconds).
 */
export type Exact = string

export type Explanation = {
  /** What is charged, in atomic units. */
  charge: string
  kind: 'flat' | 'metered' | 'card'
  /** When the call began, and by the clock that the card's times are told in. */
  at: { unix: number; date: string; time: string; weekday: number }
  /**
   * Where the customer stood in the card's period: what that costs by the rules of now, what was charged for it, and what
   * of that counts (not less than the price, not more than the dearest position on the way). Seconds in milliseconds.
   */
  period?: { id: string; units: Record<string, string>; charged: string; price: Exact; already: string }
  /** What the schedule says at that time: the place of the window in the card, none outside of all. */
  schedule?: { window?: number; multiplier: Exact }
  components: Component[]
  /** All components. Without a formula the price is `(period.price + sum) * level * multiplier`, rounded up, less `already`. */
  sum: Exact
  formula?: FormulaPart
  /** Of the customer. */
  level?: { name: string; multiplier: Exact }
  multiplier?: Exact
  /** In atomic units, rounded up, before minimum and maximum. */
  price: string
  minimum?: { amount: string; applied: boolean }
  maximum?: { amount: string; applied: boolean }
}

export type Component = {
  unit: string
  model: string
  /** What was counted, by what it was counted as: cached tokens may be priced as input tokens. */
  counts: Record<string, Exact>
  /** All of it. */
  used: Exact
  /** In the period, before. */
  before?: Exact
  /** The allowance, and how much of this use it paid for. */
  free?: { allowance: Exact; used: Exact }
  steps: Step[]
  price: Exact
  /** The price of a volume fell where a tier began: it had been `highest` at `end`. */
  drops?: { tier: number; end: Exact; highest: Exact; price: Exact }[]
}

/** A product: `units / per * amount * multiplier`, `flat * multiplier` added. */
export type Step = {
  /** Place of the tier in the card. */
  tier?: number
  /** Where the units are that are priced here, counted as the tiers are. */
  from: Exact
  to: Exact
  units: Exact
  amount: string
  per: string
  flat?: string
  /** Of the schedule; `window` is its place in the card. */
  multiplier?: Exact
  window?: number
  /** When, where a time was split: Unix milliseconds. */
  begin?: number
  end?: number
  /** Below 0: what the units before had cost, at the rate that no more counts. */
  price: Exact
}

export type FormulaPart = {
  text: string
  inputs: Record<string, string>
  steps: FormulaStep[]
} & ({ result: string } | { failed: 'formula_failed'; reason: string })
