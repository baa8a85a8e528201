/** A part of the day's gas is there for claims only: what payers can cause never takes it all. */
import { describe, expect, test } from 'vitest'
import type { LaneOrder, Purpose } from '../src/Order.ts'
import { order, World } from './support/World.ts'

/** Wei that an order sets aside here. */
const EACH = 72_500n * 2_100n
const of = (i: number, purpose: Purpose): LaneOrder => ({ ...order(i), purpose })

async function taken(world: World, from: number, purpose: Purpose): Promise<number> {
  for (let i = from; ; i++) {
    const reply = await world.submit(of(i, purpose))
    if (reply?.kind === 'over_budget') return i - from
    expect(reply?.kind).toBe('accepted')
  }
}

describe('the gas that is kept for claims', () => {
  test.each(['deposit', 'exact', 'refund', 'key'] as const)('is not there for %s', async (purpose) => {
    const world = new World({ dailyBudget: 8n * EACH, keptForClaims: 2n * EACH })
    expect(await taken(world, 0, purpose)).toBe(6)
    expect(await taken(world, 10, 'claim')).toBe(2)
    await world.drain()
    expect(world.chain.mined).toHaveLength(8)
  })

  test('is not all that claims have', async () => {
    const world = new World({ dailyBudget: 8n * EACH, keptForClaims: 2n * EACH })
    expect(await taken(world, 0, 'claim')).toBe(8)
    expect(await world.submit(of(10, 'deposit'))).toEqual({ kind: 'over_budget' })
  })

  test('raises the fee of whatever claims have to wait for', async () => {
    const world = new World({ dailyBudget: 8n * EACH, keptForClaims: 4n * EACH })
    expect(await taken(world, 0, 'deposit')).toBe(4)
    await world.submit(of(10, 'claim'))
    world.chain.market = { baseFee: 3_000n, priority: 100n }
    await world.drain()
    expect(world.journal.entry('item-10')?.state).toBe('confirmed')
  })
})
