/** Sums of what a payer spent: exact whatever the size, in the right step, of its own charges only. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { labelsOf, STEP_MS, type UsageAsked, usageOf } from '../src/PayerUsage.ts'
import { db, emptyBeforeEach, wipeProjected } from './database.ts'
import { T0 } from './events.ts'
import { ALICE, alices, at, BOB, charge, charged, keyed, LIVE, session } from './payer.ts'

emptyBeforeEach()

const other = session(ALICE, '52')
const asked: UsageAsked = { since: at(0), until: at(10 * STEP_MS.day), step: 'hour', by: 'total' }
const sum = async (over: Partial<UsageAsked> = {}) => (await usageOf(db, alices, { ...asked, ...over })) ?? []

test('every step has its own charges: the first of them, and the last', async () => {
  const { hour } = STEP_MS
  await charged(
    charge(1, { at: at(0) }),
    charge(2, { at: at(hour - 1) }),
    charge(3, { at: at(hour) }),
    charge(4, { at: at(25 * hour) }),
  )
  expect(await sum()).toEqual([
    { at: T0, group: null, spent: 20n, payments: 2 },
    { at: T0 + hour, group: null, spent: 10n, payments: 1 },
    { at: T0 + 25 * hour, group: null, spent: 10n, payments: 1 },
  ])
  expect(await sum({ step: 'day' })).toEqual([
    { at: T0, group: null, spent: 30n, payments: 3 },
    { at: T0 + STEP_MS.day, group: null, spent: 10n, payments: 1 },
  ])
  expect(await sum({ since: at(1), until: at(hour) })).toEqual([{ at: T0, group: null, spent: 10n, payments: 1 }])
  expect(await sum({ since: at(hour), until: at(hour) })).toEqual([])
  expect(await sum({ since: at(hour), until: at(0) })).toEqual([])
})

test('other payers, other chains and other keys are not in it', async () => {
  await charged(
    charge(1),
    charge(1, { session: other, amount: '7' }),
    charge(1, { session: session(BOB) }),
    charge(1, { session: session(ALICE, '51', LIVE) }),
  )
  expect(await sum()).toMatchObject([{ spent: 17n, payments: 2 }])
  expect(await sum({ session: other })).toMatchObject([{ spent: 7n, payments: 1 }])
  expect(await sum({ session: session(BOB) })).toEqual([])
  expect(await usageOf(db, { payer: ALICE, chainIds: [] }, asked)).toEqual([])
})

test('by key and by seller', async () => {
  await charged(
    charge(1),
    charge(2, { providerId: 'prov_b', amount: '5' }),
    charge(3, { session: other, providerId: null }),
  )
  const shown = async (by: UsageAsked['by']) =>
    (await sum({ by })).map(({ group, spent }) => `${group} ${spent}`).sort()
  expect(await shown('key')).toEqual([`${session()} 15`, `${other} 10`].sort())
  expect(await shown('service')).toEqual(['null 10', 'prov_a 10', 'prov_b 5'])
})

test('a year is summed in portions, each charge once', async () => {
  const rows = Array.from({ length: 366 }, (_, day) => charge(day + 1, { at: at(day * STEP_MS.day + 5) }))
  await charged(...rows)
  const days = await sum({ step: 'day', since: at(3), until: at(366 * STEP_MS.day) })
  expect(days.map((point) => point.at)).toEqual(rows.map((_, day) => T0 + day * STEP_MS.day))
  expect(days.every(({ spent, payments }) => spent === 10n && payments === 1)).toBe(true)
})

test('more charges than one answer adds up are refused, in whichever portions they lie', async () => {
  await charged(charge(1), charge(2), charge(3, { at: at(9 * STEP_MS.day) }))
  expect(await usageOf(db, alices, asked, 2)).toBeUndefined()
  expect(await usageOf(db, alices, { ...asked, until: at(STEP_MS.day) }, 2)).toHaveLength(1)
})

describe('sums', () => {
  test('are exact for every amount that there is', async () => {
    const amount = fc.oneof(fc.bigInt(0n, 2n ** 128n - 1n), fc.bigInt(0n, 10n ** 9n), fc.constant(10n ** 38n))
    await fc.assert(
      fc.asyncProperty(fc.array(amount, { minLength: 1, maxLength: 12 }), async (amounts) => {
        await wipeProjected()
        await charged(...amounts.map((each, i) => charge(i + 1, { amount: String(each) })))
        const [point, ...more] = await sum()
        expect([point?.spent, point?.payments, more]).toEqual([amounts.reduce((a, b) => a + b, 0n), amounts.length, []])
      }),
      { numRuns: 25 },
    )
  })
})

test('keys and sellers have names', async () => {
  await keyed(session(), { publicId: 'sk_1', owner: ALICE, mode: 'test', name: 'agent' })
  const row = { id: 'prov_a', name: 'Acme', payTo: session().slice(0, 42) as `0x${string}`, enabled: true }
  await db.orm.insert(db.tables.provider).values({ ...row, createdAt: at(0), updatedAt: at(0) })
  expect(await labelsOf(db, 'key', [session(), other])).toEqual([
    { group: session(), key: 'sk_1', name: 'agent', owner: ALICE, mode: 'test' },
  ])
  expect(await labelsOf(db, 'service', ['prov_a', 'prov_b'])).toMatchObject([{ group: 'prov_a', name: 'Acme' }])
  expect(await labelsOf(db, 'total', ['x'])).toEqual([])
})
