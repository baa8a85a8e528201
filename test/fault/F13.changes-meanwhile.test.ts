/**
 * F13: between the estimate of a batch and its broadcast blocks become too small for it, a key of it is frozen, its token is
 * paused. I5 I8 I10.
 */
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Owner, secret, terms } from '../support/keysApi.ts'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { pause } from './support/blocking.ts'
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

test('I5 I8: a token that its issuer pauses meanwhile makes the batch revert; it is recorded, and paid out after the pause', async () => {
  const callers = world.callers.slice(0, 2)
  const before = (await claims()).length
  let resume: (() => Promise<void>) | undefined
  world.rpc.on('eth_sendRawTransaction', async (_, pass) => {
    resume = await pause(world)
    return pass()
  })
  await charged(callers, 3)
  await until('the batch has reverted', async () => (await claims())[before]?.error === 'reverted')
  const channels = await numbers(callers)
  for (const { id } of channels) await world.ops('POST', `/channels/${id}/drain`)
  await until('it is recorded', async () => (await numbers(callers)).every(({ claimed, spent }) => claimed === spent))
  for (const { settled, spent } of await numbers(callers)) expect(BigInt(settled)).toBe(BigInt(spent) - 3_000n)
  await resume?.()
  // One that is still under way may yet come back as refused, and wait for its hour: an operator asks again.
  await until('it is paid out', async () => {
    for (const { id } of channels) await world.ops('POST', `/channels/${id}/drain`)
    return (await numbers(callers)).every(({ settled, spent }) => settled === spent)
  })
  await drained(world)
  await lanesInOrder(world)
}, 180_000)

type Numbers = Record<'id' | 'spent' | 'claimed' | 'settled', string>

async function numbers(callers: Caller[]): Promise<Numbers[]> {
  const sessions = await world.rows<Numbers>('STREAM_SESSION', 'SELECT id, spent, claimed, settled FROM channel')
  const theirs = sessions.filter(({ name }) => callers.some(({ payer }) => name.includes(payer.address)))
  return theirs.flatMap(({ rows }) => rows)
}
