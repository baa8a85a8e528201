/** What counts as a difference, channel by channel. */
import type { ChainStanding, ChannelStanding } from '@pbstream/core/message/Operations'
import type { ChannelRow } from '@pbstream/db/Reconciliation'
import { describe, expect, test } from 'vitest'
import { findings, incident } from '../src/Differences.ts'
import { chain, channelId, snapshot, standing } from './support.ts'

const NOW = 1_800_000_000_000

function row(over: Partial<ChannelRow> = {}): ChannelRow {
  const { channelId: id, ...numbers } = snapshot()
  return { ...numbers, id, session: 's', chainId: 84532, ...over }
}

function find(of: { row?: ChannelRow; session?: ChannelStanding | null; chain?: ChainStanding | null }) {
  const session = of.session === null ? {} : { session: of.session ?? standing() }
  const beside = of.chain === null ? {} : { chain: of.chain ?? chain() }
  return findings(of.row ?? row(), { channel: { session: 's', channelId }, answered: true, ...session, ...beside }, NOW)
}

const kinds = (of: Parameters<typeof find>[0]) => find(of)?.map(({ what, repair }) => [what, repair])

describe('row and session', () => {
  test('that agree are no finding, nor is a row that lacks a voucher which has cost nothing yet', () => {
    expect(find({})).toEqual([])
    expect(find({ session: standing({ accepted: '500', revision: 9 }) })).toEqual([])
  })

  test('a row behind its session may be late: it counts when it has not moved, and is projected', () => {
    const found = find({ session: standing({ spent: '95', revision: 9 }) })
    expect(found).toMatchObject([{ what: 'projection_behind', mark: '7', repair: 'project' }])
    expect(found?.[0]?.detail).toMatchObject({
      'database.spent': '90',
      'session.spent': '95',
      'database.revision': '7',
    })
  })

  test.each([
    ['more than the session, by a digit more than a double holds', { spent: '9007199254740993' }, {}],
    ['a higher revision', { revision: 8 }, {}],
    ['other numbers at the same revision', { spent: '80' }, {}],
    ['more in one number although its revision is lower', { settled: '51' }, { spent: '95', revision: 9 }],
  ])('a row that says %s was never the session’s: at once, and not repaired', (_, wrong, session) => {
    const found = find({ row: row(wrong), session: standing(session) })
    expect(found).toMatchObject([{ what: 'projection_differs' }])
    expect(found?.[0]).not.toHaveProperty('repair')
    expect(found?.[0]).not.toHaveProperty('mark')
  })

  test('a channel that its session does not know is one; a session that did not answer says nothing', () => {
    expect(kinds({ session: null, chain: null })).toEqual([['session_missing', undefined]])
    const silent = { channel: { session: 's', channelId }, answered: false }
    expect(findings(row(), silent, NOW)).toBeUndefined()
  })
})

describe('session and chain', () => {
  test.each<[string, Partial<ChannelStanding>, Partial<ChainStanding>]>([
    ['a deposit made directly', {}, { balance: 1001n }],
    ['money that was withdrawn', {}, { balance: 999n }],
    ['a withdrawal asked for', {}, { withdrawRequestedAt: 5 }],
    ['one that was given up', { withdrawRequestedAt: 5 }, {}],
    ['a refund that nobody reported', {}, { refundNonce: 1n }],
  ])('%s: the session is behind, and looks at the chain', (_, session, seen) => {
    expect(kinds({ session: standing({}, session), chain: chain(seen) })).toEqual([['session_behind', 'observe']])
  })

  test('a claim that the chain holds for good and nobody reported: settlement is asked to confirm it', () => {
    const seen = chain({ totalClaimed: 60n, finalClaimed: 60n })
    expect(kinds({ chain: seen })).toEqual([['session_behind', 'observe_and_claim']])
  })

  test.each<[string, Partial<ChannelStanding>, Partial<ChainStanding>]>([
    ['a claim on its way', { claim: { total: 60n, sends: 1 } }, { totalClaimed: 60n, finalClaimed: 60n }],
    ['a claim not yet at depth k', {}, { totalClaimed: 60n }],
    ['a deposit on its way', { depositsWanted: 5n }, { balance: 1005n }],
    ['a refund on its way', { refundInFlight: true }, { balance: 900n, refundNonce: 1n }],
  ])('%s explains what the chain shows', (_, session, seen) => {
    expect(find({ session: standing({}, session), chain: chain(seen) })).toEqual([])
  })

  test('a refund that nobody has reported for ten minutes: the session looks, and gives it up', () => {
    const since = (refundSince: number) => kinds({ session: standing({}, { refundInFlight: true, refundSince }) })
    expect(since(NOW - 599_000)).toEqual([])
    expect(since(NOW - 601_000)).toEqual([['session_behind', 'observe']])
  })

  test('provisional money that a node does not show yet is no finding', () => {
    const both = { provisional: '20' }
    expect(find({ row: row(both), session: standing(both) })).toEqual([])
  })

  test('a session that holds claimed what the chain does not is ahead, and not repaired', () => {
    const found = find({ chain: chain({ totalClaimed: 40n, finalClaimed: 40n }) })
    expect(found).toMatchObject([{ what: 'session_ahead', mark: '7' }])
    expect(found?.[0]).not.toHaveProperty('repair')
  })

  test('so is one that holds a refund done which the chain has forgotten', () => {
    expect(kinds({ session: standing({}, { refundNonce: 1n }) })).toEqual([['session_ahead', undefined]])
  })

  test('more claimed than was ever charged is not repaired', () => {
    expect(
      kinds({ session: standing({}, { claim: { total: 90n, sends: 1 } }), chain: chain({ totalClaimed: 91n }) }),
    ).toEqual([['claimed_beyond_charges', undefined]])
  })

  test('without a chain nothing is said about it', () => {
    expect(find({ session: standing({}, { withdrawRequestedAt: 5 }), chain: null })).toEqual([])
  })
})

describe('work that does not get on', () => {
  const attempt = (n: number) => find({ session: standing({}, { attempt: n }) })

  test('a claim sent often, or failed often, is stuck; a few times is not', () => {
    const sent = (sends: number) => kinds({ session: standing({}, { claim: { total: 90n, sends } }) })
    expect([sent(6), sent(7)]).toEqual([[], [['claim_stuck', undefined]]])
    expect([attempt(3), attempt(4)]).toMatchObject([[], [{ what: 'claim_stuck' }]])
  })

  test('a reservation two minutes past its end is stuck', () => {
    const due = (nextExpiry: number) => find({ session: standing({}, { nextExpiry }) })?.map(({ what }) => what)
    expect([due(NOW - 119_000), due(NOW - 121_000)]).toEqual([[], ['reservation_stuck']])
  })

  test('is one incident until the channel settles, however often it is tried', () => {
    const ids = [attempt(4), attempt(9)].map((found) => incident(found![0]!, 'no', NOW).id)
    expect(ids[0]).toBe(ids[1])
    const settled = find({ row: row({ settled: '40', revision: 6 }), session: standing({}, { attempt: 9 }) })
    expect(
      incident(
        settled!.find(({ what }) => what === 'claim_stuck')!,
        'no',
        NOW,
      ).id,
    ).not.toBe(ids[0])
  })
})

test('an incident names channel and numbers and nobody who pays', () => {
  const found = find({ row: row({ spent: '95' }), chain: chain({ totalClaimed: 40n }) })
  const text = JSON.stringify(found?.map((each) => incident(each, 'no', NOW)))
  expect(text).toContain(channelId)
  expect(text).not.toContain(standing().config.payer)
})
