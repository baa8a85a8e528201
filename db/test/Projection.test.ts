import type { PbEvent } from '@pbstream/core/message/Event'
import { sessionName } from '@pbstream/core/message/Session'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { project } from '../src/Projection.ts'
import { db, emptyBeforeEach, projected, wipeProjected } from './database.ts'
import { deliveries, hex, history, incident, lane, refs, sessionEvent, T0 } from './events.ts'

emptyBeforeEach()
const histories = refs.map((ref) => history(ref, 9))
const others = [...lane('claim-1'), ...lane('claim-2'), incident('i1'), incident('i2')]
const [first] = histories as [(typeof histories)[0]]

describe('project', () => {
  test('a session event becomes its key, session, channel, charges, counts of usage and movements', async () => {
    const event = sessionEvent(first, first.rows.slice(0, 4), first.snapshots.slice(0, 4), first.totals.slice(0, 3))
    await project(db, [event, ...others])
    const rows = await projected()
    const id = sessionName(first.session)
    expect(rows.keys).toMatchObject([
      {
        id,
        session: id,
        chainId: 84532,
        contract: hex('c0', 20),
        payer: hex('a1', 20),
        key: hex('5e', 20),
        firstSeenAt: new Date(T0 + 1000),
      },
    ])
    expect(rows.sessions).toEqual([{ ...first.session, id, lastSeq: 4, lastAt: new Date(T0 + 4000) }])
    const { channelId, ...numbers } = first.snapshots[3] as (typeof first.snapshots)[0]
    expect(rows.channels).toEqual([{ ...numbers, id: channelId, session: id, chainId: 84532 }])
    expect(rows.payments.map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(rows.payments[2]).toEqual({
      session: id,
      seq: 3,
      channelId,
      reservationId: 'r3',
      requestId: 'id3',
      providerId: 'acme',
      routeId: 'chat',
      rateVersion: 1,
      debit: 'escrow',
      credit: 'provider',
      amount: '7',
      cumulative: '9007199254741011',
      usage: { output_token: '3' },
      country: 'CH',
      place: '0123456789abcdef',
      at: new Date(T0 + 3000),
    })
    expect(rows.payments[1]).toMatchObject({ seq: 2, usage: null, country: null, place: null })
    const [, , counted] = first.totals as [unknown, unknown, (typeof first.totals)[0]]
    expect(rows.usage).toEqual([{ ...counted, session: id, payer: hex('a1', 20) }])
    expect(counted).toMatchObject({ period: '2026-11', charged: '21', revision: 3 })
    expect(rows.movements).toMatchObject([{ session: id, seq: 4, kind: 'deposit', transaction: hex('f1', 32) }])
    expect(rows.settlements).toMatchObject([
      { itemId: 'claim-1', status: 'confirmed', revision: 4, gasUsed: '90210', error: null },
      { itemId: 'claim-2', status: 'confirmed', revision: 4 },
    ])
    expect(rows.incidents).toMatchObject([{ id: 'i1', what: 'claim_dead_letter' }, { id: 'i2' }])
  })

  test('redelivered, reordered, duplicated and split events lead to the same rows', async () => {
    await project(db, [...histories.map((of) => sessionEvent(of, of.rows, of.snapshots, of.totals)), ...others])
    const expected = await projected()
    await fc.assert(
      fc
        .asyncProperty(deliveries(histories, others), async (batches) => {
          for (const batch of batches) await project(db, batch)
          expect(await projected()).toEqual(expected)
        })
        .beforeEach(wipeProjected),
      { numRuns: 25 },
    )
  }, 60_000)

  test('what is older than what is known changes nothing', async () => {
    await project(db, [sessionEvent(first, first.rows, first.snapshots, first.totals), ...lane('claim-1')])
    const before = await projected()
    for (const total of first.totals.toReversed()) await project(db, [sessionEvent(first, [], [], [total])])
    for (const [i, snapshot] of first.snapshots.slice(0, -1).entries()) {
      await project(db, [sessionEvent(first, first.rows.slice(i, i + 1), [snapshot])])
    }
    for (const event of lane('claim-1').slice(0, -1)) await project(db, [event])
    expect(await projected()).toEqual(before)
  })

  test('a first fact stands: a second charge under its number does not overwrite it', async () => {
    const [row] = first.rows as [(typeof first.rows)[0]]
    await project(db, [sessionEvent(first, [row], [])])
    await project(db, [sessionEvent(first, [{ ...row, amount: '999' }], [])])
    expect((await projected()).payments).toMatchObject([{ seq: 1, amount: '7' }])
  })

  test('amounts keep every digit up to a uint128', async () => {
    const most = `${2n ** 128n - 1n}`
    const [row] = first.rows as [(typeof first.rows)[0]]
    const [snapshot] = first.snapshots as [(typeof first.snapshots)[0]]
    await project(db, [
      sessionEvent(first, [{ ...row, amount: most, cumulative: most }], [{ ...snapshot, spent: most }]),
    ])
    const { payments, channels } = await projected()
    expect(payments).toMatchObject([{ amount: most, cumulative: most }])
    expect(channels).toMatchObject([{ spent: most }])
  })

  test('a full batch of the largest events fits the limits of a statement', async () => {
    const big = history(first.session, 400)
    const events: PbEvent[] = []
    for (let at = 0; at < 400; at += 100) {
      events.push(sessionEvent(big, big.rows.slice(at, at + 100), big.snapshots.slice(at, at + 100)))
    }
    await project(db, events)
    const { payments, movements, channels } = await projected()
    expect([payments.length, movements.length]).toEqual([300, 100])
    expect(channels).toMatchObject([{ revision: 400 }])
  })

  test('no events, no statements', async () => {
    await project(db, [])
    expect((await projected()).keys).toEqual([])
  })
})
