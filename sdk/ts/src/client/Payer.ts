/** A payer: a `fetch` that pays by itself, and what there is to know and to end about it. */
import * as Challenge from '@pbstream/core/Challenge'
import { type Address, type Hex, isBytes32 } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import type { Algorithm } from '@pbstream/core/session/OpenSession'
import { DryRunError, HostNotAllowedError, type Payment, PaymentDeclinedError } from '../errors/Payer.ts'
import { payBatch } from './BatchSettlement.ts'
import { Budget, type BudgetOptions } from './Budget.ts'
import { type AnthropicOptions, bundle, type OpenAIOptions } from './Bundles.ts'
import { ChannelBook } from './ChannelBook.ts'
import { type ChannelInfo, channels } from './Channels.ts'
import { Clock } from './Clock.ts'
import { type Context, errorOf } from './Context.ts'
import { payExact } from './Exact.ts'
import { gatewayOrigin, mayPay } from './Hosts.ts'
import { type Choice, choose, type Mode, MODES } from './Offers.ts'
import { Outgoing } from './Outgoing.ts'
import { type Pin, Pins } from './Pins.ts'
import { type Closed, closeSession, refundChannel } from './Refunds.ts'
import { httpRpc } from './Rpc.ts'
import { receiptOf } from './ReceiptOf.ts'
import { paySession, placeOf } from './SessionFlow.ts'
import { Sessions } from './Sessions.ts'
import { memoryStorage, Mutex, type Storage } from './Storage.ts'
import { deriveSessionKey, fromKey, fromSigner, randomHex, type Wallet, type WalletSigner } from './Wallet.ts'

export type PayerOptions = {
  /** The wallet's private key; or else `signer`. */
  key?: Hex
  /** A wallet that signs EIP-712 typed data, as viem's accounts do: asked for deposits and `exact` payments only. */
  signer?: WalletSigner
  /** Signs vouchers and opens sessions. Left out: it follows from `key`; with `signer` it is made and kept in `storage`. */
  sessionKey?: Hex
  budget?: BudgetOptions
  /** Hosts that may be paid, as `api.example.com` or `*.example.com`. Left out: all. */
  allow?: readonly string[]
  /** Asked before every signature that gives more money away. False: nothing is signed. */
  confirm?: (payment: Payment) => boolean | Promise<boolean>
  /** Signs nothing: what would be paid is thrown as a {@link DryRunError}. */
  dryRun?: boolean
  /** Ways to pay, in the order in which they are tried. */
  modes?: readonly Mode[]
  /**
   * Origins of gateways, as `https://gateway.example`, through which servers of other origins may sell in session mode.
   * Left out: a session is opened only with the origin that is called.
   */
  gateways?: readonly string[]
  /** How requests of sessions are signed: `hmac-sha256`. */
  algorithm?: Algorithm
  /** Left out: this process's memory. */
  storage?: Storage
  /** A node of the chain: with it the contract's code is looked at, and lost numbers are found again. */
  rpc?: string
  /** Contracts and tokens that are trusted beyond, or in place of, those that are known; by CAIP-2 name. */
  contracts?: { [network: string]: Pin }
  /** 32 bytes; another one makes other channels. */
  salt?: Hex
  /** What carries the requests; the global `fetch` when left out. */
  fetch?: typeof fetch
}

/** A session, as the payer knows it. Amounts are atomic units; `expires` in Unix seconds. */
export type SessionInfo = {
  origin: string
  network: string
  payTo: string
  channelId: string
  algorithm: Algorithm
  expires: number
  /** All that was charged on the channel, and what was signed for. */
  charged: bigint
  signed: bigint
  /** What the channel holds: deposits less refunds. */
  funds: bigint
}

export type Payer = {
  /** The wallet's address. */
  address: Address
  /**
   * As the global `fetch`, and it pays. Answers come as they are, chunk by chunk; what the payer itself refuses is thrown
   * as a `PBStreamError`.
   */
  fetch: typeof fetch
  openai(baseURL?: string): OpenAIOptions
  anthropic(baseURL?: string): AnthropicOptions
  sessions(): Promise<SessionInfo[]>
  /** Every channel that was paid from, of one origin or all; with `ask`, as their gateways have them now. */
  channels(which?: { origin?: string; ask?: boolean }): Promise<ChannelInfo[]>
  /** Ends sessions, of one origin or all; with `refund`, what is left in their channels goes back to the wallet. */
  close(which?: { origin?: string; refund?: boolean }): Promise<Closed[]>
  /** Has what is left in channels, or `amount` of each, sent back to the wallet. */
  refund(which?: { origin?: string; amount?: bigint }): Promise<Closed[]>
  /** The signed receipt of a request of a session, by its id. */
  receipt(origin: string, requestId: string): Promise<string | undefined>
}

