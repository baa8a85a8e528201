import type { Hex } from '@pbstream/core/Hex'
import { expect, test } from 'vitest'
import { channelOf } from './support/SimChain.ts'
import { config, order, World } from './support/World.ts'

async function submitted(world: World, i = 0): Promise<void> {
  expect(await world.submit(order(i))).toMatchObject({ kind: 'accepted', item: { state: 'open', nonce: i } })
}

test('bytes are journaled before they go out, and the same bytes go out after a crash', async () => {
  const world = new World()
  // estimate, market, count and sign go well; the lane dies when the node has taken the bytes.
  world.faults = ['none', 'none', 'none', 'none', 'crash_after']
  expect(await world.submit(order(0))).toBeUndefined()
  const [first] = world.chain.pool.values()
  expect(world.journal.entry('item-0')?.attempts[0]?.raw).toBe(first?.raw)
  world.chain.drop(0)
  await world.drain()
  expect(world.chain.mined.map(({ hash }) => hash)).toEqual([first?.hash])
})

test('an item that lost its answer from the node keeps its nonce', async () => {
  const world = new World()
  world.faults = ['none', 'none', 'none', 'none', 'lost_after']
  await submitted(world)
  expect(await world.submit(order(0))).toMatchObject({ kind: 'accepted', item: { nonce: 0 } })
  await submitted(world, 1)
  await world.drain()
  expect(world.chain.mined).toHaveLength(2)
})

test('what would revert, and what cannot be asked about, takes no nonce', async () => {
  const world = new World()
  for (const lost of [0, 1, 2]) {
    world.faults = [...Array.from({ length: lost }, () => 'none' as const), 'lost_before']
    expect(await world.submit(order(0))).toMatchObject({ kind: 'unavailable' })
  }
  expect(await world.submit({ ...order(0), maxGas: 49_999n })).toMatchObject({ kind: 'reverted' })
  expect(world.journal.highestNonce()).toBeUndefined()
})

test('an order that was taken on meanwhile is accepted, whatever its own test of it said', async () => {
  const world = new World()
  // Two calls at once; the first to ask loses its answer, the second takes the order on.
  world.faults = ['lost_after']
  const replies = await world.run((runner) => Promise.all([0, 1].map(() => runner.submit(order(0), () => undefined))))
  expect(replies).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }])
  await world.drain()
  expect(world.chain.mined).toHaveLength(1)
})

test('a lane that has set aside its gas for the day takes nothing more until the next', async () => {
  const world = new World()
  world.chain.market = { baseFee: 1_000_000n, priority: 0n }
  const gasEach = (50_000n * 5n) / 4n + 10_000n
  expect(config.dailyBudget / (gasEach * config.maxFeeCap)).toBe(3n)
  for (const i of [0, 1, 2]) await submitted(world, i)
  expect(await world.submit(order(3))).toEqual({ kind: 'over_budget' })
  expect(await world.submit(order(2)), 'what is journaled is not asked again').toMatchObject({ kind: 'accepted' })
  world.now += 86_400_000
  await submitted(world, 3)
  expect(world.journal.spent(world.now)).toBe(gasEach * config.maxFeeCap)
  await world.drain()
  expect(world.journal.spent(world.now), 'what was not used is free again').toBe(21_000n * config.maxFeeCap)
})

test('a dropped transaction goes out again, with the same bytes', async () => {
  const world = new World()
  await submitted(world)
  const [first] = world.chain.pool.values()
  world.chain.drop(0)
  world.now += config.rebroadcastMs
  await world.tick()
  expect([...world.chain.pool.values()].map(({ hash }) => hash)).toEqual([first?.hash])
})

test('a transaction that no block takes is replaced at the same nonce and a higher fee', async () => {
  const world = new World()
  await submitted(world)
  const before = world.chain.pool.get(0)?.maxFee ?? 0n
  world.chain.market = { baseFee: 3_000n, priority: 100n }
  world.now += config.stallMs
  world.chain.mine()
  await world.tick()
  expect(world.chain.pool.get(0)?.maxFee).toBe(6_100n)
  expect(6_100n * 8n).toBeGreaterThan(before * 9n)
  await world.drain()
  expect(world.journal.entry('item-0')).toMatchObject({ state: 'confirmed', nonce: 0 })
})

test('a transaction whose block is reorganised away is open again and ends confirmed', async () => {
  const world = new World()
  await submitted(world)
  world.chain.mine()
  expect(await world.poke('item-0')).toMatchObject({ state: 'mined', success: true })
  world.chain.reorg(1, false)
  expect(await world.poke('item-0')).toMatchObject({ state: 'open' })
  await world.drain()
  expect(await world.poke('item-0')).toMatchObject({ state: 'confirmed' })
  const states = world.events.flatMap((event) => (event.kind === 'transaction' ? [event.status] : []))
  expect(states).toEqual(['submitted', 'mined', 'submitted', 'mined', 'confirmed'])
})

