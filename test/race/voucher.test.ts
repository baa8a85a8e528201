import { chargeOf } from '@pbstream/local/Payer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { createHoldback, sendAtOnce, statuses } from '../support/signedRequest.ts'
import { until } from '../support/until.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    routes: ['/one-id', '/one-voucher', '/last-unit', '/hang-up', '/public', '/warm'].map((path) => ({ path })),
    vars: { SETTLE_COUNT: '3' },
  })
})
afterAll(() => stack.stop())

test('one request id 50 times at once: the upstream is called once, one charge, the others get 409 or the same answer', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/warm`)
  const request = await sign(`${stack.gateway}/one-id`)
  const responses = await sendAtOnce(request, 50, { 'idempotency-key': 'order-1' })
  const counts = statuses(responses)
  expect((counts[200] ?? 0) + (counts[409] ?? 0)).toBe(50)
  expect(counts[200]).toBeGreaterThanOrEqual(1)
  for (const response of responses.filter(({ status }) => status === 200)) {
    expect(await response.json()).toEqual({ ok: true })
  }
  expect(stack.upstream.calls('/one-id')).toBe(1)
  expect(chargeOf(await pay(`${stack.gateway}/warm`))?.total).toBe(3000n)
})

test('one voucher 50 times without ids: one upstream call, one charge, 49 corrective 402s', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/warm`)
  const responses = await sendAtOnce(await sign(`${stack.gateway}/one-voucher`), 50)
  expect(statuses(responses)).toEqual({ 200: 1, 402: 49 })
  expect(stack.upstream.calls('/one-voucher')).toBe(1)
})

test('two requests for the last unit of the deposit: one wins', async () => {
  // One deposit of two calls: after the first, two calls race for what is left, each right by itself.
  const { pay, sign } = await createHoldback(stack, { deposit: 2000n })
  await pay(`${stack.gateway}/warm`)
  const request = await sign(`${stack.gateway}/last-unit`)
  const [first, second] = await Promise.all(['a', 'b'].map((id) => sendAtOnce(request, 1, { 'idempotency-key': id })))
  expect(statuses([...first!, ...second!])).toEqual({ 200: 1, 402: 1 })
  expect(stack.upstream.calls('/last-unit')).toBe(1)
})

test('a call hung up on after the last byte, 100 times: charged 100 times', async () => {
  const { pay, payer } = await createHoldback(stack)
  await pay(`${stack.gateway}/warm`)
  stack.upstream.on('/hang-up', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '4' }).end('done')
  })
  for (let i = 0; i < 100; i++) {
    const response = await payer.fetch(`${stack.gateway}/hang-up`)
    expect(response.status).toBe(200)
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
  }
  const last = await until('every call is charged', async () => {
    const charge = chargeOf(await pay(`${stack.gateway}/warm`))
    return charge !== undefined && charge
  })
  expect(last.total).toBe(102_000n)
})

test('an old public voucher replayed all the time does not slow the honest caller', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/public`)
  const old = await sign(`${stack.gateway}/public`)
  for (let i = 0; i < 5; i++) expect((await pay(`${stack.gateway}/public`)).status).toBe(200)
  // Claims have published it by now.
  const replayed = await until('the old voucher is public', async () => {
    const response = await fetch(old.clone())
    const required = JSON.parse(atob(response.headers.get('PAYMENT-REQUIRED') ?? 'e30=')) as {
      accepts?: { extra: object }[]
    }
    return response.status === 402 && !('channelState' in (required.accepts?.[0]?.extra ?? {}))
  })
  expect(replayed).toBe(true)
  let storming = true
  const storm = Array.from({ length: 8 }, async () => {
    while (storming) expect((await fetch(old.clone())).status).toBe(402)
  })
  for (let i = 0; i < 20; i++) expect((await pay(`${stack.gateway}/public`)).status).toBe(200)
  storming = false
  await Promise.all(storm)
})
