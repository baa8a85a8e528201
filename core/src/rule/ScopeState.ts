/**
 * What is kept of all calls of a scope (a provider, the platform), for rules over all its keys: windows, keys, networks,
 * failures, and how strange its revenue is. In bounded memory, plain JSON. Calls are facts here: each counts as it comes.
 */
import { Detector, type DetectorState } from '../Anomaly.ts'
import { Distinct, Sums, type DistinctState, type SumsState } from '../Window.ts'
import { spans, WINDOWS, type Span } from './KeyState.ts'

/** A call that was made. Names may be hashes: they are only compared, by their first 66 letters. */
export type CrossEvent = {
  /** Unix milliseconds: when it was charged. */
  readonly at: number
  /** What it was charged. */
  readonly amount: bigint
  readonly key: string
  readonly route: string
  readonly payee: string
  /** Empty where it is not known. */
  readonly place: string
  readonly country: string
  /** The first call of the key in this scope. */
  readonly isNew: boolean
}

/** What a call looks like beside all others of the scope; they are with it. Without a call: texts are empty, and the amount is 0. */
export type ScopeView = {
  readonly ask: CrossEvent
  count(span: Span): number
  sum(span: Span): bigint
  keys(): number
  newKeys(): number
  /** Keys that called from the network of the call. */
  placeKeys(): number
  /** Thousandths. */
  failures(): number
  /** In [0, 1]. */
  readonly revenue: number
}

export type ScopeStateJson = {
  readonly v: 1
  readonly sums: readonly SumsState[]
  readonly keys: DistinctState
  readonly fresh: SumsState
  readonly ended: SumsState
  /** The place that called last comes last. */
  readonly places: readonly (readonly [place: string, keys: DistinctState])[]
  readonly revenue: {
    readonly detector: DetectorState
    readonly bucket: number
    readonly amount: string
    readonly score: number
  }
}

const MINUTE = 60_000
const KEYS = { ...WINDOWS.hour, most: 1_000 }
const PLACE_KEYS = { length: 24 * 60 * MINUTE, parts: 24, most: 64 }
/** Of more networks, the one that called longest ago is forgotten. */
const PLACES = 128
const ENDED = { length: 10 * MINUTE, parts: 20 }
/** Of fewer calls, failures say nothing. */
const LEAST_ENDED = 20
/** Revenue is that of five minutes. */
const BUCKET = 5 * MINUTE
/** Of a longer silence than a day the rest is left out. */
const MOST_BUCKETS = 288
const NAME = 66

export class ScopeState {
  readonly #sums: Record<Span, Sums>
  readonly #keys: Distinct
  readonly #fresh: Sums
  /** The number: calls that ended. The amount: those of them that failed. */
  readonly #ended: Sums
  readonly #places: Map<string, Distinct>
  readonly #detector: Detector
  /** Five minutes by their number since 1970, of which `#amount` is the revenue so far; −1 before the first. */
  #bucket: number
  #amount: bigint
  /** Of the five minutes before. */
  #score: number

  constructor(state?: ScopeStateJson) {
    const [minute, hour, day] = spans.map((span, i) => new Sums(WINDOWS[span], state?.sums[i]))
    this.#sums = { minute: minute!, hour: hour!, day: day! }
    this.#keys = new Distinct(KEYS, state?.keys)
    this.#fresh = new Sums(WINDOWS.hour, state?.fresh)
    this.#ended = new Sums(ENDED, state?.ended)
    this.#places = new Map(state?.places.map(([place, keys]) => [place, new Distinct(PLACE_KEYS, keys)]))
    this.#detector = new Detector(state?.revenue.detector)
    this.#bucket = state?.revenue.bucket ?? -1
    this.#amount = BigInt(state?.revenue.amount ?? 0)
    this.#score = state?.revenue.score ?? 0
  }

  /**
   * Counts a call, and says how it looks. Windows count it at its own time, in whatever order calls come. Revenue counts
   * it when it is heard of, `now`: what is late was not missing before.
   */
  ask(event: CrossEvent, now = event.at): ScopeView {
    const { at, amount } = event
    this.#close(now)
    this.#amount += amount
    for (const span of spans) this.#sums[span].add(at, amount)
    const key = event.key.slice(0, NAME)
    this.#keys.add(at, key)
    if (event.isNew) this.#fresh.add(at, 0n)
    if (event.place !== '') this.#placeOf(event.place.slice(0, NAME)).add(at, key)
    return this.#view(event, now)
  }

  /** How the scope looks at a time, with no call at hand: at the end of five minutes, so that a revenue that stops is seen. */
  view(now: number): ScopeView {
    this.#close(now)
    const nothing = { amount: 0n, key: '', route: '', payee: '', place: '', country: '', isNew: false }
    return this.#view({ at: now, ...nothing }, now)
  }

  /** Calls of the scope that ended, and how many of them the upstream failed. */
  ended(at: number, calls: number, failures: number): void {
    this.#ended.add(at, BigInt(failures), calls)
  }

  #view(ask: CrossEvent, time: number): ScopeView {
    const now = Math.max(time, ask.at)
    return {
      ask,
      count: (span) => this.#sums[span].count(now),
      sum: (span) => this.#sums[span].sum(now),
      keys: () => this.#keys.count(now),
      newKeys: () => this.#fresh.count(now),
      placeKeys: () => this.#places.get(ask.place.slice(0, NAME))?.count(now) ?? 0,
      failures: () => {
        const calls = this.#ended.count(now)
        return calls < LEAST_ENDED ? 0 : Math.floor((Number(this.#ended.sum(now)) * 1_000) / calls)
      },
      revenue: this.#score,
    }
  }

  #placeOf(place: string): Distinct {
    const keys = this.#places.get(place) ?? new Distinct(PLACE_KEYS)
    this.#places.delete(place)
    this.#places.set(place, keys)
    if (this.#places.size > PLACES) this.#places.delete(this.#places.keys().next().value!)
    return keys
  }

  /** Judges the five minutes that are over. */
  #close(now: number): void {
    const bucket = Math.floor(now / BUCKET)
    if (this.#bucket < 0) this.#bucket = bucket
    for (let each = Math.max(this.#bucket, bucket - MOST_BUCKETS); each < bucket; each++) {
      this.#score = this.#detector.observe((each + 1) * BUCKET, Number(this.#amount))
      this.#amount = 0n
    }
    this.#bucket = Math.max(this.#bucket, bucket)
  }

  toJSON(): ScopeStateJson {
    return {
      v: 1,
      sums: spans.map((span) => this.#sums[span].toJSON()),
      keys: this.#keys.toJSON(),
      fresh: this.#fresh.toJSON(),
      ended: this.#ended.toJSON(),
      places: [...this.#places].map(([place, keys]) => [place, keys.toJSON()] as const),
      revenue: {
        detector: this.#detector.toJSON(),
        bucket: this.#bucket,
        amount: String(this.#amount),
        score: this.#score,
      },
    }
  }
}
