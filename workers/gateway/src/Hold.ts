import type { Unit, Usage } from '@pbstream/core/Rate'
import type { Priced } from './Bill.ts'
import { Gauge } from './Gauge.ts'

export type Growth = {
  /** The most that may be charged as things stand. */
  hold: bigint
  /** Asks for a larger hold; answers what is held then. Absent: it does not grow. */
  grow?: (to: bigint) => Promise<bigint>
  /** The hold never grows beyond. */
  ceiling?: bigint
}

/** How much larger it gets at once: so many times, or such a share of the ceiling where it began with little. */
const DOUBLE = 2n
const LEAST_SHARE = 64n

/** The money that is set aside for one call: how far it reaches, and how it grows before it is used up. */
export class Hold {
  readonly #priced: Priced
  readonly #ask: Growth['grow']
  readonly #grown: () => void
  readonly ceiling: bigint
  #amount: bigint
  /** Whether a use is within it, and whether it is time to have it grow. */
  #all: Gauge
  #half: Gauge | undefined
  #growing: Promise<boolean> | undefined

  /** `grown` is told each time that there is more than before. */
  constructor(priced: Priced, { hold, ceiling = hold, grow }: Growth, grown: () => void) {
    this.#priced = priced
    this.#ask = grow
    this.#grown = grown
    this.ceiling = ceiling
    this.#amount = hold
    this.#all = new Gauge(priced, hold)
    this.#half = this.mayGrow ? new Gauge(priced, hold / DOUBLE) : undefined
  }

  get amount(): bigint {
    return this.#amount
  }

  get mayGrow(): boolean {
    return this.#ask !== undefined && !this.isWhole
  }

  /** Whether it is all that the call may cost. */
  get isWhole(): boolean {
    return this.#amount >= this.ceiling
  }

  isPaid(usage: Usage): boolean {
    return this.#all.isWithin(usage)
  }

  /** The most of a unit that it pays for, the others as they are; undefined: that costs nothing more. */
  most(usage: Usage, unit: Unit): bigint | undefined {
    return this.#all.most(usage, unit)
  }

  /** Has it grow when half of it is used: nobody waits for that. */
  growInTime(usage: Usage): void {
    if (this.#half?.isWithin(usage) === false) void this.#grow()
  }

  /** It is used up. What was asked for in time and not given may be there now. True: there is more than before. */
  async growNow(): Promise<boolean> {
    const isAsked = this.#growing !== undefined
    return (await this.#grow()) || (isAsked && (await this.#grow()))
  }

  /** True: there is more than before, but not for certain as much. */
  async growTo(to: bigint): Promise<boolean> {
    const before = this.#amount
    const wanted = to < this.ceiling ? to : this.ceiling
    const after = await this.#ask?.(wanted).catch(() => before)
    // What was not given is asked for again when nothing is left, and not before.
    if (after === undefined || after < wanted) this.#half = undefined
    if (after === undefined || after <= this.#amount) return false
    this.#amount = after < this.ceiling ? after : this.ceiling
    this.#all = new Gauge(this.#priced, this.#amount)
    this.#half = this.mayGrow && after >= wanted ? new Gauge(this.#priced, this.#amount / DOUBLE) : undefined
    this.#grown()
    return true
  }

  /** Once at a time. */
  #grow(): Promise<boolean> {
    if (this.#growing !== undefined) return this.#growing
    if (!this.mayGrow) return Promise.resolve(false)
    const least = this.ceiling / LEAST_SHARE + 1n
    const to = this.#amount * DOUBLE
    const growing = this.growTo(to > least ? to : least).finally(() => (this.#growing = undefined))
    this.#growing = growing
    return growing
  }
}
