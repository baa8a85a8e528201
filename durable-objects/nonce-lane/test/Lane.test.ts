import type { Hex } from '@pbstream/core/Hex'
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
}
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
  return { now: 0, head: 100, count: 5, receipts: new Map(), ...over }
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
    const { maxFee, priorityFee } = bumped({ maxFee: fee, priorityFee: fee }, { baseFee: 0n, priority: 0n }, 1n << 100n)
    for (const raised of [maxFee, priorityFee]) expect(raised * 8n).toBeGreaterThanOrEqual(fee * 9n)
    expect(priorityFee).toBeGreaterThan(fee)
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
