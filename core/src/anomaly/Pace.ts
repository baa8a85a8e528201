/** How fast a key pays: calls and money over four spans of time, against the most that each has been. */
import { Ceiling, type CeilingState } from './Ceiling.ts'

export type PaceState = {
  readonly at: number
  readonly sums: readonly number[]
  readonly ceilings: readonly CeilingState[]
  readonly typical: number
}

const MINUTE = 60_000
const SPANS = [5 * MINUTE, 60 * MINUTE, 480 * MINUTE, 1440 * MINUTE]
/** Times the ceiling that are an alarm: long spans vary less. */
const ALARM = [4, 4, 3, 2.5]
/** A ceiling is never below so many calls, or so many calls' money: a few more calls of a quiet key are no news. */
const FLOOR = 6

export class Pace {
  #at: number
  readonly #sums: number[]
  readonly #ceilings: readonly Ceiling[]
  /** Of one call, atomic units. */
  #typical: number

  constructor(state?: PaceState) {
    this.#at = state?.at ?? 0
    this.#sums = [...(state?.sums ?? [...SPANS, ...SPANS].map(() => 0))]
    this.#ceilings = this.#sums.map((_, i) => new Ceiling(state?.ceilings[i]))
    this.#typical = state?.typical ?? 0
  }

  /** 1 is an alarm by itself. */
  observe(at: number, amount: number, isNew: boolean): number {
    const elapsed = Math.max(0, at - this.#at)
    this.#at = Math.max(this.#at, at)
    this.#typical += (this.#typical === 0 ? 1 : 0.01) * (amount - this.#typical)
    let most = 0
    for (const [i, span] of SPANS.entries()) {
      const fade = Math.exp(-elapsed / span)
      for (const [j, added, floor] of [
        [i, 1, FLOOR],
        [i + SPANS.length, amount, FLOOR * this.#typical],
      ] as const) {
        const sum = this.#sums[j]! * fade + added
        this.#sums[j] = sum
        const times = this.#ceilings[j]!.observe(at, sum, floor, isNew)
        most = Math.max(most, Math.log(times) / Math.log(ALARM[i]!))
      }
    }
    return most
  }

  toJSON(): PaceState {
    return {
      at: this.#at,
      sums: [...this.#sums],
      ceilings: this.#ceilings.map((each) => each.toJSON()),
      typical: this.#typical,
    }
  }
}
