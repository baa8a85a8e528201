import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/**
 * How a call stands for its caller: `asked`: it may have gone out. `told`: its price was acknowledged. `over`: it will
 * never be charged. `held`: its money is set aside for a gateway that has gone, and will come back.
 */
export type Standing = 'asked' | 'told' | 'over' | 'held'

/** What callers were told, a line a fact, written before they go on: a killed process knows it again. */
export class Calls {
  readonly standings = new Map<string, Standing>()
  /** Atomic units acknowledged, by call. */
  readonly charges = new Map<string, bigint>()
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    // A line that a kill cut off says nothing.
    for (const line of text.split('\n').slice(0, -1)) {
      const [id, standing, amount] = line.split(' ') as [string, Standing, string]
      this.#take(id, standing, BigInt(amount))
    }
  }

  note(id: string, standing: Standing, amount = 0n): void {
    appendFileSync(this.#path, `${id} ${standing} ${amount}\n`)
    this.#take(id, standing, amount)
  }

  /** Calls whose end the caller does not know. */
  open(): string[] {
    return [...this.standings].flatMap(([id, standing]) => (standing === 'asked' || standing === 'held' ? [id] : []))
  }

  #take(id: string, standing: Standing, amount: bigint): void {
    this.standings.set(id, standing)
    if (standing === 'told') this.charges.set(id, amount)
  }
}
