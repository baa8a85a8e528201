/** What Sentinel keeps of a key, in bounded memory: windows, what is known to it, its average, and the watch over it. */
import { Watch, type Verdict, type WatchState } from '../Anomaly.ts'
import { Distinct, Sums, type DistinctState, type SumsState } from '../Window.ts'

/** A call that asks for money. Names may be hashes: they are only compared, by their first 66 letters. */
export type Ask = {
  /** Unix milliseconds, of the object's clock. */
  readonly at: number
  readonly amount: bigint
  readonly route: string
  readonly payee: string
  readonly place: string
  readonly country: string
  /** What can still be spent before this call, and all there was; absent where it is not known. */
  readonly balance?: { readonly left: bigint; readonly of: bigint }
}

export const spans = ['minute', 'hour', 'day'] as const
export type Span = (typeof spans)[number]
export const origins = ['route', 'payee', 'place', 'country'] as const
export type OriginName = (typeof origins)[number]

export type KeyStateJson = {
  readonly v: 1
  readonly since: number
  readonly calls: number
  readonly average: readonly [mean: number, variance: number]
  readonly sums: readonly SumsState[]
  readonly failures: SumsState
  /** Of each of the last days the highest amount, a decimal string. */
  readonly highs: readonly (readonly [day: number, amount: string])[]
  readonly today: readonly DistinctState[]
  readonly known: readonly DistinctState[]
  readonly watch: WatchState
}

/**
 * What was done to a state, as data that can be stored: asked and refused, asked and granted, settled, failed. Amounts are
 * decimal strings.
 */
export type LogEntry =
  | readonly [what: 'a' | 'g', at: number, amount: string, route: string, payee: string, place: string, country: string]
  | readonly [what: 's', at: number, amount: string, charged: string, isCall: 0 | 1]
  | readonly [what: 'f', at: number]

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
export const WINDOWS: Record<Span, { length: number; parts: number }> = {
  minute: { length: MINUTE, parts: 60 },
  hour: { length: HOUR, parts: 60 },
  day: { length: DAY, parts: 48 },
}
export const TODAY = { length: DAY, parts: 24, most: 32 }
const KNOWN = { length: 30 * DAY, parts: 30, most: 64 }
/** The average forgets: about the last 200 calls count. */
export const RATE = 1 / 200
const NAME = 66

/** What a call looks like beside the key's past; numbers are with the call where it says so. */
export type View = {
  readonly ask: Ask
  readonly anomaly: Verdict
  readonly hours: number
  readonly calls: number
  readonly mean: number
  readonly deviation: number
  /** The highest amount granted in 30 days; 0 where there was none. */
  readonly high: bigint
  /** With this call. */
  count(span: Span): number
  /** With this call. */
  sum(span: Span): bigint
  failures(): number
  /** With this call. */
  distinct(of: OriginName): number
  isNew(of: OriginName): boolean
}

export class KeyState {
  #since: number
  #calls: number
  #mean: number
  #variance: number
  readonly #sums: Record<Span, Sums>
  readonly #failures: Sums
  readonly #highs: Map<number, bigint>
  readonly #today: Record<OriginName, Distinct>
  readonly #known: Record<OriginName, Distinct>
  readonly #watch: Watch

  constructor(state?: KeyStateJson) {
    this.#since = state?.since ?? -1
    this.#calls = state?.calls ?? 0
    this.#mean = state?.average[0] ?? 0
    this.#variance = state?.average[1] ?? 0
    this.#sums = byName(spans, (span, i) => new Sums(WINDOWS[span], state?.sums[i]))
    this.#failures = new Sums(WINDOWS.hour, state?.failures)
    this.#highs = new Map(state?.highs.map(([day, amount]) => [day, BigInt(amount)]))
    this.#today = byName(origins, (_, i) => new Distinct(TODAY, state?.today[i]))
    this.#known = byName(origins, (_, i) => new Distinct(KNOWN, state?.known[i]))
    this.#watch = new Watch(state?.watch)
  }

