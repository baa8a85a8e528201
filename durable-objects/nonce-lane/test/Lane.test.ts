import type { Hex } from '@pbstream/core/Hex'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Receipt } from '../src/ChainRpc.ts'
import {
  type Attempt,
  bumped,
  fees,
  gasLimit,
  type Item,
  MAX_GAS_LIMIT,
  next,
  nextNonce,
  type Policy,
  type View,
} from '../src/Lane.ts'

const policy: Policy = {
  confirmations: 3,
  rebroadcastMs: 1_000,
  stallMs: 10_000,
  maxFeeCap: 1_000n,
  lostMs: 60_000,
  maxRefusals: 2,
}
const hash: Hex = `0x${'aa'.repeat(32)}`
const attempt: Attempt = {
  n: 0,
  filler: false,
  maxFee: 100n,
  priorityFee: 10n,
  raw: '0x02',
  hash,
  createdAt: 0,
  sentAt: 0,
  refusals: 0,
  underpriced: false,
  unpaid: false,
  takenAt: 0,
  takenHead: 99,
}
const market = { baseFee: 40n, priority: 10n }
const item: Item = { nonce: 5, state: 'open', attempts: [attempt] }
const receipt: Receipt = {
  hash,
  block: 100,
  blockHash: `0x${'b1'.repeat(32)}`,
  success: true,
  gasUsed: 1n,
  gasPrice: 1n,
  logs: [],
}

function view(over: Partial<View> = {}): View {
  return { now: 0, head: 100, count: 5, market, receipts: new Map(), ...over }
}
const withReceipt = (over: Partial<Receipt> = {}) => new Map([[hash, { ...receipt, ...over }]])
const minedAt = (blockHash: Hex) => {
  const { logs: _, ...where } = receipt
  return { ...where, blockHash, filler: false }
}

