/** What a transaction offers while no block takes it: no more than the market asks for, whatever the reason. */
import { describe, expect, test } from 'vitest'
import { RpcUnavailable } from '../src/ChainRpc.ts'
import type { Attempt } from '../src/Lane.ts'
import { config, order, World } from './support/World.ts'

const HOUR = 3_600_000

const entry = (world: World, i = 0) => world.journal.entry(`item-${i}`) ?? expect.fail('not journaled')
const newest = (world: World): Attempt => entry(world).attempts.at(-1) ?? expect.fail('no attempt')
/** Wei that its newest bytes need. */
const need = (world: World): bigint => entry(world).gasLimit * newest(world).maxFee
const gasLow = (world: World) => world.events.filter((event) => event.kind === 'incident' && event.what === 'gas_low')

/** An hour of looks; `between` is what the chain does before each. */
async function anHour(world: World, between: () => void): Promise<void> {
  for (const end = world.now + HOUR; world.now < end;) {
    world.now += 6_000
    between()
    await world.tick()
  }
}

describe('a signer without ether', () => {
  test('gets on, at the price of before, when it is topped up with twice what it needed first', async () => {
    const world = new World()
    world.chain.funds = 0n
    await world.submit(order(0))
    await world.submit(order(1))
    const first = need(world)
    await anHour(world, () => world.chain.mine())
    expect(entry(world).attempts, 'nobody has taken it: there is nothing to outbid').toHaveLength(1)
    world.chain.funds = first * 2n
    await world.drain()
    expect(entry(world).state).toBe('confirmed')
    expect(entry(world, 1).state).toBe('confirmed')
    expect(world.chain.mined.map(({ maxFee }) => maxFee)).toEqual([2_100n, 2_100n])
  })

  test('is reported at once and once a day, although it has more than the mark', async () => {
    const world = new World()
    // Early in a day.
    world.now -= world.now % (24 * HOUR)
    expect(world.balance).toBeGreaterThan(config.lowBalance ?? 0n)
    world.chain.funds = 0n
    await world.submit(order(0))
    await world.tick()
    expect(gasLow(world)).toMatchObject([{ detail: { balance: world.balance.toString() } }])
    await anHour(world, () => world.chain.mine())
    world.restart()
    await anHour(world, () => world.chain.mine())
    expect(gasLow(world)).toHaveLength(1)
    world.now += 24 * HOUR
    await world.tick()
    expect(gasLow(world)).toHaveLength(2)
    world.chain.funds = undefined
    await world.drain()
    expect(world.journal.gas, 'and it is enough again').toBeDefined()
    world.now += HOUR
    await world.submit(order(1))
    expect(world.journal.gas).toBeUndefined()
  })

  test('offers what the market asks for when that has fallen, since no node has what was offered before', async () => {
    const world = new World()
    world.chain.market = { baseFee: 100_000n, priority: 100n }
    world.chain.funds = 72_500n * 10_000n
    await world.submit(order(0))
    world.chain.market = { baseFee: 2_000n, priority: 100n }
    await world.drain()
    expect(entry(world)).toMatchObject({ state: 'confirmed', nonce: 0 })
    expect(world.chain.mined[0]?.maxFee).toBe(4_100n)
  })

  test('does not undercut bytes that a node may have', async () => {
    const world = new World()
    world.chain.market = { baseFee: 100_000n, priority: 100n }
    world.faults = ['none', 'none', 'none', 'none', 'lost_after']
    await world.submit(order(0))
    world.chain.market = { baseFee: 2_000n, priority: 100n }
    world.chain.funds = 0n
    for (let i = 0; i < 5; i++) {
      world.now += 3_000
      await world.tick()
    }
    expect(entry(world).attempts).toHaveLength(1)
    await world.drain()
    expect(entry(world).state).toBe('confirmed')
  })

  test('sends what it could pay for before as well, when it cannot pay for what outbids it', async () => {
    const world = new World()
    await world.submit(order(0))
    world.chain.funds = need(world)
    world.chain.mine(0)
    world.now += config.stallMs
    await world.tick()
    expect(entry(world).attempts).toMatchObject([{ unpaid: false }, { unpaid: true }])
    world.chain.drop(0)
    await world.drain(5)
    expect(world.chain.mined.map(({ maxFee }) => maxFee)).toEqual([2_100n])
    await world.drain()
    expect(entry(world).state).toBe('confirmed')
  })
})

describe('a transaction that no block takes', () => {
  test('offers no more while the chain stands still, and is mined for that when it goes on', async () => {
    const world = new World()
    await world.submit(order(0))
    await anHour(world, () => undefined)
    expect(entry(world).attempts).toHaveLength(1)
    await world.drain()
    expect(entry(world).state).toBe('confirmed')
    expect(world.chain.mined[0]).toMatchObject({ maxFee: 2_100n, priorityFee: 100n })
  })

  test('offers no more while nobody says that it has arrived', async () => {
    const world = new World()
    const send = world.chain.send.bind(world.chain)
    world.chain.send = () => {
      throw new RpcUnavailable('silent')
    }
    await world.submit(order(0))
    await anHour(world, () => world.chain.mine())
    expect(entry(world).attempts).toHaveLength(1)
    world.chain.send = send
    await world.drain()
    expect(world.chain.mined[0]?.maxFee).toBe(2_100n)
  })

  test('that is held back offers four times what the market asks for at most, in steps that nodes take', async () => {
    const world = new World()
    await world.submit(order(0))
    await anHour(world, () => world.chain.mine(0))
    const { attempts } = entry(world)
    expect(attempts.length).toBeGreaterThan(5)
    for (const [i, { maxFee, priorityFee }] of attempts.entries()) {
      expect(maxFee).toBeLessThanOrEqual(4n * 2_100n)
      expect(priorityFee).toBeLessThanOrEqual(4n * 100n)
      const before = attempts[i - 1]
      if (before === undefined) continue
      expect(maxFee * 8n).toBeGreaterThanOrEqual(before.maxFee * 9n)
      expect(priorityFee * 8n).toBeGreaterThanOrEqual(before.priorityFee * 9n)
    }
    expect(newest(world).sentAt, 'the same bytes go out again').toBeGreaterThan(world.now - 10_000)
    await world.drain()
    expect(entry(world).state).toBe('confirmed')
  })

  test('that a node finds too cheap for no reason stays within the same bounds', async () => {
    const world = new World()
    const send = world.chain.send.bind(world.chain)
    world.chain.send = () => ({ kind: 'underpriced' })
    await world.submit(order(0))
    await anHour(world, () => world.chain.mine())
    expect(newest(world).priorityFee).toBeLessThanOrEqual(400n)
    expect(newest(world).maxFee).toBeLessThanOrEqual(4n * 2_100n)
    world.chain.send = send
    await world.drain()
    expect(entry(world).state).toBe('confirmed')
  })

  test('follows the base fee although tips have fallen since it was signed', async () => {
    const world = new World()
    await world.submit(order(0))
    world.chain.market = { baseFee: 50_000n, priority: 1n }
    await world.drain()
    expect(entry(world).state).toBe('confirmed')
    expect(world.chain.mined[0]?.maxFee).toBe(100_001n)
    expect(world.chain.mined[0]?.priorityFee, 'an eighth more, which nodes ask for').toBeLessThan(120n)
  })
})
