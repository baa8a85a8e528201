/**
 * How a strangeness ranks among those that the same stream has shown: x / (x + greatest so far), 0.5 for one as great.
 *
 * It makes streams comparable: one that jumps every hour ranks its next jump low, and one that never moved ranks its
 * first move high. The greatest fades, so that no single outburst, an attacker's say, excuses all later ones for good.
 */
export type PeakOptions = {
  /** Kept of the greatest, a step. */ readonly fade: number
  /** It is never less than this. */ readonly floor: number
}

export class Peak {
  readonly #options: PeakOptions
  #greatest: number

  constructor(options: PeakOptions, greatest = options.floor) {
    this.#options = options
    this.#greatest = greatest
  }

  /** In [0, 1); `strangeness` ≥ 0. */
  observe(strangeness: number): number {
    const rank = strangeness / (strangeness + this.#greatest)
    this.#greatest = Math.max(this.#greatest * this.#options.fade, strangeness, this.#options.floor)
    return rank
  }

  toJSON(): number {
    return this.#greatest
  }
}
