/**
 * Whether the last values have a shape that was never seen: their symbols are counted over a short window, and the
 * counts are compared by relative entropy with a small library of counts seen before. A window whose symbols no entry
 * explains becomes an entry, so the same thing is new once; of a full library the entry that explained least goes.
 *
 * The idea is that of Wang et al., "Statistical techniques for online anomaly detection in data centers" (2011).
 */
import { SYMBOLS, type Symbols } from './Symbols.ts'

const WINDOW = 52
const LIBRARY = 32
/** What a symbol that an entry never showed costs, in nats: one such value already makes a window new. */
const UNSEEN = 690
/** A new shape is worth this at least; the rest is for how much of the window is foreign to its nearest entry. */
const NEW = 0.4
const WHOLE = 2 * UNSEEN
/** Where new shapes are common they are no surprise; a surprise is whole where fewer windows than this were new. */
const LEAST_SHARE = 1 / 500

type Entry = { readonly counts: Uint8Array; explained: number }

/** The logarithm of a count's share of the window. */
const LOGS = Float64Array.from({ length: WINDOW + 1 }, (_, count) => (count > 0 ? Math.log(count / WINDOW) : -UNSEEN))

/** `last`: a letter a symbol; `library`: a letter a count. Letters from '0' up. */
export type ShapeState = {
  readonly last: string
  readonly library: readonly (readonly [counts: string, explained: number])[]
  readonly windows: number
  readonly share: number
}

export class Shape {
  readonly #symbols: Symbols
  /** Twice the relative entropy times the window beyond which two windows differ: chi-squared at 1 %. */
  readonly #limit: number
  readonly #counts = new Uint8Array(SYMBOLS)
  readonly #last: number[]
  readonly #library: Entry[]
  /** Of the search that was last. */
  readonly #present = new Uint8Array(SYMBOLS)
  #nearest: Entry | undefined
  #distance = Infinity
  /** Whole windows so far, and the fading share of them that was new. */
  #windows: number
  #share: number

  constructor(symbols: Symbols, limit: number, state: ShapeState = { last: '', library: [], windows: 0, share: 1 }) {
    this.#symbols = symbols
    this.#limit = limit
    this.#last = numbers(state.last)
    for (const symbol of this.#last) this.#counts[symbol]!++
    this.#library = state.library.map(([counts, explained]) => ({
      counts: Uint8Array.from(numbers(counts)),
      explained,
    }))
    this.#windows = state.windows
    this.#share = state.share
  }

  /** In [0, 1]; 0 while the window is filling and for what is known. */
  observe(value: number): number {
    const symbol = this.#symbols.observe(value)
    if (symbol === undefined) return 0
    const same = this.#push(symbol)
    if (this.#last.length < WINDOW) return 0
    // The counts of a moment ago are explained by what explained them then.
    if (!same || this.#nearest === undefined) this.#search()
    const surprise = Math.min(1, Math.log(this.#share) / Math.log(LEAST_SHARE))
    const nearest = this.#distance < this.#limit ? this.#nearest : undefined
    this.#windows++
    this.#share += Math.max(LEAST_SHARE, 1 / (this.#windows + 1)) * ((nearest === undefined ? 1 : 0) - this.#share)
    if (nearest !== undefined) {
      nearest.explained++
      return 0
    }
    this.#learn()
    this.#nearest = undefined
    return surprise * Math.min(1, NEW + this.#distance / WHOLE)
  }

  /** Whether the counts are what they were. */
  #push(symbol: number): boolean {
    this.#last.push(symbol)
    this.#counts[symbol]!++
    if (this.#last.length <= WINDOW) return false
    const gone = this.#last.shift()!
    this.#counts[gone]!--
    return gone === symbol
  }

  #search(): void {
    let own = 0
    let present = 0
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const count = this.#counts[symbol]!
      if (count === 0) continue
      own += count * LOGS[count]!
      this.#present[present++] = symbol
    }
    let least = Infinity
    this.#nearest = undefined
    for (const known of this.#library) {
      let entropy = own
      for (let i = 0; i < present; i++) {
        const symbol = this.#present[i]!
        entropy -= this.#counts[symbol]! * LOGS[known.counts[symbol]!]!
      }
      if (entropy < least) [this.#nearest, least] = [known, entropy]
    }
    this.#distance = 2 * least
  }

  #learn(): void {
    const next = { counts: this.#counts.slice(), explained: 1 }
    if (this.#library.length < LIBRARY) {
      this.#library.push(next)
      return
    }
    let least = 0
    for (let i = 1; i < LIBRARY; i++) if (this.#library[i]!.explained < this.#library[least]!.explained) least = i
    this.#library[least] = next
  }

  toJSON(): ShapeState {
    return {
      last: letters(this.#last),
      library: this.#library.map(({ counts, explained }) => [letters(counts), explained]),
      windows: this.#windows,
      share: this.#share,
    }
  }
}

function letters(from: Iterable<number>): string {
  return [...from].map((each) => String.fromCharCode(48 + each)).join('')
}

function numbers(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0) - 48)
}
