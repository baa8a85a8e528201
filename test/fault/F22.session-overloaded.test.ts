/** F22: a session is overloaded. I6: callers are told to come back, nothing is tried again on their behalf. */
import { PARKED_MAX } from '@pbstream/core/Turn'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

/** Calls of a channel that may wait for their turn, and the one that has it. */
const MAY_WAIT = PARKED_MAX + 1

beforeAll(async () => {
  world = await World.start({ routes: [{ path: '/work' }, { path: '/busy' }, { path: '/queued' }] })
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

test('I6: more calls than a channel lets wait are turned away at once, and those that wait are answered in the end', async () => {
  const caller = await world.caller()
  const requests: Request[] = []
  // Each is a call of its own, by its quote.
  while (requests.length < 400) requests.push(await caller.sign('/queued'))
  // A deposit takes as long as the chain: until it is mined all other calls of the channel wait for their turn.
  const { client } = world.stack.chain
  await client.setAutomine(false)
  let busy = 0
  const answers = requests.map(async (request) => {
    const answer = await fetch(request)
    const isBusy = answer.status === 402 && ((await answer.clone().json()) as { code: string }).code === 'channel_busy'
    if (isBusy && answer.headers.get('retry-after') === '1') busy++
    return answer
  })
  await until('those that may not wait are turned away', () => busy >= requests.length - MAY_WAIT, 60_000)
  expect(world.stack.upstream.calls('/queued')).toBe(0)
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  const all = await Promise.all(answers)
  const statuses = new Set(all.map(({ status }) => status))
  expect([...statuses].filter((status) => ![200, 402, 429, 503].includes(status))).toEqual([])
  for (const answer of all) {
    if (answer.status === 503 || answer.status === 429)
      expect(Number(answer.headers.get('retry-after')), 'when to come back').toBeGreaterThan(0)
    caller.count(answer)
    await answer.body?.cancel()
  }
  const served = all.filter(({ status }) => status === 200).length
  expect(served).toBeGreaterThan(0)
  expect(world.stack.upstream.calls('/queued'), 'who is not served is not called for').toBe(served)
  await drained(world)
}, 180_000)
