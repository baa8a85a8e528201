/** Whether a key that pays like a clock is off its beat: a second hand on a timer's key shows at once, however little it takes. */
import { Ceiling, type CeilingState } from './Ceiling.ts'
import { Level, type LevelState } from './Level.ts'

export type BeatState = {
  readonly at: number
  readonly gap: LevelState
  readonly off: number
  readonly hour: number
  readonly ceiling: CeilingState
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
const USUAL = { rate: 0.005, robust: true }
/** A gap this many strays from the usual one is off the beat; who has no beat strays too far for that. */
const OFF = 8
/** Hours of the last two days or so with something off the beat: so many are nothing, twice the most there were is an alarm. */
const MEMORY = 2 * DAY
const FLOOR = 6
const ALARM = 2

export class Beat {
  #at: number
  readonly #gap: Level
  #off: number
  /** The last that was off the beat. */
  #hour: number
  readonly #ceiling: Ceiling

  constructor(state?: BeatState) {
    this.#at = state?.at ?? -1
    this.#gap = new Level(USUAL, state?.gap)
    this.#off = state?.off ?? 0
    this.#hour = state?.hour ?? -1
    this.#ceiling = new Ceiling(state?.ceiling)
  }

  /** 1 is an alarm by itself. */
  observe(at: number, isNew: boolean): number {
    const gap = this.#at < 0 ? 0 : Math.max(0, at - this.#at)
    const isFirst = this.#at < 0
    this.#at = Math.max(this.#at, at)
    if (isFirst) return 0
    const strays = this.#gap.observe(Math.log(1 + gap / 1000))
    const hour = Math.floor(this.#at / HOUR)
    const isOff = Math.abs(strays) > OFF && hour > this.#hour
    if (isOff) this.#hour = hour
    this.#off = this.#off * Math.exp(-gap / MEMORY) + (isOff ? 1 : 0)
    return Math.max(0, Math.log(this.#ceiling.observe(at, this.#off, FLOOR, isNew)) / Math.log(ALARM))
  }

  toJSON(): BeatState {
    return { at: this.#at, gap: this.#gap.toJSON(), off: this.#off, hour: this.#hour, ceiling: this.#ceiling.toJSON() }
  }
}
