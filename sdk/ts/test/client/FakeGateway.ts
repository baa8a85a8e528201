import * as Amount from '@pbstream/core/Amount'
import * as Base64 from '@pbstream/core/Base64'
import * as Challenge from '@pbstream/core/Challenge'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { type ErrorCode, errors, problem } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import type { ChannelView } from '@pbstream/core/message/Session'
import { recover } from '@pbstream/core/NobleRecover'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import * as Lease from '@pbstream/core/session/Lease'
import type { Mac } from '@pbstream/core/session/Master'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Room from '@pbstream/core/session/Room'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import * as SignedRequest from '@pbstream/core/session/SignedRequest'
import * as Voucher from '@pbstream/core/Voucher'
import * as Jose from './Keys.ts'

const CHAIN = 84532
const NETWORK = `eip155:${CHAIN}`
const USDC: Hex = '0x036cbd53842c5426634e7929541ec2318f3dcf7e'

/** A request as it arrived, with what was made of it. */
export type Served = {
  id: string
  lease?: string
  voucher?: bigint
  max: bigint
  method: string
  path: string
  body: string
}

/** Something to do with a request before or after it is served, in place of the usual. */
export type Trick = (request: Request) => Promise<Response | undefined> | Response | undefined

/** A gateway in memory that speaks session mode and checks everything that a real one checks without a chain. */
export class FakeGateway {
  readonly origin: string
  readonly payTo: Hex
  price = 200n
  /** What 402s and receipts say, and what is asked for. */
  leaseCount = 0
  leaseSeconds = 5
  readonly served: Served[] = []
  readonly opened: Bodies.Open[] = []
  readonly raises: bigint[] = []
  probes = 0
  /** Next requests: before they are served; after they were, when the answer may get lost. */
  before: Trick[] = []
  after: Trick[] = []
  /** Requests without a payment cost nothing on these paths. */
  free = new Set<string>()
  channel: ChannelView | undefined
  accepted = 0n
  acceptedSignature: Hex | undefined
  epoch = 1
  reserved = 0n
  respond: (request: Request, body: string) => Response = () => Response.json({ ok: true })
  readonly #ids = new Map<string, string>()
  readonly #secret = crypto.getRandomValues(new Uint8Array(32))
  readonly #domain = Voucher.domainSeparator(CHAIN)
  #config: ChannelConfig.ChannelConfig | undefined
  #lease: { id: string; expires: number; used: Set<number> } | undefined
  #leases = 0

  constructor(origin = 'https://api.example', payTo: Hex = `0x${'bb'.repeat(20)}`) {
    this.origin = origin
    this.payTo = payTo
  }