/** Rounds of one request: the session has ended, a session was opened, the gateway asks for another payee. */
const ROUNDS = 4
const MAX_REDIRECTS = 5
/** What a session is told when the channel that it spends is not the one to pay from. */
const ELSEWHERE = ['payment_required', 'receiver_mismatch', 'network_mismatch', 'token_mismatch', 'offer_mismatch']

/** @throws {TypeError} for options that cannot be used. No message holds a key. */
export function createPayer(options: PayerOptions): Payer {
  return new PayingFetch(options).payer()
}

class PayingFetch {
  readonly #options: PayerOptions
  readonly #wallet: Wallet
  readonly #modes: readonly Mode[]
  readonly #gateways: readonly string[]
  readonly #send: typeof fetch
  #prepared: Promise<{ context: Context; sessions: Sessions }> | undefined

  constructor(options: PayerOptions) {
    this.#options = options
    const { key, signer } = options
    if ((key === undefined) === (signer === undefined)) throw new TypeError('createPayer needs either key or signer')
    this.#wallet = key === undefined ? fromSigner(signer as WalletSigner) : fromKey(key)
    this.#modes = options.modes ?? MODES
    this.#gateways = (options.gateways ?? []).map(gatewayOrigin)
    if (options.salt !== undefined && !isBytes32(options.salt)) throw new TypeError('salt is not 32 bytes of hex')
    const send = options.fetch
    this.#send = send === undefined ? (input, init) => globalThis.fetch(input, init) : send
    // Budgets and pins that cannot be read are refused now, not at the first payment.
    new Budget(options.budget ?? {}, options.storage ?? memoryStorage(), '')
    new Pins(options.contracts)
  }

  payer(): Payer {
    const paying = ((input: string | URL | Request, init?: RequestInit) => this.#fetch(input, init)) as typeof fetch
    return {
      address: this.#wallet.address,
      fetch: paying,
      openai: (baseURL) => bundle(paying, baseURL),
      anthropic: (baseURL) => bundle(paying, baseURL),
      sessions: () => this.#sessions(),
      channels: async (which = {}) => {
        const { context, sessions } = await this.#prepare()
        return channels(context, sessions, which)
      },
      close: (which = {}) => this.#close(which),
      refund: (which = {}) => this.#refund(which),
      receipt: (origin, requestId) => this.#receipt(origin, requestId),
    }
  }

  async #fetch(input: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(input instanceof Request ? input.url : String(input))?.[1]
    // `data:` and the like cost nothing: the official SDKs look at what fetch makes of one.
    if (scheme !== undefined && !/^https?$/i.test(scheme)) return this.#send(input, init)
    let outgoing = await Outgoing.from(input, init)
    for (let redirects = 0; ; redirects++) {
      const response = outgoing.isPaid ? await this.#send(outgoing.with(), outgoing.init) : await this.#pay(outgoing)
      const next = redirects < MAX_REDIRECTS ? outgoing.redirected(response) : undefined
      if (next === undefined) return response
      await response.body?.cancel()
      outgoing = next
    }
  }

  async #pay(outgoing: Outgoing): Promise<Response> {
    const { url } = outgoing
    const isAllowed = mayPay(url, this.#options.allow)
    let required: Challenge.PaymentRequired | undefined
    for (let round = 1; ; round++) {
      const isLast = round === ROUNDS
      if (required === undefined) {
        const known = isAllowed && !isLast ? await this.#known(outgoing) : undefined
        const response = known ?? (await this.#send(outgoing.with(), outgoing.init))
        // It was somewhere else that asks for money: that is where a payment has to go.
        const moved = response.status === 402 && response.redirected ? outgoing.movedTo(response.url) : undefined
        if (moved !== undefined) return this.#pay(moved)
        required = response.status === 402 ? await this.#required(response, known !== undefined) : undefined
        if (required === undefined) return response
        if (!isAllowed) throw new HostNotAllowedError(url.host)
      }
      const response = await this.#payOffer(outgoing, required)
      if (response !== undefined) return response
      required = undefined
    }
  }

  /** The answer by way of a session that is known already: nothing is asked first. */
  async #known(outgoing: Outgoing): Promise<Response | undefined> {
    if (!this.#modes.includes('session') || this.#options.dryRun === true) return undefined
    const { context, sessions } = await this.#prepare()
    const session = await sessions.find(outgoing.url.origin, placeOf(outgoing))
    if (session === undefined) return undefined
    const paid = await paySession(context, session, outgoing)
    if (paid.kind === 'answer') return paid.response
    await sessions.drop(session)
    return undefined
  }

  /** What a 402 asks for. After a payment by session, only if the channel was the wrong one. */
  async #required(response: Response, wasPaid: boolean): Promise<Challenge.PaymentRequired | undefined> {
    const required = Challenge.decode(response.headers.get('payment-required') ?? '')
    if (required === undefined || !wasPaid) return required
    const { code } = await errorOf(response)
    return ELSEWHERE.includes(code) ? required : undefined
  }

