/** F21: alarms come twice, late, or never again. I8: the next call, or the clock of a Worker, sets them anew. */
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

test('I8: alarms of sessions and lanes that come twice and late do their work once', async () => {
  const callers = await world.crowd(2)
  for (const worker of ['gateway', 'settlement'] as const) {
    await world.arm(worker, 'alarm:late', 3, 1_500)
    await world.arm(worker, 'alarm:twice', 10)
  }
  await Promise.all(callers.map((caller) => caller.calls(4)))
  await drained(world)
  for (const worker of ['gateway', 'settlement'] as const) {
    const struck = await world.struck(worker)
    expect([struck['alarm:late'], struck['alarm:twice']], worker).toEqual([3, expect.any(Number)])
  }
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
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
