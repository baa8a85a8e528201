/**
 * Which numbers of a row that has no gaps were seen, in whatever order they come: the highest, and the last so many below
 * it as bits. One that is further behind counts as seen: a charge is then not counted, and none is counted twice.
 */
export type SeenState = { readonly top: number; readonly bits: string }

const BEHIND = 1_024
const MASK = (1n << BigInt(BEHIND)) - 1n

export class Seen {
  #top: number
  /** Bit n: the number that is n below the highest. */
  #bits: bigint

  constructor(state?: SeenState) {
    this.#top = state?.top ?? 0
    this.#bits = BigInt(`0x${state?.bits ?? '0'}`)
  }

  /** Whether a number, from 1, is new; from then on it is not. */
  add(number: number): boolean {
    if (number > this.#top) {
      const ahead = number - this.#top
      this.#bits = ahead >= BEHIND ? 1n : ((this.#bits << BigInt(ahead)) & MASK) | 1n
      this.#top = number
      return true
    }
    const behind = this.#top - number
    if (behind >= BEHIND) return false
    const bit = 1n << BigInt(behind)
    if ((this.#bits & bit) !== 0n) return false
    this.#bits |= bit
    return true
  }

  toJSON(): SeenState {
    return { top: this.#top, bits: this.#bits.toString(16) }
  }
}
