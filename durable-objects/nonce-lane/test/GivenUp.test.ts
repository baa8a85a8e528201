import { expect, test } from 'vitest'
import { order, World } from './support/World.ts'

const DAY = 86_400_000

test('an order that is given up before it comes is not taken on, after a crash neither', async () => {
  const world = new World()
  expect(world.journal.giveUp('item-0', world.now)).toBeUndefined()
  expect(world.journal.giveUp('item-0', world.now)).toBeUndefined()
  expect(await world.submit(order(0))).toMatchObject({ kind: 'unavailable' })
  world.restart()
  expect(await world.submit(order(0))).toMatchObject({ kind: 'unavailable' })
  expect(world.journal.highestNonce()).toBeUndefined()
  expect(await world.submit(order(1)), 'others are').toMatchObject({ kind: 'accepted', item: { nonce: 0 } })
})

test('one that is given up while it is tested takes no nonce', async () => {
  const world = new World()
  const reply = world.submit(order(0))
  expect(world.journal.giveUp('item-0', world.now)).toBeUndefined()
  expect(await reply).toMatchObject({ kind: 'unavailable' })
  expect(world.journal.highestNonce()).toBeUndefined()
})

test('what is journaled is not given up: it goes on to its end, and is asked about as often as one likes', async () => {
  const world = new World()
  await world.submit(order(0))
  expect(world.journal.giveUp('item-0', world.now)).toMatchObject({ state: 'open', nonce: 0 })
  expect(await world.submit(order(0))).toMatchObject({ kind: 'accepted' })
  await world.drain()
  expect(world.journal.giveUp('item-0', world.now)).toMatchObject({ state: 'confirmed' })
  expect(world.chain.mined).toHaveLength(1)
})

test('what was given up is forgotten after 30 days, when nobody can bring it any more', async () => {
  const world = new World()
  world.journal.giveUp('item-0', world.now)
  world.now += 30 * DAY
  await world.tick()
  expect(world.journal.givenUp.has('item-0')).toBe(true)
  world.now += 1
  await world.tick()
  expect(world.journal.givenUp.has('item-0')).toBe(false)
})
