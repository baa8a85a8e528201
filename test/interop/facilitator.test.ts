import { addressOf } from '@pbstream/local/Keys'
import { HTTPFacilitatorClient } from '@x402/core/http'
import type { PaymentPayload } from '@x402/core/types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { createHoldback } from '../support/signedRequest.ts'

let stack: Stack
let facilitator: HTTPFacilitatorClient

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/cheap', rate: { v: 1, kind: 'flat', amount: '50000' } }] })
  facilitator = new HTTPFacilitatorClient({ url: stack.system.urls.settlement })
})
afterAll(() => stack.stop())

/** The payment that the official client would make for the route. */
async function paymentFor(scheme: 'exact' | 'batch-settlement'): Promise<PaymentPayload> {
  const { sign } = await createHoldback(stack, { scheme })
  const request = await sign(`${stack.gateway}/cheap`)
  return JSON.parse(atob(request.headers.get('PAYMENT-SIGNATURE') ?? '')) as PaymentPayload
}

describe('the official facilitator client', () => {
  test('learns what is supported', async () => {
    const { kinds } = await facilitator.getSupported()
    const schemes = kinds.map(({ scheme, network }) => `${scheme} ${network}`)
    expect(schemes).toContain('exact eip155:84532')
    expect(schemes).toContain('batch-settlement eip155:84532')
  })

  test('verifies and settles an exact payment', async () => {
    const payment = await paymentFor('exact')
    const before = await stack.usdc(addressOf(stack.keys.provider))
    expect(await facilitator.verify(payment, payment.accepted)).toMatchObject({ isValid: true })
    const settled = await facilitator.settle(payment, payment.accepted)
    expect(settled).toMatchObject({ success: true, network: 'eip155:84532' })
    expect((await stack.usdc(addressOf(stack.keys.provider))) - before).toBe(50_000n)
  })

  test('settles an exact payment once, however often it asks', async () => {
    const payment = await paymentFor('exact')
    const before = await stack.usdc(addressOf(stack.keys.provider))
    const answers = await Promise.all(Array.from({ length: 5 }, () => facilitator.settle(payment, payment.accepted)))
    expect(new Set(answers.map(({ transaction }) => transaction)).size).toBe(1)
    expect((await stack.usdc(addressOf(stack.keys.provider))) - before).toBe(50_000n)
  })

  test('verifies and settles a channel deposit', async () => {
    const payment = await paymentFor('batch-settlement')
    expect(await facilitator.verify(payment, payment.accepted)).toMatchObject({ isValid: true })
    expect(await facilitator.settle(payment, payment.accepted)).toMatchObject({ success: true })
  })

  test('is told why a payment does not verify', async () => {
    const payment = await paymentFor('exact')
    const requirements = { ...payment.accepted, amount: '60000' }
    const answer = await facilitator
      .verify({ ...payment, accepted: requirements }, requirements)
      .catch((error: unknown) => error)
    expect(JSON.stringify(answer)).toContain('invalid_exact_evm_payload_authorization_value')
  })
})
