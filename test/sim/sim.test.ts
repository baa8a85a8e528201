import { expect, test } from 'vitest'
import { CoreWorld } from './core/CoreWorld.ts'
import { plants } from './fast/Plants.ts'
import { World } from './fast/World.ts'
import { firstFailure, playCore, playFast, playFull, report, worlds } from './support/Campaign.ts'
import { corpus } from './support/Corpus.ts'
import { invariantOf, shrink } from './support/Shrink.ts'

/** SIM_SEED=… SIM_RUNS=… for other histories, or more of them. The default ones are the same in every run. */
const SEED = Number(process.env['SIM_SEED'] ?? 1)
const RUNS = Number(process.env['SIM_RUNS'] ?? 2_000)
/** Histories over the core alone take a tenth of the time. */
const CORE_RUNS = RUNS * 10
/** Histories with the real handlers, lane and SQLite take some fifty times as long. */
const FULL_RUNS = Math.ceil(RUNS / 50)

test('every history that ever failed holds now', async () => {
  for (const { world, seed } of corpus()) {
    const { failure } = await worlds[world]!(seed)
    if (failure !== undefined) throw new Error(await report(world, seed))
  }
})

test(
  `core world: ${CORE_RUNS} histories from seed ${SEED} hold at each step, and at the end nothing is left`,
  async () => {
    const failed = await firstFailure(playCore, SEED, CORE_RUNS)
    if (failed !== undefined) throw new Error(await report('core', failed.seed))
  },
  60_000 + CORE_RUNS * 2,
)

test(
  `fast world: ${RUNS} histories from seed ${SEED} hold at each step, and at the end nothing is left`,
  async () => {
    const failed = await firstFailure(playFast, SEED, RUNS)
    if (failed !== undefined) throw new Error(await report('fast', failed.seed))
  },
  60_000 + RUNS * 20,
)

test(
  `full world: ${FULL_RUNS} histories from seed ${SEED} hold at each step, and at the end nothing is left`,
  async () => {
    const failed = await firstFailure(playFull, SEED, FULL_RUNS)
    if (failed !== undefined) throw new Error(await report('full', failed.seed))
  },
  60_000 + FULL_RUNS * 1_000,
)

const replies = [
  ...['granted', 'deposit', 'corrective', 'unknown_channel', 'in_flight', 'duplicate', 'replay'],
  ...['request_id_mismatch', 'channel_busy', 'channel_closing', 'withdrawal_pending', 'deposit_below_min_deposit'],
  ...['frozen', 'revoked', 'not_started', 'expired', 'payee', 'route', 'payment_max', 'spend_cap', 'period_limit'].map(
    (limit) => `session_key_${limit}`,
  ),
  ...['throttled', 'blocked', 'signature_required', 'frozen'].map((how) => `sentinel_${how}`),
  'spend_breaker_open',
].map((kind) => `reply ${kind}`)
const policies = ['active', 'frozen', 'revoked', 'late'].map((how) => `policy ${how}`)
const reports = ['post true', 'post false', 'void true', 'answer true', 'claim confirmed', 'claim failed', 'crash']
const money = ['refund mined', 'refund failed', 'deposit mined', 'deposit confirmed', 'deposit failed']
const lane = ['sign', 'send', 'bump', 'fill', 'mined', 'confirmed', 'failed', 'reopen'].map((step) => `lane ${step}`)

test('the histories go everywhere that they should, before the faults stop', () => {
  // A check that nothing reaches proves nothing.
  const reached = new Map<string, number>()
  for (let seed = 1; seed <= 1_500; seed++) World.run(seed, { reached })
  expect([...replies, ...policies, ...reports, ...money, ...lane].filter((what) => !reached.has(what))).toEqual([])
})

const turns = ['serve', 'correct', 'deposit', 'join', 'observe', 'answer', 'report', 'report too late', 'crash']
const leases = ['lease', 'no lease', 'lease report', 'lease report too late']
const told = ['observed', 'refund granted', 'refund refused', 'claim deferred', ...money]
const claims = ['claim confirmed', 'claim failed']

test('so do those over the core', () => {
  const reached = new Map<string, number>()
  for (let seed = 1; seed <= 20_000; seed++) CoreWorld.run(seed, { reached })
  expect([...turns, ...leases, ...told, ...claims].filter((what) => !reached.has(what))).toEqual([])
})

for (const [mistake, { invariant, plant }] of Object.entries(plants)) {
  test(`${invariant} finds a planted mistake: ${mistake}`, async () => {
    expect((await firstFailure(playFast, 0, 2_000, plant))?.failure).toMatch(new RegExp(`^${invariant}: `))
  })
}

test('I12 finds a planted mistake: settlement logs the messages that it gets', async () => {
  expect((await firstFailure(playFull, 0, 50, { chatty: true }))?.failure).toMatch(/^I12: /)
})

test('I4 finds a planted mistake in the full world too: claims ask for what was signed', async () => {
  const { plant } = plants['claims ask for what was signed, not for what was charged']!
  expect((await firstFailure(playFull, 0, 50, plant))?.failure).toMatch(/^I4: /)
})

test('the same seed is the same history', () => {
  const told = (): string[] => {
    const lines: string[] = []
    World.run(7, { trace: (line) => void lines.push(line) })
    return lines
  }
  expect(told()).toEqual(told())
})

test('a failing history is made smaller, and breaks the same invariant', async () => {
  const { plant } = plants['replies leave before they are written']!
  const { seed, failure } = (await firstFailure(playFast, 0, 2_000, plant))!
  const small = (await shrink(async ({ skip, steps }) => playFast(seed, { plant, skip, steps })))!
  expect(invariantOf(small.failure)).toBe(invariantOf(failure))
  expect(small.left).toBeLessThan(10)
})
