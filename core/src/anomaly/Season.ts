/** What is usual at this time of day: a level for each quarter of an hour, UTC. */
const BUCKETS = 96
const DAY = 86_400_000
const RATE = 0.15
const OVERALL_RATE = 0.002

/** A quarter that was never seen is null. */
export type SeasonState = { readonly overall: number | null; readonly quarters: readonly (number | null)[] }

export class Season {
  readonly #quarters: (number | null)[]
  #overall: number | null

  constructor(
    { overall, quarters }: SeasonState = { overall: null, quarters: Array.from({ length: BUCKETS }, () => null) },
  ) {
    this.#overall = overall
    this.#quarters = [...quarters]
  }

  /** How far a value is from what is usual at that time (Unix ms); then it is learnt. */
  observe(at: number, value: number): number {
    const overall = (this.#overall ?? value) + OVERALL_RATE * (value - (this.#overall ?? value))
    this.#overall = overall
    const bucket = Math.floor(((((at % DAY) + DAY) % DAY) / DAY) * BUCKETS)
    const expected = this.#quarters[bucket] ?? overall
    this.#quarters[bucket] = expected + RATE * (value - expected)
    return value - expected
  }

  toJSON(): SeasonState {
    return { overall: this.#overall, quarters: [...this.#quarters] }
  }
}
