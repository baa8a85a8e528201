/** F13: blocks become too small for a batch, and a key of it is frozen, between the estimate and the broadcast. I5 I8 I10. */
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Owner, secret, terms } from '../support/keysApi.ts'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  // Claims leave with the third charge, together.
  world = await World.start({ vars: { SETTLE_AGE_MS: '3600000', SETTLE_COUNT: '3' }, batchSeconds: 1 })
  for (const caller of await world.crowd(2)) await caller.calls(1)
})
afterAll(() => world?.stop())

type Item = { state: string; error: string | null; channels: number }

const claims = async () =>
  (
    await world.rows<Item>(
      'NONCE_LANE',
      "SELECT state, error, channels FROM item WHERE purpose = 'claim' ORDER BY nonce",
    )
  ).flatMap(({ rows }) => rows)

/** So many charges of each caller; the claims that the last one calls for go together. */
async function charged(callers: Caller[], times: number): Promise<void> {
  await world.arm('settlement', 'consumer:gate')
  await Promise.all(callers.map((caller) => caller.calls(times)))
  await world.arm('settlement', 'consumer:gate', 0)
}

test('I5 I8: a batch that no block takes any more gives its nonce up, and settles when blocks are as large as before', async () => {
  const { client } = world.stack.chain
  const { gasLimit } = await client.getBlock()
  const refusals: string[] = []
  world.rpc.on(
    'eth_sendRawTransaction',
    async (_, pass) => {
      // An empty transaction fits, claims do not.
      if (refusals.length === 0) await client.setBlockGasLimit({ gasLimit: 60_000n })
      const answer = await pass()
      if (answer.error !== undefined) refusals.push(answer.error.message)
      return answer
    },
    3,
  )
  await charged(world.callers, 2)
  const [first] = await until('the batch is given up', async () => {
    const items = await claims()
    return items[0]?.state === 'failed' && items
  })
  await client.setBlockGasLimit({ gasLimit })
  expect(refusals).toEqual(Array(3).fill('intrinsic gas too high -- tx.gas_limit > env.block.gas_limit'))
  expect(first).toMatchObject({ error: refusals[0], channels: 2 })
  // Sessions ask again after half a minute.
  await drained(world, { timeoutMs: 120_000 })
  const items = await lanesInOrder(world)
  expect(items.filter(({ state }) => state !== 'confirmed')).toHaveLength(1)
}, 180_000)

test('I5 I8 I10: a key that its owner freezes meanwhile buys nothing more, and what it has signed settles with the batch', async () => {
  const owner = await Owner.signIn(world.stack)
  const sessionKey = secret()
  const made = await owner.call('POST', '/session-keys', {
    body: terms(world.stack, { key: addressOf(sessionKey) }),
  })
  expect(made.status).toBe(201)
  const frozen = await world.caller({ key: owner.key, sessionKey })
  const other = world.callers[0]!
  await Promise.all([frozen, other].map((caller) => caller.calls(1)))
  const before = (await claims()).length
  let status = 0
  // Its last estimate lies behind the batch, and its broadcast before it.
  world.rpc.on('eth_sendRawTransaction', async (_, pass) => {
    status = (await owner.call('POST', `/session-keys/${made.json['id'] as string}/freeze`, { body: {} })).status
    return pass()
  })
  await charged([frozen, other], 2)
  await until('it is frozen', () => status > 0)
  expect(status).toBe(200)
  const served = world.stack.upstream.calls('/work')
  expect(await frozen.call()).not.toBe(200)
  expect(world.stack.upstream.calls('/work')).toBe(served)
  await drained(world)
  expect((await claims()).slice(before).map(({ state }) => state)).toEqual(['confirmed'])
})
