import { describe, expect, test } from 'vitest'
import { HISTORY, KEEP_EMPTY, KEEP_UNFUNDED } from '../src/Registry.ts'
import { READS } from '../src/Watcher.ts'
import { channel, keyId, kinds, word, World } from './support/World.ts'

/** A watcher that has read its channels once and stands at the head. */
async function settled(...channels: Parameters<World['add']>): Promise<World> {
  const world = new World()
  world.add(...channels)
  await world.tick()
  expect(await world.tick()).toEqual([])
  return world
}

const log = (kind: keyof typeof kinds, ...words: (number | `0x${string}`)[]) => {
  return { kind: kinds[kind], words: words.map((each) => (typeof each === 'number' ? word(each) : each)) }
}
const padded = (digit: string): `0x${string}` => `0x${'0'.repeat(24)}${digit.repeat(40)}`

describe('a log', () => {
  test('has its channel read at once, and once more when its block is final', async () => {
    const world = await settled(channel(1), channel(2))
    world.mine(1, log('withdrawal', 1))
    expect(await world.tick()).toEqual([1])
    expect(await world.tick()).toEqual([])
    world.mine(1)
    expect(await world.tick()).toEqual([])
    world.mine(1)
    expect(await world.tick()).toEqual([1])
    world.mine(5)
    expect(await world.tick()).toEqual([])
  })
  test('of a claim has it read only when it is final: our own claims report themselves', async () => {
    const world = await settled(channel(1))
    world.mine(1, log('claimed', 1))
    expect(await world.tick()).toEqual([])
    world.mine(2)
    expect(await world.tick()).toEqual([1])
  })
  test('of a session key touches every channel of the key', async () => {
    const world = await settled(channel(1, keyId), channel(2, keyId), channel(3))
    world.mine(1, log('frozen', keyId))
    expect((await world.tick()).toSorted((a, b) => a - b)).toEqual([1, 2])
  })
  test('of a payout touches the channels whose receiver waits for one', async () => {
    const world = new World()
    world.add(channel(1), channel(2))
    world.shows.set(1, { awaitsPayout: true })
    await world.tick()
    world.mine(1, log('settled', padded('3'), padded('5'), padded('9')))
    await world.tick()
    world.mine(2)
    expect(await world.tick()).toEqual([1])
  })
  test('whose signature is not known has the channel read that any of its topics names', async () => {
    const world = await settled(channel(1), channel(2))
    world.mine(1, log('unknown', 99, 2))
    expect(await world.tick()).toEqual([2])
  })
  test('of others means nothing', async () => {
    const world = await settled(channel(1))
    world.mine(1, log('withdrawal', 99), log('unknown', 98, 97), log('frozen', keyId))
    world.mine(5)
    expect(await world.tick()).toEqual([])
  })
})

describe('the place on the chain', () => {
  test('a log that a reorganisation takes away has its channel read again, and again when that is final', async () => {
    const world = await settled(channel(1))
    world.mine(1, log('deposited', 1))
    await world.tick()
    world.reorg(1)
    expect(await world.tick()).toEqual([1])
    world.mine(2)
    expect(await world.tick()).toEqual([1])
    world.mine(3)
    expect(await world.tick()).toEqual([])
  })
  test('a log that a reorganisation brings is found, however deep', async () => {
    const world = await settled(channel(1), channel(2))
    for (let i = 0; i < 15; i++) {
      world.mine(1, ...(i === 2 ? [log('deposited', 1)] : []))
      await world.tick()
    }
    world.reorg(14)
    expect(await world.tick()).toEqual([1])
    expect(world.lines).toContain('watcher_reorg')
  })
  test('when the chain has changed further back than is remembered, every channel is read', async () => {
    const world = await settled(channel(1), channel(2))
    world.reorg(18)
    expect((await world.tick()).toSorted((a, b) => a - b)).toEqual([1, 2])
    expect(world.registry.place()?.number).toBe(world.head)
  })
  test('a node that lags changes nothing, and its logs are found when it has caught up', async () => {
    const world = await settled(channel(1))
    const before = world.registry.place()
    world.lags = world.head - 2
    expect(await world.tick()).toEqual([])
    expect(world.registry.place()).toEqual(before)
    world.lags = undefined
    world.mine(1, log('withdrawal', 1))
    expect(await world.tick()).toEqual([1])
  })
  test('logs that a node did not show for a block at first are found within its depth', async () => {
    const world = await settled(channel(1))
    world.mine(1, log('withdrawal', 1))
    world.hidden = world.head
    expect(await world.tick()).toEqual([])
    world.mine(2)
    expect(await world.tick()).toEqual([])
    world.hidden = undefined
    expect(await world.tick()).toEqual([1])
  })
  test('a range that a node finds too large is halved until it fits, and nothing is left out', async () => {
    const world = await settled(channel(1), channel(2), channel(3))
    world.maxRange = 30
    world.mine(1, log('withdrawal', 1))
    world.mine(150, log('withdrawal', 2))
    world.mine(150, log('withdrawal', 3))
    const read: number[] = []
    for (let i = 0; i < 40 && world.registry.place()!.number < world.head; i++) read.push(...(await world.tick()))
    expect(world.registry.place()?.number).toBe(world.head)
    expect(new Set(read)).toEqual(new Set([1, 2, 3]))
  })
  test('a block that no node shows has every channel read, and holds nothing up', async () => {
    const world = await settled(channel(1), channel(2))
    world.maxRange = 0
    world.mine(1)
    const read: number[] = []
    for (let i = 0; i < 5; i++) read.push(...(await world.tick()))
    expect(new Set(read)).toEqual(new Set([1, 2]))
    expect(world.registry.place()?.number).toBe(world.head)
  })
  test('is where it was after a crash', async () => {
    const world = await settled(channel(1))
    world.mine(1, log('withdrawal', 1))
    world.restart()
    expect(await world.tick()).toEqual([1])
    world.restart()
    world.mine(2)
    expect(await world.tick()).toEqual([1])
  })
})

