/** Renders an element again when its countdown shows something else, and says the few moments that are worth hearing. */
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { nextTick } from '../format/Time.ts'

/** Seconds left at which a countdown is said aloud. In between it is silent. */
const SPOKEN_AT = [86_400, 3_600, 600, 60, 0]

/** The milestone that was passed on the way from one number of seconds left to the next, if any. */
export function passed(before: number, left: number): number | undefined {
  return SPOKEN_AT.find((at) => before > at && left <= at)
}

export class Ticker implements ReactiveController {
  readonly #host: ReactiveControllerHost
  readonly #left: () => number | undefined
  readonly #milestone: (left: number) => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #before: number | undefined

  /**
   * @param left seconds until the end; `undefined` while there is nothing to count.
   * @param milestone called with the seconds left when it is time to say them.
   */
  constructor(host: ReactiveControllerHost, left: () => number | undefined, milestone: (left: number) => void) {
    this.#host = host
    this.#left = left
    this.#milestone = milestone
    host.addController(this)
  }

  hostUpdated(): void {
    clearTimeout(this.#timer)
    const left = this.#left()
    const before = this.#before
    this.#before = left
    if (left === undefined) return
    if (before !== undefined && passed(before, left) !== undefined) this.#milestone(left)
    if (left > 0) this.#timer = setTimeout(() => this.#host.requestUpdate(), nextTick(left) * 1_000)
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer)
    this.#before = undefined
  }
}
