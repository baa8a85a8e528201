/** F08: a queue hangs, is overloaded, or takes a message without saying so. I8, and service goes on meanwhile. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

test('I8: calls are served while both queues hang, and what the queues refused arrives later, once', async () => {
  const callers = await world.crowd(2)
  await world.arm('gateway', 'events:hang', 1, 2_500)
  await world.arm('gateway', 'claims:hang', 1, 2_500)
  await Promise.all(callers.map((caller) => caller.calls(2)))
  await until('both queues hang', async () => {
    const struck = await world.struck('gateway')
    return struck['events:hang'] === 1 && struck['claims:hang'] === 1
  })
  await Promise.all(callers.map((caller) => caller.calls(5)))
  for (const point of ['events:overloaded', 'events:answer_lost', 'claims:answer_lost']) {
    await world.arm('gateway', point)
    await world.arm('settlement', point)
  }
  await Promise.all(callers.map((caller) => caller.calls(5)))
  await drained(world)
  const struck = { ...(await world.struck('settlement')), ...(await world.struck('gateway')) }
  expect(Object.keys(struck)).toEqual(
    expect.arrayContaining(['events:hang', 'claims:hang', 'events:overloaded', 'events:answer_lost']),
  )
  expect(struck['events:too_large'] ?? struck['claims:too_large'], 'within the limits of the platform').toBeUndefined()
  await lanesInOrder(world)
})