test('what was seen of an item’s past does not move its present', async () => {
  const world = new World()
  await submitted(world)
  world.chain.mine()
  // A look that began before the block and ends after another look has seen it.
  await world.run(async (runner) => {
    const chain = world.chain
    const before = chain.receipt.bind(chain)
    let first = true
    chain.receipt = (hash: Hex) => {
      if (!first) return before(hash)
      first = false
      return undefined
    }
    await Promise.all([runner.poke('item-0'), runner.poke('item-0')])
    chain.receipt = before
  })
  const states = world.events.flatMap((event) => (event.kind === 'transaction' ? [event.status] : []))
  expect(states).toEqual(['submitted', 'mined'])
})

test('a nonce that somebody else used is noticed, and the item fails without taking another', async () => {
  const world = new World()
  await submitted(world)
  const [ours] = world.chain.pool.values()
  if (ours === undefined) throw new Error('nothing was sent')
  world.chain.pool.set(0, { ...ours, hash: `0x${'ff'.repeat(32)}`, data: '0xfeed' })
  for (let i = 0; i < 4; i++) world.chain.mine()
  await world.tick()
  expect(world.journal.entry('item-0')?.state).toBe('open')
  world.now += config.lostMs
  await world.tick()
  expect(world.journal.entry('item-0')).toMatchObject({ state: 'failed', error: 'nonce_taken' })
  expect(world.told.get('session-0')).toMatchObject([{ kind: 'claim', status: 'failed' }])
})

test('a report stays until it is taken, and reports of one session keep their order', async () => {
  const world = new World()
  await world.submit({
    ...order(0),
    purpose: 'deposit',
    acks: [{ session: 's', event: { kind: 'deposit', channelId: '0x01', depositId: 'd', amount: 5n } }],
  })
  world.chain.mine()
  // head, count, the receipt twice, then the two deliveries, which fail.
  world.faults = ['none', 'none', 'none', 'none', 'lost_before', 'lost_before']
  await world.poke('item-0')
  expect(world.told.size).toBe(0)
  await world.drain()
  expect(world.told.get('s')).toMatchObject([
    { kind: 'deposit', status: 'mined', amount: 5n },
    { kind: 'deposit', status: 'confirmed', amount: 5n },
  ])
})

test('a transaction for hundreds of sessions is told to all of them, some in each run', async () => {
  const world = new World()
  const acks = Array.from({ length: 500 }, (_, i) => ({
    session: `s-${i}`,
    event: { kind: 'claim', channelId: channelOf(i), total: 7n, settled: true } as const,
  }))
  await world.submit({ ...order(0), acks, channels: acks.length })
  for (let i = 0; i < config.confirmations; i++) world.chain.mine()
  await world.tick()
  expect(world.told.size).toBeGreaterThan(0)
  expect(world.told.size).toBeLessThan(500)
  await world.tick()
  expect(world.told.size).toBe(500)
})

test('what an item covers is covered until it fails', async () => {
  const world = new World()
  await submitted(world)
  await world.submit(order(1, '0xbad0'))
  expect(world.journal.covered(['key-0', 'key-1', 'key-2'])).toEqual(['key-0', 'key-1'])
  await world.drain()
  expect(world.journal.covered(['key-0', 'key-1', 'key-2'])).toEqual(['key-0'])
})

test('a revert that another’s copy of the transaction caused counts as done', async () => {
  const world = new World()
  const proof = { to: `0x${'33'.repeat(20)}` as const, data: '0x01' as const, above: 4n }
  const refund = { kind: 'refund', channelId: '0x01', refundId: 'r', amount: 5n, claimed: 9n, nonce: 4n } as const
  const payout = { kind: 'payout', channelId: '0x01', total: 9n } as const
  const acks = [refund, payout].map((event) => ({ session: 's', event }))
  await world.submit({ ...order(0, '0xbad0'), purpose: 'refund', acks, proof })
  const rpc = world.chain.rpc.bind(world.chain)
  world.chain.rpc = (pass) => ({
    ...rpc(pass),
    call: () => pass(() => ({ kind: 'returned', data: `0x${'5'.padStart(64, '0')}` }) as const),
  })
  world.restart()
  await world.drain()
  expect(await world.poke('item-0')).toMatchObject({ state: 'confirmed', error: 'executed_by_another' })
  expect(world.told.get('s')).toEqual([{ ...refund, claimed: 0n, status: 'overtaken' }])
})

test('items that ended long ago are forgotten, and their nonces are not given out again', async () => {
  const world = new World()
  await submitted(world)
  await submitted(world, 1)
  await world.drain()
  world.now += 31 * 86_400_000
  await world.tick()
  expect(world.journal.entry('item-0')).toBeUndefined()
  world.chain.blocks.length = 0
  expect(await world.submit(order(2))).toMatchObject({ kind: 'accepted', item: { nonce: 2 } })
})
