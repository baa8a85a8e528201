/** I8 I9: a reorganisation takes away what had counted as final: its nonce is filled again, and those behind it go on. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { config, order, signer, World } from './support/World.ts'

const entry = (world: World, i: number) => world.journal.entry(`item-${i}`) ?? expect.fail('not journaled')
const reorged = (world: World) =>
  world.events.flatMap((event) => (event.kind === 'incident' && event.what === 'lane_reorged' ? [event] : []))
const statusesOf = (world: World, i: number) =>
  world.events.flatMap((event) => (event.kind === 'transaction' && event.itemId === `item-${i}` ? [event.status] : []))

/** Items that are final, and then on no chain. */
async function forgotten(...orders: ReturnType<typeof order>[]): Promise<World> {
  const world = new World()
  for (const each of orders) await world.submit(each)
  await world.drain()
  world.chain.reorg(world.chain.head, false)
  return world
}

/** The money that is set aside or used, wei. */
const spent = (world: World) => world.journal.spent(world.now)

describe('a reorganisation deeper than the depth at which transactions are final', () => {
  test('has the same bytes sent again, before those that wait for them', async () => {
    const world = await forgotten(order(0), order(1))
    const hashes = [0, 1].map((i) => entry(world, i).mined?.hash)
    await world.submit(order(2))
    await world.drain()
    expect([0, 1, 2].map((i) => entry(world, i))).toMatchObject(
      [0, 1, 2].map((nonce) => ({ nonce, state: 'confirmed' })),
    )
    expect(world.chain.mined.map(({ hash }) => hash).slice(0, 2)).toEqual(hashes)
    expect(world.chain.mined).toHaveLength(3)
    expect(statusesOf(world, 0)).toEqual(['submitted', 'mined', 'confirmed', 'submitted', 'mined', 'confirmed'])
    expect(spent(world), 'what is mined, and nothing twice').toBe(3n * 21_000n * 2_100n)
  })

  test('is an incident that names the nonces, once', async () => {
    const world = await forgotten(order(0), order(1))
    await world.submit(order(2))
    await world.drain()
    expect(reorged(world)).toMatchObject([
      { detail: { chainId: '84532', signer: signer.address, nonces: '0-1', items: 'item-0 item-1' } },
    ])
  })

  test('is seen to its end when the lane dies on the way, at any call', async () => {
    for (let calls = 0; calls < 30; calls++) {
      const world = await forgotten(order(0))
      await world.submit(order(1))
      for (let i = 0; i < 8; i++) {
        world.now += 3_000
        world.chain.mine()
        await world.tick()
      }
      world.faults = [...Array.from({ length: calls }, () => 'none' as const), 'crash_after']
      for (let i = 0; i < 4; i++) {
        world.now += 3_000
        await world.tick()
      }
      await world.drain()
      expect([0, 1].map((i) => entry(world, i).state)).toEqual(['confirmed', 'confirmed'])
      expect(world.chain.mined.map(({ data }) => data)).toEqual([order(0).data, order(1).data])
      expect(new Set(reorged(world).map(({ id }) => id)).size).toBe(1)
    }
  })

  test('does not bring back what had come to nothing: its nonce is filled with an empty transaction', async () => {
    const world = await forgotten(order(0, '0xbad0'))
    expect(entry(world, 0)).toMatchObject({ state: 'failed', error: 'reverted' })
    await world.submit(order(1))
    await world.drain()
    expect(world.chain.mined.map(({ to, data }) => ({ to, data }))).toEqual([
      { to: signer.address, data: '0x' },
      { to: order(1).to, data: order(1).data },
    ])
    expect(entry(world, 0).state).toBe('failed')
    expect(entry(world, 1).state).toBe('confirmed')
    expect(world.told.get('session-0')?.every(({ kind, ...event }) => kind === 'claim' && 'status' in event)).toBe(true)
    expect(world.told.get('session-0')?.at(-1)).toMatchObject({ status: 'failed' })
  })

  test('fills nonces of which nothing is journaled with empty transactions', async () => {
    const world = new World()
    // Somebody else with the key has used two nonces.
    const used = new World()
    for (const i of [7, 8]) await used.submit(order(i))
    await used.drain()
    world.chain.blocks.push(...used.chain.blocks)
    await world.submit(order(0))
    expect(entry(world, 0).nonce).toBe(2)
    world.chain.blocks.length = 0
    world.chain.pool.delete(0)
    await world.drain()
    expect(entry(world, 0).state).toBe('confirmed')
    expect(world.chain.mined.map(({ to }) => to)).toEqual([signer.address, signer.address, order(0).to])
    expect(reorged(world)).toMatchObject([{ detail: { nonces: '0-1' } }])
  })

  test('raises the fee of what it brings back when the market has moved', async () => {
    const world = await forgotten(order(0))
    await world.submit(order(1))
    world.chain.market = { baseFee: 10_000n, priority: 100n }
    await world.drain()
    expect(world.chain.mined[0]).toMatchObject({ nonce: 0, maxFee: 20_100n })
    expect(entry(world, 1).state).toBe('confirmed')
  })
})

