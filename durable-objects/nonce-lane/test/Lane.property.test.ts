import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Budget from '../src/Budget.ts'
import { channelOf, outcomeIn, totalOf } from './support/SimChain.ts'
import { config, type Fault, order, World } from './support/World.ts'

type Command =
  | { do: 'submit'; i: number }
  | { do: 'poke'; i: number }
  | { do: 'tick' | 'restart' }
  /** Everything about one item at once, as several callers do. */
  | { do: 'together'; i: number }
  | { do: 'mine'; limit: number }
  /** Blocks with nothing to do in between, then a look. */
  | { do: 'blocks'; number: number }
  | { do: 'drop'; ahead: number }
  | { do: 'reorg'; depth: number; keep: boolean }
  | { do: 'fees'; baseFee: number }
  | { do: 'wait'; ms: number }

const ITEMS = 5
const RUNS = Number(process.env['LANE_RUNS'] ?? 150)
const SEED = process.env['LANE_SEED']
const faults: fc.Arbitrary<Fault[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fault>('none') },
    { weight: 1, arbitrary: fc.constantFrom<Fault>('lost_before', 'lost_after', 'crash_before', 'crash_after') },
  ),
  { maxLength: 12 },
)
const item = fc.nat(ITEMS - 1)
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('submit' as const), i: item }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('poke' as const), i: item }) },
  { weight: 6, arbitrary: fc.constant<Command>({ do: 'tick' }) },
  { weight: 1, arbitrary: fc.constant<Command>({ do: 'restart' }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('together' as const), i: item }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('blocks' as const), number: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('mine' as const), limit: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), ahead: fc.nat(2) }) },
  // Shallower than the depth at which transactions are final: deeper ones are what that depth is chosen against.
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reorg' as const),
      depth: fc.integer({ min: 1, max: config.confirmations - 1 }),
      keep: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('fees' as const), baseFee: fc.integer({ min: 1, max: 5_000 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 100, max: 15_000 }) }) },
  { weight: 1, arbitrary: fc.constant<Command>({ do: 'wait', ms: Budget.DAY }) },
)
/** Gas of a day: more than can be used, what replacements or a few orders use up, and one order. Wei for each gas. */
const budgets = fc.constantFrom(1_000_000n, 15_000n, 4_000n, 2_150n).map((fees) => fees * 72_500n)
/** What becomes of each item's transaction: most go through, in part or whole, some revert, some no node ever takes. */
const fates = fc.array(fc.constantFrom<'' | 'bad' | 'dead' | 'fade'>('', 'fade', 'fade', 'fade', 'bad', 'dead'), {
  minLength: ITEMS,
  maxLength: ITEMS,
})

const history = fc.array(fc.tuple(command, faults), { maxLength: 40 })

async function play(world: World, step: Command, orders: ReturnType<typeof order>[]): Promise<void> {
  const chosen = 'i' in step ? orders[step.i] : undefined
  switch (step.do) {
    case 'submit':
      if (chosen !== undefined) await world.submit(chosen)
      return
    case 'poke':
      if (chosen !== undefined) await world.poke(chosen.id)
      return
    case 'tick':
      return world.tick()
    case 'restart':
      return world.restart()
    case 'together':
      if (chosen === undefined) return
      await world.run((runner) =>
        Promise.all([
          runner.submit(chosen, () => undefined),
          runner.tick(),
          runner.submit(chosen, () => undefined),
          runner.poke(chosen.id),
        ]),
      )
      return
    case 'blocks':
      for (let i = 0; i < step.number; i++) world.chain.mine()
      return world.tick()
    case 'mine':
      return world.chain.mine(step.limit)
    case 'drop':
      return world.chain.drop(world.chain.count('latest') + step.ahead)
    case 'reorg':
      return world.chain.reorg(step.depth, step.keep)
    case 'fees':
      world.chain.market = { ...world.chain.market, baseFee: BigInt(step.baseFee) }
      return
    case 'wait':
      world.now += step.ms
  }
}