  /**
   * How a call looks, before it is granted. Only the watch learns from it, refused or not: who knocks and is refused is no
   * less strange for it. A view is good until the next change.
   */
  ask(ask: Ask): View {
    return this.view(ask, this.#watch.observe(ask))
  }

  /** How a call would look, with a judgement that was made: nothing learns from it. */
  view(ask: Ask, anomaly: Verdict): View {
    const { at } = ask
    return {
      ask,
      anomaly,
      hours: this.#since < 0 ? 0 : Math.max(0, Math.floor((at - this.#since) / HOUR)),
      calls: this.#calls,
      mean: this.#mean,
      deviation: Math.sqrt(this.#variance),
      high: this.#high(at),
      count: (span) => this.#sums[span].count(at) + 1,
      sum: (span) => this.#sums[span].sum(at) + ask.amount,
      failures: () => this.#failures.count(at),
      distinct: (of) => {
        const today = this.#today[of]
        return Math.min(TODAY.most, today.count(at) + (today.has(at, nameOf(ask, of)) ? 0 : 1))
      },
      isNew: (of) => this.#calls > 0 && !this.#known[of].has(at, nameOf(ask, of)),
    }
  }

  /** It was granted: from now on it counts. */
  granted(ask: Ask): void {
    if (this.#since < 0) this.#since = ask.at
    const weight = Math.max(RATE, 1 / ++this.#calls)
    const distance = Number(ask.amount) - this.#mean
    this.#mean += weight * distance
    this.#variance = (1 - weight) * (this.#variance + weight * distance * distance)
    for (const span of spans) this.#sums[span].add(ask.at, ask.amount)
    this.#raise(Math.floor(ask.at / DAY), ask.amount)
    for (const of of origins) {
      this.#today[of].add(ask.at, nameOf(ask, of))
      this.#known[of].add(ask.at, nameOf(ask, of))
    }
  }

  /**
   * What was granted came to less, or to nothing: sums follow at the time of the call. `isCall`: it stays a call; one that
   * came to nothing does not, unless its answer was free.
   */
  settled({ at, amount }: Pick<Ask, 'at' | 'amount'>, charged: bigint, isCall = charged > 0n): void {
    for (const span of spans) this.#sums[span].add(at, charged - amount, isCall ? 0 : -1)
  }

  /** The upstream failed a call of the key. */
  failed(at: number): void {
    this.#failures.add(at, 0n)
  }

  /** Does again what was done when the entry was written: a state and the entries since it are the state now. */
  apply(entry: LogEntry): void {
    const [what, at, amount = '0'] = entry
    switch (what) {
      case 'a':
      case 'g': {
        const [, , , route, payee, place, country] = entry
        const ask = { at, amount: BigInt(amount), route, payee, place, country }
        this.ask(ask)
        if (what === 'g') this.granted(ask)
        return
      }
      case 's':
        return this.settled({ at, amount: BigInt(amount) }, BigInt(entry[3]), entry[4] === 1)
      case 'f':
        return this.failed(at)
    }
  }

  /** Whether a name that is known may be forgotten for so many others that come. */
  mayForget(of: OriginName, others: number): boolean {
    return this.#known[of].size + others > KNOWN.most
  }

  #high(at: number): bigint {
    const first = Math.floor(at / DAY) - KNOWN.parts
    let high = 0n
    for (const [day, amount] of this.#highs) if (day >= first && amount > high) high = amount
    return high
  }

  #raise(day: number, amount: bigint): void {
    if (amount <= (this.#highs.get(day) ?? -1n)) return
    this.#highs.set(day, amount)
    for (const each of this.#highs.keys()) if (each < day - KNOWN.parts) this.#highs.delete(each)
  }

  toJSON(): KeyStateJson {
    return {
      v: 1,
      since: this.#since,
      calls: this.#calls,
      average: [this.#mean, this.#variance],
      sums: spans.map((span) => this.#sums[span].toJSON()),
      failures: this.#failures.toJSON(),
      highs: [...this.#highs].map(([day, amount]) => [day, String(amount)] as const),
      today: origins.map((of) => this.#today[of].toJSON()),
      known: origins.map((of) => this.#known[of].toJSON()),
      watch: this.#watch.toJSON(),
    }
  }
}

function nameOf(ask: Ask, of: OriginName): string {
  return ask[of].slice(0, NAME)
}

function byName<Name extends string, T>(names: readonly Name[], make: (name: Name, i: number) => T): Record<Name, T> {
  return Object.fromEntries(names.map((name, i) => [name, make(name, i)])) as Record<Name, T>
}
