/** F23: the key service of the gas key is away, throttles and lies, under the whole line. I6 I8 I9. */
import type { Hex } from '@pbstream/core/Hex'
import { addressOf } from '@pbstream/local/Keys'
import { getAddress, recoverTransactionAddress } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

type Waiting = { nonce: number; raw: Hex | null; sent_at: number | null }

/** Every way in which a key service fails, and how often each time. */
const ways = ['down', 'throttled', 'high_s', 'other_v', 'stranger', 'other_digest'].map((way) => `sign:${way}`)
const TIMES = 3

test('I6 I8 I9: while the key service fails in every way, calls are served and nothing unsigned advances', async () => {
  const { client } = world.stack.chain
  const gas = addressOf(world.stack.keys.gas)
  const caller = await world.caller()
  await caller.calls(1)
  await drained(world)
  const nonce = await client.getTransactionCount({ address: gas })
  const sends = world.rpc.count('eth_sendRawTransaction')
  // It does not come back before the test has looked.
  await world.arm('settlement', 'sign:down', 1_000_000)
  await caller.calls(3)
  const waiting = await until('a claim waits for its signature', async () => {
    const sql = "SELECT item.nonce, raw, sent_at FROM attempt JOIN item ON id = item_id WHERE state = 'open'"
    const found = (await world.rows<Waiting>('NONCE_LANE', sql)).flatMap(({ rows }) => rows)
    return ((await world.struck('settlement'))['sign:down'] ?? 0) > 2 && found.length > 0 && found
  })
  expect(waiting[0], 'it has its nonce, and no bytes').toEqual({ nonce, raw: null, sent_at: null })
  for (const { raw, sent_at } of waiting) expect([raw, sent_at]).toEqual([null, null])
  expect(world.rpc.count('eth_sendRawTransaction')).toBe(sends)
  expect((await client.getTxpoolStatus()).pending).toBe(0)
  await caller.calls(1)
  for (const way of ways) await world.arm('settlement', way, TIMES)
  await drained(world)
  expect(await world.struck('settlement')).toMatchObject(Object.fromEntries(ways.slice(1).map((way) => [way, TIMES])))
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
  for (const { params } of world.rpc.calls.filter(({ method }) => method === 'eth_sendRawTransaction')) {
    expect(await recoverTransactionAddress({ serializedTransaction: params[0] as `0x02${string}` })).toBe(
      getAddress(gas),
    )
  }
})
