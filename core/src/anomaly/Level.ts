/** Where a stream usually is and how far it strays, with exponentially fading memory: a distance in usual strays. */

/** `robust`: one value moves the level by no more than five usual strays, so that an outlier does not excuse the next. */
export type LevelOptions = { readonly rate: number; readonly robust: boolean }
export type LevelState = readonly [seen: number, level: number, spread: number]

/** Before a level is known well, nothing is stranger than this. */
const EARLY = 60
const EARLY_MAX = 8
/** A value beside one that never strayed. */
const FIRST_STRAY = 20
const CLIP = 5

export class Level {
  readonly #options: LevelOptions
  #seen = 0
  #level = 0
  /** Variance, or the mean absolute distance if robust. */
  #spread = 0

  constructor(options: LevelOptions, [seen, level, spread]: LevelState = [0, 0, 0]) {
    this.#options = options
    this.#seen = seen
    this.#level = level
    this.#spread = spread
  }

  get level(): number {
    return this.#level
  }

  get spread(): number {
    return this.#spread
  }

  get seen(): number {
    return this.#seen
  }

  /** The distance of a value from what came before it, with its sign; then it is learnt. */
  observe(value: number): number {
    if (this.#seen === 0) this.#level = value
    const weight = Math.max(this.#options.rate, 1 / ++this.#seen)
    const distance = value - this.#level
    const stray = this.#options.robust ? this.#spread : Math.sqrt(this.#spread)
    const strays = stray > 0 ? distance / stray : Math.sign(distance) * FIRST_STRAY
    if (this.#options.robust) this.#learnRobust(distance, stray, weight)
    else this.#learn(distance, weight)
    return this.#seen > EARLY ? strays : Math.max(-EARLY_MAX, Math.min(EARLY_MAX, strays))
  }

  #learn(distance: number, weight: number): void {
    this.#level += weight * distance
    this.#spread = (1 - weight) * (this.#spread + weight * distance * distance)
  }

  #learnRobust(distance: number, stray: number, weight: number): void {
    const reach = stray > 0 ? CLIP * stray : Math.abs(distance)
    this.#level += weight * Math.max(-reach, Math.min(reach, distance))
    // While it is new it has to find its scale; a spread of nothing may grow to the first stray.
    const widest = this.#seen > EARLY / 2 && stray > 0 ? (CLIP + 1) * stray : Infinity
    this.#spread += weight * (Math.min(Math.abs(distance), widest) - this.#spread)
  }

  toJSON(): LevelState {
    return [this.#seen, this.#level, this.#spread]
  }
}
