/**
 * F08: a queue never answers, is overloaded, takes a message without saying so, or takes none that is as large as what
 * waits for it. I8, and service goes on meanwhile.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { Caller } from './support/Caller.ts'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

/** The platform's limit of a message, in bytes. */
const messageMax = 128_000
/** What the session itself waits for a queue, in milliseconds. */
const patience = 15_000
const always = 1_000_000

/** A charge that takes much room in a journal: as many counts as a card can name, with the longest names. */
const units = Array.from({ length: 24 }, (_, i) => `custom.u${String(i).padStart(31, 'n')}`)
const wordy = {
  v: 2,
  kind: 'card',
  components: units.map((unit) => ({ unit, price: { model: 'per_unit', amount: '1', per: '1000000000000000000' } })),
  minimum: '1000',
  maximum: '1000',
} as const

let world: World
let callers: Caller[]

beforeAll(async () => {
  world = await World.start({ routes: [{ path: '/work' }, { path: '/wordy', rate: wordy as never }] })
  callers = await world.crowd(2)
  await Promise.all(callers.map((caller) => caller.calls(1)))
  await drained(world)
})
afterAll(() => world?.stop())

// A claim that nobody has answered is sent a second time after 10 s, and would be a third time after 30.
test.each([
  ['events', 1],
  ['claims', 2],
] as const)(
  'I8: the queue of %s never answers: calls are served, it is given up after 15 s, and asked again',
  async (queue, hangs) => {
    const [caller] = callers
    const met = async () => (await world.met('gateway'))[`${queue}:hang`] ?? 0
    const before = await met()
    await world.arm('gateway', `${queue}:hang`, hangs, 600_000)
    await caller!.calls(2)
    await until('the queue hangs', async () => (await met()) > before)
    const since = Date.now()
    await caller!.calls(5)
    expect(Date.now() - since, 'nobody waits for a queue').toBeLessThan(patience)
    await until('it is asked again', async () => (await met()) > before + hangs, 2 * patience)
    // Seen a moment late, so the wait looks a little shorter than it was.
    expect(Date.now() - since, 'it was waited for').toBeGreaterThan(patience - 2_000)
    expect(Date.now() - since, 'and no longer').toBeLessThan(2 * patience - 2_000)
    expect((await world.struck('gateway'))[`${queue}:hang`]).toBe(hangs)
    await drained(world)
  },
)

test('I8: what queues refuse, or take without saying so, arrives later, once', async () => {
  const points = ['events:overloaded', 'events:answer_lost', 'claims:overloaded', 'claims:answer_lost']
  for (const point of points) await world.arm('gateway', point, 2)
  for (const point of points.slice(0, 2)) await world.arm('settlement', point, 2)
  await Promise.all(callers.map((caller) => caller.calls(5)))
  await drained(world)
  const [gateway, settlement] = [await world.struck('gateway'), await world.struck('settlement')]
  expect(gateway).toMatchObject(Object.fromEntries(points.map((point) => [point, 2])))
  expect(settlement).toMatchObject({ 'events:overloaded': 2, 'events:answer_lost': 2 })
  await lanesInOrder(world)
})

test('I8: a session that has more to tell than a message may hold tells it in several', async () => {
  const [caller] = callers
  world.stack.upstream.on('/wordy', (_, response) => {
    const usage = units.map((unit) => `${unit}=${10 ** 14 + Math.floor(Math.random() * 10 ** 14)}`).join()
    response.writeHead(200, { 'content-type': 'text/plain', 'pbstream-usage': usage }).end('ok')
  })
  await world.arm('gateway', 'events:overloaded', always)
  for (let i = 0; i < 90; i++) {
    expect(await caller!.call('/wordy', { headers: { 'idempotency-key': `${i}-`.padEnd(255, 'k') } })).toBe(200)
  }
  const unsent =
    "SELECT * FROM journal WHERE seq > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'sent') LIMIT 100"
  const sizes = (await world.rows('STREAM_SESSION', unsent)).map(({ rows }) => JSON.stringify(rows).length)
  expect(Math.max(...sizes), 'what would be one message').toBeGreaterThan(messageMax)
  await world.arm('gateway', 'events:overloaded', 0)
  await drained(world)
  const { 'events:bytes': largest = 0 } = await world.met('gateway')
  expect(largest, 'it was cut, and not into crumbs').toBeGreaterThan(messageMax / 4)
  expect(largest).toBeLessThanOrEqual(messageMax)
  const struck = await world.struck('gateway')
  expect(struck['events:too_large'] ?? struck['claims:too_large'], 'within the limits of the platform').toBeUndefined()
})
