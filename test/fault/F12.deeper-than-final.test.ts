/**
 * F12: the chain forgets a deposit that was final, and it cannot be made again. I5 I8 I13: this is not promised away: what
 * was charged on it is booked as lost, told as an incident, and nothing more is sold on it.
 */
import { Chain } from '@pbstream/local/Chain'
import { parseAbi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { price, World } from './support/World.ts'
import { drained } from './support/drained.ts'

let world: World

beforeAll(async () => {
  // Nothing is claimed before the deposit is gone.
  world = await World.start({ confirmations: 3, vars: { SETTLE_AGE_MS: '25000' } })
})
afterAll(() => world?.stop())

type Numbers = Record<'deposited' | 'spent' | 'settled' | 'lost', bigint>

async function numbersOf({ payer }: Caller): Promise<Numbers> {
  const sql = 'SELECT deposited, spent, settled, lost FROM channel'
  const sessions = await world.rows<Record<keyof Numbers, string>>('STREAM_SESSION', sql)
  const row = sessions.find(({ name }) => name.includes(payer.address))!.rows[0]!
  return Object.fromEntries(Object.entries(row).map(([name, text]) => [name, BigInt(text)])) as Numbers
}

/** All the test USDC of a payer goes elsewhere. */
async function spendElsewhere({ payer }: Caller): Promise<void> {
  const { client } = world.stack.chain
  const account = payer.address
  await client.impersonateAccount({ address: account })
  await client.writeContract({
    address: Chain.addresses.usdc,
    abi: parseAbi(['function transfer(address, uint256) returns (bool)']),
    functionName: 'transfer',
    args: ['0x000000000000000000000000000000000000dEaD', await world.stack.usdc(account)],
    account,
  })
}

test('I5 I8: a final deposit that is gone for good is lost and told, and stops its channel and no other', async () => {
  const { client } = world.stack.chain
  const [other, victim] = [await world.caller(), await world.caller()]
  await other.calls(2)
  const height = await client.getBlockNumber({ cacheTime: 0 })
  await victim.calls(3)
  await client.mine({ blocks: 3 })
  await until('the deposit is final', async () => (await numbersOf(victim)).deposited > 0n)
  const { deposited } = await numbersOf(victim)
  const depth = Number((await client.getBlockNumber({ cacheTime: 0 })) - height)
  await client.request({ method: 'anvil_reorg' as never, params: [depth, []] as never })
  await spendElsewhere(victim)
  await client.setIntervalMining({ interval: 1 })
  await until('the loss is booked', async () => (await numbersOf(victim)).lost > 0n)
  expect(await numbersOf(victim)).toEqual({ deposited, spent: 3n * price, settled: 0n, lost: 3n * price })
  const served = world.stack.upstream.calls('/work')
  expect(await victim.call()).toBe(402)
  expect(world.stack.upstream.calls('/work')).toBe(served)
  // Everybody else goes on, on the same lane.
  await other.calls(2)
  await drained(world, { incidents: ['deposit_reorged', 'lane_reorged', 'money_lost'] })
  expect(await numbersOf(other)).toMatchObject({ spent: 4n * price, settled: 4n * price, lost: 0n })
})
