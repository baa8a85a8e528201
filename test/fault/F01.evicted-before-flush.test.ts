/** F01: a session is gone after its reply and before its alarm has flushed. I1 I2 I8. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

test('I1 I2 I8: charges whose session went away after each of them are all settled, once', async () => {
  const callers = await world.crowd(2)
  for (let i = 0; i < 10; i++) {
    await Promise.all(callers.map((caller) => caller.calls(1)))
    await world.abort('STREAM_SESSION')
  }
  // Objects that nobody calls any more: their alarms are all that can flush them.
  await world.abort('STREAM_SESSION')
  await drained(world)
  await lanesInOrder(world)
  expect(world.callers.map(({ acknowledged }) => acknowledged)).toEqual([10_000n, 10_000n])
})
