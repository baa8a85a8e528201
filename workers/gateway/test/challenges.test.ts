/** Answers 402 are counted by route and hour, told seldom, and told again without counting twice. */
import type { ChallengesEvent } from '@pbstream/core/message/Event'
import { challengesEvent } from '@pbstream/core/message/Event'
import { expect, test } from 'vitest'
import { Challenges } from '../src/Challenges.ts'
import { route, world } from './support/world.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2026, 10, 23, 5)

/** Time stands still until a test moves it. */
function isolate(fails: (nth: number) => boolean = () => false, failed: 'lost' | 'arrives' = 'lost') {
  const sent: ChallengesEvent[] = []
  const waits: { at: number; done: () => void }[] = []
  const kept: Promise<unknown>[] = []
  let [at, names, tries] = [T0, 0, 0]
  const challenges = new Challenges({
    now: () => at,
    wait: (ms) => new Promise((done) => void waits.push({ at: at + ms, done })),
    name: () => `isolate${++names}`,
    send: async (event) => {
      const isLost = fails(++tries)
      if (!isLost || failed === 'arrives') sent.push(challengesEvent.parse(structuredClone(event)))
      if (isLost) throw new Error('no queue')
    },
  })
  return {
    sent,
    kept,
    challenges,
    tries: () => tries,
    forget: () => void waits.splice(0),
    count: (id = 'chat', times = 1) => {
      for (let i = 0; i < times; i++) challenges.count({ id, providerId: 'acme' }, (work) => void kept.push(work))
    },
    /** So many milliseconds go by, and whatever is due is done. */
    async pass(ms: number) {
      at += ms
      for (const wait of waits.splice(0)) {
        if (wait.at <= at) wait.done()
        else waits.push(wait)
      }
      for (let i = 0; i < 20; i++) await Promise.resolve()
    },
  }
}

/** What a projection makes of messages, in whatever order they come: the largest of a source, route and hour. */
function counted(events: readonly ChallengesEvent[]): number {
  const largest = new Map<string, number>()
  for (const { source, counts } of events) {
    for (const { routeId, hour, count } of counts) {
      const key = `${source} ${routeId} ${hour}`
      largest.set(key, Math.max(largest.get(key) ?? 0, count))
    }
  }
  return [...largest.values()].reduce((sum, count) => sum + count, 0)
}

test('one message in ten seconds at most, with all that was counted by then', async () => {
  const at = isolate()
  at.count()
  await at.pass(0)
  expect(at.sent.map(({ counts }) => counts)).toEqual([[{ providerId: 'acme', routeId: 'chat', hour: T0, count: 1 }]])
  for (let second = 1; second <= 60; second++) {
    at.count('chat', 1_000)
    await at.pass(1_000)
  }
  expect(at.sent).toHaveLength(7)
  expect(counted(at.sent)).toBe(60_001)
})

test('counts are told from the beginning of the hour: once more, or in another order, they come to the same', async () => {
  const at = isolate()
  for (const hour of [0, 1]) {
    at.count('chat', 3)
    at.count('image', 2)
    await at.pass(10_000)
    at.count('chat', 4)
    await at.pass(hour === 0 ? HOUR : 20_000)
  }
  expect(counted(at.sent)).toBe(18)
  expect(counted([...at.sent, ...at.sent.toReversed()])).toBe(18)
})

test('what was not told for want of a queue is told with the next message', async () => {
  const at = isolate((nth) => nth === 1)
  at.count('chat', 5)
  await at.pass(0)
  at.count()
  await at.pass(10_000)
  expect([at.tries(), counted(at.sent)]).toEqual([2, 6])
})

test('a message whose request the platform cancelled is sent by another', async () => {
  const at = isolate()
  at.count()
  await at.pass(0)
  at.count()
  // The request that waits for the ten seconds to end is gone, and nobody wakes.
  at.forget()
  await at.pass(10_000)
  expect(at.sent).toHaveLength(1)
  await at.pass(5_000)
  at.count()
  await at.pass(10_000)
  expect([at.sent.length, counted(at.sent)]).toEqual([2, 3])
})

/** Ten times 900 routes of which nobody heard before, and a minute and a half of rest. */
async function manyRoutes(at: ReturnType<typeof isolate>): Promise<void> {
  for (let round = 0; round < 10; round++) {
    at.count(`route${round}-0`)
    await at.pass(0)
    for (let i = 1; i < 900; i++) at.count(`route${round}-${i}`)
    for (let i = 0; i < 8; i++) {
      await at.pass(10_000)
      at.count(`route${round}-0`)
    }
    await at.pass(20_000)
  }
}

test('memory has a bound: routes that were told make room for others', async () => {
  const at = isolate()
  await manyRoutes(at)
  expect(counted(at.sent)).toBe(9_080)
  expect(at.sent.every(({ counts }) => counts.length <= 250)).toBe(true)
})

test('where it is not known whether messages have arrived, nothing is told under two names', async () => {
  const at = isolate((nth) => nth % 3 === 0, 'arrives')
  await manyRoutes(at)
  await at.pass(60_000)
  expect(counted(at.sent)).toBeLessThanOrEqual(9_080)
  expect(new Set(at.sent.map(({ source }) => source)).size).toBeGreaterThan(1)
})

test('a gateway tells its queue of calls that it answers 402, and of no others', async () => {
  const events: ChallengesEvent[] = []
  const at = await world([route()], { EVENTS: { send: async (event) => void events.push(event) } })
  expect((await at.send('/v1/weather')).status).toBe(402)
  expect((await at.send('/nowhere')).status).toBe(404)
  await at.rest()
  expect(events.map(({ counts }) => counts.map(({ routeId, count }) => [routeId, count]))).toEqual([[['weather', 1]]])
})
