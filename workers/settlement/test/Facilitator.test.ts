import type { Hex } from '@pbstream/core/Hex'
import * as Voucher from '@pbstream/core/Voucher'
import { HTTPFacilitatorClient } from '@x402/core/http'
import type { PaymentPayload, PaymentRequirements } from '@x402/core/types'
import { BatchSettlementEvmScheme, InMemoryChannelStorage } from '@x402/evm/batch-settlement/server'
import fc from 'fast-check'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import * as Contract from '../src/Contract.ts'
import { facilitator as app } from '../src/facilitator/App.ts'
import {
  as,
  balanceOf,
  type Channel,
  channel,
  channelState,
  client,
  depositAuthorization,
  domains,
  facilitatorGas,
  fundChannel,
  payer,
  random32,
  receiverAuthorizer,
  sent,
  stranger,
  token,
  transfer,
  voucher,
} from './support/chain.ts'
import { keys, otherReceiver, receiver } from './support/keys.ts'
import { bindings, mine } from './support/worker.ts'

const url = 'https://facilitator.test'
const key = 'facilitator-test-key'
const authorization = `Bearer ${key}`
const official = new HTTPFacilitatorClient({
  url,
  createAuthHeaders: async () => {
    const headers = { authorization }
    return { verify: headers, settle: headers, supported: headers }
  },
})
const network = 'eip155:84532'

// The official client speaks to the Worker; the Worker speaks to the chain.
const real = globalThis.fetch
beforeAll(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    return request.url.startsWith(url) ? app.fetch(request, bindings) : real(input, init)
  })
})
afterAll(() => vi.restoreAllMocks())
afterEach(async () => {
  await client.setAutomine(true)
  await client.mine({ blocks: 2 })
})

