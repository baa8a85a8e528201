/** Opens sessions, once each, and finds those that are open. */
import * as Amount from '@pbstream/core/Amount'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Room from '@pbstream/core/session/Room'
import { BudgetExceededError, NoUsableOfferError } from '../errors/Payer.ts'
import { problemOf } from '../errors/Problem.ts'
import type { Offer } from '@pbstream/core/Challenge'
import type { Channel } from './Channel.ts'
import { adopt, adoptChain } from './ChannelState.ts'
import { type Context, errorOf, waitFor } from './Context.ts'
import { depositAmount, signDeposit } from './Deposit.ts'
import * as Endpoint from './Endpoint.ts'
import { createEd25519, HMAC_PUBLIC_KEY } from './RequestSigner.ts'
import { raised, Session, type SessionPorts, type SessionRecord } from './Session.ts'
import { SessionStore } from './SessionStore.ts'

/** What a 402 offers: a channel, sessions on it, and the price of what was asked for. */
export type SessionOffer = {
  /** Of the server that sells; its gateway is that of `info`. */
  origin: string
  offer: Offer
  info: OpenSession.Info
  method: string
  url: string
  price: bigint
}

/** Sessions last so long, in seconds, unless their key ends sooner. */
const LIFETIME = 86_000
/** Attempts at opening: a nonce that has run out, a channel that stands otherwise than known, a busy gateway. */
const ATTEMPTS = 4

export class Sessions {
  readonly store: SessionStore
  readonly #context: Context
  readonly #live = new Map<string, Session>()
  readonly #opening = new Map<string, Promise<Session>>()
  readonly #restored = new Set<string>()
  /** Who was paid for what, where an origin sells for several. */
  readonly #payees = new Map<string, string>()
  /** The gateways of servers that sell through one of another origin. */
  readonly #gateways = new Map<string, string>()

  constructor(context: Context) {
    this.#context = context
    this.store = new SessionStore(context)
  }

