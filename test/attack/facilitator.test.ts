import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Payment, paymentOf } from '../support/payment.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { createHoldback } from '../support/signedRequest.ts'

let stack: Stack
let payment: Payment

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/cheap', rate: { v: 1, kind: 'flat', amount: '50000' } }] })
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/cheap`)
  payment = paymentOf(await sign(`${stack.gateway}/cheap`))
})
afterAll(() => stack.stop())

async function settle(payload: object, accepted: object = payment.accepted) {
  const body = { x402Version: 2, paymentPayload: { x402Version: 2, accepted, payload }, paymentRequirements: accepted }
  const response = await fetch(`${stack.system.urls.settlement}/settle`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as { success: boolean; transaction: string } }
}

const row = () => {
  const { channelConfig: channel, voucher } = payment.payload
  const { maxClaimableAmount, signature } = voucher
  return { voucher: { channel, maxClaimableAmount }, signature, totalClaimed: maxClaimableAmount }
}

describe('a facilitator caller gets neither a signature nor gas for', () => {
  test.each([
    ['a claim on a channel of our providers', () => ({ type: 'claim', claims: [row()] })],
    [
      'such a claim with a signature that it made up',
      () => ({ type: 'claim', claims: [row()], claimAuthorizerSignature: `0x${'11'.repeat(64)}1b` }),
    ],
    [
      'a refund of such a channel',
      () => ({
        type: 'refund',
        channelConfig: payment.payload.channelConfig,
        amount: '1000000',
        refundNonce: '0',
        claims: [],
      }),
    ],
    ['a claim of nothing', () => ({ type: 'claim', claims: [], claimAuthorizerSignature: '0x' })],
    [
      'a payout of nothing',
      () => ({ type: 'settle', receiver: addressOf(stack.keys.payer), token: payment.accepted['asset'] }),
    ],
    [
      'a payout of another token',
      () => ({ type: 'settle', receiver: payment.accepted.payTo, token: `0x${'11'.repeat(20)}` }),
    ],
    [
      'a deposit that is not signed',
      () => ({
        ...payment.payload,
        type: 'deposit',
        deposit: {
          amount: '1000000',
          authorization: {
            erc3009Authorization: {
              validAfter: '0',
              validBefore: '99999999999',
              salt: '0x01',
              signature: `0x${'11'.repeat(64)}1b`,
            },
          },
        },
      }),
    ],
    ['junk', () => ({ type: 'claim', claims: 'all' })],
  ])('%s', async (_, payload) => {
    const { status, body } = await settle(payload())
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: false, transaction: '' })
    const address = addressOf(stack.keys.facilitatorGas)
    expect(await stack.chain.client.getTransactionCount({ address })).toBe(0)
  })
})