  /** Pays an offer. Undefined: the session that was opened has ended since, and everything begins anew. */
  async #payOffer(outgoing: Outgoing, required: Challenge.PaymentRequired): Promise<Response | undefined> {
    const { context, sessions } = await this.#prepare()
    const choice = choose(required, outgoing.url.origin, { ...context, modes: this.#modes })
    if (this.#options.dryRun === true) throw new DryRunError(planned(outgoing, choice))
    if (choice.mode !== 'session') {
      const pay = choice.mode === 'exact' ? payExact : payBatch
      return pay(context, outgoing, required, choice)
    }
    const { offer, info, price } = choice
    const place = placeOf(outgoing)
    const { method, url } = outgoing
    const { origin, href } = url
    const session = await sessions.open({ origin, offer, info, method, url: href, price }, place)
    const paid = await paySession(context, session, outgoing)
    if (paid.kind === 'answer') return paid.response
    await sessions.drop(session)
    return undefined
  }

  async #sessions(): Promise<SessionInfo[]> {
    const { sessions } = await this.#prepare()
    return (await sessions.all()).map(({ record, numbers }) => {
      const { origin, network, payTo, channelId, algorithm, expires } = record
      const { charged, signed, funds } = numbers
      return { origin, network, payTo, channelId, algorithm, expires, charged, signed, funds }
    })
  }

  async #close({ origin, refund }: { origin?: string; refund?: boolean }): Promise<Closed[]> {
    const { context, sessions } = await this.#prepare()
    const closed: Closed[] = []
    for (const session of await sessions.all()) {
      if (origin !== undefined && session.record.origin !== new URL(origin).origin) continue
      const done = await closeSession(context, sessions, session)
      const { charged, funds } = await session.channel.numbers()
      closed.push(refund === true && funds > charged ? await refundChannel(context, session.channel) : done)
    }
    return closed
  }

  async #refund({ origin, amount }: { origin?: string; amount?: bigint }): Promise<Closed[]> {
    const { context } = await this.#prepare()
    const refunded: Closed[] = []
    for (const channel of await context.book.all()) {
      if (origin !== undefined && channel.record.origin !== new URL(origin).origin) continue
      const { charged, funds } = await channel.numbers()
      if (funds > charged) refunded.push(await refundChannel(context, channel, amount))
    }
    return refunded
  }

  async #receipt(origin: string, requestId: string): Promise<string | undefined> {
    const { context, sessions } = await this.#prepare()
    for (const session of await sessions.all()) {
      if (session.record.origin !== new URL(origin).origin) continue
      const receipt = await receiptOf(context, session, requestId)
      if (receipt !== undefined) return receipt
    }
    return undefined
  }

  #prepare() {
    this.#prepared ??= this.#begin().catch((error: unknown) => {
      this.#prepared = undefined
      throw error
    })
    return this.#prepared
  }

  /** Everything that a payment needs; the session key may have to be made first. */
  async #begin(): Promise<{ context: Context; sessions: Sessions }> {
    const { storage = memoryStorage(), contracts, salt, rpc: url, algorithm = 'hmac-sha256' } = this.#options
    const wallet = this.#wallet
    const prefix = `pbstream/1/${wallet.address}`
    const sessionKey = NobleSigner.create(await this.#sessionKey(storage, prefix))
    const rpc = url === undefined ? undefined : httpRpc(url, this.#send)
    const budget = new Budget(this.#options.budget ?? {}, storage, `${prefix}/budget`)
    const book = new ChannelBook({
      ...{ payer: wallet.address, payerAuthorizer: sessionKey.address, sign: sessionKey.sign },
      ...{ salt: salt ?? (`0x${'0'.repeat(64)}` as const), storage, budget, prefix },
    })
    const context: Context = {
      ...{ wallet, sign: sessionKey.sign, storage, prefix, budget, book, rpc, algorithm },
      gateways: this.#gateways,
      ...{ pins: new Pins(contracts, rpc), clock: new Clock(), send: this.#send, turns: new Mutex() },
      confirm: async (payment) => {
        const { confirm } = this.#options
        if (confirm !== undefined && !(await confirm(payment))) throw new PaymentDeclinedError(payment)
      },
    }
    return { context, sessions: new Sessions(context) }
  }

  async #sessionKey(storage: Storage, prefix: string): Promise<Hex> {
    const { sessionKey, key } = this.#options
    if (sessionKey !== undefined) return sessionKey
    if (key !== undefined) return deriveSessionKey(key)
    const name = `${prefix}/key`
    return storage.lock(name, async () => {
      const known = await storage.get(name)
      if (known !== undefined) return known as Hex
      const made = randomHex(32)
      await storage.set(name, made)
      return made
    })
  }
}

function planned({ url }: Outgoing, { mode, offer, price }: Choice): Payment {
  const { network, asset, payTo } = offer
  return { mode, url: url.href, network, asset, payTo, price, amount: price }
}
