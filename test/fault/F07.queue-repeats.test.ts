/** F07: queues deliver twice, in reverse, and half acknowledged before the consumer is cut off. I4 I9 I13. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start({ batchSeconds: 1 })
})
afterAll(() => world?.stop())

test('I4 I9 I13: claims and events that come in every wrong way are settled and shown once', async () => {
  const callers = await world.crowd(4)
  await Promise.all(callers.map((caller) => caller.calls(1)))
  const modes = { reversed: 4, twice: 4, half: 1, crash_after: 1 }
  for (const [mode, times] of Object.entries(modes)) {
    await world.arm('settlement', `consumer:${mode}`, times)
    await world.arm('control', `consumer:${mode}`, times)
  }
  for (let i = 0; i < 4; i++) await Promise.all(callers.map((caller) => caller.calls(3)))
  await drained(world)
  for (const worker of ['settlement', 'control'] as const) {
    const struck = await world.struck(worker)
    for (const mode of Object.keys(modes)) expect(struck[`consumer:${mode}`], `${worker} ${mode}`).toBeGreaterThan(0)
  }
  // A claim that came twice is one transaction: no item failed.
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})
