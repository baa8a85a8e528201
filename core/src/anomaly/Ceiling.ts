/**
 * The greatest that a quantity has been, as a bound on what is usual.
 *
 * While a key is new the ceiling takes what comes. After that it gives way by a quarter a day of activity at most, so
 * whoever wants to make a tenfold spend look usual has to be above the ceiling for ten days, and shows all that time.
 */
export type CeilingState = readonly [greatest: number, at: number]

const DAY = 86_400_000
const HOUR = 3_600_000
const GROWTH = Math.log(1.25) / DAY
/** Old records fade, to a half in about forty days. */
const FADE = Math.log(2) / (40 * DAY)

export class Ceiling {
  #greatest: number
  #at: number

  constructor([greatest, at]: CeilingState = [0, 0]) {
    this.#greatest = greatest
    this.#at = at
  }

  /** How many times the ceiling a value is, with a floor under the ceiling; then the ceiling moves. */
  observe(at: number, value: number, floor: number, isNew: boolean): number {
    // Idle time earns no growth: who waits a month may not jump after it.
    const idle = Math.max(0, at - this.#at)
    const grown = this.#greatest * Math.exp(GROWTH * Math.min(idle, HOUR))
    const times = value / Math.max(this.#greatest, floor)
    if (value > this.#greatest)
      this.#greatest = isNew ? value : Math.min(value, grown + (this.#greatest === 0 ? floor : 0))
    else this.#greatest *= Math.exp(-FADE * idle)
    this.#at = Math.max(this.#at, at)
    return Number.isFinite(times) ? times : 0
  }

  toJSON(): CeilingState {
    return [this.#greatest, this.#at]
  }
}