describe('time', () => {
  test('has a channel looked at when its time has come by the chain, until there is nothing more to wait for', async () => {
    const world = new World()
    world.add(channel(1))
    world.shows.set(1, { lookAt: 1_000 + (world.head + 4) * 2 })
    await world.tick()
    world.mine(3)
    expect(await world.tick()).toEqual([])
    world.mine(1)
    expect(await world.tick()).toEqual([1])
    expect(await world.tick(), 'still so').toEqual([1])
    world.shows.clear()
    await world.tick()
    expect(await world.tick()).toEqual([])
  })
  test('has a channel with money read every six hours, whatever logs say; one that is empty not', async () => {
    const world = new World()
    world.add(channel(1), channel(2))
    world.shows.set(2, { empty: true })
    await world.tick()
    world.now += 6 * 3_600_000
    expect(await world.tick()).toEqual([1])
  })
})

describe('troubles', () => {
  test('a chain that does not answer is asked again within 15 s, always, and followed from where it was left', async () => {
    const world = await settled(channel(1))
    world.down = true
    const pauses: number[] = []
    for (let i = 0; i < 20; i++) pauses.push(await world.pause())
    expect(new Set(pauses)).toEqual(new Set([15_000]))
    world.mine(50, log('withdrawal', 1))
    world.down = false
    expect(await world.pause()).toBe(10_000)
    expect(world.reads).toEqual([[1]])
  })
  test('what a look takes is part of the pause, so that a node that hangs does not stretch it', async () => {
    const world = await settled(channel(1))
    expect(await world.pause(9_000)).toBe(10_000)
    world.down = true
    expect(await world.pause(9_000)).toBe(15_000)
    expect(await world.pause(20_000), 'not without a breath').toBe(20_250)
  })
  test('who looks often goes on to do so while the chain is away, half as often', async () => {
    const world = new World({ pollMs: 300 })
    world.add(channel(1))
    expect(await world.pause()).toBe(300)
    world.down = true
    expect(await world.pause()).toBe(600)
  })
  test('a session that does not take the news hears them later, and holds up nobody', async () => {
    const world = await settled(channel(1), channel(2))
    world.deaf.add(1)
    world.mine(1, log('withdrawal', 1), log('withdrawal', 2))
    expect((await world.tick()).toSorted((a, b) => a - b)).toEqual([1, 2])
    world.deaf.clear()
    expect(await world.tick()).toEqual([1])
    expect(await world.tick()).toEqual([])
  })
  test('one run reads a bounded number of channels, and the next follows soon', async () => {
    const world = new World()
    world.add(...Array.from({ length: READS + 5 }, (_, i) => channel(i + 1)))
    expect(await world.tick()).toHaveLength(READS)
    expect(world.watcher.nextTick()! - world.now).toBeLessThan(1_000)
    expect(await world.pause()).toBe(10_000)
    expect(world.reads.at(-1)).toHaveLength(5)
  })
})

describe('the registry', () => {
  test('forgets what is empty for a month, and what never had money after a day', async () => {
    const world = new World()
    world.add(channel(1), channel(2), channel(3))
    world.shows.set(1, { empty: true, funded: true })
    world.shows.set(2, { empty: true, funded: false })
    await world.tick()
    world.now += KEEP_UNFUNDED
    await world.tick()
    expect(world.registry.count()).toBe(2)
    world.now += KEEP_EMPTY
    await world.tick()
    expect(world.registry.count()).toBe(1)
  })
  test('an empty channel that is funded again stays', async () => {
    const world = new World()
    world.add(channel(1))
    world.shows.set(1, { empty: true, funded: true })
    await world.tick()
    world.shows.clear()
    world.mine(1, log('deposited', 1))
    expect(await world.tick()).toEqual([1])
    world.now += KEEP_EMPTY
    await world.tick()
    expect(world.registry.count()).toBe(1)
  })
  test('keeps logs and hashes of so many blocks, no more', async () => {
    const world = await settled(channel(1))
    for (let i = 0; i < 10; i++) {
      world.mine(HISTORY / 4, log('deposited', 1))
      await world.tick()
    }
    expect(world.registry.places().length).toBeLessThan(7)
  })
  test('nothing to watch: nothing is asked, and the place is where the first channel comes in', async () => {
    const world = new World()
    await world.tick()
    expect([world.asked, world.watcher.nextTick()]).toEqual([0, undefined])
    world.add(channel(1))
    expect(await world.tick()).toEqual([1])
    expect(world.registry.place()?.number).toBe(world.head)
  })
})
