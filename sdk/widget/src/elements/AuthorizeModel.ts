/** What the authorisation screen knows: terms, what the person made of them, balance, other permissions. */
import type { Address } from '@pbstream/core/Hex'
import { Failure, type FieldError, toFailure } from '../Failure.ts'
import { oneLine } from '../format/Line.ts'
import { MAX_SYMBOL } from '../format/Money.ts'
import { check, type Checked, draftOf, type Draft, type Errors } from '../grant/Draft.ts'
import { pageStore, recall } from '../grant/Memory.ts'
import { type Field, type GrantRequest, type Limits, type Terms, termsOf } from '../grant/Request.ts'
import { Service } from '../grant/Service.ts'
import type { Locale } from '../text/Locale.ts'
import { type Existing, type Page, type Review } from '../view/ReviewModel.ts'
import type { Connected } from '../wallet/Connection.ts'
import { balanceOf } from '../wallet/Provider.ts'

type Load = { connected: Connected; service: string; request: GrantRequest; again: boolean }

/** Other permissions that are read: more are counted by nobody at a glance. */
const MOST_READ = 8

export class AuthorizeModel {
  terms: Terms | undefined
  service: Service | undefined
  failure: Failure | undefined
  readonly #changed: () => void
  #draft: Draft | undefined
  /** What the service said of fields that nobody has changed since. */
  #refused: Errors = {}
  #testnet = false
  #balance: bigint | null | undefined
  #existing: Existing[] = []
  /** Seconds by which the clock of the service is ahead. */
  #ahead = 0
  /** What was loaded for which account and chain; a later load makes an earlier one count for nothing. */
  #loaded = ''
  #round = 0

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Unix seconds, by the clock of the service. */
  now(): number {
    return Math.floor(Date.now() / 1_000) + this.#ahead
  }

  get base(): string {
    return this.service?.base ?? ''
  }

  get testnet(): boolean {
    return this.#testnet
  }

  get limits(): Limits | undefined {
    return this.#checked?.limits
  }

  load({ connected, service, request, again }: Load): void {
    const mark = `${connected.account} ${connected.chainId} ${service}`
    if (!again && mark === this.#loaded) return
    this.#loaded = mark
    void this.#loadAll(connected, service, request, ++this.#round)
  }

  clear(): void {
    this.#round++
    this.#loaded = ''
    this.terms = undefined
    this.#draft = undefined
    this.#refused = {}
    this.failure = undefined
    this.#balance = undefined
    this.#existing = []
  }

  edit(field: Field, value: string): void {
    if (this.#draft !== undefined) this.#draft = { ...this.#draft, [field]: value }
    delete this.#refused[field]
    this.#changed()
  }

  /** Shows what the service has against a field beside it, where the person can change that. */
  refuse(errors: readonly FieldError[]): void {
    for (const { field, message } of errors) {
      const known = this.terms?.adjustable.find((each) => field.endsWith(each))
      if (known !== undefined) this.#refused[known] = { key: 'saidService', detail: oneLine(message, 200) }
    }
    this.#changed()
  }

  isWrong(field: Field): boolean {
    return this.#checked?.errors[field] !== undefined
  }

  wrongFields(): number {
    return Object.keys(this.#checked?.errors ?? {}).length
  }

  review(locale: Locale, { account, chainId }: Connected, page: Page): Review | undefined {
    const { terms } = this
    const draft = this.#draft
    const checked = this.#checked
    if (terms === undefined || draft === undefined || checked === undefined) return undefined
    const known = { balance: this.#balance, existing: this.#existing, testnet: this.#testnet, service: this.base }
    return { locale, terms, draft, checked, page, account, chainId, now: this.now(), ...known }
  }

  get #checked(): Checked | undefined {
    const { terms } = this
    if (terms === undefined || this.#draft === undefined) return undefined
    const { limits, errors } = check(this.#draft, terms, this.now())
    return { limits, errors: { ...this.#refused, ...errors } }
  }

  async #loadAll(connected: Connected, address: string, request: GrantRequest, round: number): Promise<void> {
    this.failure = undefined
    try {
      const service = new Service(address)
      const { chain, now } = await service.chain(request.chainId)
      if (round !== this.#round) return
      this.service = service
      this.#ahead = now - Math.floor(Date.now() / 1_000)
      this.#testnet = chain.testnet
      if (this.terms === undefined) {
        const wanted = request.token?.toLowerCase()
        const token = chain.tokens.find((each) => wanted === undefined || each.address.toLowerCase() === wanted)
        if (token === undefined) throw new Failure('configuration', { detail: 'token: the service does not know it' })
        const address = token.address.toLowerCase() as Address
        this.terms = termsOf(request, { ...token, symbol: oneLine(token.symbol, MAX_SYMBOL), address }, now)
        this.#draft = draftOf(this.terms)
      }
      this.#changed()
      await Promise.all([this.#readBalance(connected, this.terms, round), this.#readExisting(connected.account, round)])
    } catch (error) {
      if (round === this.#round) this.failure = toFailure(error)
    }
    this.#changed()
  }

  async #readBalance({ provider, account, chainId }: Connected, terms: Terms, round: number): Promise<void> {
    this.#balance = undefined
    if (chainId !== terms.chainId) return
    const balance = await balanceOf(provider, terms.token.address, account).catch(() => null)
    if (round === this.#round) this.#balance = balance
    this.#changed()
  }

  async #readExisting(account: Address, round: number): Promise<void> {
    const remembered = recall(pageStore(), account, this.now()).slice(0, MOST_READ)
    this.#existing = remembered.map((each) => ({ remembered: each }))
    await Promise.all(
      remembered.map(async (each, i) => {
        const grant = await read(each)
        if (round !== this.#round) return
        this.#existing = this.#existing.with(i, { remembered: each, grant })
        this.#changed()
      }),
    )
  }
}

async function read({ service, id, token }: { service: string; id: string; token: string }) {
  try {
    return await new Service(service).show(id, token)
  } catch {
    return null
  }
}
