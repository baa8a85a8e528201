const WINDOW_MS = 1_000

/** Calls a second, as they were seen lately: those of this second, and of the one before as far as it is not over. */
export class CallRate {
  #since = Number.NEGATIVE_INFINITY
  #count = 0
  #before = 0

  /** One more call. `now` in milliseconds. */
  hit(now: number): void {
    this.#turn(now)
    this.#count++
  }

  perSecond(now: number): number {
    this.#turn(now)
    const over = Math.min(1, Math.max(0, (now - this.#since) / WINDOW_MS))
    return Math.ceil(this.#before * (1 - over)) + this.#count
  }

  #turn(now: number): void {
    const passed = now - this.#since
    if (passed < WINDOW_MS) return
    this.#before = passed < 2 * WINDOW_MS ? this.#count : 0
    this.#since = passed < 2 * WINDOW_MS ? this.#since + WINDOW_MS : now
    this.#count = 0
  }
}
