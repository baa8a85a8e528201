import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/cheap' }], vars: { SETTLE_COUNT: '5' } })
})
afterAll(() => stack.stop())

test('after the threshold the provider has the money on chain, to the last unit', async () => {
  const payer = await stack.payer({ scheme: 'batch-settlement' })
  const provider = addressOf(stack.keys.provider)
  for (let i = 0; i < 5; i++) expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  await until('the provider is paid', async () => (await stack.usdc(provider)) === 5000n)
  for (let i = 0; i < 5; i++) expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  await until('the provider is paid again', async () => (await stack.usdc(provider)) === 10_000n)
})
