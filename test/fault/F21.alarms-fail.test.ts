/** F21: alarms come twice, a minute late, fail, or never come again. I8: the next call, or a Worker's clock, sets them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

/** A charge that only an alarm can settle, since nobody calls any more. */
async function oneCharge(): Promise<void> {
  await drained(world)
  await world.callers[0]!.calls(1)
}

const both = ['gateway', 'settlement'] as const

test('I8: alarms of sessions and lanes that come a minute late, and twice, do their work once', async () => {
  const callers = await world.crowd(2)
  // Deposits need the lane's alarms.
  await Promise.all(callers.map((caller) => caller.calls(1)))
  await drained(world)
  for (const worker of both) {
    await world.arm(worker, 'alarm:gate', 1)
    await world.arm(worker, 'alarm:twice', 10)
  }
  await Promise.all(callers.map((caller) => caller.calls(3)))
  for (const worker of both) {
    // First the sessions' alarms are due. What they let go has the lane's alarm set.
    await until(`an alarm of ${worker} waits`, async () => ((await world.struck(worker))['alarm:gate'] ?? 0) > 0)
    await world.clock(worker, { skew: 60_000 })
    await world.arm(worker, 'alarm:gate', 0)
  }
  await drained(world)
  for (const worker of both) {
    expect((await world.struck(worker))['alarm:twice'], worker).toBeGreaterThan(0)
    await world.clock(worker, { skew: 0 })
  }
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})

test('I8: alarms that fail are tried again by the platform, and everything is settled without a call', async () => {
  await drained(world)
  const before = await Promise.all(both.map(async (worker) => (await world.struck(worker))['alarm:throws'] ?? 0))
  for (const worker of both) await world.arm(worker, 'alarm:throws', 2)
  await world.callers[0]!.calls(1)
  await drained(world)
  const after = await Promise.all(both.map(async (worker) => (await world.struck(worker))['alarm:throws'] ?? 0))
  expect(after.map((times, i) => times - before[i]!)).toEqual([2, 2])
})

test('I8: a session that has lost its alarm for good goes on with the next call', async () => {
  await oneCharge()
  await world.loseAlarms('STREAM_SESSION')
  await world.callers[0]!.calls(1)
  await drained(world)
})

test('I8: and without any call it is woken by the comparison that the clock starts', async () => {
  await oneCharge()
  await world.loseAlarms('STREAM_SESSION')
  await world.stack.system.scheduled('control')
  await drained(world)
})

test('I8 I9: a lane that has lost its alarm for good is woken by the watchdog', async () => {
  await oneCharge()
  const { client } = world.stack.chain
  await client.setAutomine(false)
  await until('a claim is in the pool', async () => (await client.getTxpoolStatus()).pending === 1)
  await world.loseAlarms('NONCE_LANE')
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  await world.stack.system.scheduled('settlement')
  await drained(world)
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})
