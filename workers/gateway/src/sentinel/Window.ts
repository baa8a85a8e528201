/** How the calls of the last seconds went, as far as they say something about an upstream. No clock of its own. */

/** Twice so long, at most, calls are looked back at. */
const HALF_MS = 10_000
/** Callers whose failures are told apart; all others count as one. */
const CALLERS_MAX = 1_000
const OTHERS = ''

type Half = { since: number; good: number; failures: Map<string, number> }

export class Window {
  readonly #perCaller: number
  #now: Half = empty(Number.NEGATIVE_INFINITY)
  #before: Half = empty(Number.NEGATIVE_INFINITY)

  /** `perCaller`: no more failures of one caller count in one half. */
  constructor(perCaller: number) {
    this.#perCaller = perCaller
  }

  count(caller: string, isGood: boolean, now: number): void {
    this.#turn(now)
    const half = this.#now
    if (isGood) {
      half.good++
      return
    }
    const name = half.failures.has(caller) || half.failures.size < CALLERS_MAX ? caller : OTHERS
    half.failures.set(name, Math.min(this.#perCaller, (half.failures.get(name) ?? 0) + 1))
  }

  /** Calls that count, and how many of them failed. */
  totals(now: number): { calls: number; failures: number } {
    this.#turn(now)
    const failures = new Map(this.#before.failures)
    for (const [caller, count] of this.#now.failures)
      failures.set(caller, Math.min(this.#perCaller, (failures.get(caller) ?? 0) + count))
    const failed = [...failures.values()].reduce((sum, count) => sum + count, 0)
    return { calls: this.#now.good + this.#before.good + failed, failures: failed }
  }

  /** Forgets all of it. */
  clear(): void {
    this.#now = empty(Number.NEGATIVE_INFINITY)
    this.#before = empty(Number.NEGATIVE_INFINITY)
  }

  #turn(now: number): void {
    const passed = now - this.#now.since
    if (passed >= 0 && passed < HALF_MS) return
    // After a pause, or by a clock that was put back, what is here says nothing.
    this.#before = passed >= HALF_MS && passed < 2 * HALF_MS ? this.#now : empty(now)
    this.#now = empty(now)
  }
}

function empty(since: number): Half {
  return { since, good: 0, failures: new Map() }
}
