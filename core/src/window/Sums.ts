/**
 * How many events and how much of them in the last minute, hour, day: a sliding window of bounded size.
 *
 * A window is cut into parts of equal length. At a time it has the part that the time is in, and all `parts` before it:
 * never less than its length, and at most one part more, so a limit over it is never looser than it says. Within that
 * definition it is exact, in whatever order events arrive: each counts at its own time. What may be late or taken back
 * (a reservation that is voided) is added, or subtracted, at the time it had.
 */
export type WindowOptions = { /** Milliseconds. */ readonly length: number; readonly parts: number }

/** Parts that have something, as [part, count, sum]; amounts are decimal strings. */
export type SumsState = { readonly newest: number; readonly parts: readonly (readonly [number, number, string])[] }

export class Sums {
  readonly #length: number
  readonly #parts: number
  /** Ring: a part is at its number modulo the size. */
  readonly #counts: number[]
  readonly #amounts: bigint[]
  /** Of all parts in the ring. */
  #count = 0
  #amount = 0n
  #newest: number

  /** Throws RangeError for a window that has no length or cannot be cut. */
  constructor({ length, parts }: WindowOptions, state?: SumsState) {
    checkWindow({ length, parts })
    this.#length = length / parts
    this.#parts = parts
    this.#counts = Array.from({ length: parts + 1 }, () => 0)
    this.#amounts = Array.from({ length: parts + 1 }, () => 0n)
    this.#newest = state?.newest ?? 0
    for (const [part, count, amount] of state?.parts ?? []) this.#put(part, count, BigInt(amount))
  }

  /** Counts an event at its time (Unix ms); `count` −1 and a negative amount take one back. */
  add(at: number, amount: bigint, count = 1): void {
    const part = Math.max(0, Math.floor(at / this.#length))
    this.#advance(part)
    // Older than the window is at its newest time: it is in no window from now on.
    if (part >= this.#newest - this.#parts) this.#put(part, count, amount)
  }

  count(now: number): number {
    let count = this.#count
    for (const slot of this.#gone(now)) count -= this.#counts[slot]!
    return count
  }

  sum(now: number): bigint {
    let sum = this.#amount
    for (const slot of this.#gone(now)) sum -= this.#amounts[slot]!
    return sum
  }

  /** Of the parts that the newest time has in its window and this time has not. Time does not go back: an earlier one is as the newest. */
  #gone(now: number): number[] {
    const last = Math.floor(now / this.#length)
    if (last <= this.#newest) return []
    const slots: number[] = []
    const until = Math.min(this.#newest, last - this.#parts - 1)
    for (let part = Math.max(0, this.#newest - this.#parts); part <= until; part++) slots.push(this.#slot(part))
    return slots
  }

  #put(part: number, count: number, amount: bigint): void {
    const slot = this.#slot(part)
    this.#counts[slot]! += count
    this.#amounts[slot]! += amount
    this.#count += count
    this.#amount += amount
  }

  #advance(part: number): void {
    for (let next = Math.max(this.#newest + 1, part - this.#parts); next <= part; next++) {
      const slot = this.#slot(next)
      this.#count -= this.#counts[slot]!
      this.#amount -= this.#amounts[slot]!
      this.#counts[slot] = 0
      this.#amounts[slot] = 0n
    }
    this.#newest = Math.max(this.#newest, part)
  }

  #slot(part: number): number {
    return part % (this.#parts + 1)
  }

  toJSON(): SumsState {
    const parts: [number, number, string][] = []
    for (let part = Math.max(0, this.#newest - this.#parts); part <= this.#newest; part++) {
      const [count, amount] = [this.#counts[this.#slot(part)]!, this.#amounts[this.#slot(part)]!]
      if (count !== 0 || amount !== 0n) parts.push([part, count, String(amount)])
    }
    return { newest: this.#newest, parts }
  }
}

/** Throws RangeError unless the window has a length of whole parts. */
export function checkWindow({ length, parts }: WindowOptions): void {
  const isWhole = Number.isSafeInteger(parts) && parts > 0 && Number.isSafeInteger(length / parts) && length > 0
  if (!isWhole) throw new RangeError(`window: ${length} ms cannot be cut into ${parts} parts of whole milliseconds`)
}
