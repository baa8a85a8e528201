import { toClientEvmSigner } from '@x402/evm'
import { ExactEvmSchemeV1 } from '@x402/evm/exact/v1/client'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { addressOf } from '@pbstream/local/Keys'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/cheap' }] })
})
afterAll(() => stack.stop())

/** A client of protocol version 1 knows no PAYMENT-REQUIRED header and reads the body. */
const withoutVersion2: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  const headers = new Headers(response.headers)
  headers.delete('PAYMENT-REQUIRED')
  return new Response(response.body, { status: response.status, headers })
}

test('the official v1 exact client pays and is told the transaction', async () => {
  const { key } = await stack.payer()
  const signer = toClientEvmSigner(privateKeyToAccount(key))
  const client = new x402Client().registerV1('base-sepolia', new ExactEvmSchemeV1(signer))
  const pay = wrapFetchWithPayment(withoutVersion2, client)
  const before = await stack.usdc(addressOf(stack.keys.provider))
  const response = await pay(`${stack.gateway}/cheap`)
  expect(response.status).toBe(200)
  expect((await stack.usdc(addressOf(stack.keys.provider))) - before).toBe(1000n)
  const paid = JSON.parse(atob(response.headers.get('X-PAYMENT-RESPONSE') ?? '')) as {
    success: boolean
    transaction: string
  }
  expect(paid).toMatchObject({ success: true, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) })
})
