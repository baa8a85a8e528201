/** Turns numbers into one of a few symbols, so that shapes of a stream can be compared by counting. */
import { Level, type LevelState } from './Level.ts'

export interface Symbols<State = unknown> {
  /** A whole number in [0, SYMBOLS); undefined while the symbols are not known yet. */
  observe(value: number): number | undefined
  toJSON(): State
}

export const SYMBOLS = 21

/** Equal parts of the range of the first values; what is outside of it later, by how far it is in doublings of the range. */
const LEARN = 300
const PARTS = 5
const OUTER = 8

export type RangeState = readonly [seen: number, low: number, high: number]

export class RangeSymbols implements Symbols<RangeState> {
  #seen: number
  #low: number
  #high: number

  constructor([seen, low, high]: RangeState = [0, 0, 0]) {
    this.#seen = seen
    this.#low = low
    this.#high = high
  }

  observe(value: number): number | undefined {
    if (this.#seen < LEARN) {
      this.#low = this.#seen === 0 ? value : Math.min(this.#low, value)
      this.#high = this.#seen === 0 ? value : Math.max(this.#high, value)
      this.#seen++
      return undefined
    }
    const range = this.#high - this.#low || 1
    if (value < this.#low) return PARTS + outside((this.#low - value) / range)
    if (value > this.#high) return PARTS + OUTER + outside((value - this.#high) / range)
    return Math.min(PARTS - 1, Math.floor(((value - this.#low) / range) * PARTS))
  }

  toJSON(): RangeState {
    return [this.#seen, this.#low, this.#high]
  }
}

/** 0 … OUTER − 1. Both sides together with the parts are SYMBOLS. */
function outside(ranges: number): number {
  return Math.min(OUTER - 1, Math.floor(Math.log2(1 + ranges)))
}

/** By the distance from a level that moves slowly, in its strays. */
const EDGES = [-6, -3, -1.5, 1.5, 3, 6, 12]

export class StraySymbols implements Symbols<LevelState> {
  readonly #level: Level

  constructor(state?: LevelState) {
    this.#level = new Level({ rate: 0.0005, robust: false }, state)
  }

  observe(value: number): number {
    const strays = this.#level.observe(value)
    let symbol = 0
    while (symbol < EDGES.length && strays >= EDGES[symbol]!) symbol++
    return symbol
  }

  toJSON(): LevelState {
    return this.#level.toJSON()
  }
}
