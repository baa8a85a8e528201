/** F10: a node freezes, loses answers after broadcast, and says what is not so; fees jump. I9. */
import { parseGwei } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { says, unheard } from './support/RpcProxy.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

const send = 'eth_sendRawTransaction'

test('I9: whatever a node answers to a broadcast, each nonce is one transaction of one item', async () => {
  const callers = await world.crowd(2)
  await Promise.all(callers.map((caller) => caller.calls(1)))
  world.rpc.on(send, unheard)
  world.rpc.on(send, says('already known'))
  world.rpc.on(send, async (_, pass) => pass().then(() => ({ error: { code: -32000, message: 'nonce too low' } })))
  world.rpc.on(send, says('replacement transaction underpriced'))
  world.rpc.on(send, says('limit exceeded', -32005))
  world.rpc.on(send, says('nonce too low'))
  for (let i = 0; i < 3; i++) {
    const before = world.rpc.count(send)
    await Promise.all(callers.map((caller) => caller.calls(2)))
    await until('a claim was broadcast', () => world.rpc.count(send) > before)
  }
  await drained(world)
  expect(world.rpc.count(send)).toBeGreaterThanOrEqual(6)
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})

test('I9: while the node is frozen calls are served, and afterwards their claims go out', async () => {
  const [caller] = world.callers
  const thaw = world.rpc.freeze()
  await caller!.calls(3)
  await until('settlement has asked in vain', () => world.rpc.count('eth_blockNumber') > 0)
  thaw()
  await drained(world)
  await lanesInOrder(world)
})

test('I8 I9: a claim that a jump of the base fee leaves behind is replaced at its own nonce', async () => {
  const { client } = world.stack.chain
  const [caller] = world.callers
  await client.setAutomine(false)
  await caller!.calls(1)
  await until('the claim waits in the pool', async () => (await client.getTxpoolStatus()).pending === 1)
  const items = (await world.rows('NONCE_LANE', 'SELECT id FROM item'))[0]!.rows.length
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei('60') })
  await client.mine({ blocks: 1 })
  expect((await client.getBlock()).transactions, 'too dear for the claim').toEqual([])
  await client.setIntervalMining({ interval: 1 })
  await drained(world)
  expect(await lanesInOrder(world)).toHaveLength(items)
  const attempts = await world.rows<{ n: number }>('NONCE_LANE', 'SELECT n FROM attempt WHERE n > 0')
  expect(attempts.flatMap(({ rows }) => rows).length).toBeGreaterThan(0)
})
