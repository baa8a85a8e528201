/** F04: one request sent 50 times at once, while calls to the session overtake each other. I2. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendAtOnce, statuses } from '../support/signedRequest.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start({ routes: [{ path: '/work' }, { path: '/with-id' }, { path: '/without-id' }] })
})
afterAll(() => world?.stop())

test('I2: with a request id one copy is served, the others get its answer or are told to wait', async () => {
  const caller = await world.caller()
  await caller.calls(1)
  const request = await caller.sign('/with-id')
  await world.arm('gateway', 'reserve:slow', 50, 400)
  const answers = await sendAtOnce(request, 50, { 'idempotency-key': 'order' })
  const counts = statuses(answers)
  expect((counts[200] ?? 0) + (counts[409] ?? 0)).toBe(50)
  // Copies of one answer tell of one charge.
  caller.count(answers.find(({ status }) => status === 200)!)
  expect(world.stack.upstream.calls('/with-id')).toBe(1)
})

test('I2: without an id one copy is served and 49 are asked to pay', async () => {
  const caller = await world.caller()
  await caller.calls(1)
  const request = await caller.sign('/without-id')
  await world.arm('gateway', 'reserve:slow', 50, 400)
  const answers = await sendAtOnce(request, 50)
  expect(statuses(answers)).toEqual({ 200: 1, 402: 49 })
  caller.count(answers.find(({ status }) => status === 200)!)
  expect(world.stack.upstream.calls('/without-id')).toBe(1)
  await drained(world)
})
