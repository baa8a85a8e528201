/** F22: a session is overloaded. I6: callers are told to come back, nothing is tried again on their behalf. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start({ routes: [{ path: '/work' }, { path: '/busy' }] })
})
afterAll(() => world?.stop())

test('I6: a call that meets an overloaded session gets 503 with Retry-After, and adds no load', async () => {
  const caller = await world.caller()
  await caller.calls(1)
  const request = await caller.sign('/busy')
  const before = (await world.met('gateway'))['reserve:overloaded'] ?? 0
  await world.arm('gateway', 'reserve:overloaded', 10)
  const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(request.clone())))
  for (const answer of answers) {
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect((await world.met('gateway'))['reserve:overloaded']! - before).toBe(10)
  expect(world.stack.upstream.calls('/busy')).toBe(0)
  // The same payment is good when the load is gone.
  const served = await fetch(request.clone())
  expect(served.status).toBe(200)
  caller.count(served)
  await drained(world)
})