describe('an open item', () => {
  test('is signed before anything else', () => {
    const { raw: _raw, hash: _hash, ...unsigned } = attempt
    expect(next({ ...item, attempts: [unsigned] }, view({ count: 9 }), policy)).toMatchObject({ do: 'sign' })
  })

  test('goes out when it is signed, and again when it is not mined', () => {
    const { sentAt: _, ...unsent } = attempt
    expect(next({ ...item, attempts: [unsent] }, view(), policy).do).toBe('send')
    expect(next(item, view({ now: 999 }), policy).do).toBe('rest')
    expect(next(item, view({ now: 1_000 }), policy).do).toBe('send')
  })

  test('offers a higher fee when it is first in line and no block takes it', () => {
    expect(next(item, view({ now: 10_000 }), policy).do).toBe('bump')
    expect(next(item, view({ now: 10_000, count: 4 }), policy).do, 'not while it waits for others').toBe('send')
    expect(next({ ...item, attempts: [{ ...attempt, maxFee: 1_000n }] }, view({ now: 10_000 }), policy).do).toBe('send')
  })

  test('offers no more for time alone: a node has it, and there have been blocks since', () => {
    const stalled = view({ now: 10_000 })
    expect(next(item, stalled, policy)).toMatchObject({ do: 'bump', fees: { maxFee: 114n, priorityFee: 13n } })
    expect(next(item, view({ now: 10_000, head: 99 }), policy), 'the chain stands still').toMatchObject({ do: 'send' })
    const { takenAt: _at, takenHead: _head, ...untaken } = attempt
    expect(next({ ...item, attempts: [untaken] }, stalled, policy), 'no node has it').toMatchObject({ do: 'send' })
    const late = { ...item, attempts: [{ ...attempt, takenAt: 1 }] }
    expect(next(late, stalled, policy), 'a node has not had it for long').toMatchObject({ do: 'send' })
    expect(next({ ...item, attempts: [{ ...untaken, takenAt: 0 }] }, stalled, policy)).toMatchObject({ do: 'send' })
  })

  test('that nobody can pay for goes out again as it is, or at a market that has fallen', () => {
    const { takenAt: _at, takenHead: _head, ...rest } = attempt
    const unpaid = { ...rest, unpaid: true }
    const of = (...attempts: Attempt[]): Item => ({ ...item, attempts })
    const later = view({ now: 1_000 })
    expect(next(of(unpaid), later, policy), 'the market asks for 90 of 100').toMatchObject({ do: 'send' })
    const fallen = view({ now: 1_000, market: { baseFee: 20n, priority: 3n } })
    expect(next(of(unpaid), fallen, policy)).toMatchObject({ do: 'bump', fees: { maxFee: 43n, priorityFee: 3n } })
    expect(next(of(unpaid), { ...fallen, count: 4 }, policy), 'it waits for others').toMatchObject({ do: 'send' })
    const before = { ...rest, hash: `0x${'dd'.repeat(32)}` as const }
    expect(next(of(before, unpaid), fallen, policy), 'a node may have what was before').toMatchObject({ do: 'send' })
  })

  test('that nobody can pay for goes out in turn with what a node has had', () => {
    const cheaper = { ...attempt, sentAt: 5 }
    const { takenAt: _at, takenHead: _head, ...rest } = attempt
    const dearer = { ...rest, n: 1, sentAt: 900, unpaid: true, hash: `0x${'dd'.repeat(32)}` as const }
    const both: Item = { ...item, attempts: [cheaper, dearer] }
    expect(next(both, view({ now: 1_005 }), policy)).toEqual({ do: 'send', attempt: cheaper })
    const other: Item = { ...item, attempts: [{ ...cheaper, sentAt: 1_005 }, dearer] }
    expect(next(other, view({ now: 1_006 }), policy)).toEqual({ do: 'rest' })
    expect(next(other, view({ now: 1_900 }), policy)).toEqual({ do: 'send', attempt: dearer })
  })

  test('offers a higher fee when a node finds it too low', () => {
    const low = { ...item, attempts: [{ ...attempt, underpriced: true }] }
    expect(next(low, view({ now: 1_000, count: 4 }), policy).do).toBe('bump')
  })

  test('gives its nonce to a filler when nodes keep refusing it', () => {
    const refused = { ...attempt, refusals: 2, refusal: 'exceeds block gas limit' }
    expect(next({ ...item, attempts: [refused] }, view(), policy)).toMatchObject({ do: 'fill' })
    const filler = { ...attempt, n: 1, filler: true, hash: `0x${'cc'.repeat(32)}` as const }
    const mined = view({ head: 102, receipts: new Map([[filler.hash, { ...receipt, hash: filler.hash }]]) })
    const done = next({ ...item, attempts: [refused, filler] }, mined, policy)
    expect(done).toMatchObject({ do: 'failed', error: 'exceeds block gas limit' })
  })

  test('is not offered at ever higher fees when that is not why nodes refuse it', () => {
    const refused = { ...attempt, refusals: 1, refusal: 'exceeds block gas limit' }
    const dearer = { ...refused, n: 1, hash: `0x${'cc'.repeat(32)}` as const }
    const stalled = view({ now: 99_999, count: item.nonce })
    expect(next({ ...item, attempts: [refused] }, stalled, policy).do).toBe('bump')
    expect(next({ ...item, attempts: [refused, dearer] }, stalled, policy)).toMatchObject({ do: 'fill' })
  })

  test('is waited for when its nonce is used and the receipt is late', () => {
    expect(next(item, view({ count: 6, now: 99_999 }), policy).do).toBe('rest')
  })

  test('fails only when its nonce has been another’s at depth k for long', () => {
    const deep = { count: 6, deepCount: 6 }
    expect(next(item, view({ ...deep, now: 7 }), policy)).toEqual({ do: 'missing', since: 7 })
    const missing = { ...item, missingSince: 7 }
    expect(next(missing, view({ ...deep, now: 60_006 }), policy).do).toBe('rest')
    expect(next(missing, view({ ...deep, now: 60_007 }), policy)).toEqual({ do: 'failed', error: 'nonce_taken' })
    expect(next(missing, view({ now: 60_007 }), policy)).toEqual({ do: 'missing', since: undefined })
  })
})

describe('a mined item', () => {
  test('is reported once, and again after it moved to another block', () => {
    const seen = view({ receipts: withReceipt() })
    expect(next(item, seen, policy)).toMatchObject({ do: 'mined' })
    const mined: Item = { ...item, state: 'mined', mined: minedAt(receipt.blockHash) }
    expect(next(mined, seen, policy).do).toBe('rest')
    expect(next({ ...mined, mined: minedAt('0xdd') }, seen, policy).do).toBe('mined')
  })

  test('is open again when its block is gone', () => {
    const mined: Item = { ...item, state: 'mined', mined: minedAt(receipt.blockHash) }
    expect(next(mined, view(), policy)).toEqual({ do: 'reopen' })
    expect(next(mined, view({ count: 6 }), policy)).toEqual({ do: 'reopen' })
  })

  test('is final at depth k and not before', () => {
    expect(next(item, view({ head: 101, receipts: withReceipt() }), policy).do).toBe('mined')
    expect(next(item, view({ head: 102, receipts: withReceipt() }), policy).do).toBe('confirmed')
    const reverted = withReceipt({ success: false })
    expect(next(item, view({ head: 101, receipts: reverted }), policy).do).toBe('mined')
    expect(next(item, view({ head: 102, receipts: reverted }), policy)).toMatchObject({
      do: 'failed',
      error: 'reverted',
    })
  })

  test('counts under whichever of its fees it was mined', () => {
    const newer = { ...attempt, n: 1, hash: `0x${'cc'.repeat(32)}` as const }
    const bumpedItem = { ...item, attempts: [attempt, newer] }
    expect(next(bumpedItem, view({ head: 102, receipts: withReceipt() }), policy)).toMatchObject({
      do: 'confirmed',
      mined: { hash },
    })
  })

  test('is left alone once it is final', () => {
    expect(next({ ...item, state: 'confirmed' }, view(), policy).do).toBe('rest')
    expect(next({ ...item, state: 'failed' }, view(), policy).do).toBe('rest')
  })
})

