/**
 * F15: the database is down, slower than anybody waits, takes a write without saying so, or says what was true before a
 * freeze. I6 I8 I10 I13: sessions do not need it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { keyOf, setKey, tellDatabase } from './support/frozenKeys.ts'
import { drained } from './support/drained.ts'

let world: World

/** Its price depends on what its provider has agreed with who pays, which is in the database. */
const agreed = {
  v: 2,
  kind: 'card',
  components: [{ unit: 'request', price: { model: 'per_unit', amount: '1000' } }],
  levels: { gold: { multiplier: '0.5' } },
  maximum: '1000',
} as const

beforeAll(async () => {
  world = await World.start({ routes: [{ path: '/work' }, { path: '/agreed', rate: agreed as never }] })
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

/** Longer than anything waits for a database: the gateway 3 s. */
const slowMs = 30_000

/** How long it takes, in milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = Date.now()
  await work()
  return Date.now() - began
}

test('I6 I8: a database that takes 30 s holds up no call for longer than the gateway waits for it', async () => {
  const [caller] = world.callers
  const { gateway } = world.stack
  await caller!.calls(1)
  await both('db:slow', always, slowMs)
  const struck = async () => (await world.struck('gateway'))['db:slow'] ?? 0
  const before = await struck()
  await until('the catalog is asked for', async () => (await fetch(`${gateway}/work`)) && (await struck()) > before)
  // With the catalog that it has.
  expect(await timed(() => caller!.calls(3))).toBeLessThan(4_000)
  // What only the database knows of this customer is waited for; then everybody's price holds.
  const told = caller!.acknowledged
  const waited = await timed(() => caller!.calls(1, '/agreed'))
  expect(waited, 'it was asked').toBeGreaterThan(2_500)
  expect(waited).toBeLessThan(slowMs / 2)
  expect(caller!.acknowledged - told).toBe(1_000n)
  // A catalog that should be asked for first, and one that is too old.
  await world.clock('gateway', { skew: 20_000 })
  expect(await timed(() => caller!.calls(1))).toBeLessThan(slowMs / 2)
  const request = await caller!.sign()
  await world.clock('gateway', { skew: 70_000 })
  const served = world.stack.upstream.calls('/work')
  expect(await timed(async () => expect((await fetch(request)).status).toBe(503))).toBeLessThan(slowMs / 2)
  expect(world.stack.upstream.calls('/work')).toBe(served)
  await both('db:slow', 0)
  await world.clock('gateway', { skew: 0 })
  await until('it is sold again', async () => (await caller!.call()) === 200, 2 * slowMs)
  await drained(world, { timeoutMs: 2 * slowMs })
}, 200_000)

test('I10: a frozen key stays frozen when the database says what it said before, and when it never heard', async () => {
  const [caller] = world.callers
  await caller!.calls(1)
  const held = await caller!.sign()
  const key = keyOf(held)
  const served = world.stack.upstream.calls('/work')
  const refused = async () => {
    const answer = await fetch(held.clone())
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([402, 'session_key_frozen'])
  }
  const checks = async () =>
    ((await (await fetch(`${world.stack.gateway}/healthz`)).json()) as { cache: { catalog: { checks: number } } }).cache
      .catalog.checks
  /** The gateway has asked the database again, twice: what was under way may be of before. */
  const asked = async () => {
    const before = await checks()
    await until('the database is asked', async () => {
      await fetch(`${world.stack.gateway}/work`)
      return (await checks()) > before + 1
    })
  }
  // Only the session knows; the database has the key as it was.
  await tellDatabase(world, key, { status: 'active', version: 1 })
  await setKey(world, key, 'frozen', 2)
  await refused()
  await asked()
  await refused()
  // It hears, and then is a replica again that has not heard.
  await tellDatabase(world, key, { status: 'frozen', version: 2 })
  await asked()
  await refused()
  await tellDatabase(world, key, { status: 'active', version: 1 })
  await asked()
  await refused()
  // And when the object has nothing but its disk.
  await world.abort('STREAM_SESSION')
  await refused()
  expect(world.stack.upstream.calls('/work')).toBe(served)
  await setKey(world, key, 'active', 3)
  await tellDatabase(world, key, { status: 'active', version: 3 })
  await until('the key is let go', async () => (await caller!.call()) === 200, 10_000)
  await drained(world)
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
