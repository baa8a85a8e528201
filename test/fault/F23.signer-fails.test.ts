/** F23: the signer is away, throttles, answers with a wrong or malleable signature, or is rotated. I9. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import { Chain } from '@pbstream/local/Chain'
import { connect } from '@pbstream/nonce-lane/JsonRpc'
import { Journal } from '@pbstream/nonce-lane/Journal'
import { Runner } from '@pbstream/nonce-lane/Runner'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memorySql } from '../../durable-objects/nonce-lane/test/support/MemorySql.ts'
import { config, order } from '../../durable-objects/nonce-lane/test/support/World.ts'
import { until } from '../support/until.ts'
import { addressOf } from '@pbstream/local/Keys'
import { World } from './support/World.ts'
import { drained } from './support/drained.ts'
import { flipped, malleated } from './support/faulty/signer.ts'

let world: World
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-signer-'))
  world = await World.start({ directory })
})
afterAll(async () => {
  await world?.stop()
  await rm(directory, { recursive: true, force: true })
})

test('I9: a key service that fails in every way costs no nonce and sends nothing but what it should', async () => {
  const signer = NobleSigner.create(generatePrivateKey())
  const stranger = NobleSigner.create(generatePrivateKey())
  const { chain } = world.stack
  await chain.fund([signer.address])
  const troubles: ((digest: Uint8Array) => Promise<Hex>)[] = [
    () => Promise.reject(new Error('503 Service Unavailable')),
    () => Promise.reject(new Error('429 ThrottlingException')),
    (digest) => signer.sign(digest).then(malleated),
    (digest) => signer.sign(digest).then(flipped),
    (digest) => stranger.sign(digest),
  ]
  const journal = new Journal(memorySql())
  const ports = {
    chain: connect({ url: chain.rpcUrl }),
    signer: { address: signer.address, sign: (digest: Uint8Array) => (troubles.shift() ?? signer.sign)(digest) },
    acknowledge: async () => {},
    publish: async () => {},
    now: () => Date.now(),
    log: () => {},
  }
  const runner = new Runner(journal, ports, {
    ...config,
    confirmations: 1,
    maxFeeCap: 10n ** 12n,
    dailyBudget: 10n ** 18n,
  })
  for (let i = 0; i < 3; i++) await runner.submit({ ...order(i), signer: signer.address, chainId: Chain.id }, () => {})
  await until('all are confirmed', async () => {
    await runner.tick()
    return !journal.hasOpen()
  })
  expect(troubles).toEqual([])
  expect([0, 1, 2].map((i) => journal.entry(`item-${i}`))).toMatchObject(
    [0, 1, 2].map((nonce) => ({ nonce, state: 'confirmed' })),
  )
  expect(await chain.client.getTransactionCount({ address: signer.address })).toBe(3)
})

test('I8 I9: a gas key that is changed while a claim is under way, and changed back, pays the provider once', async () => {
  const { stack } = world
  const { client } = stack.chain
  const provider = addressOf(stack.keys.provider)
  const caller = await world.caller()
  await caller.calls(3)
  await drained(world)
  await client.setAutomine(false)
  await caller.calls(2)
  await until('the claim is in the pool', async () => (await client.getTxpoolStatus()).pending === 1)
  const old = stack.keys.gas
  await stack.restart(async () => {
    stack.keys.gas = generatePrivateKey()
    await client.setBalance({ address: addressOf(stack.keys.gas), value: 10n ** 20n })
    await client.setAutomine(true)
    await client.mine({ blocks: 1 })
  })
  await caller.calls(2)
  await until('the new key has claimed what came after', async () => (await stack.usdc(provider)) === 7_000n, 40_000)
  const lane = addressOf(stack.keys.gas)
  await until('the lane of the new key has nothing left to do', async () => {
    const sql = "SELECT id FROM item WHERE state <> 'confirmed' UNION ALL SELECT item_id FROM outbox"
    const [own] = (await world.rows('NONCE_LANE', sql)).filter(({ name }) => name.includes(lane))
    return own?.rows.length === 0
  })
  await stack.restart(async () => {
    stack.keys.gas = old
  })
  await caller.calls(1)
  await drained(world)
})
