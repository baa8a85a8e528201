/**
 * Where a key is used from: how many origins are new, and how often use goes back and forth between new and old ones.
 * Who moves goes once; a key in two hands is here and there.
 */
import { Ceiling, type CeilingState } from './Ceiling.ts'

export type OriginState = {
  readonly since: number
  readonly at: number
  /** The one that was seen last comes last. */
  readonly known: readonly (readonly [name: string, since: number])[]
  readonly fresh: number
  readonly turns: number
  readonly ceilings: readonly CeilingState[]
}

export type OriginOptions = {
  /** New origins within a day, and turns within a day, that are nothing even for a key that never showed them. */
  readonly fresh: number
  readonly turns: number
}

const DAY = 86_400_000
/** So long an origin is new; those of a key's first day never are. */
const NEW = 3 * DAY
const KNOWN = 64
const ALARM = 2

export class Origin {
  readonly #options: OriginOptions
  /** Name to since when; the one that was seen last comes last, and is `#last`. */
  readonly #known: Map<string, number>
  #last: string | undefined
  readonly #ceilings: readonly [Ceiling, Ceiling]
  #since: number
  #at: number
  #fresh: number
  #turns: number

  constructor(options: OriginOptions, state?: OriginState) {
    this.#options = options
    this.#known = new Map(state?.known)
    this.#last = state?.known.at(-1)?.[0]
    this.#ceilings = [new Ceiling(state?.ceilings[0]), new Ceiling(state?.ceilings[1])]
    this.#since = state?.since ?? -1
    this.#at = state?.at ?? 0
    this.#fresh = state?.fresh ?? 0
    this.#turns = state?.turns ?? 0
  }

  /** 1 is an alarm by itself. */
  observe(at: number, name: string, isNew: boolean): number {
    if (this.#since < 0) this.#since = at
    const fade = Math.exp(-Math.max(0, at - this.#at) / DAY)
    this.#at = Math.max(this.#at, at)
    this.#fresh *= fade
    this.#turns *= fade
    const since = this.#known.get(name)
    if (since === undefined) this.#fresh++
    if (name !== this.#last) {
      if (since !== undefined && this.#last !== undefined) {
        if (this.#isFresh(at, since) !== this.#isFresh(at, this.#known.get(this.#last)!)) this.#turns++
      }
      this.#known.delete(name)
      this.#known.set(name, since ?? at)
      this.#last = name
      if (this.#known.size > KNOWN) this.#known.delete(this.#known.keys().next().value!)
    }
    const fresh = this.#ceilings[0].observe(at, this.#fresh, this.#options.fresh, isNew)
    const turns = this.#ceilings[1].observe(at, this.#turns, this.#options.turns, isNew)
    return Math.max(0, Math.log(fresh), Math.log(turns)) / Math.log(ALARM)
  }

  #isFresh(at: number, since: number): boolean {
    return at - since < NEW && since - this.#since >= DAY
  }

  toJSON(): OriginState {
    return {
      since: this.#since,
      at: this.#at,
      known: [...this.#known],
      fresh: this.#fresh,
      turns: this.#turns,
      ceilings: this.#ceilings.map((each) => each.toJSON()),
    }
  }
}
