import { sessionName } from '@pbstream/core/message/Session'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { record } from '../src/Decisions.ts'
import { project } from '../src/Projection.ts'
import { db, emptyBeforeEach, projected, wipeProjected } from './database.ts'
import { hex, T0 } from './events.ts'
import { decision, failures, HOUR, sessionOf, stop, told } from './sentinelEvents.ts'

emptyBeforeEach()
const a = sessionOf('a1')
const session = sessionName(a)

describe('what a session tells of Sentinel', () => {
  test('becomes decisions, stops and failures', async () => {
    const released = stop('st_2', { kind: 'signature', releasedAt: T0 + 9, releasedBy: 'owner', reason: 'it was me' })
    const { id, at, ...rest } = decision(1, { stop: 'st_1', repeats: 4, lastAt: T0 + 5_000 })
    await project(db, [
      told(a, {
        decisions: [{ ...rest, id, at }],
        stops: [stop('st_1', { cause: 'half of it' }), released],
        failures: [failures(1, 7, 2, T0 + HOUR + 5)],
      }),
    ])
    const rows = await projected()
    const whose = { session, chainId: 84532, payer: hex('a1', 20) }
    expect(rows.decisions).toEqual([
      {
        ...whose,
        ...{ number: 1, id, scope: 'owner', at: new Date(at), action: 'freeze', effect: 'done' },
        ...{ rule: 'drain', version: 3, severity: 'high', providerId: 'acme', routeId: 'chat' },
        ...{ amount: `${2n ** 100n}`, country: 'CH', repeats: 4, lastAt: new Date(T0 + 5_000) },
        detail: { hits: rest.hits, granted: false, stop: 'st_1', payee: hex('ac', 20) },
      },
    ])
    const held = { ...whose, key: hex('5e', 20), scope: 'owner', rule: 'drain', version: 3, decisionId: 'dec_1' }
    expect(rows.stops).toEqual([
      {
        ...held,
        ...{ id: 'st_1', kind: 'frozen', cause: 'half of it', at: new Date(T0) },
        ...{ releasedAt: null, releasedBy: null, reason: null },
      },
      {
        ...held,
        ...{ id: 'st_2', kind: 'signature', cause: null, at: new Date(T0) },
        ...{ releasedAt: new Date(T0 + 9), releasedBy: 'owner', reason: 'it was me' },
      },
    ])
    const hour = new Date(T0 + HOUR)
    expect(rows.failures).toEqual([
      { session, providerId: 'acme', routeId: 'chat', hour, calls: 7, failures: 2, revision: 1 },
    ])
  })

  test('and may come without a call', async () => {
    const { call: _call, granted: _granted, ...rest } = decision(1, { action: 'breaker', rule: 'breaker', version: 9 })
    await project(db, [told(a, { decisions: [rest] })])
    const none = { providerId: null, routeId: null, amount: null, country: null, severity: null }
    expect((await projected()).decisions).toMatchObject([{ ...none, detail: { hits: [] } }])
  })

  test('in any order, repeated and cut anyhow, ends in the same rows', async () => {
    const b = sessionOf('b2')
    const pieces = [a, b].flatMap((of, i) => [
      ...[0, 1, 5].map((repeats) =>
        told(of, { decisions: [decision(1, { id: `dec_${i}`, repeats, lastAt: T0 + repeats })] }),
      ),
      told(of, { decisions: [decision(2, { id: `dec_${i}_2` })] }),
      told(of, { stops: [stop(`st_${i}`)] }),
      told(of, { stops: [stop(`st_${i}`, { releasedAt: T0 + 50, releasedBy: 'operator', reason: 'asked' })] }),
      told(of, { failures: [failures(1, 3, 1, T0)] }),
      told(of, { failures: [failures(2, 5, 1, T0 + 9)] }),
      told(of, { failures: [failures(4, 9, 2, T0 + HOUR)] }),
    ])
    await project(db, pieces)
    const expected = await projected()
    expect(expected.decisions).toMatchObject([{ repeats: 5 }, { number: 2 }, { repeats: 5 }, { number: 2 }])
    expect(expected.stops).toMatchObject([{ releasedBy: 'operator' }, { releasedBy: 'operator' }])
    expect(expected.failures.map(({ calls }) => calls)).toEqual([5, 9, 5, 9])
    const deliveries = fc
      .subarray(pieces)
      .chain((again) => fc.shuffledSubarray([...pieces, ...again], { minLength: pieces.length + again.length }))
    await fc.assert(
      fc
        .asyncProperty(deliveries, fc.integer({ min: 1, max: 6 }), async (events, batch) => {
          for (let at = 0; at < events.length; at += batch) await project(db, events.slice(at, at + batch))
          expect(await projected()).toEqual(expected)
        })
        .beforeEach(wipeProjected),
      { numRuns: 20 },
    )
  }, 60_000)

  test('a stop that is released stays so, and keeps who released it', async () => {
    await project(db, [told(a, { stops: [stop('st_1', { releasedAt: T0 + 1, releasedBy: 'owner', reason: 'me' })] })])
    await project(db, [told(a, { stops: [stop('st_1', { releasedAt: T0 + 9, releasedBy: 'operator', reason: 'x' })] })])
    await project(db, [told(a, { stops: [stop('st_1')] })])
    expect((await projected()).stops).toMatchObject([
      { releasedAt: new Date(T0 + 1), releasedBy: 'owner', reason: 'me' },
    ])
  })

  test('another session does not release a stop by its id', async () => {
    await project(db, [told(a, { stops: [stop('st_1')] })])
    const thief = stop('st_1', { releasedAt: T0 + 1, releasedBy: 'owner', reason: 'mine' })
    await project(db, [told(sessionOf('b2'), { stops: [thief] })])
    expect((await projected()).stops).toMatchObject([{ session, releasedAt: null, reason: null }])
  })

  test('a full event fits the limits of a statement', async () => {
    const numbers = Array.from({ length: 100 }, (_, i) => i + 1)
    await project(db, [
      told(a, {
        decisions: numbers.map((n) => decision(n)),
        stops: numbers.map((n) => stop(`st_${n}`)),
        failures: numbers.map((n) => ({ ...failures(n, n, 0, T0), routeId: `r${n}` })),
      }),
    ])
    const { decisions, stops, failures: counts } = await projected()
    expect([decisions.length, stops.length, counts.length]).toEqual([100, 100, 100])
  })
})

test('decisions across sessions are of no payer but the one they speak of, and can be written again', async () => {
  const row = decision(1, { scope: 'provider:acme' })
  await record(db, 'cross:provider:acme', [row])
  await record(db, 'cross:provider:acme', [{ ...row, repeats: 2 }, decision(2, { scope: 'provider:acme' })])
  const about = { payer: hex('a1', 20), chainId: 84532 }
  await record(db, 'cross:owner:live:0xa1', [decision(1)], about)
  expect((await projected()).decisions).toMatchObject([
    { session: 'cross:owner:live:0xa1', ...about },
    { session: 'cross:provider:acme', number: 1, payer: null, chainId: null, repeats: 2 },
    { session: 'cross:provider:acme', number: 2, repeats: 0 },
  ])
})
