import * as Base64 from '@pbstream/core/Base64'
import * as Challenge from '@pbstream/core/Challenge'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import * as Credential from '@pbstream/core/Credential'
import * as Authorization from '@pbstream/core/Authorization'
import type { Hex } from '@pbstream/core/Hex'
import { recover } from '@pbstream/core/NobleRecover'
import * as Voucher from '@pbstream/core/Voucher'
import { describe, expect, test, vi } from 'vitest'
import { AnswerLostError, memoryStorage } from '../../src/client.ts'
import { payerAt, randomKey } from './payer.ts'

// Signatures in plain JavaScript take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const URL_A = 'https://shop.example/a'
const CHAIN = 84532
const TOKEN = {
  chainId: CHAIN,
  token: '0x036CbD53842c5426634e7929541eC2318f3dCF7e' as Hex,
  tokenName: 'USDC',
  tokenVersion: '2',
}

/** A server of the official kind: a voucher has to be for charged + price to the unit, one after the other. */
class Shop {
  price = 1_000n
  charged = 0n
  funds = 0n
  served = 0
  requests = 0
  deposits: bigint[] = []
  signed = 0n
  signature: Hex | undefined
  tells = true
  declaresIds = false
  exactOnly = false
  busy = 0
  ids = new Set<string>()
  lose = 0
  used = new Set<string>()
  #inFlight = 0
  #domain = Voucher.domainSeparator(CHAIN)

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init)
    this.requests += 1
    const header = request.headers.get('payment-signature')
    if (header === null) return this.#required('payment_required')
    const credential = Credential.decode(header)
    if (!Credential.isCredential(credential)) return new Response(credential.detail, { status: 400 })
    const response = credential.scheme === 'exact' ? this.#exact(credential) : await this.#batch(credential)
    if (this.lose > 0 && response.ok) {
      this.lose -= 1
      throw new TypeError('fetch failed')
    }
    return response
  }

  async #batch(credential: Credential.BatchCredential): Promise<Response> {
    const { config, voucher, paymentIdentifier: id } = credential
    const channelId = ChannelConfig.id(config, this.#domain)
    if (recover(Voucher.digest(this.#domain, channelId, voucher.max), voucher.signature) !== config.payerAuthorizer) {
      return this.#required('voucher_signature_invalid')
    }
    if (id !== undefined && this.ids.has(id)) {
      return Response.json({ code: 'request_id_used' }, { status: 409, headers: { 'pbstream-receipt': 'receipt' } })
    }
    if (credential.type === 'refund') return this.#refund(voucher.max)
    if (this.busy > 0) {
      this.busy -= 1
      return this.#required('channel_busy', { 'retry-after': '0' })
    }
    if (voucher.max !== this.charged + this.price || this.#inFlight > 0) return this.#corrective(channelId)
    if (credential.type === 'deposit') {
      this.deposits.push(credential.deposit.amount)
      this.funds += credential.deposit.amount
    }
    if (voucher.max > this.funds) return this.#corrective(channelId)
    this.#inFlight += 1
    await new Promise((resolve) => setImmediate(resolve))
    this.#inFlight -= 1
    this.charged = voucher.max
    if (voucher.max > this.signed) this.signed = voucher.max
    this.signature = voucher.signature
    if (id !== undefined) this.ids.add(id)
    this.served += 1
    return Response.json({ ok: true }, { headers: this.tells ? { 'payment-response': this.#settled(channelId) } : {} })
  }

  #refund(max: bigint): Response {
    if (max !== this.charged) return this.#corrective('0x')
    const amount = this.funds - this.charged
    this.funds = this.charged
    const body = { success: true, transaction: '0xabc', network: `eip155:${CHAIN}`, amount: amount.toString() }
    return new Response(null, { headers: { 'payment-response': Base64.encodeJson(body) } })
  }

  #exact(credential: Credential.ExactCredential): Response {
    const { authorization } = credential
    const digest = Authorization.transferDigest(Authorization.domainSeparator(TOKEN), authorization)
    if (recover(digest, authorization.signature) !== authorization.from || authorization.value !== this.price) {
      return this.#required('exact_signature_invalid')
    }
    // The same authorisation joins its own payment: it is not charged twice.
    if (!this.used.has(authorization.nonce)) this.served += 1
    this.used.add(authorization.nonce)
    return Response.json({ ok: true })
  }

  get #terms(): Challenge.Terms {
    return {
      ...TOKEN,
      ...{ network: `eip155:${CHAIN}`, withdrawDelay: 900, maxTimeoutSeconds: 60, price: this.price },
      ...{ payTo: `0x${'Bb'.repeat(20)}`, receiverAuthorizer: `0x${'aA'.repeat(20)}` },
    }
  }

  #state(channelId: Hex) {
    return {
      channel: {
        ...{ channelId, balance: this.funds, totalClaimed: 0n, chargedCumulative: this.charged },
        ...{ withdrawRequestedAt: 0, refundNonce: 0n },
      },
      ...(this.signature === undefined ? {} : { voucher: { max: this.signed, signature: this.signature } }),
    }
  }

  #settled(channelId: Hex): string {
    const { channelState } = Challenge.batchOffer(this.#terms, this.#state(channelId)).extra
    return Base64.encodeJson({ success: true, transaction: '', network: `eip155:${CHAIN}`, extra: { channelState } })
  }

  #corrective(channelId: Hex): Response {
    const required = Challenge.corrective({ resource: { url: URL_A }, terms: this.#terms, ...this.#state(channelId) })
    return new Response(null, { status: 402, headers: { 'payment-required': Challenge.encode(required) } })
  }

  #required(
    error: 'payment_required' | 'voucher_signature_invalid' | 'channel_busy' | 'exact_signature_invalid',
    more = {},
  ): Response {
    const accepts = this.exactOnly ? [Challenge.exactOffer(this.#terms)] : Challenge.offers(this.#terms)
    const paymentIdentifier = this.declaresIds
    const required = Challenge.paymentRequired({
      resource: { url: URL_A },
      accepts,
      error,
      paymentIdentifier,
      quote: 'q',
    })
    return new Response(null, { status: 402, headers: { 'payment-required': Challenge.encode(required), ...more } })
  }
}

describe('batch-settlement', () => {
  test('pays one after the other to the unit, with one deposit as advised', async () => {
    const shop = new Shop()
    const { pay, signatures } = payerAt(shop)
    for (let i = 0; i < 20; i++) expect((await pay.fetch(URL_A)).status).toBe(200)
    expect([shop.served, shop.charged, shop.deposits]).toEqual([20, 20_000n, [1_000_000n]])
    expect(signatures).toEqual(['ReceiveWithAuthorization'])
    expect(shop.requests).toBe(40)
  })

  test('is safe in parallel before a server that takes one call at a time', async () => {
    const shop = new Shop()
    const { pay } = payerAt(shop)
    const responses = await Promise.all(Array.from({ length: 30 }, () => pay.fetch(URL_A)))
    expect(responses.map(({ status }) => status)).toEqual(Array(30).fill(200))
    expect([shop.served, shop.charged, shop.requests]).toEqual([30, 30_000n, 60])
  })

  test('follows the correction after answers that did not tell what they cost', async () => {
    const shop = new Shop()
    shop.tells = false
    const { pay } = payerAt(shop)
    for (let i = 0; i < 5; i++) expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(shop.charged).toBe(5_000n)
  })

  test('waits for a busy channel', async () => {
    const shop = new Shop()
    shop.busy = 2
    expect((await payerAt(shop).pay.fetch(URL_A)).status).toBe(200)
  })

  test('goes on after a restart, and without its store by its own signatures', async () => {
    const shop = new Shop()
    const key = randomKey()
    const storage = memoryStorage()
    await payerAt(shop, { key, storage }).pay.fetch(URL_A)
    await payerAt(shop, { key, storage }).pay.fetch(URL_A)
    expect(shop.deposits).toHaveLength(1)
    expect((await payerAt(shop, { key }).pay.fetch(URL_A)).status).toBe(200)
    expect(shop.charged).toBe(3_000n)
  })

  test('does not believe a correction beyond what was signed', async () => {
    const shop = new Shop()
    const { pay } = payerAt(shop)
    await pay.fetch(URL_A)
    shop.charged = 900_000n
    shop.signed = 950_000n
    await expect(pay.fetch(URL_A)).rejects.toMatchObject({ code: 'channel_state_unproven' })
    expect(shop.signed).toBe(950_000n)
    expect(shop.served).toBe(1)
  })

  test('deposits again when the channel has run out, within the limit of one deposit', async () => {
    const shop = new Shop()
    shop.price = 300_000n
    const { pay } = payerAt(shop, { budget: { deposit: '0.5' } })
    for (let i = 0; i < 3; i++) expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(shop.deposits).toEqual([500_000n, 500_000n])
    const stingy = payerAt(new Shop(), { budget: { deposit: 999n } })
    await expect(stingy.pay.fetch(URL_A)).rejects.toMatchObject({ limit: 'deposit' })
  })

  test('repeats after a lost answer only under an id that the server knows', async () => {
    const careless = new Shop()
    careless.lose = 1
    await expect(payerAt(careless).pay.fetch(URL_A)).rejects.toThrow('fetch failed')
    expect(careless.served).toBe(1)
    const shop = new Shop()
    shop.declaresIds = true
    shop.lose = 1
    const error = await payerAt(shop)
      .pay.fetch(URL_A)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AnswerLostError)
    expect(error).toMatchObject({ receipt: 'receipt' })
    expect(shop.served).toBe(1)
  })

  test('gets back what is left', async () => {
    const shop = new Shop()
    const { pay } = payerAt(shop)
    await pay.fetch(URL_A)
    expect(await pay.refund()).toMatchObject([{ charged: 1_000n, refunded: 999_000n, transaction: '0xabc' }])
    expect(await pay.refund()).toEqual([])
  })
})

describe('exact', () => {
  test('pays each request with an authorisation of its own, to the unit', async () => {
    const shop = new Shop()
    shop.exactOnly = true
    const { pay, signatures } = payerAt(shop)
    const responses = await Promise.all(Array.from({ length: 5 }, () => pay.fetch(URL_A)))
    expect(responses.map(({ status }) => status)).toEqual(Array(5).fill(200))
    expect([shop.served, shop.used.size]).toEqual([5, 5])
    expect(signatures).toEqual(Array(5).fill('TransferWithAuthorization'))
  })

  test('sends the same authorisation again when the answer was lost', async () => {
    const shop = new Shop()
    shop.exactOnly = true
    shop.lose = 1
    const { pay, signatures } = payerAt(shop)
    expect((await pay.fetch(URL_A)).status).toBe(200)
    expect([shop.served, signatures.length]).toEqual([1, 1])
  })

  test('stops at the total', async () => {
    const shop = new Shop()
    shop.exactOnly = true
    const { pay } = payerAt(shop, { budget: { total: 2_500n } })
    await pay.fetch(URL_A)
    await pay.fetch(URL_A)
    await expect(pay.fetch(URL_A)).rejects.toMatchObject({ limit: 'total', allowed: 500n, wanted: 1_000n })
    expect(shop.served).toBe(2)
  })
})
