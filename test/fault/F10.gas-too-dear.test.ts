/** F10: gas becomes dearer than what a day may cost, with a claim under way. I8 I9: it waits, is shown, and settles. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

/** Wei a day: some claims at the price that gas has at first. */
const budget = 10n ** 16n
const DAY = 86_400_000

let world: World

beforeAll(async () => {
  world = await World.start({ vars: { DAILY_GAS_WEI: String(budget) } })
  await (await world.caller()).calls(1)
  await drained(world)
})
afterAll(() => world?.stop())

type Lane = { items: { heldSince?: number }[] }

test('I8 I9: a claim whose fee the day does not pay for is held, goes out as it is, and settles on the next day', async () => {
  const { client } = world.stack.chain
  await client.setAutomine(false)
  await world.callers[0]!.calls(1)
  await until('the claim waits in the pool', async () => (await client.getTxpoolStatus()).pending === 1)
  // The whole of a day does not pay for this, two days do.
  const sql = "SELECT gas_limit FROM item WHERE state = 'open'"
  const [open] = (await world.rows<{ gas_limit: string }>('NONCE_LANE', sql)).flatMap(({ rows }) => rows)
  const baseFeePerGas = (3n * budget) / (2n * BigInt(open!.gas_limit))
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas })
  await client.mine({ blocks: 1 })
  await until('operators see that it is held', async () => {
    const { lanes } = await world.ops<{ lanes: Lane[] }>('GET', '/lanes')
    return lanes.some(({ items }) => items.some(({ heldSince }) => heldSince !== undefined))
  })
  const { orm, tables } = world.stack.system.database
  await until('and are told', async () =>
    (await orm.select().from(tables.sentinelEvent)).some(({ what }) => what === 'gas_budget'),
  )
  const before = world.rpc.count('eth_sendRawTransaction')
  await until('it goes out again', () => world.rpc.count('eth_sendRawTransaction') > before)
  await within()
  expect((await client.getBlock()).transactions, 'no block took it').toEqual([])

  const days = await spent()
  await world.clock('settlement', { skew: DAY })
  await until('it offers what two days pay for', async () => (await spent()).length > days.length)
  await client.setIntervalMining({ interval: 1 })
  await drained(world, { incidents: ['gas_budget'] })
  await within()
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})

/** Wei that each day of a lane has set aside and spent. */
async function spent(): Promise<bigint[]> {
  const days = await world.rows<{ wei: string }>('NONCE_LANE', 'SELECT wei FROM spend')
  return days.flatMap(({ rows }) => rows.map(({ wei }) => BigInt(wei)))
}

async function within(): Promise<void> {
  for (const wei of await spent()) expect(wei).toBeLessThanOrEqual(budget)
}
