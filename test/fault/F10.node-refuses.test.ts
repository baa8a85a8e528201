/** F10: the node itself refuses bytes: it has them, it has better ones, or their nonce is used. I9. */
import type { Hex } from '@pbstream/core/Hex'
import { Chain } from '@pbstream/local/Chain'
import { parseTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { Reaction } from './support/RpcProxy.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World
/** What the node itself said to broadcasts that it refused, and of which bytes. */
let refused: { raw: Hex; message: string }[]

beforeAll(async () => {
  // Fees are raised here because a node asks for it, not because blocks are late.
  world = await World.start({ chain: { stallMs: 600_000 } })
  await (await world.caller()).calls(1)
  await drained(world)
})
afterAll(() => world?.stop())

beforeEach(() => {
  refused = []
})
afterEach(async () => {
  const { client } = world.stack.chain
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  await world.clock('settlement', { skew: 0 })
})

const send = 'eth_sendRawTransaction'

/** The node's own answer is passed on, and noted if it refuses; `before` comes between the lane and the node. */
function noting(before: (raw: Hex) => Promise<void> = async () => {}): Reaction {
  return async ({ params }, pass) => {
    const raw = params[0] as Hex
    await before(raw)
    const answer = await pass()
    if (answer.error !== undefined) refused.push({ raw, message: answer.error.message })
    return answer
  }
}

/** Somebody else who has the gas key uses the nonce of these bytes for a transaction of his own. */
async function outsider(raw: Hex, percent: bigint): Promise<Hex> {
  const { nonce = 0, maxFeePerGas = 0n } = parseTransaction(raw as `0x02${string}`)
  const account = privateKeyToAccount(world.stack.keys.gas)
  const fee = (maxFeePerGas * percent) / 100n
  const fees = { maxFeePerGas: fee, maxPriorityFeePerGas: fee }
  const body = { type: 'eip1559', chainId: Chain.id, nonce, to: account.address, gas: 21_000n, ...fees } as const
  const hash = await world.stack.chain.client.sendRawTransaction({
    serializedTransaction: await account.signTransaction(body),
  })
  return hash
}

const attempts = async () =>
  (await world.rows<{ raw: Hex }>('NONCE_LANE', 'SELECT raw FROM attempt')).flatMap(({ rows }) => rows).length

test('I9: bytes that the pool has already go out again as they are, and are mined once', async () => {
  const { client } = world.stack.chain
  await client.setAutomine(false)
  const before = await attempts()
  world.rpc.on(send, noting(), 3)
  await world.callers[0]!.calls(1)
  await until('they went out three times', () => refused.length === 2)
  expect(refused.map(({ message }) => message)).toEqual(Array(2).fill('transaction already imported'))
  expect(new Set(refused.map(({ raw }) => raw)).size).toBe(1)
  expect((await client.getTxpoolStatus()).pending).toBe(1)
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  await drained(world)
  expect(await attempts(), 'no other bytes').toBe(before + 1)
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})

test('I9: bytes that are underpriced beside another’s at their nonce are replaced until they win', async () => {
  const { client } = world.stack.chain
  await client.setAutomine(false)
  const before = await attempts()
  let theirs: Hex = '0x'
  world.rpc.on(
    send,
    noting(async (raw) => void (theirs = await outsider(raw, 130n))),
  )
  world.rpc.on(send, noting(), 2)
  await world.callers[0]!.calls(1)
  await until('three were tried', async () => (await attempts()) === before + 4)
  expect(refused.map(({ message }) => message)).toEqual(Array(3).fill('replacement transaction underpriced'))
  expect(new Set(refused.map(({ raw }) => raw)).size, 'each dearer than the one before').toBe(3)
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  await drained(world)
  await expect(client.getTransactionReceipt({ hash: theirs }), 'theirs never was in a block').rejects.toThrow()
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})

test('I8 I9: a nonce that somebody else has used is given up, and its claim goes out under the next', async () => {
  world.rpc.on(
    send,
    noting(async (raw) => void (await outsider(raw, 100n))),
  )
  await world.callers[0]!.calls(1)
  await until('the node has said so', () => refused.length > 0)
  expect(refused[0]?.message).toBe('nonce too low')
  const missing = "SELECT id FROM item WHERE state = 'open' AND missing_since IS NOT NULL"
  await until('the lane knows', async () =>
    (await world.rows('NONCE_LANE', missing)).some(({ rows }) => rows.length > 0),
  )
  // It waits for five minutes whether a receipt turns up.
  await world.clock('settlement', { skew: 301_000 })
  await drained(world, { timeoutMs: 120_000 })
  const items = await lanesInOrder(world)
  expect(items.filter(({ state }) => state !== 'confirmed')).toMatchObject([{ state: 'failed' }])
  const errors = await world.rows<{ error: string }>('NONCE_LANE', 'SELECT error FROM item WHERE error IS NOT NULL')
  expect(errors.flatMap(({ rows }) => rows)).toEqual([{ error: 'nonce_taken' }])
}, 180_000)
