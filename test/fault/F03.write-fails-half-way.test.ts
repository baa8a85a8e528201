/** F03: a transaction throws after its first SQL write. I1 I5: nothing of its group stands, and nobody is charged. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

test('I1 I5: calls of a group that was half written may try again, and what they are told is what is recorded', async () => {
  const callers = await world.crowd(3)
  await Promise.all(callers.map((caller) => caller.calls(1)))
  for (let round = 0; round < 5; round++) {
    await world.arm('gateway', 'write', 3)
    // Three calls of each caller at once: reservations, and reports of the calls before them, share a group.
    await Promise.all(callers.flatMap((caller) => [caller.calls(1), caller.calls(1), caller.calls(1)]))
  }
  await world.arm('gateway', 'write', 0)
  expect((await world.struck('gateway'))['write']).toBeGreaterThanOrEqual(5)
  expect(callers.flatMap(({ statuses }) => statuses).filter((status) => status === 503).length).toBeGreaterThan(0)
  await drained(world)
})
