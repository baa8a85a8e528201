/** Lists that conditions ask about, with those entries that have not expired. */
import type { Inputs } from '../Formula.ts'
import type { List } from './Schema.ts'

export class Lists {
  readonly #lists: readonly List[]
  #active: Inputs = {}
  /** The entries are these from one time up to another. */
  #from = Infinity
  #until = -Infinity

  constructor(lists: readonly List[]) {
    this.#lists = lists
  }

  get names(): string[] {
    return this.#lists.map(({ name }) => name)
  }

  /** By `list.<name>`, at a time (Unix ms). */
  at(now: number): Inputs {
    if (now < this.#from || now >= this.#until) {
      const ends = this.#lists.flatMap(({ entries }) => entries.map(({ until }) => until ?? Infinity))
      this.#from = Math.max(-Infinity, ...ends.filter((end) => end <= now))
      this.#until = Math.min(Infinity, ...ends.filter((end) => end > now))
      this.#active = Object.fromEntries(
        this.#lists.map(({ name, entries }) => [
          `list.${name}`,
          // Nobody changes it from here on, so that it is looked through only once.
          Object.freeze(entries.filter(({ until }) => until === undefined || now < until).map(({ value }) => value)),
        ]),
      )
    }
    return this.#active
  }
}
