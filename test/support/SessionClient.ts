/** A caller in session mode, written from the protocol over core: it signs and sends, and decides nothing by itself. */
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import * as TokenAuthorization from '@pbstream/core/Authorization'
import * as Base64 from '@pbstream/core/Base64'
import * as Challenge from '@pbstream/core/Challenge'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { fromBytes, type Hex, lower } from '@pbstream/core/Hex'
import { sessionName } from '@pbstream/core/message/Session'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import * as Lease from '@pbstream/core/session/Lease'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Room from '@pbstream/core/session/Room'
import * as Voucher from '@pbstream/core/Voucher'
import { Chain } from '@pbstream/local/Chain'

export type SessionOptions = {
  /** Where requests are sent. */
  gateway: string
  /** What callers see in its place: `PUBLIC_URL` of the gateways. Left out: the same. */
  origin?: string
  /** A paid path of the provider that is to be paid. */
  path: string
  /** Holds the money and signs the deposit; nothing else. */
  wallet: Hex
  /** Signs the session and its vouchers; a fresh one when left out. */
  sessionKey?: Hex
  /** Atomic units. */
  deposit: bigint
  /** The maximum of the first voucher. */
  max: bigint
  salt?: Hex
}

export type Signed = {
  method?: string
  body?: string
  /** `Idempotency-Key`; a fresh one when left out. With a lease it is that of its next number. */
  id?: string
  maxPrice?: bigint
  /** Names this lease and its number. */
  lease?: Lease.Numbered
  /** Raises what the session may spend, along with the request. */
  raise?: bigint
  /** Where the request is sent, if not to the first gateway. */
  gateway?: string
  /** Unix milliseconds, if not now. */
  at?: number
}

const seconds = (at = Date.now()): number => Math.floor(at / 1_000)
const bytes32 = (): Hex => fromBytes(randomBytes(32))

export class SessionClient {
  /** What the wallet and the session key have signed. */
  readonly signed = { wallet: 0, vouchers: 0 }
  readonly channelId: Hex
  /** The name of the stream session. */
  readonly name: string
  readonly config: ChannelConfig.ChannelConfig
  token = ''
  epoch = 0
  readonly #options: SessionOptions
  readonly #origin: string
  readonly #key: NobleSigner.Signer
  readonly #separator = Voucher.domainSeparator(Chain.id, lower(Chain.addresses.batchSettlement))
  #requestKey = new Uint8Array()
  /** The lease that answers told of last, and the number of it that is next. */
  #lease: (Lease.Offered & { next: number }) | undefined
  readonly #over = new Set<string>()