  /** The session that pays for this, if it is known which one that is. */
  async find(server: string, place: string): Promise<Session | undefined> {
    const origin = this.#gateways.get(server) ?? server
    if (!this.#restored.has(origin)) {
      await this.#restore(origin)
      this.#restored.add(origin)
    }
    const now = this.#context.clock.now()
    const sessions = [...this.#live.values()].filter(({ record }) => record.origin === origin && record.expires > now)
    const payee = this.#payees.get(server + place)
    if (payee !== undefined) return sessions.find((session) => keyOf(session.record) === payee)
    return sessions.length === 1 ? sessions[0] : undefined
  }

  /** The session for an offer; opened if there is none. However many ask for it, it is opened once. */
  async open(wanted: SessionOffer, place: string): Promise<Session> {
    const { origin, offer, info, price } = wanted
    const key = keyOf({ origin: info.gateway, ...offer })
    if (this.#payees.size > 10_000) this.#payees.clear()
    this.#payees.set(origin + place, key)
    if (this.#gateways.size > 10_000) this.#gateways.clear()
    if (origin !== info.gateway) this.#gateways.set(origin, info.gateway)
    const found = this.#live.get(key) ?? this.#opening.get(key) ?? this.#open(wanted, key)
    const session = await found
    session.expect(place, price)
    return session
  }

  /** The session has ended, whatever was said about when. */
  async drop(session: Session): Promise<void> {
    const key = keyOf(session.record)
    if (this.#live.get(key) === session) this.#live.delete(key)
    await this.store.forget(session.record)
  }

  /** Every session, of this process and of the store. */
  async all(): Promise<Session[]> {
    for (const origin of await this.store.origins()) await this.#restore(origin)
    return [...this.#live.values()]
  }

  async #restore(origin: string): Promise<void> {
    const { book } = this.#context
    for (const record of await this.store.of(origin)) {
      const key = keyOf(record)
      const channel = this.#live.get(key) === undefined ? await book.byId(record.channelId) : undefined
      if (channel !== undefined) {
        this.#context.pins.of({ ...channel.record.terms })
        const numbers = await channel.numbers()
        // Another call may have done the same meanwhile.
        if (!this.#live.has(key)) this.#live.set(key, new Session(record, channel, numbers, this.#ports))
      }
    }
  }

  #open(wanted: SessionOffer, key: string): Promise<Session> {
    const opening = this.#attempt(wanted).then(
      (session) => {
        this.#live.set(key, session)
        this.#opening.delete(key)
        return session
      },
      (error: unknown) => {
        this.#opening.delete(key)
        throw error
      },
    )
    this.#opening.set(key, opening)
    return opening
  }

  async #attempt({ offer, price, method, url, ...said }: SessionOffer): Promise<Session> {
    const { book, pins } = this.#context
    const trusted = pins.of(offer)
    await pins.verify(trusted)
    const { gateway } = said.info
    const channel = await book.open(offer, trusted, { origin: gateway, method, url })
    let info: OpenSession.Info | undefined = said.info
    for (let attempt = 1; ; attempt++) {
      info ??= await Endpoint.info(this.#context, gateway)
      const request = await this.#request(channel, info, price)
      const response = await this.#context.send(info.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request.body),
      })
      if (response.ok) return this.#opened(channel, request.secret, response)
      if (attempt === ATTEMPTS) throw await errorOf(response)
      await this.#mend(channel, response)
      info = undefined
    }
  }

  /** Does what helps before the next attempt. @throws the error of the answer when nothing does. */
  async #mend(channel: Channel, response: Response): Promise<void> {
    const error = await errorOf(response)
    switch (error.code) {
      case 'session_nonce_invalid':
      case 'session_nonce_used':
        return
      case 'session_expiry_invalid':
        if (this.#context.clock.correct(response)) return
        throw error
      case 'cumulative_amount_mismatch':
        return startFrom(this.#context, channel, response)
      case 'temporarily_unavailable':
      case 'settlement_pending':
      case 'channel_busy':
      case 'channel_closing':
        return waitFor(response)
      default:
        throw error
    }
  }

  async #request(channel: Channel, info: OpenSession.Info, price: bigint) {
    const { budget, clock, sign, wallet } = this.#context
    const { terms, trusted, config } = channel.record
    const { charged, funds } = await channel.numbers()
    const left = await budget.left(channel.host)
    const needed = charged + Amount.max(price, 1n)
    if (needed - charged > budget.exposure) throw new BudgetExceededError('exposure', budget.exposure, needed - charged)
    const missing = needed > funds ? depositAmount(terms, needed - funds, budget, left) : undefined
    const ceiling = Amount.min(charged + budget.exposure, funds + (missing ?? 0n))
    const voucher = await channel.voucher(async ({ signed }) => {
      const wanted = raised({ signed, needed, ceiling, left, exposure: budget.exposure })
      if (wanted > signed || missing !== undefined) await this.#confirm(channel, price, wanted - signed, missing)
      return wanted
    })
    const deposit = missing === undefined ? undefined : await signDeposit(channel, wallet, missing, clock.now())
    const ed25519 = this.#context.algorithm === 'ed25519' ? await createEd25519() : undefined
    if (!info.algorithms.includes(this.#context.algorithm))
      throw new NoUsableOfferError(`no ${this.#context.algorithm}`)
    const publicKey = ed25519?.publicKey ?? HMAC_PUBLIC_KEY
    const open = { nonce: info.nonce, expires: clock.now() + LIFETIME, publicKey }
    const separator = OpenSession.domainSeparator(trusted.chainId, trusted.contract)
    const digest = OpenSession.digest(separator, { channelId: channel.id, gateway: info.gateway, ...open })
    const body = Bodies.openJson({
      network: terms.network,
      config,
      voucher: { max: voucher.max, signature: voucher.signature },
      ...(deposit === undefined ? {} : { deposit }),
      open: { ...open, signature: await sign(digest) },
    })
    return { body, secret: ed25519?.secret }
  }

  async #opened(channel: Channel, ownSecret: string | undefined, response: Response): Promise<Session> {
    const answer = Answers.parseOpenAnswer(await response.json().catch(() => undefined))
    const secret = ownSecret ?? answer?.key
    if (answer === undefined || secret === undefined || answer.channel.channelId !== channel.id) {
      throw new NoUsableOfferError('the answer of the session endpoint cannot be used')
    }
    const { origin, terms } = channel.record
    const { token, algorithm, epoch, expires } = answer
    const { network, payTo, asset } = terms
    const record: SessionRecord = {
      v: 1,
      ...{ origin, network, payTo, asset, channelId: channel.id, token, algorithm, secret, epoch, expires },
    }
    const accepted = Amount.parse(answer.channel.accepted)
    const funds = Amount.parse(answer.channel.balance)
    const charged = Amount.parse(answer.channel.charged)
    const numbers = await channel.update(({ signed }) => ({ charged: Amount.min(charged, signed), funds }))
    await this.store.keep(record)
    return new Session(record, channel, { ...numbers, accepted: Amount.min(accepted, numbers.signed) }, this.#ports)
  }

  get #ports(): SessionPorts {
    const { budget, clock } = this.#context
    return {
      budget,
      now: () => clock.now(),
      randomId: Endpoint.randomId,
      randomBelow: (limit) => (crypto.getRandomValues(new Uint32Array(1))[0] as number) % limit,
      approve: (channel, { amount, deposit }) => this.#confirm(channel, 0n, amount, deposit),
      topUp: (session, needed) => this.#topUp(session, needed),
    }
  }

  /** Puts money into the channel of an open session, with a voucher that needs it. */
  async #topUp(session: Session, needed: bigint): Promise<Room.Room> {
    const { budget, clock, wallet } = this.#context
    const { channel, record } = session
    const left = await budget.left(channel.host)
    const { funds } = session.numbers
    const missing = depositAmount(channel.record.terms, needed - funds, budget, left)
    const voucher = await channel.voucher(async ({ signed }) => {
      const ceiling = session.ceiling(funds + missing)
      const wanted = raised({ signed, needed, ceiling, left, exposure: budget.exposure })
      await this.#confirm(channel, needed - session.numbers.charged, wanted - signed, missing)
      return wanted
    })
    const deposit = await signDeposit(channel, wallet, missing, clock.now())
    const { config } = channel.record
    const body = Bodies.raiseJson({ voucher: { max: voucher.max, signature: voucher.signature }, deposit, config })
    const sign = await session.signer()
    const response = await Endpoint.call(this.#context, { record, sign }, 'POST', '/voucher', body)
    if (!response.ok) throw await errorOf(response)
    const answer = Answers.parseRaiseAnswer(await response.json().catch(() => undefined))
    if (answer === undefined) throw new NoUsableOfferError('the answer of the session endpoint cannot be used')
    const { accepted, balance, charged } = answer.channel
    const room = Room.room(Amount.parse(accepted), Amount.parse(balance), Amount.parse(charged))
    await channel.update(({ signed }) => ({ charged: Amount.min(room.charged, signed), funds: room.funds }))
    return room
  }

  async #confirm(channel: Channel, price: bigint, amount: bigint, deposit?: bigint): Promise<void> {
    await this.#context.budget.check(channel.host, amount)
    const { terms, url } = channel.record
    const { network, asset, payTo } = terms
    const what = { mode: 'session', url, network, asset, payTo, price, amount } as const
    await this.#context.confirm(deposit === undefined ? what : { ...what, deposit })
  }
}

/** What names a session: who is paid, through which gateway, with what. */
function keyOf(of: { origin: string; network: string; payTo: string; asset: string }): string {
  return [of.origin, of.network, of.payTo.toLowerCase(), of.asset.toLowerCase()].join(' ')
}

/** Takes over where the channel stands, as the gateway says in answer to a voucher that is too low. */
async function startFrom(context: Context, channel: Channel, response: Response): Promise<void> {
  const problem = (await problemOf(response)) as { channel?: unknown; voucher?: unknown } | undefined
  const { charged, balance } = (problem?.channel ?? {}) as Record<string, unknown>
  const { maxClaimableAmount, signature } = (problem?.voucher ?? {}) as Record<string, unknown>
  const [spent, funds, max] = [charged, balance, maxClaimableAmount].map(Amount.tryParse)
  if (spent === undefined || funds === undefined) return void (await adoptChain(channel, context.rpc))
  const voucher =
    max === undefined || typeof signature !== 'string' ? undefined : { max, signature: signature.toLowerCase() }
  await adopt(channel, { charged: spent, funds, ...(voucher === undefined ? {} : { voucher }) }, context.rpc)
}