  /** Give this to a payer. */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init)
    const trick = this.before.shift()
    const tricked = await trick?.(request.clone())
    if (tricked !== undefined) return tricked
    const response = await this.#answer(request)
    const late = this.after.length > 0 && request.headers.has('pbstream-session') ? this.after.shift() : undefined
    return (await late?.(request)) ?? response
  }

  /** Ends every session, as a close or a freeze does. */
  endSessions(): void {
    this.epoch += 1
  }

  get offer(): Challenge.Offer {
    return Challenge.batchOffer({
      ...{ network: NETWORK, token: USDC, tokenName: 'USDC', tokenVersion: '2', withdrawDelay: 900 },
      ...{ maxTimeoutSeconds: 60, payTo: this.payTo, receiverAuthorizer: `0x${'aa'.repeat(20)}`, price: this.price },
    })
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === OpenSession.PATH)
      return request.method === 'GET' ? Response.json(this.#info()) : this.#open(request)
    if (pathname.startsWith(OpenSession.PATH)) return this.#endpoint(request, pathname.slice(OpenSession.PATH.length))
    if (request.headers.has('pbstream-session')) return this.#paid(request)
    if (this.free.has(pathname)) return this.respond(request, await request.text())
    this.probes += 1
    return this.required('payment_required', request)
  }

  required(code: ErrorCode, request: Request, room?: Room.Room): Response {
    const required = Challenge.paymentRequired({
      resource: { url: request.url },
      accepts: [this.offer],
      extensions: OpenSession.extension(this.#info()),
      error: code,
    })
    const headers = { 'payment-required': Challenge.encode(required), 'content-type': 'application/problem+json' }
    const all = room === undefined ? headers : { ...headers, 'pbstream-room': Room.encodeRoom(room) }
    return new Response(JSON.stringify(problem(code)), { status: 402, headers: all })
  }

  refused(code: ErrorCode, more: Record<string, string> = {}): Response {
    const headers = { 'content-type': 'application/problem+json', date: new Date().toUTCString(), ...more }
    return new Response(JSON.stringify(problem(code)), { status: errors[code].status, headers })
  }

  #info(): OpenSession.Info {
    return OpenSession.info(
      this.origin,
      `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')}`,
      1n,
    )
  }

  async #open(request: Request): Promise<Response> {
    const asked = Bodies.parseOpen(await request.json())
    if (Bodies.isFailure(asked)) return this.refused(asked.error)
    const { config, voucher, deposit, open } = asked
    const id = ChannelConfig.id(config, this.#domain)
    const message = { channelId: id, gateway: this.origin, ...open }
    const digest = OpenSession.digest(OpenSession.domainSeparator(CHAIN, Voucher.BATCH_SETTLEMENT.contract), message)
    if (recover(digest, open.signature) !== config.payerAuthorizer)
      return this.refused('session_open_signature_invalid')
    if (!this.#isVoucher(config, voucher)) return this.refused('voucher_signature_invalid')
    this.opened.push(asked)
    this.#config = config
    this.channel ??= {
      ...{
        channelId: id,
        balance: 0n,
        totalClaimed: 0n,
        chargedCumulative: 0n,
        withdrawRequestedAt: 0,
        refundNonce: 0n,
      },
    }
    if (voucher.max <= this.channel.chargedCumulative) return this.#corrective()
    if (deposit !== undefined && voucher.max > this.channel.balance) this.channel.balance += deposit.amount
    this.#accept(voucher)
    return this.#issue(config, id, open)
  }

  async #issue(config: ChannelConfig.ChannelConfig, id: Hex, open: Bodies.Open['open']): Promise<Response> {
    const algorithm = OpenSession.algorithm(open.publicKey)
    const payload: SessionToken.Payload = {
      ...{
        v: 1,
        kid: 'k',
        gw: this.origin,
        c: id,
        to: config.receiver,
        t: config.token,
        e: this.epoch,
        x: open.expires,
      },
      s: `${CHAIN}:${Voucher.BATCH_SETTLEMENT.contract}:${config.payer}:${config.payerAuthorizer}`,
      a: algorithm === 'ed25519' ? open.publicKey : 'hmac',
    }
    const token = await SessionToken.sign(payload, await this.#mac('token'))
    const key = await this.#requestKey(SessionToken.signingBytes(payload))
    const opened = Answers.openAnswer({
      ...{ token, algorithm, epoch: this.epoch, expires: open.expires },
      ...(algorithm === 'ed25519' ? {} : { key }),
      ...{ channel: this.channel as ChannelView, accepted: this.accepted },
    })
    return Response.json(opened)
  }

  #corrective(): Response {
    const channel = this.channel as ChannelView
    const signature = this.acceptedSignature
    const body = {
      ...problem('cumulative_amount_mismatch'),
      channel: Answers.channelJson(channel, this.accepted),
      ...(signature === undefined ? {} : { voucher: { maxClaimableAmount: this.accepted.toString(), signature } }),
    }
    return new Response(JSON.stringify(body), { status: 402, headers: { 'content-type': 'application/problem+json' } })
  }

  #isVoucher(config: ChannelConfig.ChannelConfig, { max, signature }: { max: bigint; signature: Hex }): boolean {
    const id = ChannelConfig.id(config, this.#domain)
    return recover(Voucher.digest(this.#domain, id, max), signature) === config.payerAuthorizer
  }

  #accept({ max, signature }: { max: bigint; signature: Hex }): void {
    if (max <= this.accepted) return
    this.accepted = max
    this.acceptedSignature = signature
    this.raises.push(max)
  }

  async #read(request: Request): Promise<SignedRequest.SignedRequest | Response> {
    const read = SignedRequest.read(request.method, request.url, request.headers)
    if ('error' in read) return this.refused(read.error)
    const { token } = read
    const { a } = token.payload
    const at = { gateway: this.origin, now: Math.floor(Date.now() / 1000) }
    const verify = a === 'hmac' ? Jose.mac(await this.#requestKey(token.signed)).verify : Jose.ed25519(a)
    const failure =
      (await SessionToken.check(token, () => Jose.syncMac(this.#mac('token')), at)) ??
      (await SignedRequest.check(read, verify, at.now))
    if (failure !== undefined) return this.refused(failure)
    if (read.token.payload.e !== this.epoch) return this.refused('session_ended')
    return read
  }

  async #paid(request: Request): Promise<Response> {
    const read = await this.#read(request)
    if (read instanceof Response) return read
    const channel = this.channel as ChannelView
    const body = new Uint8Array(await request.clone().arrayBuffer())
    if (!SignedRequest.isBody(read.digest, RequestBinding.bodyDigest(body))) return this.refused('body_digest_mismatch')
    if (this.price > read.maxPrice) return this.required('price_above_maximum', request)
    const text = new TextDecoder().decode(body)
    const digest = `${request.method} ${request.url} ${text}`
    const used = this.#ids.get(read.requestId)
    if (used !== undefined) {
      return used === digest
        ? this.refused('request_id_used', { 'pbstream-receipt': this.#receipt(read.requestId) })
        : this.refused('request_id_mismatch')
    }
    if (read.voucher !== undefined) {
      if (!this.#isVoucher(this.#config as ChannelConfig.ChannelConfig, read.voucher))
        return this.refused('voucher_signature_invalid')
      this.#accept(read.voucher)
    }
    const refusal = this.#hold(read, request, channel)
    if (refusal !== undefined) return refusal
    this.#ids.set(read.requestId, digest)
    const { pathname } = new URL(request.url)
    this.served.push({
      ...{ id: read.requestId, max: read.maxPrice, method: request.method, path: pathname, body: text },
      ...(read.lease === undefined ? {} : { lease: read.lease.id }),
      ...(read.voucher === undefined ? {} : { voucher: read.voucher.max }),
    })
    return this.#deliver(request, text, read)
  }

  /** Money for one request, out of its lease or the room. */
  #hold(read: SignedRequest.SignedRequest, request: Request, channel: ChannelView): Response | undefined {
    if (read.lease !== undefined) {
      const lease = this.#lease
      const isGood = lease?.id === read.lease.id && lease.expires > Date.now() / 1000 && !lease.used.has(read.lease.n)
      if (!isGood) return this.refused('lease_elsewhere')
      lease.used.add(read.lease.n)
    } else if (Lease.parseRequestId(read.requestId) !== undefined) return this.refused('lease_elsewhere')
    const room = Room.room(this.accepted, channel.balance, channel.chargedCumulative, this.price)
    if (room.room < this.price) return this.required('session_room_short', request, room)
    channel.chargedCumulative += this.price
    return undefined
  }

  #deliver(request: Request, text: string, read: SignedRequest.SignedRequest): Response {
    const channel = this.channel as ChannelView
    const response = this.respond(request, text)
    const headers = new Headers(response.headers)
    headers.set('pbstream-room', Room.encodeRoom(Room.room(this.accepted, channel.balance, channel.chargedCumulative)))
    headers.set('pbstream-receipt', this.#receipt(read.requestId))
    const lease = this.#offered()
    if (lease !== undefined) headers.set('pbstream-lease', Lease.encodeOffered(lease))
    return new Response(response.body, { status: response.status, headers })
  }

  #offered(): Lease.Offered | undefined {
    if (this.leaseCount === 0) return undefined
    const now = Math.floor(Date.now() / 1000)
    if (this.#lease === undefined || this.#lease.expires <= now + 1 || this.#lease.used.size >= this.leaseCount) {
      this.#leases += 1
      this.#lease = {
        id: `ls_${String(this.#leases).padStart(16, '0')}`,
        expires: now + this.leaseSeconds,
        used: new Set(),
      }
    }
    return { id: this.#lease.id, expires: this.#lease.expires, count: this.leaseCount }
  }

  /** The isolate with the lease has gone. */
  loseLease(): void {
    this.#lease = undefined
  }

  async #endpoint(request: Request, below: string): Promise<Response> {
    const read = await this.#read(request.clone())
    if (read instanceof Response) return read
    const channel = this.channel as ChannelView
    if (below === '/close') {
      this.endSessions()
      return Response.json({ v: 1, epoch: this.epoch, channel: Answers.channelJson(channel, this.accepted) })
    }
    if (below === '/voucher') {
      const asked = Bodies.parseRaise(await request.json())
      if (Bodies.isFailure(asked)) return this.refused(asked.error)
      if (!this.#isVoucher(this.#config as ChannelConfig.ChannelConfig, asked.voucher))
        return this.refused('voucher_signature_invalid')
      if (asked.deposit !== undefined && asked.voucher.max > channel.balance) channel.balance += asked.deposit.amount
      this.#accept(asked.voucher)
      return Response.json(Answers.raiseAnswer(channel, this.accepted))
    }
    const id = decodeURIComponent(below.slice('/receipts/'.length))
    if (!this.#ids.has(id)) return this.refused('receipt_unknown')
    return Response.json({ v: 1, request: id, receipt: this.#receipt(id) })
  }

  #receipt(id: string): string {
    const claims = { jti: id, price: Amount.toString(this.price) }
    return `e30.${Base64.encodeUrl(new TextEncoder().encode(JSON.stringify(claims)))}.`
  }

  async #mac(label: string): Promise<Mac> {
    return Jose.mac(await Jose.hmac(this.#secret, new TextEncoder().encode(label)))
  }

  #requestKey(payload: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    return Jose.hmac(this.#secret, payload)
  }
}
