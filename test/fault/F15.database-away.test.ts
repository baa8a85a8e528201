/** F15: the database is down, slow, or takes a write without saying so. I6 I8 I13: sessions do not need it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

const always = 1_000_000

async function both(point: string, times: number, ms = 0): Promise<void> {
  await world.arm('gateway', point, times, ms)
  await world.arm('control', point, times, ms)
}

test('I8: while the database is down calls are served and settled, and afterwards it shows each of them once', async () => {
  const callers = await world.crowd(2)
  await Promise.all(callers.map((caller) => caller.calls(1)))
  await both('db:down', always)
  await Promise.all(callers.map((caller) => caller.calls(5)))
  await until('rows were refused', async () => ((await world.struck('control'))['db:down'] ?? 0) > 0)
  await both('db:down', 0)
  await drained(world, { timeoutMs: 60_000 })
})

test('I13: rows whose write was answered by an error are written again, and are there once', async () => {
  const [caller] = world.callers
  const before = (await world.struck('control'))['db:answer_lost'] ?? 0
  await world.arm('control', 'db:answer_lost', 3)
  await caller!.calls(3)
  await until('three answers were lost', async () => (await world.struck('control'))['db:answer_lost'] === before + 3)
  await drained(world, { timeoutMs: 60_000 })
})

test('a slow database slows no call: the gateway goes on with the catalog it has', async () => {
  const [caller] = world.callers
  const { gateway } = world.stack
  await both('db:slow', always, 5_000)
  const struck = async () => (await world.struck('gateway'))['db:slow'] ?? 0
  const before = await struck()
  await until('the catalog is asked for', async () => (await fetch(`${gateway}/work`)) && (await struck()) > before)
  const asked = Date.now()
  await caller!.calls(3)
  expect(Date.now() - asked).toBeLessThan(4_000)
  await both('db:slow', 0)
  await drained(world, { timeoutMs: 60_000 })
})

test('I6: without a database nothing is sold on a catalog older than a minute, and nothing is charged', async () => {
  const [caller] = world.callers
  const request = await caller!.sign()
  await world.arm('gateway', 'db:down', always)
  await world.clock('gateway', { skew: 61_000 })
  const served = world.stack.upstream.calls('/work')
  const refused = await fetch(request)
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(world.stack.upstream.calls('/work')).toBe(served)
  await world.arm('gateway', 'db:down', 0)
  await world.clock('gateway', { skew: 0 })
  await caller!.calls(1)
  await drained(world, { timeoutMs: 60_000 })
})
