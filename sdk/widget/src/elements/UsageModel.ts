/** The permission that the usage element shows, read again and again while somebody can see it. */
import type { Address } from '@pbstream/core/Hex'
import { type Failure, toFailure } from '../Failure.ts'
import { oneLine } from '../format/Line.ts'
import { MAX_SYMBOL, type Token } from '../format/Money.ts'
import { pageStore, recall, type Remembered } from '../grant/Memory.ts'
import { type Grant, Service } from '../grant/Service.ts'

/** Which grant: as the page says, or of those that were remembered for the account. */
export type Source = {
  service: string
  grant: string | undefined
  token: string | undefined
  account: Address | undefined
}

export class UsageModel {
  grant: Grant | undefined
  service: Service | undefined
  /** The read token of what is shown. */
  readToken = ''
  token: Token | undefined
  testnet = false
  failure: Failure | undefined
  /** Signed receipts by id, as far as somebody has asked; null: not kept any longer. */
  readonly receipts = new Map<string, string | null>()
  remembered: readonly Remembered[] = []
  loading = false
  readonly #changed: () => void
  #round = 0
  #ahead = 0

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Unix seconds, by the clock of the service. */
  now(): number {
    return Math.floor(Date.now() / 1_000) + this.#ahead
  }

  /** Reads what there is to show. Never rejects. */
  async load(source: Source): Promise<void> {
    const round = ++this.#round
    const chosen = this.#choose(source)
    if (chosen === undefined) {
      this.grant = undefined
      this.failure = undefined
      this.loading = false
      return this.#changed()
    }
    this.loading = true
    this.#changed()
    try {
      const service = new Service(chosen.service)
      const grant = await service.show(chosen.id, chosen.token)
      const token = this.grant?.id === grant.id ? this.token : await this.#tokenOf(service, grant)
      if (round !== this.#round) return
      Object.assign(this, { service, grant, token, readToken: chosen.token, failure: undefined })
    } catch (error) {
      if (round !== this.#round) return
      this.failure = toFailure(error)
    }
    this.loading = false
    this.#changed()
  }

  /** Never rejects: what could not be had now can be asked for again. */
  async loadReceipt(payment: string): Promise<void> {
    const { grant, service, readToken, receipts } = this
    if (grant === undefined || service === undefined || receipts.has(payment)) return
    try {
      receipts.set(payment, await service.receipt(grant.id, readToken, payment))
      this.failure = undefined
    } catch (error) {
      this.failure = toFailure(error)
    }
    this.#changed()
  }

  #choose({ service, grant, token, account }: Source): { id: string; token: string; service: string } | undefined {
    const all = account === undefined ? [] : recall(pageStore(), account, this.now())
    this.remembered = service === '' ? all : all.filter((each) => sameService(each.service, service))
    if (grant !== undefined && token !== undefined) return { id: grant, token, service }
    return this.remembered.find(({ id }) => id === grant) ?? this.remembered[0]
  }

  async #tokenOf(service: Service, grant: Grant): Promise<Token> {
    const { chain, now } = await service.chain(grant.chainId)
    this.#ahead = now - Math.floor(Date.now() / 1_000)
    this.testnet = chain.testnet
    const known = chain.tokens.find(({ address }) => address.toLowerCase() === grant.token)
    if (known === undefined) return { address: grant.token, symbol: grant.token, decimals: 0 }
    return { ...known, symbol: oneLine(known.symbol, MAX_SYMBOL) }
  }
}

function sameService(a: string, b: string): boolean {
  return a.replace(/\/+$/, '') === b.replace(/\/+$/, '')
}
