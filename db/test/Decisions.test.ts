import { sessionName } from '@pbstream/core/message/Session'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  decisionById,
  type DecisionFilter,
  decisionsOf,
  hitsByDay,
  pruneDecisions,
  type Whose,
} from '../src/Decisions.ts'
import { project } from '../src/Projection.ts'
import { db, wipe } from './database.ts'
import { hex, T0 } from './events.ts'
import { decision, HOUR, sessionOf, told } from './sentinelEvents.ts'

const [a, a2, b] = [sessionOf('a1'), sessionOf('a1', '6f'), sessionOf('b2')]
const elsewhere = { ...a, chainId: 8453 }
const DAY = 24 * HOUR
const payer = { payer: hex('a1', 20), chainIds: [84532] }
const acme = { scope: 'provider:acme' }

beforeEach(async () => {
  await wipe()
  const ofAcme = { scope: 'provider:acme', rule: 'burst', action: 'block' } as const
  await project(db, [
    told(a, {
      decisions: [
        decision(1, { id: 'dec_a1', at: T0 }),
        decision(2, { id: 'dec_a2', at: T0 + 1, rule: 'burst', action: 'alert', repeats: 9 }),
        decision(3, { id: 'dec_a3', at: T0 + 1, scope: 'platform', effect: 'shadow' }),
        decision(4, { id: 'dec_a4', at: T0 + DAY, ...ofAcme }),
      ],
    }),
    told(a2, {
      decisions: [
        decision(1, { id: 'dec_c1', at: T0 + 1, repeats: 2 }),
        decision(2, { id: 'dec_c2', at: T0 + DAY, action: 'breaker', rule: 'breaker' }),
      ],
    }),
    told(b, {
      decisions: [decision(1, { id: 'dec_b1', at: T0 }), decision(2, { id: 'dec_b2', at: T0 + DAY, ...ofAcme })],
    }),
    told(elsewhere, { decisions: [decision(1, { id: 'dec_e1', at: T0 })] }),
  ])
})

async function ids(whose: Whose, filter: DecisionFilter = {}) {
  return (await decisionsOf(db, whose, filter, undefined, 20)).map(({ id }) => id)
}

describe('decisions', () => {
  test('of a payer are those about the whole of his keys on the chains asked for, newest first', async () => {
    // Of one time: by session, then by number, both downwards.
    expect(await ids(payer)).toEqual(['dec_c2', 'dec_c1', 'dec_a3', 'dec_a2', 'dec_a1'])
    expect(await ids({ ...payer, chainIds: [8453] })).toEqual(['dec_e1'])
    expect(await ids({ ...payer, chainIds: [] })).toEqual([])
  })

  test('of a provider are its own, and no other scope’s', async () => {
    expect(await ids(acme)).toEqual(['dec_b2', 'dec_a4'])
    expect(await ids({ scope: 'provider:acm' })).toEqual([])
    expect(await ids({ scope: 'platform' })).toEqual(['dec_a3'])
  })

  test('all there are, for operators', async () => {
    expect(await ids('all')).toHaveLength(9)
  })

  test.each<[DecisionFilter, string[]]>([
    [{ rule: 'burst' }, ['dec_a2']],
    [{ action: 'freeze' }, ['dec_c1', 'dec_a3', 'dec_a1']],
    [{ effect: 'shadow' }, ['dec_a3']],
    [{ session: sessionName(a2) }, ['dec_c2', 'dec_c1']],
    [{ session: sessionName(a2), rule: 'drain' }, ['dec_c1']],
    [{ session: sessionName(b) }, []],
    [{ since: new Date(T0 + 1), until: new Date(T0 + DAY) }, ['dec_c1', 'dec_a3', 'dec_a2']],
  ])('of a payer: %o', async (filter, expected) => {
    expect(await ids(payer, filter)).toEqual(expected)
  })

  test.each<[DecisionFilter, string[]]>([
    [{ rule: 'burst' }, ['dec_b2', 'dec_a4']],
    [{ session: sessionName(a) }, ['dec_a4']],
    [{ session: sessionName(a2) }, []],
  ])('of a provider: %o', async (filter, expected) => {
    expect(await ids(acme, filter)).toEqual(expected)
  })

  test.each<[string, Whose, DecisionFilter]>([
    ['a payer', payer, {}],
    ['a session', 'all', { session: sessionName(a) }],
    ['a rule', payer, { rule: 'drain' }],
    ['everybody', 'all', {}],
  ])('page by page there are none twice and none missing: %s', async (_, whose, filter) => {
    const found: string[] = []
    let after: { at: Date; session: string; number: number } | undefined
    for (;;) {
      const [row] = await decisionsOf(db, whose, filter, after, 1)
      if (row === undefined) break
      found.push(row.id)
      after = row
    }
    expect(found).toEqual(await ids(whose, filter))
  })

  test('one by its id', async () => {
    expect(await decisionById(db, 'dec_b1')).toMatchObject({ session: sessionName(b), number: 1 })
    expect(await decisionById(db, 'dec_no')).toBeUndefined()
  })
})

describe('how often rules spoke', () => {
  const since = new Date(T0)
  const until = new Date(T0 + 2 * DAY)
  const sorted = async (whose: Whose) =>
    (await hitsByDay(db, whose, since, until)).sort((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1))

  test('by day, with repeats, keys counted once; what a breaker did is no rule’s', async () => {
    const drain = { rule: 'drain', version: 3, action: 'freeze', day: new Date(T0) }
    expect(await sorted(payer)).toEqual([
      { rule: 'burst', version: 3, action: 'alert', effect: 'done', day: new Date(T0), count: 10, keys: 1 },
      { ...drain, effect: 'done', count: 4, keys: 2 },
      { ...drain, effect: 'shadow', count: 1, keys: 1 },
    ])
  })

  test('of a provider only its own, in the time asked for', async () => {
    const burst = { rule: 'burst', version: 3, action: 'block', effect: 'done', day: new Date(T0 + DAY) }
    expect(await sorted(acme)).toEqual([{ ...burst, count: 2, keys: 2 }])
    expect(await hitsByDay(db, acme, since, new Date(T0 + DAY))).toEqual([])
  })
})

test('old ones are thrown away, the oldest first, so many at a time', async () => {
  expect(await pruneDecisions(db, new Date(T0 + 1), 2)).toBe(2)
  expect(await ids('all')).toHaveLength(7)
  expect(await pruneDecisions(db, new Date(T0 + 1), 20)).toBe(1)
  expect(await pruneDecisions(db, new Date(T0 + 1), 20)).toBe(0)
  expect(await ids('all')).toEqual(['dec_b2', 'dec_c2', 'dec_a4', 'dec_c1', 'dec_a3', 'dec_a2'])
})
