/** F02: a session ends between its write and its reply; the caller sees an error and tries again. I2 I6 I7. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { World, price } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start({ routes: [{ path: '/work' }, { path: '/once' }] })
})
afterAll(() => world?.stop())

test('I2 I6: a reservation whose reply was lost is neither served nor charged, and its id stays taken', async () => {
  const caller = await world.caller()
  await caller.calls(1)
  const request = await caller.sign('/once')
  request.headers.set('idempotency-key', 'order-1')
  await world.arm('gateway', 'reserve:abort_done')
  expect((await fetch(request.clone())).status).toBe(503)
  expect((await fetch(request.clone())).status).toBe(409)
  expect(world.stack.upstream.calls('/once')).toBe(0)
  // The client learns of the hold that nobody uses, and goes on past it.
  await caller.calls(2)
})

test('I2: a reservation that did not reach the disk never was: the same request is served, once', async () => {
  const caller = await world.caller()
  await caller.calls(1)
  const request = await caller.sign('/once')
  request.headers.set('idempotency-key', 'order-2')
  await world.arm('gateway', 'reserve:abort_undone')
  expect((await fetch(request.clone())).status).toBe(503)
  const served = await fetch(request.clone())
  caller.count(served)
  expect(served.status).toBe(200)
  expect(world.stack.upstream.calls('/once')).toBe(1)
})

test('I2 I7: a charge whose report was cut off before, in and after its write is made once', async () => {
  const caller = await world.caller()
  for (const moment of ['abort_before', 'abort_undone', 'abort_done']) {
    await world.arm('gateway', `report:${moment}`)
    await caller.calls(1)
  }
  // Only the hold of the reply that was lost is still set aside; it expires by itself.
  await drained(world, { reserved: price })
  const struck = await world.struck('gateway')
  for (const moment of ['abort_before', 'abort_undone', 'abort_done']) expect(struck[`report:${moment}`]).toBe(1)
})
