/** Tokens that were used, for as long as they could be used again. */

/**
 * Remembers what it was told. Several processes of one server share one: any store that can set a key if it is not
 * there, with an end (Redis `SET key 1 NX EXAT end`).
 */
export type ReplayStore = {
  /**
   * Notes a use. False: it was noted before.
   *
   * @param expiresAt Unix seconds, after which it may be forgotten.
   */
  add(key: string, expiresAt: number): boolean | Promise<boolean>
}

/** Longer than a token can be used: its minute and the skew of clocks, twice. */
const GENERATION_SECONDS = 130

/** The memory of one process: two generations, the older one dropped whole when the younger is full of time. */
export class ReplayMemory implements ReplayStore {
  readonly #now: () => number
  #young = new Set<string>()
  #old = new Set<string>()
  #since: number

  /** @param now Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now
    this.#since = now()
  }

  add(key: string): boolean {
    const now = this.#now()
    if (Math.abs(now - this.#since) >= GENERATION_SECONDS * 1000) {
      this.#old = this.#young
      this.#young = new Set()
      this.#since = now
    }
    if (this.#young.has(key) || this.#old.has(key)) return false
    this.#young.add(key)
    return true
  }
}
