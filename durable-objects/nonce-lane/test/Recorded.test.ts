import type { Address, Hex } from '@pbstream/core/Hex'
import * as Ledger from '@pbstream/core/Ledger'
import { expect, test } from 'vitest'
import { chainEvents } from '../src/Order.ts'
import { recordedIn, recordedUpTo } from '../src/Recorded.ts'
import { logOf } from './support/SimChain.ts'

const contract: Address = `0x${'22'.repeat(20)}`
const hash: Hex = `0x${'aa'.repeat(32)}`
const channel = (i: number): Hex => `0x${i.toString(16).padStart(64, '0')}`
const logs = [
  logOf(contract, channel(1), 'whole', 100n),
  logOf(contract, channel(2), 'half', 100n),
  logOf(contract, channel(3), 'before', 100n),
  logOf(contract, channel(4), 'skipped', 100n),
]
const recorded = recordedIn(logs, contract)
const claim = (i: number) =>
  ({ kind: 'claim', channelId: channel(i), total: 100n, settled: true, partial: true }) as const
const base = (i: number) => ({ kind: 'claim', channelId: channel(i), transaction: hash })

test('logs tell how much of each claim is recorded', () => {
  expect([1, 2, 3, 4, 5].map((i) => recordedUpTo(recorded, channel(i), 100n))).toEqual([100n, 50n, 100n, 0n, 0n])
})

test('more than was asked for is never counted', () => {
  expect(recordedUpTo(recorded, channel(1), 70n)).toBe(70n)
})

test('what other contracts write in the same transaction says nothing', () => {
  expect(recordedIn(logs, `0x${'33'.repeat(20)}`).size).toBe(0)
  expect(recordedIn([{ address: contract, topics: [], data: '0x' }], contract).size).toBe(0)
  expect(recordedIn([{ ...logOf(contract, channel(1), 'whole', 1n), data: '0x' }], contract).size).toBe(0)
})

test('what is recorded is confirmed, then the rest has failed, so that nothing stays in flight', () => {
  const told = (i: number) => chainEvents(claim(i), 'confirmed', hash, recorded)
  expect(told(1)).toEqual([{ ...base(1), total: 100n, settled: true, status: 'confirmed' }])
  expect(told(2)).toEqual([
    { ...base(2), total: 50n, settled: true, status: 'confirmed' },
    { ...base(2), total: 100n, settled: false, status: 'failed' },
  ])
  expect(told(3)).toEqual([{ ...base(3), total: 100n, settled: true, status: 'confirmed' }])
  expect(told(4)).toEqual([{ ...base(4), total: 100n, settled: false, status: 'failed' }])
})

test('a transaction without a word about a claim has not recorded it', () => {
  expect(chainEvents(claim(5), 'confirmed', hash, recorded)).toMatchObject([{ status: 'failed', total: 100n }])
  expect(chainEvents(claim(5), 'confirmed', hash)).toMatchObject([{ status: 'failed', total: 100n }])
})

test('a transaction that failed has recorded nothing, and one that is all or nothing needs no logs', () => {
  expect(chainEvents(claim(1), 'failed', hash, recorded)).toMatchObject([{ status: 'failed', total: 100n }])
  expect(chainEvents(claim(1), 'mined', hash, recorded)).toEqual([])
  const { partial: _, ...whole } = claim(5)
  expect(chainEvents(whole, 'confirmed', hash)).toMatchObject([{ status: 'confirmed', total: 100n }])
})

test.each([
  [1, 100n, 'all of it'],
  [2, 50n, 'half of it'],
  [3, 100n, 'it was there before'],
  [4, 0n, 'nothing'],
  [5, 0n, 'no word'],
])('a session’s books have what was recorded, and no claim is left in flight (row %i)', (i, expected) => {
  let books = charged(channel(i), 100n)
  for (const event of chainEvents(claim(i), 'confirmed', hash, recorded)) {
    if (event.kind !== 'claim') throw new Error('not a claim')
    books =
      event.status === 'confirmed'
        ? Ledger.claimConfirmed(books, event.total, event.settled)
        : Ledger.claimFailed(books, event.total)
  }
  expect(books).toMatchObject({ claiming: undefined, claimed: expected, settled: expected, spent: 100n, lost: 0n })
  const next = Ledger.claimStart(books, true)
  expect('channel' in next ? next.channel.claiming?.total : undefined, 'what is left is asked for again').toBe(
    expected < 100n ? 100n : undefined,
  )
})

/** A channel with this much charged, all of it in a claim under way. */
function charged(channelId: Hex, amount: bigint): Ledger.Channel {
  const address: Address = `0x${'44'.repeat(20)}`
  const parties = { payer: address, payerAuthorizer: address, receiver: address, receiverAuthorizer: address }
  const config = { ...parties, token: address, withdrawDelay: 900, salt: hash }
  const seen = { channelId, config, balance: 1_000n, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n }
  const steps: ((books: Ledger.Channel) => Ledger.Result)[] = [
    (books) => Ledger.reserve(books, { max: amount, signature: '0x' }, amount),
    (books) => Ledger.post(books, amount, amount),
    (books) => Ledger.claimStart(books, true),
  ]
  return steps.reduce((books, step) => {
    const result = step(books)
    if (!('channel' in result)) throw new Error(result.refused)
    return result.channel
  }, Ledger.open(seen))
}