async function post(path: string, body: unknown, over: { env?: object; headers?: Record<string, string> } = {}) {
  const request = new Request(`${url}${path}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...over.headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return app.fetch(request, { ...bindings, ...over.env })
}

async function exactPayment(value = 5_000n, over: Partial<PaymentRequirements> = {}): Promise<PaymentPayload> {
  const { signature, ...fields } = await transfer(value)
  const text = (amount: bigint) => amount.toString()
  const accepted = {
    scheme: 'exact',
    network,
    asset: token,
    amount: value.toString(),
    payTo: receiver,
    maxTimeoutSeconds: 60,
    extra: { name: 'USDC', version: '2' },
    ...over,
  } as PaymentRequirements
  const { from, to, nonce } = fields
  const times = { validAfter: text(fields.validAfter), validBefore: text(fields.validBefore) }
  const payload = { signature, authorization: { from, to, nonce, value: text(fields.value), ...times } }
  return { x402Version: 2, accepted, payload }
}

describe('who is let in', () => {
  test('callers with the key, and others only on one’s own machine', async () => {
    const status = async (headers: Record<string, string>, env = {}) =>
      (await post('/verify', {}, { headers, env })).status
    expect(await status({})).toBe(400)
    expect(await status({ authorization: '' })).toBe(401)
    expect(await status({ authorization: `Bearer ${key}x` })).toBe(401)
    expect(await status({ authorization: `bearer ${key}` })).toBe(401)
    expect(await status({ authorization: '' }, { FACILITATOR_OPEN: 'true' })).toBe(400)
    expect(await status({ authorization: '' }, { FACILITATOR_OPEN: 'yes' })).toBe(401)
    expect(await status({ authorization: 'Bearer undefined' }, { FACILITATOR_API_KEY: undefined })).toBe(401)
    expect(await status({ authorization: 'Bearer short' }, { FACILITATOR_API_KEY: 'short' }), 'a guessable key').toBe(
      401,
    )
  })

  test('but not too often, nor with too much', async () => {
    const env = { FACILITATOR_LIMIT: { limit: async () => ({ success: false }) } }
    expect((await post('/settle', {}, { env })).status).toBe(429)
    const large = await post('/settle', JSON.stringify({ x: 'x'.repeat(300_000) }))
    expect(large.status).toBe(413)
  })

  test('what is supported is public, and names no authorizer to sign for others', async () => {
    const supported = await official.getSupported()
    expect(supported.kinds).toEqual([
      { x402Version: 2, scheme: 'exact', network },
      { x402Version: 2, scheme: 'batch-settlement', network },
      { x402Version: 1, scheme: 'exact', network: 'base-sepolia' },
    ])
    expect(supported.signers).toEqual({ 'eip155:*': [facilitatorGas.address] })
    expect(JSON.stringify(supported)).not.toContain(receiverAuthorizer.address.slice(2))
  })
})

describe('exact for the official client', () => {
  test('is verified and settled, once however often it is asked for', async () => {
    const payment = await exactPayment()
    const before = { paid: await balanceOf(receiver), sent: await sent(facilitatorGas.address) }
    expect(await official.verify(payment, payment.accepted)).toEqual({ isValid: true, payer: payer.address })
    const answers = await Promise.all(Array.from({ length: 4 }, () => official.settle(payment, payment.accepted)))
    expect(answers[0]).toMatchObject({ success: true, network, payer: payer.address, amount: '5000' })
    expect(new Set(answers.map(({ transaction }) => transaction)).size).toBe(1)
    expect((await balanceOf(receiver)) - before.paid).toBe(5_000n)
    expect(await sent(facilitatorGas.address)).toBe(before.sent + 1)
    expect(await official.verify(payment, payment.accepted)).toMatchObject({ isValid: false })
  })

  test('that takes longer is pending with its hash, and the retry joins it', async () => {
    await client.setAutomine(false)
    const payment = await exactPayment(5_000n, { maxTimeoutSeconds: 0.2 })
    const pending = await official.settle(payment, payment.accepted)
    expect(pending).toMatchObject({ success: false, errorReason: 'settlement_pending' })
    await client.mine({ blocks: 1 })
    expect(await official.settle(payment, payment.accepted)).toMatchObject({
      success: true,
      transaction: pending.transaction,
    })
  })

  test('of protocol version 1 is settled under its network’s name', async () => {
    const { payload } = await exactPayment()
    const v1 = { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload }
    const requirements = {
      scheme: 'exact',
      network: 'base-sepolia',
      maxAmountRequired: '5000',
      resource: 'https://a.test/',
      description: '',
      mimeType: '',
      payTo: receiver,
      maxTimeoutSeconds: 60,
      asset: token,
      extra: { name: 'USDC', version: '2' },
    }
    const args = [v1, requirements] as unknown as [PaymentPayload, PaymentRequirements]
    expect(await official.verify(...args)).toMatchObject({ isValid: true })
    expect(await official.settle(...args)).toMatchObject({ success: true, network: 'base-sepolia' })
  })

  test.each<[string, Partial<PaymentRequirements>, string]>([
    ['another receiver', { payTo: otherReceiver }, 'invalid_exact_evm_payload_recipient_mismatch'],
    ['another amount', { amount: '4999' }, 'invalid_exact_evm_payload_authorization_value_mismatch'],
    ['another token', { asset: otherReceiver }, 'invalid_payment_requirements'],
    ['another domain', { extra: { name: 'Dollar', version: '2' } }, 'invalid_exact_evm_token_name_mismatch'],
    ['an unknown network', { network: 'eip155:1' }, 'invalid_network'],
    ['a scheme that is not served', { scheme: 'upto' }, 'unsupported_scheme'],
  ])('for %s is refused with the reason, and nothing is sent', async (_what, over, reason) => {
    const payment = await exactPayment(5_000n, over)
    const before = await sent(facilitatorGas.address)
    expect(await official.verify(payment, payment.accepted)).toMatchObject({ isValid: false, invalidReason: reason })
    const settled = await official.settle(payment, payment.accepted)
    expect(settled).toMatchObject({ success: false, errorReason: reason, transaction: '' })
    expect(await sent(facilitatorGas.address)).toBe(before)
  })

  test('requirements that are not those of the payment are refused', async () => {
    const payment = await exactPayment()
    const other = { ...payment.accepted, scheme: 'batch-settlement' }
    expect(await official.verify(payment, other)).toMatchObject({
      isValid: false,
      invalidReason: 'invalid_payment_requirements',
    })
  })

  test('below the minimum is not sponsored', async () => {
    const payment = await exactPayment(999n)
    const reason = 'pbstream_amount_below_minimum'
    expect(await official.verify(payment, payment.accepted)).toMatchObject({ isValid: false, invalidReason: reason })
    expect(await official.settle(payment, payment.accepted)).toMatchObject({ success: false, errorReason: reason })
  })

  test('while the chain does not answer is neither valid nor invalid', async () => {
    const env = { CHAINS: bindings.CHAINS.replace(/"rpcUrl":"[^"]*"/, '"rpcUrl":"http://127.0.0.1:1"') }
    const payment = await exactPayment()
    const body = { x402Version: 2, paymentPayload: payment, paymentRequirements: payment.accepted }
    const verified = await post('/verify', body, { env })
    expect([verified.status, await verified.json()]).toEqual([
      503,
      { isValid: false, invalidReason: 'unexpected_verify_error' },
    ])
  })
})

describe('channels of callers with an authorizer of their own', () => {
  const authorizer = privateKeyToAccount(keys.stranger)
  const own = (over: Partial<Channel['config']> = {}) =>
    channel({ receiverAuthorizer: stranger.address, receiver: newAddress(), ...over })

  // A receiver of its own each time: a payout pays all that was claimed for one.
  const newAddress = () => random32().slice(0, 42) as Hex

  function requirements(of: Channel, amount = '1000'): PaymentRequirements {
    const { receiver: payTo, receiverAuthorizer: named, withdrawDelay } = of.config
    const extra = { name: 'USDC', version: '2', receiverAuthorizer: named, withdrawDelay }
    return { scheme: 'batch-settlement', network, asset: token, amount, payTo, maxTimeoutSeconds: 60, extra }
  }

  async function payment(of: Channel, max: bigint, rest: object): Promise<PaymentPayload> {
    const signed = { channelId: of.id, maxClaimableAmount: max.toString(), signature: await voucher(of, max) }
    return {
      x402Version: 2,
      accepted: requirements(of),
      payload: { channelConfig: of.config, voucher: signed, ...rest },
    }
  }

  async function depositPayment(of: Channel, amount: bigint, max: bigint): Promise<PaymentPayload> {
    const { validAfter, validBefore, salt, signature } = await depositAuthorization(of, amount)
    const erc3009Authorization = { validAfter: String(validAfter), validBefore: String(validBefore), salt, signature }
    const deposit = { amount: amount.toString(), authorization: { erc3009Authorization } }
    return payment(of, max, { type: 'deposit', deposit })
  }

  async function managed(of: Channel, spent: bigint, balance: bigint) {
    const storage = new InMemoryChannelStorage()
    const scheme = new BatchSettlementEvmScheme(of.config.receiver, { storage, receiverAuthorizerSigner: authorizer })
    const signature = await voucher(of, spent)
    await storage.updateChannel(of.id, () => ({
      channelId: of.id,
      channelConfig: of.config,
      chargedCumulativeAmount: spent.toString(),
      signedMaxClaimable: spent.toString(),
      signature,
      balance: balance.toString(),
      totalClaimed: '0',
      withdrawRequestedAt: 0,
      refundNonce: 0,
      lastRequestTimestamp: Date.now(),
    }))
    return scheme.createChannelManager(official, network, token)
  }

  test('are deposited into, and the answer says what the channel holds', async () => {
    const of = own()
    const paid = await depositPayment(of, 20_000n, 1_000n)
    expect(await official.verify(paid, paid.accepted)).toMatchObject({ isValid: true, payer: payer.address })
    const settled = await official.settle(paid, paid.accepted)
    expect(settled).toMatchObject({
      success: true,
      amount: '20000',
      extra: { channelState: { channelId: of.id, balance: '20000' } },
    })
    expect(await official.settle(paid, paid.accepted)).toMatchObject({
      success: true,
      transaction: settled.transaction,
    })
    expect((await channelState(of.id)).balance).toBe(20_000n)
    const voucherOnly = await payment(of, 2_000n, { type: 'voucher' })
    expect(await official.verify(voucherOnly, voucherOnly.accepted)).toMatchObject({
      isValid: true,
      extra: { channelId: of.id, balance: '20000', totalClaimed: '0', withdrawRequestedAt: 0, refundNonce: '0' },
    })
  })

  test.each<[string, (paid: PaymentPayload, of: Channel) => Promise<object> | object, string]>([
    [
      'more than the channel would hold',
      async (_p, of) => (await depositPayment(of, 20_000n, 20_001n)).payload,
      'cumulative_exceeds_balance',
    ],
    [
      'more than the payer has',
      async (_p, of) => (await depositPayment(of, 10n ** 15n, 1_000n)).payload,
      'insufficient_balance',
    ],
    ['dust', async (_p, of) => (await depositPayment(of, 999n, 900n)).payload, 'deposit_below_min_deposit'],
    [
      'a forged voucher',
      async (p, of) => ({
        ...p.payload,
        voucher: { channelId: of.id, maxClaimableAmount: '1', signature: await voucher(of, 1n, stranger) },
      }),
      'voucher_signature',
    ],
    [
      'another channel’s id',
      (p) => ({ ...p.payload, voucher: { ...(p.payload['voucher'] as object), channelId: channel().id } }),
      'channel_id_mismatch',
    ],
    ['an unknown kind of payload', (p) => ({ ...p.payload, type: 'gift' }), 'payload_type'],
  ])('with %s are refused with the reason, and nothing is sent', async (_what, change, reason) => {
    const of = own()
    const good = await depositPayment(of, 20_000n, 1_000n)
    const bad = { ...good, payload: (await change(good, of)) as PaymentPayload['payload'] }
    const before = await sent(facilitatorGas.address)
    const invalidReason = `invalid_batch_settlement_evm_${reason}`
    expect(await official.verify(bad, bad.accepted)).toMatchObject({ isValid: false, invalidReason })
    expect(await official.settle(bad, bad.accepted)).toMatchObject({ success: false, errorReason: invalidReason })
    expect(await sent(facilitatorGas.address)).toBe(before)
  })

  test('are claimed, paid out and refunded by the official channel manager', async () => {
    const of = own()
    await fundChannel(of, 50_000n)
    const manager = await managed(of, 30_000n, 50_000n)
    const before = await balanceOf(payer.address)
    const { claims, settle } = await manager.claimAndSettle()
    expect(claims).toMatchObject([{ vouchers: 1, transaction: expect.stringMatching(/^0x/) }])
    expect(settle?.transaction).toMatch(/^0x[0-9a-f]{64}$/)
    expect(await balanceOf(of.config.receiver)).toBe(30_000n)
    expect(await manager.refund()).toMatchObject([{ channel: of.id }])
    expect((await balanceOf(payer.address)) - before).toBe(20_000n)
    await expect(manager.settle(), 'nothing is left').rejects.toThrow('nothing_to_settle')
  })

  test('are refunded with the claims that are due, in one transaction', async () => {
    const of = own()
    await fundChannel(of, 50_000n)
    const manager = await managed(of, 30_000n, 50_000n)
    const before = await sent(facilitatorGas.address)
    expect(await manager.refund()).toHaveLength(1)
    expect(await sent(facilitatorGas.address)).toBe(before + 1)
    expect(await channelState(of.id)).toEqual({ balance: 30_000n, totalClaimed: 30_000n })
  })

  test('a claim that is on chain already, replayed to burn gas, is not sponsored', async () => {
    const of = own()
    await fundChannel(of, 50_000n)
    await (await managed(of, 30_000n, 50_000n)).claim()
    await mine(2)
    const before = await sent(facilitatorGas.address)
    const again = await managed(of, 20_000n, 50_000n)
    await expect(again.claim()).rejects.toThrow('pbstream_amount_below_minimum')
    expect(await sent(facilitatorGas.address)).toBe(before)
  })
})

describe('an attacker with a facilitator key', () => {
  const bodyOf = (payload: object, of: Channel) => {
    const { receiver: payTo, receiverAuthorizer: named } = of.config
    const extra = { receiverAuthorizer: named, withdrawDelay: of.config.withdrawDelay, name: 'USDC', version: '2' }
    const accepted = {
      scheme: 'batch-settlement',
      network,
      asset: token,
      amount: '0',
      payTo,
      maxTimeoutSeconds: 0,
      extra,
    }
    return { x402Version: 2, paymentPayload: { x402Version: 2, accepted, payload }, paymentRequirements: accepted }
  }
  const claimOf = async (of: Channel, total: bigint) => ({
    voucher: { channel: of.config, maxClaimableAmount: total.toString() },
    signature: await voucher(of, total),
    totalClaimed: total.toString(),
  })
  const refused = 'invalid_batch_settlement_evm_authorizer_not_configured'

  test('gets no signature of our authorizer for a refund of what a provider has earned', async () => {
    // The payer has consumed 40,000 off chain and would like all of his deposit back.
    const of = channel()
    await fundChannel(of, 50_000n)
    const balance = await channelState(of.id)
    const before = await sent(facilitatorGas.address)
    const signed = { channelId: of.id, maxClaimableAmount: '0', signature: await voucher(of, 0n) }
    const base = {
      type: 'refund',
      channelConfig: of.config,
      voucher: signed,
      amount: '50000',
      refundNonce: '0',
      claims: [],
    }
    const stolen = await stranger.sign(
      Voucher.refundDigest(domains.channel, { channelId: of.id, nonce: 0n, amount: 50_000n }),
    )
    for (const payload of [base, { ...base, refundAuthorizerSignature: stolen }]) {
      expect(await (await post('/settle', bodyOf(payload, of))).json()).toMatchObject({
        success: false,
        errorReason: refused,
      })
    }
    expect(await channelState(of.id)).toEqual(balance)
    expect(await sent(facilitatorGas.address)).toBe(before)
  })

  test('gets no signature for claims, alone or hidden among his own', async () => {
    const [ours, his] = [channel(), channel({ receiverAuthorizer: stranger.address })]
    await fundChannel(ours, 50_000n)
    await fundChannel(his, 50_000n)
    const before = await sent(facilitatorGas.address)
    const rows = [await claimOf(his, 10_000n), await claimOf(ours, 10_000n)]
    const signature = await stranger.sign(
      Voucher.claimBatchDigest(domains.channel, [
        { channelId: his.id, max: 10_000n, total: 10_000n },
        { channelId: ours.id, max: 10_000n, total: 10_000n },
      ]),
    )
    const bodies = [
      { type: 'claim', claims: [rows[1]] },
      { type: 'claim', claims: rows, claimAuthorizerSignature: signature },
      { type: 'claim', claims: [rows[0]] },
    ]
    for (const payload of bodies) {
      expect(await (await post('/settle', bodyOf(payload, his))).json()).toMatchObject({
        success: false,
        errorReason: refused,
      })
    }
    expect(await sent(facilitatorGas.address)).toBe(before)
    expect((await channelState(ours.id)).totalClaimed).toBe(0n)
  })

  test('cannot ride on our authorizer by naming it in the requirements', async () => {
    const of = channel({ receiverAuthorizer: stranger.address })
    await fundChannel(of, 50_000n)
    const signed = { channelId: of.id, maxClaimableAmount: '1000', signature: await voucher(of, 1_000n) }
    const body = bodyOf({ type: 'voucher', channelConfig: of.config, voucher: signed }, channel())
    expect(await (await post('/verify', body)).json()).toMatchObject({
      isValid: false,
      invalidReason: 'invalid_batch_settlement_evm_receiver_authorizer_mismatch',
    })
  })

  test('cannot make a contract burn our gas in a signature check', async () => {
    const guzzler: Hex = `0x${'e7'.repeat(20)}`
    // Counts to 40,000, then answers as isValidSignature should: it takes more than a million gas.
    const bytecode = '0x62009c405b6001900380600457631626ba7e60e01b60005260206000f3'
    await client.setCode({ address: guzzler, bytecode })
    await as(payer.address, token, {
      abi: [
        {
          type: 'function',
          name: 'transfer',
          inputs: [{ type: 'address' }, { type: 'uint256' }],
          outputs: [{ type: 'bool' }],
        },
      ],
      functionName: 'transfer',
      args: [guzzler, 10_000n],
    })
    const payment = await exactPayment(5_000n)
    const { authorization: a } = payment.payload as { authorization: object }
    const payload = { signature: '0x01', authorization: { ...a, from: guzzler } }
    const times = { validAfter: 0n, validBefore: BigInt((a as { validBefore: string }).validBefore) }
    const signed = { ...(await transfer(5_000n, { ...times })), from: guzzler, signature: '0x01' as Hex }
    const needed = await client.estimateGas({
      account: stranger.address,
      to: token,
      data: Contract.transferWithAuthorization(signed),
    })
    expect(needed, 'the signature is good').toBeGreaterThan(1_000_000n)
    const before = await sent(facilitatorGas.address)
    const guzzling = { ...payment, payload }
    expect(await official.verify(guzzling, payment.accepted)).toMatchObject({ isValid: false })
    expect(await official.settle(guzzling, payment.accepted)).toMatchObject({ success: false })
    expect(await sent(facilitatorGas.address)).toBe(before)
  })

  test('gets no 500 whatever he sends', async () => {
    const good = {
      x402Version: 2,
      paymentPayload: await exactPayment(),
      paymentRequirements: (await exactPayment()).accepted,
    }
    const anything = fc.oneof(
      fc.json(),
      fc.anything().map((value) => JSON.stringify(value) ?? ''),
      fc
        .tuple(fc.constantFrom('x402Version', 'paymentPayload', 'paymentRequirements'), fc.jsonValue())
        .map(([name, value]) => JSON.stringify({ ...good, [name]: value })),
      fc.jsonValue().map((payload) => JSON.stringify({ ...good, paymentPayload: { ...good.paymentPayload, payload } })),
      fc
        .dictionary(
          fc.constantFrom('type', 'channelConfig', 'voucher', 'claims', 'amount', 'deposit', 'receiver', 'token'),
          fc.jsonValue(),
        )
        .map((payload) =>
          JSON.stringify({
            ...good,
            paymentPayload: { ...good.paymentPayload, accepted: { scheme: 'batch-settlement', network }, payload },
            paymentRequirements: { ...good.paymentRequirements, scheme: 'batch-settlement' },
          }),
        ),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('/verify', '/settle'), anything, async (path, body) => {
        const { status } = await post(path, body)
        expect([200, 400]).toContain(status)
      }),
      { numRuns: 200 },
    )
  })
})

test('what is not served is not found', async () => {
  expect((await app.fetch(new Request(`${url}/nothing`), bindings)).status).toBe(404)
  expect((await app.fetch(new Request(`${url}/health`), bindings)).status).toBe(200)
})
