/** F05: more calls than the deposit pays for race for its last unit. I1: no overspending. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

test('I1 I6: 20 calls at once on money for six: six are served, and the provider gets all of it', async () => {
  // All that the wallet has, so that the client cannot deposit again.
  const caller = await world.caller({ funds: { usdc: 6_000n }, deposit: 6_000n })
  expect(await caller.call()).toBe(200)
  await world.arm('gateway', 'reserve:slow', 40, 200)
  await Promise.all(Array.from({ length: 20 }, () => caller.call().catch(() => undefined)))
  // Who was turned away while others held the money may try again: nothing is left for them.
  while ((await caller.call().catch(() => 402)) === 200);
  expect(caller.acknowledged).toBe(6_000n)
  expect(world.stack.upstream.calls('/work')).toBe(6)
  await drained(world)
})