/** What becomes of an order's transaction, by its mark. */
const marks = fc.array(fc.constantFrom('', 'bad', 'dead'), { minLength: 4, maxLength: 4 })
const reorgs = fc.array(fc.record({ depth: fc.integer({ min: 1, max: 30 }), keep: fc.boolean(), blocks: fc.nat(12) }), {
  minLength: 4,
  maxLength: 4,
})

test('I8 I9: after reorganisations of any depth every nonce is filled, and what was confirmed is on the chain once', async () => {
  await fc.assert(
    fc.asyncProperty(marks, reorgs, fc.nat(400), async (fates, steps, crashAt) => {
      const world = new World()
      const orders = [...fates, ''].map((mark, i) =>
        order(i, `0x${mark.padEnd(6, '0')}${i.toString(16).padStart(4, '0')}`),
      )
      world.faults = [...Array.from({ length: crashAt }, () => 'none' as const), 'crash_after']
      for (const [i, { depth, keep, blocks }] of steps.entries()) {
        await world.submit(orders[i] ?? expect.fail())
        for (let n = 0; n < blocks; n++) {
          world.now += 3_000
          world.chain.mine()
          await world.tick()
        }
        world.chain.reorg(depth, keep)
      }
      world.faults = []
      // Something has to be under way: what nothing waits for is looked at when the next comes.
      for (const each of orders) await world.submit(each)
      await world.drain()
      const { mined } = world.chain
      expect(world.journal.hasOpen()).toBe(false)
      expect(mined.map(({ nonce }) => nonce)).toEqual(mined.map((_, i) => i))
      for (const { id, data } of orders) {
        const times = mined.filter((tx) => tx.data === data).length
        const { state } = world.journal.entry(id) ?? expect.fail('not journaled')
        if (state === 'confirmed') expect(times).toBe(1)
        else expect(times).toBeLessThanOrEqual(data.startsWith('0xbad') ? 1 : 0)
      }
    }),
    { numRuns: 30 },
  )
}, 60_000)

describe('a node that is behind', () => {
  /** A lane with one final item and one that waits; the node answers as it did `blocks` ago. */
  async function lagging(): Promise<World> {
    const world = new World()
    await world.submit(order(0))
    await world.drain()
    await world.submit(order(1))
    return world
  }
  const quiet = (world: World) => {
    expect(entry(world, 0).state).toBe('confirmed')
    expect(entry(world, 0).attempts).toHaveLength(1)
    expect(reorged(world)).toEqual([])
  }

  test('is not taken for a reorganisation', async () => {
    const world = await lagging()
    const { blocks } = world.chain
    const later = blocks.splice(0)
    for (let i = 0; i < 20; i++) {
      world.now += 3_000
      await world.tick()
    }
    quiet(world)
    blocks.push(...later)
    await world.drain()
    quiet(world)
    expect(entry(world, 1).state).toBe('confirmed')
  })

  test('now and then, or in one of two answers, is not either', async () => {
    const world = await lagging()
    const count = world.chain.count.bind(world.chain)
    for (let i = 0; i < 20; i++) {
      // The number of the block is right, and the count is an old one.
      world.chain.count = (at) => (i % 4 === 3 ? count(at) : 0)
      world.now += 3_000
      await world.tick()
    }
    quiet(world)
    // Always, but the receipt is there.
    world.chain.count = () => 0
    for (let i = 0; i < 20; i++) {
      world.now += 3_000
      await world.tick()
    }
    quiet(world)
    world.chain.count = count
    await world.drain()
    expect(entry(world, 1).state).toBe('confirmed')
    expect(config.stallMs).toBeLessThan(20 * 3_000)
  })
})
