/** What may be signed away. Everything is checked before a signature exists, and counted in the store. */
import * as Amount from '@pbstream/core/Amount'
import { BudgetExceededError } from '../errors/Payer.ts'
import type { Storage } from './Storage.ts'

/** An amount: `'$0.01'` or `'0.01'` of a token with 6 decimals, or atomic units as a bigint. */
export type Price = string | bigint

/**
 * Limits. `total` and `perHost` bound what receivers can take on the strength of all signatures of this payer, over its
 * whole life in this store: vouchers count in full when they are signed, not when they are used.
 */
export type BudgetOptions = {
  /** Of one request: $1. */
  perRequest?: Price
  total?: Price
  perHost?: Price
  /** The most that is signed beyond what is spent, of one channel: $1. */
  exposure?: Price
  /** The most of one deposit: $5. What is not spent comes back with `refund`. */
  deposit?: Price
}

const DECIMALS = 6
const ONE = 1_000_000n

type Counted = { total: bigint; hosts: Map<string, bigint> }

/** The atomic units of a price. @throws {Amount.InvalidAmountError} */
export function atomicUnits(price: Price): bigint {
  if (typeof price === 'string') return Amount.parseUnits(price, DECIMALS)
  if (!Amount.isAmount(price)) throw new Amount.InvalidAmountError('not an amount')
  return price
}

export class Budget {
  readonly perRequest: bigint
  readonly exposure: bigint
  readonly deposit: bigint
  readonly #total: bigint | undefined
  readonly #perHost: bigint | undefined
  readonly #storage: Storage
  readonly #key: string

  /** @param key under which the store counts. @throws {Amount.InvalidAmountError} for a limit that is no price. */
  constructor(options: BudgetOptions, storage: Storage, key: string) {
    const limit = (price: Price | undefined) => (price === undefined ? undefined : atomicUnits(price))
    this.perRequest = limit(options.perRequest) ?? ONE
    this.exposure = limit(options.exposure) ?? ONE
    this.deposit = limit(options.deposit) ?? 5n * ONE
    this.#total = limit(options.total)
    this.#perHost = limit(options.perHost)
    this.#storage = storage
    this.#key = key
  }

  /** @throws {BudgetExceededError} when one request costs too much. */
  checkRequest(price: bigint): void {
    if (price > this.perRequest) throw new BudgetExceededError('perRequest', this.perRequest, price)
  }

  /** What `total` and `perHost` still leave for this host; `undefined` where neither is set. */
  async left(host: string): Promise<bigint | undefined> {
    if (this.#total === undefined && this.#perHost === undefined) return undefined
    return lower(this.#leave(await this.#read(), host))
  }

  /**
   * Counts `amount` as given away to this host. Call it before signing.
   *
   * @throws {BudgetExceededError} and counts nothing when that is too much.
   */
  async spend(host: string, amount: bigint): Promise<void> {
    if (amount <= 0n || (this.#total === undefined && this.#perHost === undefined)) return
    await this.#storage.lock(this.#key, async () => {
      const counted = await this.#read()
      const { total, perHost } = this.#leave(counted, host)
      if (total !== undefined && amount > total) throw new BudgetExceededError('total', total, amount)
      if (perHost !== undefined && amount > perHost) throw new BudgetExceededError('perHost', perHost, amount)
      counted.total += amount
      counted.hosts.set(host, (counted.hosts.get(host) ?? 0n) + amount)
      await this.#write(counted)
    })
  }

  /** @throws {BudgetExceededError} when `amount` would not pass `spend` now. Counts nothing. */
  async check(host: string, amount: bigint): Promise<void> {
    if (this.#total === undefined && this.#perHost === undefined) return
    const { total, perHost } = this.#leave(await this.#read(), host)
    if (total !== undefined && amount > total) throw new BudgetExceededError('total', total, amount)
    if (perHost !== undefined && amount > perHost) throw new BudgetExceededError('perHost', perHost, amount)
  }

  #leave(counted: Counted, host: string): { total?: bigint; perHost?: bigint } {
    const rest = (limit: bigint, used: bigint) => (limit > used ? limit - used : 0n)
    return {
      ...(this.#total === undefined ? {} : { total: rest(this.#total, counted.total) }),
      ...(this.#perHost === undefined ? {} : { perHost: rest(this.#perHost, counted.hosts.get(host) ?? 0n) }),
    }
  }

  async #read(): Promise<Counted> {
    const text = await this.#storage.get(this.#key)
    if (text === undefined) return { total: 0n, hosts: new Map() }
    const { total, hosts } = JSON.parse(text) as { total: string; hosts: [string, string][] }
    return { total: Amount.parse(total), hosts: new Map(hosts.map(([host, used]) => [host, Amount.parse(used)])) }
  }

  #write({ total, hosts }: Counted): Promise<void> {
    const used = [...hosts].map(([host, amount]) => [host, Amount.toString(amount)])
    return this.#storage.set(this.#key, JSON.stringify({ total: Amount.toString(total), hosts: used }))
  }
}

function lower({ total, perHost }: { total?: bigint; perHost?: bigint }): bigint | undefined {
  if (total === undefined) return perHost
  return perHost === undefined ? total : Amount.min(total, perHost)
}
