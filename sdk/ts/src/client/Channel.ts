/** A channel as its payer knows it: how high it has signed, and under which lock it signs higher. */
import * as Amount from '@pbstream/core/Amount'
import type { Offer } from '@pbstream/core/Challenge'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type * as Eip712 from '@pbstream/core/Eip712'
import type { Hex } from '@pbstream/core/Hex'
import type { VerifiedVoucher } from '@pbstream/core/message/Session'
import type * as Signature from '@pbstream/core/Signature'
import * as Voucher from '@pbstream/core/Voucher'
import type { Budget } from './Budget.ts'
import type { Trusted } from './Pins.ts'
import type { Storage } from './Storage.ts'

/** Cumulative amounts. `charged`: what the server said last; never more than `signed`. `funds`: deposits less refunds. */
export type ChannelNumbers = { signed: bigint; charged: bigint; funds: bigint }

/** The terms under which a channel was opened, as they stand in an offer: refunds need them again. */
export type ChannelTerms = {
  network: string
  asset: string
  payTo: string
  maxTimeoutSeconds: number
  extra: Record<string, unknown>
}

/** What is remembered of a channel. `method` and `url`: something that was bought with it, for `offer`. */
export type ChannelRecord = {
  config: ChannelConfig.ChannelConfig
  terms: ChannelTerms
  trusted: { chainId: number; contract: Hex; collector: Hex }
  offer: Offer
  origin: string
  method: string
  url: string
}

/** Raises what is signed. Given the numbers of the store, returns the new maximum, or undefined to leave it. */
export type Raise = (numbers: ChannelNumbers) => Promise<bigint | undefined> | bigint | undefined

/** One channel in the store. Numbers are read and written under the store's lock of this channel. */
export class Channel {
  readonly id: Hex
  readonly record: ChannelRecord
  readonly #domain: Eip712.Hash
  readonly #sign: Signature.Sign
  readonly #storage: Storage
  readonly #budget: Budget
  readonly #key: string

  constructor(
    record: ChannelRecord,
    ports: { sign: Signature.Sign; storage: Storage; budget: Budget; prefix: string },
  ) {
    this.record = record
    this.#domain = Voucher.domainSeparator(record.trusted.chainId, record.trusted.contract)
    this.id = ChannelConfig.id(record.config, this.#domain)
    this.#sign = ports.sign
    this.#storage = ports.storage
    this.#budget = ports.budget
    this.#key = `${ports.prefix}/channel/${record.terms.network}/${this.id}`
  }

  /** The host whose budget pays. */
  get host(): string {
    return new URL(this.record.origin).host
  }

  /** How the channel stands in the store. */
  async numbers(): Promise<ChannelNumbers> {
    const text = await this.#storage.get(this.#key)
    if (text === undefined) return { signed: 0n, charged: 0n, funds: 0n }
    const { signed, charged, funds } = JSON.parse(text) as Record<keyof ChannelNumbers, string>
    return { signed: Amount.parse(signed), charged: Amount.parse(charged), funds: Amount.parse(funds) }
  }

  /**
   * Signs a voucher for what `raise` says, if that is more than is signed; else for what is signed already. What goes
   * beyond earlier vouchers is counted in the budget and kept before it is signed.
   *
   * @throws {BudgetExceededError}
   */
  async voucher(raise: Raise): Promise<VerifiedVoucher & { numbers: ChannelNumbers }> {
    return this.#storage.lock(this.#key, async () => {
      const numbers = await this.numbers()
      const wanted = (await raise(numbers)) ?? numbers.signed
      if (wanted > numbers.signed) {
        await this.#budget.spend(this.host, wanted - numbers.signed)
        numbers.signed = wanted
        await this.#write(numbers)
      }
      return { max: numbers.signed, signature: await this.signature(numbers.signed), numbers }
    })
  }

  /**
   * A voucher for exactly `max`, which may be below what is signed: official servers want charged + price to the unit.
   *
   * @throws {BudgetExceededError} when it is above what is signed and the budget does not allow that.
   */
  async exactly(max: bigint): Promise<VerifiedVoucher> {
    await this.voucher(() => max)
    return { max, signature: await this.signature(max) }
  }

  /** The voucher's signature. The same maximum has the same signature, so it can be recognised without recovery. */
  signature(max: bigint): Promise<Hex> {
    return this.#sign(Voucher.digest(this.#domain, this.id, max))
  }

  /** Changes what is known, under the lock. */
  async update(change: (numbers: ChannelNumbers) => Partial<ChannelNumbers>): Promise<ChannelNumbers> {
    return this.#storage.lock(this.#key, async () => {
      const numbers = await this.numbers()
      const next = { ...numbers, ...change(numbers) }
      if (next.signed !== numbers.signed || next.charged !== numbers.charged || next.funds !== numbers.funds) {
        await this.#write(next)
      }
      return next
    })
  }

  #write({ signed, charged, funds }: ChannelNumbers): Promise<void> {
    const texts = { signed: Amount.toString(signed), charged: Amount.toString(charged), funds: Amount.toString(funds) }
    return this.#storage.set(this.#key, JSON.stringify(texts))
  }
}

/** The config of the channel toward the receiver of an offer. */
export function configOf(
  offer: ChannelTerms,
  who: { payer: Hex; payerAuthorizer: Hex; salt: Hex },
): ChannelConfig.ChannelConfig {
  return ChannelConfig.parse({
    ...who,
    receiver: offer.payTo,
    receiverAuthorizer: offer.extra['receiverAuthorizer'],
    token: offer.asset,
    withdrawDelay: offer.extra['withdrawDelay'],
  })
}

/** What is remembered of an offer: addresses in lower case, and not where a channel stood. */
export function termsOf({ network, asset, payTo, maxTimeoutSeconds, extra }: Offer): ChannelTerms {
  const { channelState: _, voucherState: __, ...kept } = extra
  return { network, asset: asset.toLowerCase(), payTo: payTo.toLowerCase(), maxTimeoutSeconds, extra: kept }
}

/** What is kept of a trusted contract. */
export function pinned({ chainId, contract, collector }: Trusted): ChannelRecord['trusted'] {
  return { chainId, contract, collector }
}
