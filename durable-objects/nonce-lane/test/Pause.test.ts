import { expect, test } from 'vitest'
import { order, World } from './support/World.ts'

test('a paused lane takes on nothing, gives out no nonce, and sees what it has to its end', async () => {
  const world = new World()
  await world.submit(order(0))
  world.journal.pause(true)
  expect(await world.submit(order(1))).toMatchObject({ kind: 'unavailable' })
  expect(await world.submit(order(0)), 'what is journaled is still answered').toMatchObject({ kind: 'accepted' })
  await world.drain()
  expect(world.journal.entry('item-0')?.state).toBe('confirmed')
  expect(world.journal.highestNonce()).toBe(0)
})

test('a pause outlives a crash, and ends when it is taken back, however often either is said', async () => {
  const world = new World()
  world.journal.pause(true)
  world.journal.pause(true)
  world.restart()
  expect(world.journal.paused).toBe(true)
  expect(await world.submit(order(0))).toMatchObject({ kind: 'unavailable' })
  world.journal.pause(false)
  world.journal.pause(false)
  expect(await world.submit(order(0))).toMatchObject({ kind: 'accepted', item: { nonce: 0 } })
})

test('a pause that comes while an order is tested stops it before it has a nonce', async () => {
  const world = new World()
  const reply = world.submit(order(0))
  world.journal.pause(true)
  expect(await reply).toMatchObject({ kind: 'unavailable' })
  expect(world.journal.highestNonce()).toBeUndefined()
})

test('what is under way is shown with its nonce, its bytes and a refusal', async () => {
  const world = new World()
  await world.submit(order(0))
  await world.submit(order(1))
  expect(world.journal.underWay(10)).toMatchObject([
    { id: 'item-0', purpose: 'claim', nonce: 0, state: 'open', attempts: 1, createdAt: world.now },
    { id: 'item-1', nonce: 1, transaction: [...world.chain.pool.values()][1]?.hash },
  ])
  await world.drain()
  expect(world.journal.underWay(10)).toEqual([])
})
