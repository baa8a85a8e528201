/**
 * The unmodified official client against our modules: it pays what `Challenge` asks, `Credential` reads what it sends,
 * and it goes on from what `PaymentResponse` and the corrective 402 tell it. No network: its `fetch` is a function.
 */
import * as Authorization from '@pbstream/core/Authorization'
import * as Base64 from '@pbstream/core/Base64'
import * as Challenge from '@pbstream/core/Challenge'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import * as Credential from '@pbstream/core/Credential'
import type { ChannelView, VerifiedVoucher } from '@pbstream/core/message/Session'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import * as Voucher from '@pbstream/core/Voucher'
import * as WasmRecover from '@pbstream/core/WasmRecover'
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { ExactEvmSchemeV1 } from '@x402/evm/exact/v1/client'
import { appendPaymentIdentifierToExtensions, validatePaymentIdentifier } from '@x402/extensions/payment-identifier'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import {
  CHAIN_ID,
  channelId,
  PAYER_KEY,
  payer,
  resource,
  separator,
  SESSION_KEY,
  session,
  terms,
} from './support/payment.ts'
import * as Secp256k1 from './support/secp256k1.ts'

const recover = WasmRecover.create(Secp256k1.load())
const account = privateKeyToAccount(PAYER_KEY)
const tokenDomain = Authorization.domainSeparator({ ...terms, chainId: CHAIN_ID })
const balance = 1_000_000n

/** A client whose payer is `account` and which signs vouchers with the session key, where the chain says `balance`. */
function batchClient(): x402Client {
  const signer = {
    address: account.address,
    signTypedData: (message: unknown) => account.signTypedData(message as Parameters<typeof account.signTypedData>[0]),
    readContract: async () => [balance, 0n],
  }
  const scheme = new BatchSettlementEvmScheme(signer, { voucherSigner: privateKeyToAccount(SESSION_KEY) })
  return new x402Client().register('eip155:84532', scheme)
}

function answer402(required: Challenge.PaymentRequired): Response {
  return new Response('{}', { status: 402, headers: { 'PAYMENT-REQUIRED': Challenge.encode(required) } })
}

const probe = () =>
  answer402(
    Challenge.paymentRequired({
      resource,
      accepts: Challenge.offers(terms),
      quote: 'quote.of.call',
      paymentIdentifier: true,
    }),
  )

function view(id: ChannelView['channelId'], chargedCumulative: bigint): ChannelView {
  return { channelId: id, balance, totalClaimed: 0n, chargedCumulative, withdrawRequestedAt: 0, refundNonce: 0n }
}

/** Reads a payment and checks all of it that core can check. */
function accept(header: string): Credential.BatchCredential {
  expect(header.length).toBeLessThanOrEqual(4096)
  const credential = Credential.decode(header)
  if (!('type' in credential)) throw new Error(JSON.stringify(credential))
  expect(credential).toMatchObject({ quote: 'quote.of.call', network: terms.network })
  expect(credential.config).toMatchObject({
    payer: payer.address,
    payerAuthorizer: session.address,
    receiver: terms.payTo,
  })
  expect(ChannelConfig.id(credential.config, separator)).toBe(credential.voucher.channelId)
  const digest = Voucher.digest(separator, credential.voucher.channelId, credential.voucher.max)
  expect(recover(digest, credential.voucher.signature)).toBe(session.address)
  return credential
}

test('a client whose channel is funded pays each call with the next voucher', async () => {
  const seen: [type: string, max: bigint][] = []
  let charged = 0n
  const paid = wrapFetchWithPayment(async (input) => {
    const header = new Request(input).headers.get('PAYMENT-SIGNATURE')
    if (header === null) return probe()
    const credential = accept(header)
    seen.push([credential.type, credential.voucher.max])
    charged += terms.price
    const response = PaymentResponse.voucher({
      network: terms.network,
      payer: credential.config.payer,
      charged: terms.price,
      channel: view(credential.voucher.channelId, charged),
    })
    return new Response('sun', { headers: { 'PAYMENT-RESPONSE': PaymentResponse.encode(response) } })
  }, batchClient())
  for (let call = 0; call < 3; call++) expect((await paid(resource.url)).status).toBe(200)
  expect(seen).toEqual([
    ['voucher', 1_000n],
    ['voucher', 2_000n],
    ['voucher', 3_000n],
  ])
})

