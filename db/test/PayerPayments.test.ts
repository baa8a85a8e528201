/** What a payer paid: all of it, in order, page by page, and nobody else's. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { covering, movesQuery, progressOf } from '../src/PayerClaims.ts'
import { paymentQuery, paymentsOf, type PaymentFilter, type PaymentPlace } from '../src/PayerPayments.ts'
import { db, emptyBeforeEach, wipeProjected } from './database.ts'
import { hex } from './events.ts'
import { ALICE, alices, at, BOB, CHANNEL, charge, charged, keyed, LIVE, opened, session } from './payer.ts'

emptyBeforeEach()

const other = session(ALICE, '52')

async function seqs(filter: PaymentFilter = {}, whose = alices) {
  const rows = await paymentsOf(db, whose, filter, undefined, 100)
  return rows.map(({ payment }) => `${payment.session === other ? 'b' : 'a'}${payment.seq}`)
}

describe('charges of a payer', () => {
  test('are those of all its keys on the chains of the mode, newest first', async () => {
    await charged(
      charge(1),
      charge(2, { at: at(9_000) }),
      charge(1, { session: other, at: at(5_000) }),
      charge(1, { session: session(BOB), at: at(6_000) }),
      charge(1, { session: session(ALICE, '51', LIVE), at: at(7_000) }),
    )
    expect(await seqs()).toEqual(['a2', 'b1', 'a1'])
    expect(await seqs({}, { payer: ALICE, chainIds: [LIVE] })).toEqual(['a1'])
    expect(await seqs({}, { payer: ALICE, chainIds: [] })).toEqual([])
    expect(await seqs({}, { payer: hex('c3', 20), chainIds: [84532] })).toEqual([])
  })

  test('of a chain whose id begins like another’s are told apart', async () => {
    await charged(charge(1, { session: session(ALICE, '51', 845) }))
    expect(await seqs({}, { payer: ALICE, chainIds: [8453, 84532] })).toEqual([])
  })

  test('are narrowed by key, route, provider and time', async () => {
    await charged(
      charge(1, { routeId: 'route_b' }),
      charge(2, { providerId: 'prov_b' }),
      charge(3, { providerId: null, routeId: null }),
      charge(4, { session: other }),
    )
    expect(await seqs({ session: session() })).toEqual(['a3', 'a2', 'a1'])
    expect(await seqs({ route: 'route_a' })).toEqual(['b4', 'a2'])
    expect(await seqs({ provider: 'prov_b' })).toEqual(['a2'])
    expect(await seqs({ session: session(), provider: 'prov_a' })).toEqual(['a1'])
    expect(await seqs({ since: at(2_000), until: at(4_000) })).toEqual(['a3', 'a2'])
    expect(await seqs({ session: other, since: at(2_000) })).toEqual(['b4'])
    expect(await seqs({ session: other, until: at(4_000) })).toEqual([])
  })

  test('of another’s key are none, whatever is asked for', async () => {
    await charged(charge(1, { session: session(BOB) }))
    expect(await seqs({ session: session(BOB) })).toEqual([])
    expect(await seqs({ session: session(BOB), since: at(0) })).toEqual([])
    expect(await paymentQuery(db, alices, session(BOB), 1)).toEqual([])
  })

  test('come with channel, key and seller, where those are known', async () => {
    await keyed(session(), { publicId: 'sk_1', owner: ALICE, mode: 'test', name: 'agent' })
    await opened(CHANNEL)
    await charged(charge(1), charge(1, { session: other, channelId: hex('02', 32) }))
    const [row] = await paymentQuery(db, alices, session(), 1)
    expect(row).toMatchObject({
      payment: { seq: 1, amount: '10' },
      channel: { claimed: '70', settled: '40', receiver: hex('ac', 20) },
      key: { publicId: 'sk_1', name: 'agent', owner: ALICE, mode: 'test' },
      provider: null,
    })
    expect(await paymentQuery(db, alices, other, 1)).toMatchObject([{ channel: null, key: null }])
  })

  test('in pages are the whole list, with charges of one time and clocks that went back', async () => {
    const row = fc.record({ key: fc.constantFrom('51', '52'), ms: fc.integer({ min: 0, max: 3 }) })
    const run = fc.record({
      rows: fc.array(row, { maxLength: 12 }),
      size: fc.integer({ min: 1, max: 5 }),
      oneKey: fc.boolean(),
      timed: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(run, async ({ rows, size, oneKey, timed }) => {
        await wipeProjected()
        await charged(...rows.map(({ key, ms }, i) => charge(i + 1, { session: session(ALICE, key), at: at(ms) })))
        const filter = { ...(oneKey && { session: other }), ...(timed && { since: at(1), until: at(3) }) }
        const whole = await paymentsOf(db, alices, filter, undefined, 100)
        const paged: typeof whole = []
        let after: PaymentPlace | undefined
        do {
          const page = await paymentsOf(db, alices, filter, after, size)
          paged.push(...page)
          after = page.length < size ? undefined : page.at(-1)?.payment
        } while (after !== undefined)
        expect(paged).toEqual(whole)
        const wanted = rows.filter(({ key, ms }) => (!oneKey || key === '52') && (!timed || (ms >= 1 && ms < 3)))
        expect(whole).toHaveLength(wanted.length)
      }),
      { numRuns: 25 },
    )
  })
})

describe('how far a charge has come', () => {
  const moved = (seq: number, kind: 'claim' | 'settle' | 'deposit', amount: string, byte: string) => ({
    ...{ session: session(), seq, kind, channelId: CHANNEL, debit: 'earned', credit: 'claimed', amount },
    ...{ transaction: hex(byte, 32), at: at(seq * 1_000) },
  })

  test('is told by the totals of its channel', () => {
    const totals = { claimed: '70', settled: '40' }
    expect(['40', '41', '70', '71'].map((upTo) => progressOf(totals, upTo))).toEqual([
      'settled',
      'claimed',
      'claimed',
      'unsettled',
    ])
    expect([progressOf(null, '1'), progressOf(totals, null)]).toEqual(['unsettled', 'unsettled'])
  })

  test('and the transactions by what moved since, whatever was claimed before there were rows', async () => {
    const totals = { claimed: '170', settled: '140' }
    await db.orm
      .insert(db.tables.movement)
      .values([
        moved(3, 'claim', '30', 'f1'),
        moved(4, 'settle', '30', 'f1'),
        moved(5, 'deposit', '999', 'f0'),
        moved(8, 'claim', '40', 'f2'),
        moved(9, 'settle', '10', 'f2'),
      ])
    const moves = await movesQuery(db, CHANNEL, at(0))
    const by = (kind: 'claim' | 'settle', cumulative: string, seq: number) =>
      covering(totals, moves, kind, { cumulative, seq })?.transaction ?? null
    // 100 was claimed before the first row of a claim, and 100 settled.
    expect(by('claim', '100', 1)).toBeNull()
    expect([by('claim', '101', 1), by('claim', '130', 2)]).toEqual([hex('f1', 32), hex('f1', 32)])
    expect([by('claim', '131', 6), by('claim', '170', 7)]).toEqual([hex('f2', 32), hex('f2', 32)])
    expect([by('claim', '171', 7), by('settle', '141', 7)]).toEqual([null, null])
    expect([by('settle', '130', 2), by('settle', '131', 6)]).toEqual([hex('f1', 32), hex('f2', 32)])
  })

  test('a claim from before a charge never is the charge’s, though the totals run ahead of the moves', () => {
    const moves = [{ ...moved(2, 'claim', '50', 'f1'), transaction: hex('f1', 32) }]
    expect(covering({ claimed: '90', settled: '0' }, moves, 'claim', { cumulative: '80', seq: 5 })).toBeUndefined()
  })
})
