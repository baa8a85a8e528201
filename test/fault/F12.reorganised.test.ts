/**
 * F12: the chain forgets blocks with a deposit and a settlement in them, up to depth k. I3 I5: nothing counts before it,
 * and no number ever falls.
 */
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

/** The depth at which a transaction counts as final. */
const k = 3

beforeAll(async () => {
  world = await World.start({ confirmations: k })
})
afterAll(() => world?.stop())

type Numbers = Record<'deposited' | 'accepted' | 'spent' | 'claimed' | 'settled', string>

async function numbers(): Promise<Numbers> {
  const sql = 'SELECT deposited, accepted, spent, claimed, settled FROM channel'
  const [session] = await world.rows<Numbers>('STREAM_SESSION', sql)
  return session!.rows[0]!
}

const reorganise = (depth: number) =>
  world.stack.chain.client.request({ method: 'anvil_reorg' as never, params: [depth, []] as never })

test('I3 I5: a deposit and a claim that vanish with their blocks are mined again, and no number ever falls', async () => {
  const { client } = world.stack.chain
  const provider = addressOf(world.stack.keys.provider)
  const caller = await world.caller()
  let before = { deposited: '0', accepted: '0', spent: '0', claimed: '0', settled: '0' } as Numbers
  const look = async () => {
    const now = await numbers()
    for (const key of Object.keys(before) as (keyof Numbers)[]) {
      expect(BigInt(now[key]), `I3: ${key}`).toBeGreaterThanOrEqual(BigInt(before[key]))
    }
    before = now
    return now
  }
  // Served on a deposit in the newest block, which then never was.
  await caller.calls(2)
  expect((await look()).deposited).toBe('0')
  await reorganise(1)
  await caller.calls(1)
  await until('the claim is mined', async () => (await look()) && (await world.stack.usdc(provider)) > 0n)
  await client.mine({ blocks: 1 })
  expect((await look()).settled, 'not at depth k yet').toBe('0')
  await reorganise(2)
  expect(await world.stack.usdc(provider)).toBe(0n)
  await caller.calls(1)
  await until('it is mined again', async () => (await look()) && (await world.stack.usdc(provider)) > 0n)
  await client.setIntervalMining({ interval: 1 })
  await until('it is final', async () => (await look()).settled !== '0')
  await drained(world)
  await client.setAutomine(true)
})

test.each([1, 2, k])('I3 I5: a claim that vanishes at depth %d of 3 is mined again, and paid once', async (depth) => {
  const { client } = world.stack.chain
  const provider = addressOf(world.stack.keys.provider)
  const paid = () => world.stack.usdc(provider)
  const [caller] = world.callers
  const before = [await paid(), BigInt((await numbers()).settled)] as const
  await caller!.calls(2)
  await until('the claim is mined', async () => (await paid()) > before[0])
  if (depth > 1) await client.mine({ blocks: depth - 1 })
  const isFinal = async () => BigInt((await numbers()).settled) > before[1]
  if (depth === k) await until('it is final', isFinal)
  else expect(await isFinal(), 'not at depth k yet').toBe(false)
  const books = await numbers()
  await reorganise(depth)
  expect(await paid(), 'nobody was paid').toBe(before[0])
  // What is final is looked at again when there is something to send.
  await caller!.calls(1)
  await client.setIntervalMining({ interval: 1 })
  await drained(world, { incidents: depth === k ? ['lane_reorged'] : [] })
  const after = await numbers()
  for (const key of Object.keys(books) as (keyof Numbers)[]) {
    expect(BigInt(after[key]), `I3: ${key}`).toBeGreaterThanOrEqual(BigInt(books[key]))
  }
  await lanesInOrder(world)
  await client.setAutomine(true)
})