test(
  'I9: whatever the chain does and wherever the lane crashes, nonces are contiguous and an item is mined once',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, budgets, history, async (marks, dailyBudget, steps) => {
        const world = new World({ dailyBudget })
        const orders = marks.map((mark, i) => order(i, `0x${mark.padEnd(6, '0')}${i.toString(16).padStart(4, '0')}`))
        for (const [step, trouble] of steps) {
          world.faults = [...trouble]
          await play(world, step, orders)
          spentWithin(world, orders)
        }
        await world.drain()
        spentWithin(world, orders)
        check(world, orders, marks)
      }),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    )
  },
  120_000 + RUNS * 100,
)

/** No day has more set aside and spent than its budget, and together they have what may still be spent and what was. */
function spentWithin({ sql, journal, config: { dailyBudget } }: World, orders: ReturnType<typeof order>[]): void {
  const days = sql.rows('SELECT wei FROM spend').map(({ wei }) => BigInt(wei as string))
  for (const wei of days) expect(wei <= dailyBudget, 'the gas of a day is within its budget').toBe(true)
  let owed = 0n
  for (const { id } of orders) {
    const entry = journal.entry(id)
    if (entry === undefined) continue
    const { state, mined, attempts, gasLimit } = entry
    if (state === 'confirmed' || state === 'failed') owed += mined === undefined ? 0n : mined.gasUsed * mined.gasPrice
    else owed += max(attempts.map(({ filler, maxFee }) => (filler ? 30_000n : gasLimit) * maxFee))
  }
  const booked = days.reduce((sum, wei) => sum + wei, 0n)
  expect(booked, 'what may be spent is set aside').toBe(owed)
}

const max = (all: bigint[]): bigint => all.reduce((most, each) => (each > most ? each : most), 0n)

function check(world: World, orders: ReturnType<typeof order>[], marks: readonly string[]): void {
  expect(world.journal.hasOpen(), 'every item comes to its end').toBe(false)
  expect(world.journal.outbox.nextDue(), 'every report is delivered').toBeUndefined()
  const mined = world.chain.mined
  expect(mined.map(({ nonce }) => nonce)).toEqual(mined.map((_, i) => i))
  const entries = orders.flatMap((each, i) => {
    const entry = world.journal.entry(each.id)
    return entry === undefined ? [] : [{ entry, data: each.data, mark: marks[i] ?? '', session: `session-${i % 2}` }]
  })
  expect(entries.map(({ entry }) => entry.nonce).sort((a, b) => a - b)).toEqual(mined.map((_, i) => i))
  for (const { entry, data, mark, session } of entries) {
    expect(mined.filter((tx) => tx.data === data).length, 'mined at most once').toBe(mark === 'dead' ? 0 : 1)
    expect(entry.state).toBe(mark === '' || mark === 'fade' ? 'confirmed' : 'failed')
    const i = Number(entry.id.slice(5))
    const expected = mark === 'fade' ? outcomeOf(world, data, i) : [{ status: entry.state, total: totalOf(i) }]
    const told = world.told.get(session)?.filter((event) => event.channelId === channelOf(i)) ?? []
    const news = told.map((event) => event.kind === 'claim' && { status: event.status, total: event.total })
    // Repeats are allowed; anything but the truth of the final block is not, at no time.
    expect(news.slice(-expected.length)).toEqual(expected)
    for (const each of news) expect(expected).toContainEqual(each)
    const event = world.events.findLast((each) => each.kind === 'transaction' && each.itemId === entry.id)
    expect(event).toMatchObject({ status: entry.state, nonce: entry.nonce })
  }
}

/** What the session behind an order that may be left out has to hear, by the block that its transaction ended in. */
function outcomeOf(world: World, data: string, i: number) {
  const block = world.chain.blocks.find(({ txs }) => txs.some((tx) => tx.data === data))
  const total = totalOf(i)
  switch (outcomeIn(block?.hash ?? '0x0')) {
    case 'whole':
    case 'before':
      return [{ status: 'confirmed', total }]
    case 'half':
      return [
        { status: 'confirmed', total: total / 2n },
        { status: 'failed', total },
      ]
    case 'skipped':
      return [{ status: 'failed', total }]
  }
}
