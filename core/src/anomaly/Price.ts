/** What a call costs at each seller: short means of the logarithm of its charges, against the most that each has been. */
import { Ceiling, type CeilingState } from './Ceiling.ts'
import { Level, type LevelState } from './Level.ts'

export type PriceState = readonly (readonly [
  payee: string,
  usual: LevelState,
  means: readonly number[],
  ceilings: readonly CeilingState[],
])[]

/** In charges: the longer, the finer. */
const SPANS = [10, 50, 250]
const ALARM = 1.75
/** Spans until a mean of a seller is known well enough to be judged. */
const LEARN = 4
/** A mean that chance would bring about is no alarm either: so far from usual, in strays of such a mean. */
const STRAYS = 5
const USUAL = { rate: 0.001, robust: true }
/** Sellers that are followed; of more, the one with the fewest charges gives its place. */
const SELLERS = 8

type Seller = {
  /** Of logarithms of charges. */ readonly usual: Level
  readonly means: number[]
  readonly ceilings: readonly Ceiling[]
}

export class Price {
  readonly #sellers: Map<string, Seller>

  constructor(state: PriceState = []) {
    this.#sellers = new Map(
      state.map(([payee, usual, means, ceilings]) => [
        payee,
        { usual: new Level(USUAL, usual), means: [...means], ceilings: ceilings.map((each) => new Ceiling(each)) },
      ]),
    )
  }

  /** 1 is an alarm by itself. */
  observe(at: number, payee: string, amount: number, isNew: boolean): number {
    const seller = this.#seller(payee)
    const value = Math.log(Math.max(1, amount))
    seller.usual.observe(value)
    const { seen } = seller.usual
    let most = 0
    for (const [i, span] of SPANS.entries()) {
      const before = seller.means[i] ?? value
      const mean = before + Math.max(1 / span, 1 / seen) * (value - before)
      seller.means[i] = mean
      const isKnown = seen >= LEARN * span
      const times = seller.ceilings[i]!.observe(at, Math.exp(mean), 1, isNew || !isKnown)
      if (isKnown)
        most = Math.max(most, Math.min(Math.log(times) / Math.log(ALARM), strays(seller.usual, mean, span) / STRAYS))
    }
    return most
  }

  #seller(payee: string): Seller {
    const known = this.#sellers.get(payee)
    if (known !== undefined) return known
    if (this.#sellers.size >= SELLERS) {
      const [least] = [...this.#sellers].reduce((a, b) => (b[1].usual.seen < a[1].usual.seen ? b : a))
      this.#sellers.delete(least)
    }
    const seller = { usual: new Level(USUAL), means: [], ceilings: SPANS.map(() => new Ceiling()) }
    this.#sellers.set(payee, seller)
    return seller
  }

  toJSON(): PriceState {
    return [...this.#sellers].map(([payee, { usual, means, ceilings }]) => [
      payee,
      usual.toJSON(),
      [...means],
      ceilings.map((each) => each.toJSON()),
    ])
  }
}

/** A robust spread is a mean distance; with 1.25 it stands for a standard deviation. */
function strays({ level, spread }: Level, mean: number, span: number): number {
  return (mean - level) / Math.max(1e-9, (1.25 * spread) / Math.sqrt(span))
}
