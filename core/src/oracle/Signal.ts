/** What gateways know of an oracle, and what a rate card sees of it at a moment. */

/** The value in force. Whole numbers as decimal strings; times are Unix milliseconds. */
export type Signal = {
  value: string
  /** Of when it is. */
  at: number
  /** From then on it does not count any more. */
  staleAt: number
  /** What stands for it then; null: the card says. */
  fallback: string | null
}

/** What a card says of a signal that it names: where it comes from, its bounds here, and what it is without the oracle. */
export type Wanted = { readonly oracle: string; readonly min: string; readonly max: string; readonly fallback: string }

/** The signals that a card asks for, by its names for them. */
export function wantedBy(card: object): Readonly<Record<string, Wanted>> {
  const { signals } = card as { signals?: Readonly<Record<string, Wanted>> }
  return signals ?? {}
}

/**
 * The signals of a card at a moment (Unix milliseconds), by its names for them: the oracle's value while it is fresh, then
 * the oracle's fallback, then the card's. Whatever an oracle says, the card's bounds hold.
 */
export function read(card: object, values: Readonly<Record<string, Signal>>, now: number): Record<string, string> {
  const seen = Object.entries(wantedBy(card)).map(([name, { oracle, min, max, fallback }]) => {
    const signal = Object.hasOwn(values, oracle) ? values[oracle] : undefined
    const said = signal === undefined ? undefined : now < signal.staleAt ? signal.value : signal.fallback
    const value = BigInt(said ?? fallback)
    return [name, value < BigInt(min) ? min : value > BigInt(max) ? max : String(value)] as const
  })
  return Object.fromEntries(seen)
}
