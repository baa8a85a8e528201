import { describe, expect, test } from 'vitest'
import { config, order, World } from './support/World.ts'

const DAY = 86_400_000
/** The gas limit of an order here, and the fee of one that comes while the base fee is 1,000. */
const GAS = 72_500n
const FEE = 2_100n

/** A lane whose first transaction is too cheap by now; a day of it is `fees` wei for each gas. */
async function stalled(fees: bigint): Promise<World> {
  const world = new World({ dailyBudget: GAS * fees })
  expect(await world.submit(order(0))).toMatchObject({ kind: 'accepted' })
  expect(world.journal.spent(world.now)).toBe(GAS * FEE)
  world.chain.market = { baseFee: 3_000n, priority: 100n }
  await later(world)
  return world
}

async function later(world: World): Promise<void> {
  world.now += config.stallMs
  world.chain.mine()
  await world.tick()
}

const feeOf = (world: World): bigint | undefined => world.chain.pool.get(0)?.maxFee
const said = (world: World) => world.events.filter((event) => event.kind === 'incident' && event.what === 'gas_budget')

describe('a replacement', () => {
  test('sets what it may cost more aside, and what was not used is free again', async () => {
    const world = await stalled(10_000n)
    expect(feeOf(world)).toBe(6_100n)
    expect(world.journal.spent(world.now)).toBe(GAS * 6_100n)
    await world.drain()
    expect(world.journal.entry('item-0')?.state).toBe('confirmed')
    expect(world.journal.spent(world.now)).toBe(21_000n * 6_100n)
  })

  test('offers no more than the day pays for', async () => {
    const world = await stalled(5_000n)
    expect(feeOf(world), 'the market asks for 6,100').toBe(5_000n)
    expect(world.journal.spent(world.now)).toBe(GAS * 5_000n)
    await world.drain()
    expect(world.journal.entry('item-0')?.state).toBe('confirmed')
  })

  test('that the day does not pay for waits for the next, and the bytes that are there go out again', async () => {
    const world = await stalled(2_300n)
    const [first] = world.chain.pool.values()
    world.chain.drop(0)
    for (let i = 0; i < 3; i++) await later(world)
    expect([...world.chain.pool.values()], 'the same bytes').toEqual([first])
    expect(world.journal.spent(world.now)).toBe(GAS * FEE)
    world.now += DAY
    await world.tick()
    expect(feeOf(world)).toBe(FEE + 2_300n)
    await world.drain()
    expect(world.journal.entry('item-0')?.state).toBe('confirmed')
    expect(world.journal.spent(world.now - DAY), 'the day on which it was signed first').toBe(21_000n * (FEE + 2_300n))
    expect(world.journal.spent(world.now), 'the day of the replacement has everything back').toBe(0n)
  })

  test('that waits is shown, is said once a day, and goes before new orders, across crashes', async () => {
    const world = await stalled(2_300n)
    expect(world.journal.underWay(1)).toMatchObject([{ id: 'item-0', heldSince: world.now }])
    world.chain.market = { baseFee: 1n, priority: 0n }
    world.restart()
    expect(await world.submit(order(1)), 'cheap enough, but behind one that waits').toEqual({ kind: 'over_budget' })
    world.chain.market = { baseFee: 3_000n, priority: 100n }
    for (let i = 0; i < 3; i++) await later(world)
    world.restart()
    await later(world)
    expect(said(world)).toMatchObject([
      { detail: { chainId: '84532', signer: order(0).signer, budget: `${GAS * 2_300n}` } },
    ])
    world.config = { ...world.config, dailyBudget: GAS * 20_000n }
    world.restart()
    await later(world)
    expect(feeOf(world)).toBe(6_100n)
    expect(world.journal.underWay(1)[0]).not.toHaveProperty('heldSince')
    expect(await world.submit(order(1))).toMatchObject({ kind: 'accepted' })
    await world.drain()
  })

  test('of an empty transaction counts for its own gas only', async () => {
    const world = new World({ dailyBudget: GAS * FEE })
    await world.submit(order(0, '0xdead'))
    for (let i = 0; i < 2; i++) await later(world)
    expect(world.journal.entry('item-0')?.attempts.at(-1)).toMatchObject({ filler: true, setAside: 0n })
    await world.drain()
    expect(world.journal.entry('item-0')).toMatchObject({ state: 'failed' })
    expect(world.journal.spent(world.now)).toBeLessThanOrEqual(GAS * FEE)
  })
})

test('an order that the day does not pay for is said once a day', async () => {
  const world = new World({ dailyBudget: 1n })
  for (let i = 0; i < 3; i++) expect(await world.submit(order(i))).toEqual({ kind: 'over_budget' })
  await world.tick()
  expect(said(world)).toHaveLength(1)
  world.now += DAY
  await world.submit(order(0))
  await world.tick()
  expect(said(world)).toHaveLength(2)
})

test('a budget that was made smaller than what is set aside lets nothing more out, and takes nothing back', async () => {
  const world = new World()
  await world.submit(order(0))
  world.config = { ...config, dailyBudget: 1n }
  world.restart()
  world.chain.market = { baseFee: 3_000n, priority: 100n }
  await later(world)
  expect(feeOf(world)).toBe(FEE)
  world.chain.market = { baseFee: 1n, priority: 0n }
  await world.drain()
  expect(world.journal.entry('item-0')?.state).toBe('confirmed')
})

describe('a journal of a release that set nothing aside for replacements', () => {
  /** Takes away what that release did not have. */
  async function aged(): Promise<World> {
    const world = await stalled(100_000n)
    expect(feeOf(world)).toBe(6_100n)
    world.sql.rows('UPDATE spend SET wei = ?', (GAS * FEE).toString())
    world.sql.rows('ALTER TABLE attempt DROP COLUMN set_aside')
    world.sql.rows('ALTER TABLE item DROP COLUMN held_since')
    return world
  }

  test('is read, and what its replacements may cost counts from then on', async () => {
    const world = await aged()
    world.restart()
    expect(world.journal.spent(world.now)).toBe(GAS * 6_100n)
    world.restart()
    expect(world.journal.spent(world.now), 'once').toBe(GAS * 6_100n)
    await world.drain()
    expect(world.journal.spent(world.now)).toBe(21_000n * 6_100n)
  })

  test('and what that release adds when it is back for a while counts as well', async () => {
    const world = await aged()
    world.restart()
    world.sql.rows('UPDATE attempt SET set_aside = NULL WHERE n = 1')
    world.sql.rows('UPDATE spend SET wei = ?', (GAS * FEE).toString())
    world.restart()
    expect(world.journal.spent(world.now)).toBe(GAS * 6_100n)
  })
})