  private constructor(options: SessionOptions, config: ChannelConfig.ChannelConfig, key: NobleSigner.Signer) {
    this.#options = options
    this.#origin = options.origin ?? options.gateway
    this.#key = key
    this.config = config
    this.channelId = ChannelConfig.id(config, this.#separator)
    const { payer, payerAuthorizer } = config
    this.name = sessionName({
      chainId: Chain.id,
      contract: lower(Chain.addresses.batchSettlement),
      payer,
      payerAuthorizer,
    })
  }

  /** Deposits and opens in one request. */
  static async open(options: SessionOptions): Promise<SessionClient> {
    const { gateway, path, wallet } = options
    const unpaid = await fetch(gateway + path)
    const required = Challenge.decode(unpaid.headers.get('payment-required') ?? '')
    const offer = required?.accepts.find(({ scheme }) => scheme === 'batch-settlement')
    if (offer === undefined) throw new Error(`no offer: ${unpaid.status} ${await unpaid.text()}`)
    const extra = offer.extra as { receiverAuthorizer: Hex; withdrawDelay: number; name: string; version: string }
    const key = NobleSigner.create(options.sessionKey ?? bytes32())
    const payer = NobleSigner.create(wallet)
    const config = ChannelConfig.parse({
      payer: payer.address,
      payerAuthorizer: key.address,
      receiver: offer.payTo,
      receiverAuthorizer: extra.receiverAuthorizer,
      token: offer.asset,
      withdrawDelay: extra.withdrawDelay,
      salt: options.salt ?? bytes32(),
    })
    const client = new SessionClient(options, config, key)
    const deposit = await client.#deposit(payer, options.deposit, extra)
    await client.#open(deposit)
    return client
  }

  /** A signed request, to be sent once or often. */
  async request(path: string, signed: Signed = {}): Promise<Request> {
    const { method = 'GET', body, lease, raise, maxPrice = 10n ** 9n, at } = signed
    const voucher = raise === undefined ? undefined : await this.voucher(raise)
    const parts: HttpSignature.Parts = {
      method,
      targetUri: this.#origin + path,
      idempotencyKey: lease === undefined ? (signed.id ?? randomUUID()) : Lease.requestId(lease),
      maxPrice: maxPrice.toString(),
      session: this.token,
    }
    if (body !== undefined && body !== '')
      parts.contentDigest = HttpSignature.contentDigest(fromBytes(createHash('sha256').update(body).digest()))
    if (lease !== undefined) parts.lease = Lease.encodeNamed(lease.id)
    if (voucher !== undefined) parts.voucher = Room.encodeVoucher(voucher)
    const created = seconds(at)
    const parameters = { created, expires: created + 60, algorithm: 'hmac-sha256' } as const
    const base = HttpSignature.base(parts, parameters)
    const signature = createHmac('sha256', this.#requestKey).update(base).digest()
    return new Request((signed.gateway ?? this.#options.gateway) + path, {
      method,
      headers: HttpSignature.headers(parts, parameters, signature),
      ...(body === undefined ? {} : { body }),
    })
  }

  /** Signs for the strict way, and sends. */
  async strict(path: string, signed: Signed = {}): Promise<Response> {
    return this.#learn(await fetch(await this.request(path, signed)))
  }

  /** Sends under the lease of the last answers if there is one; signs again without it when that is elsewhere. */
  async call(path: string, signed: Omit<Signed, 'lease' | 'id'> = {}): Promise<Response> {
    const lease = this.nextOfLease()
    if (lease === undefined) return this.strict(path, signed)
    const response = this.#learn(await fetch(await this.request(path, { ...signed, lease })))
    if (response.status !== 409) return response
    const { code } = (await response.json()) as { code: string }
    if (code !== 'lease_elsewhere') throw new Error(`a request under a lease was answered ${code}`)
    this.#over.add(lease.id)
    if (this.#lease?.id === lease.id) this.#lease = undefined
    return this.strict(path, signed)
  }

  /** The next number of the lease that answers told of; undefined: there is none, or no time left. */
  nextOfLease(): Lease.Numbered | undefined {
    const lease = this.#lease
    if (lease === undefined || lease.next > lease.count || Date.now() > lease.expires * 1_000 - 100) return undefined
    return { id: lease.id, n: lease.next++ }
  }

  /** Raises by itself. */
  async raise(max: bigint): Promise<Response> {
    const body = JSON.stringify(Bodies.raiseJson({ voucher: await this.voucher(max) }))
    return fetch(await this.request(`${OpenSession.PATH}/voucher`, { method: 'POST', body, maxPrice: 0n }))
  }

  /** The receipt of a request. */
  async receipt(id: string): Promise<Response> {
    return fetch(await this.request(`${OpenSession.PATH}/receipts/${id}`, { maxPrice: 0n }))
  }

  async voucher(max: bigint): Promise<{ max: bigint; signature: Hex }> {
    this.signed.vouchers++
    return { max, signature: await this.#key.sign(Voucher.digest(this.#separator, this.channelId, max)) }
  }

  #learn(response: Response): Response {
    const offered = Lease.parseOffered(response.headers.get('pbstream-lease'))
    if (offered !== undefined && offered.id !== this.#lease?.id && !this.#over.has(offered.id)) {
      if (this.#lease !== undefined) this.#over.add(this.#lease.id)
      this.#lease = { ...offered, next: 1 }
    }
    return response
  }

  async #deposit(
    payer: NobleSigner.Signer,
    amount: bigint,
    { name, version }: { name: string; version: string },
  ): Promise<NonNullable<Bodies.Open['deposit']>> {
    const { token } = this.config
    const salt = bytes32()
    const unsigned = {
      from: payer.address,
      to: lower(Chain.addresses.erc3009Collector),
      value: amount,
      validAfter: 0n,
      validBefore: BigInt(seconds() + 600),
      nonce: TokenAuthorization.depositNonce(this.channelId, salt),
    }
    const domain = { chainId: Chain.id, token, tokenName: name, tokenVersion: version }
    const digest = TokenAuthorization.receiveDigest(TokenAuthorization.domainSeparator(domain), unsigned)
    this.signed.wallet++
    const { validAfter, validBefore } = unsigned
    return { amount, authorization: { validAfter, validBefore, salt, signature: await payer.sign(digest) } }
  }

  async #open(deposit: NonNullable<Bodies.Open['deposit']>): Promise<void> {
    const endpoint = this.#options.gateway + OpenSession.PATH
    const info = OpenSession.parseInfo(await (await fetch(endpoint)).json())
    if (info === undefined) throw new Error('the gateway offers no sessions')
    const open = {
      channelId: this.channelId,
      gateway: info.gateway,
      nonce: info.nonce,
      expires: seconds() + 3_600,
      publicKey: OpenSession.HMAC_PUBLIC_KEY,
    }
    const separator = OpenSession.domainSeparator(Chain.id, lower(Chain.addresses.batchSettlement))
    const signature = await this.#key.sign(OpenSession.digest(separator, open))
    const { nonce, expires, publicKey } = open
    const body = Bodies.openJson({
      network: `eip155:${Chain.id}`,
      config: this.config,
      voucher: await this.voucher(this.#options.max),
      deposit,
      open: { nonce, expires, publicKey, signature },
    })
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    const opened = response.status === 200 ? Answers.parseOpenAnswer(JSON.parse(text)) : undefined
    if (opened === undefined) throw new Error(`no session: ${response.status} ${text}`)
    this.token = opened.token
    this.epoch = opened.epoch
    this.#requestKey = new Uint8Array(Base64.decodeUrl(opened.key ?? '') ?? [])
  }
}
