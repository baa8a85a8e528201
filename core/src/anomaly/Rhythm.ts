/**
 * At which hours of the day a key is used. Calls in hours that are quiet otherwise add up, hour after hour, until they
 * are no chance any more (a cumulative sum): what a thief takes slowly shows while its owner sleeps.
 */
export type RhythmState = {
  readonly hour: number
  readonly count: number
  readonly hours: number
  readonly usual: readonly number[]
  readonly dispersion: number
  readonly excess: number
}

const HOUR = 3_600_000
/** Of an hour's usual count, what the newest day is worth. */
const RATE = 0.2
/** So many times the usual, of the busiest of the hours around, is nothing. */
const TOLERANCE = 2
/** Expected of an excess in each hour, in strays; and the sum that is an alarm. */
const DRIFT = 1
const ALARM = 9
/** One hour counts for so much at most: a burst is for others to judge. */
const HOUR_MOST = 4
/** Hours after which the profile is good for something. */
const LEARN = 96

export class Rhythm {
  #hour: number
  #count: number
  #hours: number
  readonly #usual: number[]
  /** Variance of counts beside chance, over the square of the usual one: 0 for a steady key, more for bursts. */
  #dispersion: number
  #excess: number

  constructor(state?: RhythmState) {
    this.#hour = state?.hour ?? -1
    this.#count = state?.count ?? 0
    this.#hours = state?.hours ?? 0
    this.#usual = [...(state?.usual ?? Array.from({ length: 24 }, () => 0))]
    this.#dispersion = state?.dispersion ?? 0
    this.#excess = state?.excess ?? 0
  }

  /** 1 is an alarm by itself. */
  observe(at: number): number {
    const hour = Math.floor(at / HOUR)
    if (this.#hour < 0) this.#hour = hour
    // Two idle weeks say no more than one.
    for (let i = 0; this.#hour < hour && i < 168; i++) this.#close()
    this.#hour = Math.max(this.#hour, hour)
    this.#count++
    if (this.#hours < LEARN) return 0
    return (this.#excess + Math.max(0, this.#strays() - DRIFT)) / ALARM
  }

  #strays(): number {
    const of = this.#hour % 24
    const most = TOLERANCE * Math.max(this.#usual[of]!, this.#usual[(of + 1) % 24]!, this.#usual[(of + 23) % 24]!)
    return Math.min(HOUR_MOST, (this.#count - most) / Math.sqrt(most + 1 + this.#dispersion * most ** 2))
  }

  #close(): void {
    const of = this.#hour % 24
    const usual = this.#usual[of]!
    if (this.#hours >= LEARN) this.#excess = Math.max(0, this.#excess + this.#strays() - DRIFT)
    if (this.#hours >= 24 && usual >= 1) {
      const beside = Math.max(0, (this.#count - usual) ** 2 - usual - 1) / usual ** 2
      this.#dispersion += 0.03 * (Math.min(beside, 25) - this.#dispersion)
    }
    // What is far out of the usual is learnt as a little more than usual.
    const learnt = this.#hours < LEARN ? this.#count : Math.min(this.#count, 2 * usual + 3)
    this.#usual[of] = usual + (this.#hours < 24 ? 1 : RATE) * (learnt - usual)
    this.#count = 0
    this.#hour++
    this.#hours++
  }

  toJSON(): RhythmState {
    return {
      hour: this.#hour,
      count: this.#count,
      hours: this.#hours,
      usual: [...this.#usual],
      dispersion: this.#dispersion,
      excess: this.#excess,
    }
  }
}
