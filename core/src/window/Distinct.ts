/**
 * How many different names (networks, countries, routes) were seen in a sliding window: exact up to a most, and the most
 * where there were more. It keeps the names that were seen last, each with the part of the window it was seen in.
 */
import { checkWindow, type WindowOptions } from './Sums.ts'

export type DistinctOptions = WindowOptions & { readonly most: number }
export type DistinctState = {
  readonly newest: number
  readonly names: readonly (readonly [name: string, part: number])[]
}

export class Distinct {
  readonly #length: number
  readonly #parts: number
  readonly #most: number
  readonly #seen: Map<string, number>
  #newest: number

  /** Throws RangeError for a window that cannot be, or that could hold no name. */
  constructor({ length, parts, most }: DistinctOptions, state?: DistinctState) {
    checkWindow({ length, parts })
    if (!Number.isSafeInteger(most) || most < 1)
      throw new RangeError(`window: the most is a whole number from 1, not ${most}`)
    this.#length = length / parts
    this.#parts = parts
    this.#most = most
    this.#seen = new Map(state?.names)
    this.#newest = state?.newest ?? 0
  }

  /** At its time (Unix ms), in whatever order. */
  add(at: number, name: string): void {
    const part = Math.max(0, Math.floor(at / this.#length))
    this.#newest = Math.max(this.#newest, part)
    this.#seen.set(name, Math.max(part, this.#seen.get(name) ?? 0))
    if (this.#seen.size > this.#most) this.#forgetOldest()
  }

  /** Names that are kept, of whatever time. */
  get size(): number {
    return this.#seen.size
  }

  count(now: number): number {
    const first = Math.max(this.#newest, Math.floor(now / this.#length)) - this.#parts
    let count = 0
    for (const part of this.#seen.values()) if (part >= first) count++
    return count
  }

  /** Whether the name was seen in the window: a name that more others have pushed out counts as not seen. */
  has(now: number, name: string): boolean {
    const first = Math.max(this.#newest, Math.floor(now / this.#length)) - this.#parts
    const seen = this.#seen.get(name)
    return seen !== undefined && seen >= first
  }

  #forgetOldest(): void {
    let oldest: string | undefined
    let least = Infinity
    for (const [name, part] of this.#seen) if (part < least) [oldest, least] = [name, part]
    this.#seen.delete(oldest!)
  }

  toJSON(): DistinctState {
    return { newest: this.#newest, names: [...this.#seen] }
  }
}
