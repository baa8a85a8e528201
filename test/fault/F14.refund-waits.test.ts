/** F14: a refund waits in the lane, for gas or for a block, while its payer goes on calling. I6: what goes back is not spent. */
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { price, World } from './support/World.ts'
import { drained } from './support/drained.ts'

/** What the session waits for a refund until it asks for it, milliseconds, and a moment. */
const LOST = 601_000
/** So often the chain is looked at again, milliseconds, and a moment. */
const AGAIN = 31_000

let world: World
let gasless: Caller, blockless: Caller

beforeAll(async () => {
  world = await World.start({ vars: { SETTLE_AGE_MS: '3600000' } })
  gasless = await world.caller({ deposit: 4n * price })
  blockless = await world.caller({ deposit: 4n * price })
  for (const caller of [gasless, blockless]) await caller.calls(2)
})
afterAll(() => world?.stop())

type Item = { id: string; state: string }
const refunds = async () => {
  const lanes = await world.rows<Item>(
    'NONCE_LANE',
    "SELECT id, state FROM item WHERE purpose = 'refund' ORDER BY nonce",
  )
  return lanes.flatMap(({ rows }) => rows)
}

const numbers = async ({ payer }: Caller) => {
  const sql = 'SELECT spent, returned, lost FROM channel'
  const sessions = await world.rows<Record<'spent' | 'returned' | 'lost', string>>('STREAM_SESSION', sql)
  return sessions.find(({ name }) => name.includes(payer.address))!.rows[0]
}

/** Asks for the money back; the answer comes when it is mined. */
async function refund({ payer }: Caller, nth: number): Promise<Promise<{ success: boolean }>[]> {
  const answer = payer.channels.refund(`${world.stack.gateway}/work`)
  answer.catch(() => undefined)
  await until('it is in the lane', async () => (await refunds()).length === nth)
  // In a list, so that nobody waits for it by returning it.
  return [answer]
}

/** Ten minutes later, and half a minute after that, the payer tries to spend what is on its way back. */
async function spendsNothing(caller: Caller): Promise<void> {
  const served = world.stack.upstream.calls('/work')
  for (const skew of [LOST, LOST + AGAIN]) {
    await world.clock('gateway', { skew })
    for (let i = 0; i < 2; i++) {
      const response = await fetch(await caller.sign())
      expect((await response.json()) as object).toMatchObject({ code: 'channel_closing' })
    }
  }
  expect(world.stack.upstream.calls('/work')).toBe(served)
  expect(await numbers(caller)).toMatchObject({ spent: `${2n * price}`, returned: '0', lost: '0' })
  expect((await refunds()).at(-1)).toMatchObject({ state: 'open' })
  await world.clock('gateway', { skew: 0 })
}

/** It goes back after all, whole. */
async function returned(caller: Caller, [answer]: Promise<{ success: boolean }>[]): Promise<void> {
  await until('it has gone back', async () => (await numbers(caller))?.returned === `${2n * price}`)
  expect((await answer)?.success).toBe(true)
}

test('I6 I8: the gas key has no ether: the channel stays closed until its refund is mined', async () => {
  const { client } = world.stack.chain
  const address = addressOf(world.stack.keys.gas)
  const ether = await client.getBalance({ address })
  await client.setBalance({ address, value: 0n })
  const answer = await refund(gasless, 1)
  await spendsNothing(gasless)
  await client.setBalance({ address, value: ether })
  await returned(gasless, answer)
})

test('I6 I8: no block comes: the same', async () => {
  const { client } = world.stack.chain
  await client.setAutomine(false)
  const answer = await refund(blockless, 2)
  await spendsNothing(blockless)
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  await returned(blockless, answer)
  await drained(world, { incidents: ['gas_low'] })
})