test('a client without a channel sends a deposit that its payer signed for this channel and our collector', async () => {
  const client = new x402Client().register(
    'eip155:84532',
    new BatchSettlementEvmScheme(account, { voucherSigner: privateKeyToAccount(SESSION_KEY) }),
  )
  const credentials: Credential.BatchCredential[] = []
  const paid = wrapFetchWithPayment(async (input) => {
    const header = new Request(input).headers.get('PAYMENT-SIGNATURE')
    if (header === null) return probe()
    credentials.push(accept(header))
    return new Response('sun')
  }, client)
  await paid(resource.url)
  const credential = credentials[0]
  if (credential?.type !== 'deposit') throw new Error('no deposit')
  const { amount, authorization } = credential.deposit
  expect(amount).toBe(Challenge.minDeposit(terms.price))
  const digest = Authorization.receiveDigest(tokenDomain, {
    from: credential.config.payer,
    to: Voucher.BATCH_SETTLEMENT.collector,
    value: amount,
    validAfter: authorization.validAfter,
    validBefore: authorization.validBefore,
    nonce: Authorization.depositNonce(credential.voucher.channelId, authorization.salt),
  })
  expect(recover(digest, authorization.signature)).toBe(payer.address)
})

test('a client that lost its count follows one corrective 402 and pays', async () => {
  const charged = 41_000n
  const maxima: bigint[] = []
  const signature = await session.sign(Voucher.digest(separator, channelId, charged))
  const stored: VerifiedVoucher = { max: charged, signature }
  const paid = wrapFetchWithPayment(async (input) => {
    const header = new Request(input).headers.get('PAYMENT-SIGNATURE')
    if (header === null) return probe()
    const credential = accept(header)
    maxima.push(credential.voucher.max)
    if (credential.voucher.max === charged + terms.price) return new Response('sun')
    return answer402(
      Challenge.corrective({
        resource,
        terms,
        channel: view(channelId, charged),
        voucher: stored,
        ...(credential.quote === undefined ? {} : { quote: credential.quote }),
      }),
    )
  }, batchClient())
  expect((await paid(resource.url)).status).toBe(200)
  expect(maxima).toEqual([1_000n, 42_000n])
})

test('an exact client, v2 and v1, sends a transfer that its payer signed', async () => {
  const offer = Challenge.paymentRequired({ resource, accepts: [Challenge.exactOffer(terms)] })
  const v2 = new x402Client().register('eip155:84532', new ExactEvmScheme(account))
  const v1 = new x402Client().registerV1('base-sepolia', new ExactEvmSchemeV1(account))
  const bodies = [
    () => answer402(offer),
    () => new Response(JSON.stringify(Challenge.bodyV1(resource, [terms])), { status: 402 }),
  ]
  for (const [i, client] of [v2, v1].entries()) {
    const credentials: (Credential.Credential | Credential.Failure)[] = []
    const paid = wrapFetchWithPayment(async (input) => {
      const { headers } = new Request(input)
      const header = headers.get('PAYMENT-SIGNATURE') ?? headers.get('X-PAYMENT')
      if (header === null) return bodies[i]?.() as Response
      credentials.push(Credential.decode(header))
      return new Response('sun')
    }, client)
    await paid(resource.url)
    const credential = credentials[0] as Credential.ExactCredential
    expect(credential).toMatchObject({ scheme: 'exact', version: 2 - i, network: terms.network })
    const digest = Authorization.transferDigest(tokenDomain, credential.authorization)
    expect(recover(digest, credential.authorization.signature)).toBe(payer.address)
    expect(credential.authorization).toMatchObject({ from: payer.address, to: terms.payTo, value: terms.price })
  }
})

test('a payment-identifier that the official extension appends is read', async () => {
  const extensions = structuredClone(Challenge.paymentIdentifierExtension)
  appendPaymentIdentifierToExtensions(extensions, 'pay_my_custom_id_12345')
  expect(validatePaymentIdentifier(extensions[Challenge.PAYMENT_IDENTIFIER])).toMatchObject({ valid: true })
  const accepted = Challenge.exactOffer(terms)
  const scheme = new ExactEvmScheme(account)
  const { payload } = await scheme.createPaymentPayload(
    2,
    accepted as Parameters<typeof scheme.createPaymentPayload>[1],
  )
  const header = Base64.encodeJson({ x402Version: 2, accepted, payload, extensions })
  expect(Credential.decode(header)).toMatchObject({ paymentIdentifier: 'pay_my_custom_id_12345' })
})
