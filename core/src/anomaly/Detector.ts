/**
 * How strange the newest point of a stream of numbers is, for any stream and with one scale for all of them.
 *
 * A committee: eight members measure how far the point is from usual (its value, its change, the mean of the last few,
 * the same without the time of day, the spread), each ranked among what it measured before; five say whether the last
 * values form a shape that was never seen. A member's say fades within some points, so that members that notice one
 * event at slightly different points add up. No member decides alone, and none is tuned to a kind of stream.
 *
 * Causal, deterministic, of bounded size whatever comes.
 */
import { Level, type LevelOptions, type LevelState } from './Level.ts'
import { Peak, type PeakOptions } from './Peak.ts'
import { Recent } from './Recent.ts'
import { Season, type SeasonState } from './Season.ts'
import { Shape, type ShapeState } from './Shape.ts'
import { RangeSymbols, StraySymbols, type RangeState } from './Symbols.ts'

/** All that a detector knows, as JSON: below 20 KB. */
export type DetectorState = {
  readonly v: 1
  readonly seen: number
  readonly values: readonly number[]
  readonly residuals: readonly number[]
  readonly season: SeasonState
  readonly levels: readonly LevelState[]
  readonly peaks: readonly number[]
  readonly symbols: readonly (RangeState | LevelState)[]
  readonly shapes: readonly ShapeState[]
  readonly says: readonly number[]
}

const SLOW: LevelOptions = { rate: 0.0005, robust: false }
const ROBUST: LevelOptions = { rate: 0.002, robust: true }
const FAST: LevelOptions = { rate: 0.005, robust: true }
/** In the order of `Detector.#strangeness`. */
const LEVELS = [SLOW, FAST, ROBUST, SLOW, SLOW, ROBUST, SLOW, SLOW]

const PEAK: PeakOptions = { fade: 0.9998, floor: 5 }
/** Chi-squared at 1 %, with 4 degrees of freedom, and 15 for the finer symbols. */
const LIMITS = [13.28, 15, 13.28, 13.28, 13.28]

/** A point after it, a member's say is worth this much of what it was. */
const FADE = Math.exp(-1 / 10)
/** A new shape counts for two strange distances. */
const SHAPE_WEIGHT = 2
const WHOLE = LEVELS.length + SHAPE_WEIGHT * LIMITS.length

/** Points before anything is said: until then the range of the stream is not known. */
const LEARN = 300
/** Beyond this, distances would no longer be finite. */
const LARGEST = 1e100

export class Detector {
  readonly #values: Recent
  readonly #residuals: Recent
  readonly #season: Season
  readonly #levels: readonly Level[]
  readonly #peaks: readonly Peak[]
  readonly #symbols: readonly (RangeSymbols | StraySymbols)[]
  readonly #shapes: readonly Shape[]
  readonly #says: number[]
  #seen: number

  constructor(state?: DetectorState) {
    this.#seen = state?.seen ?? 0
    this.#values = new Recent(30, state?.values)
    this.#residuals = new Recent(8, state?.residuals)
    this.#season = new Season(state?.season)
    this.#levels = LEVELS.map((options, i) => new Level(options, state?.levels[i]))
    this.#peaks = LEVELS.map((_, i) => new Peak(PEAK, state?.peaks[i]))
    this.#symbols = LIMITS.map((_, i) =>
      i === 1 ? new StraySymbols(state?.symbols[i] as LevelState) : new RangeSymbols(state?.symbols[i] as RangeState),
    )
    this.#shapes = LIMITS.map((limit, i) => new Shape(this.#symbols[i]!, limit, state?.shapes[i]))
    this.#says = [...(state?.says ?? [...LEVELS, ...LIMITS].map(() => 0))]
  }

  /**
   * The score of a point at a time (Unix ms): in [0, 1], 0 for what is usual. Then it is learnt.
   * Throws RangeError for a number that is not finite.
   */
  observe(at: number, value: number): number {
    if (!Number.isFinite(at) || !Number.isFinite(value))
      throw new RangeError('anomaly: a point is a finite time and value')
    const now = Math.max(-LARGEST, Math.min(LARGEST, value))
    const change = now - (this.#values.latest ?? now)
    const residual = this.#season.observe(at, now)
    this.#values.push(now)
    this.#residuals.push(residual)
    this.#seen++
    const short = this.#values.mean(8)
    const distances = [
      now,
      now,
      change,
      short,
      this.#values.mean(30),
      residual,
      this.#residuals.mean(8),
      Math.log(this.#values.deviation(20) + 1e-6),
    ]
    let sum = 0
    for (const [i, distance] of distances.entries()) {
      sum += this.#say(i, this.#peaks[i]!.observe(Math.abs(this.#levels[i]!.observe(distance))))
    }
    for (const [i, each] of [now, now, change, short, residual].entries()) {
      sum += SHAPE_WEIGHT * this.#say(LEVELS.length + i, this.#shapes[i]!.observe(each))
    }
    return this.#seen <= LEARN ? 0 : sum / WHOLE
  }

  #say(member: number, now: number): number {
    const say = Math.max(now, this.#says[member]! * FADE)
    this.#says[member] = say
    return say
  }

  toJSON(): DetectorState {
    return {
      v: 1,
      seen: this.#seen,
      values: this.#values.toJSON(),
      residuals: this.#residuals.toJSON(),
      season: this.#season.toJSON(),
      levels: this.#levels.map((each) => each.toJSON()),
      peaks: this.#peaks.map((each) => each.toJSON()),
      symbols: this.#symbols.map((each) => each.toJSON()),
      shapes: this.#shapes.map((each) => each.toJSON()),
      says: [...this.#says],
    }
  }
}
