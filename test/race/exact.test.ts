import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { createHoldback, sendAtOnce, statuses } from '../support/signedRequest.ts'
import { until } from '../support/until.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    routes: [{ path: '/once' }, { path: '/slow-block' }],
    system: { maxTimeoutSeconds: 12 },
  })
})
afterAll(() => stack.stop())

test('one exact authorisation used 50 times at once: one is served', async () => {
  const { payer, sign } = await createHoldback(stack, { scheme: 'exact' })
  const before = await stack.usdc(payer.address)
  const request = await sign(`${stack.gateway}/once`)
  const counts = statuses(await sendAtOnce(request, 50))
  expect(counts[200]).toBe(1)
  expect(stack.upstream.calls('/once')).toBe(1)
  expect(before - (await stack.usdc(payer.address))).toBe(1000n)
})

test('exact mined after the timeout is joined, not lost', async () => {
  const { payer, sign } = await createHoldback(stack, { scheme: 'exact' })
  const before = await stack.usdc(payer.address)
  const request = await sign(`${stack.gateway}/slow-block`)
  await stack.chain.client.setAutomine(false)
  const pending = await fetch(request.clone())
  expect(pending.status).toBe(402)
  expect(await pending.json()).toMatchObject({ code: 'settlement_pending' })
  await stack.chain.client.setAutomine(true)
  await stack.chain.client.mine({ blocks: 1 })
  const joined = await until('the transfer is joined', async () => {
    const response = await fetch(request.clone())
    return response.status === 200 && response
  })
  expect(await joined.json()).toEqual({ ok: true })
  expect(stack.upstream.calls('/slow-block')).toBe(1)
  expect(before - (await stack.usdc(payer.address))).toBe(1000n)
})
