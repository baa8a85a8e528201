/** Seeded random numbers (splitmix32). The same seed gives the same numbers on every machine. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** Starts anew, for one step of a history: what other steps draw does not matter to it. */
  reseed(seed: number, step: number): void {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(step + 0x7f4a7c15, 0xc2b2ae35)
    this.bits()
  }

  /** 32 random bits, as an unsigned integer. */
  bits(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let z = this.#state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }

  /** An integer from 0 to `count` − 1. */
  below(count: number): number {
    return this.bits() % count
  }

  chance(probability: number): boolean {
    return this.bits() < probability * 4_294_967_296
  }

  /** Some of these, at least one, in any order. */
  some<T>(items: readonly T[]): T[] {
    const left = [...items]
    const some: T[] = []
    for (let n = 1 + this.below(left.length); n > 0; n--) some.push(...left.splice(this.below(left.length), 1))
    return some
  }

  pick<T>(items: readonly T[]): T {
    return items[this.bits() % items.length]!
  }
}
