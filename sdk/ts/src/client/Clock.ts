/** The time as servers see it: signatures are good for a minute only, and not every machine has the right time. */

export class Clock {
  #offset = 0

  /** Unix seconds. */
  now(): number {
    return Math.floor(Date.now() / 1000) + this.#offset
  }

  /** Takes over the time of an answer's `Date`. False when it has none, or agrees with ours. */
  correct(response: Response): boolean {
    const theirs = Date.parse(response.headers.get('date') ?? '')
    if (Number.isNaN(theirs)) return false
    const offset = Math.round(theirs / 1000) - Math.floor(Date.now() / 1000)
    if (Math.abs(offset - this.#offset) < 2) return false
    this.#offset = offset
    return true
  }
}