test('a gas limit leaves a quarter for what changes until the block, and never passes what a transaction may have', () => {
  expect(gasLimit(100_000n)).toBe(135_000n)
  expect(gasLimit(13_413_772n)).toBeLessThanOrEqual(MAX_GAS_LIMIT)
  expect(gasLimit(16_000_000n)).toBe(MAX_GAS_LIMIT)
})

describe('fees', () => {
  test('allow the base fee to double and stay below the cap', () => {
    expect(fees({ baseFee: 100n, priority: 3n }, 1_000n)).toEqual({ maxFee: 203n, priorityFee: 3n })
    expect(fees({ baseFee: 900n, priority: 2_000n }, 1_000n)).toEqual({ maxFee: 1_000n, priorityFee: 1_000n })
  })

  test.each([0n, 1n, 7n, 8n, 1_000_000_007n])('of a replacement are at least an eighth above %s', (fee) => {
    const from = { maxFee: fee, priorityFee: fee }
    const { maxFee, priorityFee } = bumped(from, { baseFee: fee, priority: 1n }, 1n << 100n) ?? expect.fail('none')
    for (const raised of [maxFee, priorityFee]) expect(raised * 8n).toBeGreaterThanOrEqual(fee * 9n)
    expect(priorityFee).toBeGreaterThan(fee)
  })

  const wei = fc.bigInt({ min: 0n, max: 1n << 50n })
  test('of a replacement are one that nodes take, within the cap and what the market asks for, or none', () => {
    fc.assert(
      fc.property(wei, wei, wei, wei, wei, (a, b, baseFee, priority, cap) => {
        const from = { maxFee: a > b ? a : b, priorityFee: a > b ? b : a }
        const now = { baseFee, priority }
        const other = bumped(from, now, cap)
        if (other === undefined) return
        expect(other.maxFee * 8n).toBeGreaterThanOrEqual(from.maxFee * 9n)
        expect(other.priorityFee * 8n).toBeGreaterThanOrEqual(from.priorityFee * 9n)
        expect(other.maxFee).toBeLessThanOrEqual(cap)
        expect(other.priorityFee).toBeLessThanOrEqual(other.maxFee)
        const room = from.maxFee - baseFee
        const offered = room < from.priorityFee ? room : from.priorityFee
        if (offered >= priority) expect(other.priorityFee).toBeLessThanOrEqual(4n * priority)
      }),
      { numRuns: 2_000 },
    )
  })

  test('of replacements stay near the market however often they are raised, and follow a base fee that rises', () => {
    let from = fees({ baseFee: 100n, priority: 8n }, 1_000_000n)
    for (let i = 0; i < 200; i++) from = bumped(from, { baseFee: 100n, priority: 8n }, 1_000_000n) ?? from
    expect(from.maxFee).toBeLessThanOrEqual(4n * 208n)
    expect(from.priorityFee).toBeLessThanOrEqual(32n)
    // Tips have fallen to next to nothing: it may still not be mined, so a step is made for each time that the base fee doubles.
    const higher = bumped(from, { baseFee: 5_000n, priority: 1n }, 1_000_000n)
    expect(higher?.maxFee).toBe(10_001n)
    expect(bumped(higher ?? from, { baseFee: 5_000n, priority: 1n }, 1_000_000n)).toBeUndefined()
  })

  test('of a replacement follow a market that has moved further', () => {
    expect(bumped({ maxFee: 100n, priorityFee: 1n }, { baseFee: 300n, priority: 20n }, 1_000n)).toEqual({
      maxFee: 620n,
      priorityFee: 20n,
    })
  })
})

test('the next nonce follows the journal and the chain, whichever is ahead', () => {
  expect(nextNonce(undefined, 0)).toBe(0)
  expect(nextNonce(undefined, 7)).toBe(7)
  expect(nextNonce(4, 3)).toBe(5)
  expect(nextNonce(4, 9)).toBe(9)
})
