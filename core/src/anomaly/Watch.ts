/**
 * How strange a payment of a key is, by what the same key did before: how fast it pays, what a call costs at each
 * seller, from where it is used, at which hours, and how regularly. Each sign says 1 where it would be an alarm by itself; signs that
 * say a part of it add up. Only the unusual in the direction of abuse counts: who pays less is no danger.
 *
 * Causal, deterministic, of bounded size, a few microseconds a payment.
 */
import { Beat, type BeatState } from './Beat.ts'
import { Origin, type OriginState } from './Origin.ts'
import { Pace, type PaceState } from './Pace.ts'
import { Price, type PriceState } from './Price.ts'
import { Rhythm, type RhythmState } from './Rhythm.ts'

/** One charge, without any content. Names may be hashes: they are only compared, by their first 66 letters. */
export type Charge = {
  /** Unix milliseconds. */
  readonly at: number
  /** Atomic units. */
  readonly amount: bigint
  readonly payee: string
  /** The network of the caller, such as a /24. */
  readonly place: string
  readonly country: string
}

export const signs = ['pace', 'price', 'place', 'country', 'rhythm', 'beat'] as const
export type Sign = (typeof signs)[number]

/** `score`: in [0, 1), 0.5 and more is an alarm. `signs`: what each says, 1 for an alarm by itself. */
export type Verdict = { readonly score: number; readonly signs: Readonly<Record<Sign, number>> }

export type WatchState = {
  readonly v: 1
  readonly since: number
  readonly seen: number
  readonly pace: PaceState
  readonly price: PriceState
  readonly place: OriginState
  readonly country: OriginState
  readonly rhythm: RhythmState
  readonly beat: BeatState
}

const DAY = 86_400_000
/** A key is new, and no judgement is made, for so long and so many charges. */
const NEW_TIME = 4 * DAY
const NEW_CHARGES = 20
/** Letters of a name that are kept: a 32-byte hash with its 0x. */
const NAME = 66

const NOTHING: Verdict['signs'] = { pace: 0, price: 0, place: 0, country: 0, rhythm: 0, beat: 0 }

export class Watch {
  #since: number
  #seen: number
  readonly #pace: Pace
  readonly #price: Price
  readonly #place: Origin
  readonly #country: Origin
  readonly #rhythm: Rhythm
  readonly #beat: Beat

  constructor(state?: WatchState) {
    this.#since = state?.since ?? -1
    this.#seen = state?.seen ?? 0
    this.#pace = new Pace(state?.pace)
    this.#price = new Price(state?.price)
    this.#place = new Origin({ fresh: 2, turns: 3 }, state?.place)
    this.#country = new Origin({ fresh: 1.5, turns: 2 }, state?.country)
    this.#rhythm = new Rhythm(state?.rhythm)
    this.#beat = new Beat(state?.beat)
  }

  /** The judgement of a charge; then it is learnt. Charges come in order of time; an earlier one counts as of the latest. */
  observe({ at, amount, payee, place, country }: Charge): Verdict {
    if (this.#since < 0) this.#since = at
    this.#seen++
    const isNew = at - this.#since < NEW_TIME || this.#seen <= NEW_CHARGES
    const money = Number(amount)
    const found = {
      pace: this.#pace.observe(at, money, isNew),
      price: this.#price.observe(at, payee.slice(0, NAME), money, isNew),
      place: this.#place.observe(at, place.slice(0, NAME), isNew),
      country: this.#country.observe(at, country.slice(0, NAME), isNew),
      rhythm: this.#rhythm.observe(at),
      beat: this.#beat.observe(at, isNew),
    }
    if (isNew) return { score: 0, signs: NOTHING }
    let squares = 0
    for (const sign of signs) squares += found[sign] ** 2
    const sum = Math.sqrt(squares)
    return { score: sum / (1 + sum), signs: found }
  }

  toJSON(): WatchState {
    return {
      v: 1,
      since: this.#since,
      seen: this.#seen,
      pace: this.#pace.toJSON(),
      price: this.#price.toJSON(),
      place: this.#place.toJSON(),
      country: this.#country.toJSON(),
      rhythm: this.#rhythm.toJSON(),
      beat: this.#beat.toJSON(),
    }
  }
}
