import { TAG } from '@pbstream/core/SessionKey'
import type { Hex } from '@pbstream/core/Hex'
import { describe, expect, test } from 'vitest'
import { formOf, type Row } from '../src/Batch.ts'
import * as Sizing from '../src/Sizing.ts'

const address = (byte: number): Hex => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`

function row(i: number, over: { to?: Hex; attempt?: number; governed?: boolean; withdrawDelay?: number } = {}): Row {
  const { to = address(0xc1), attempt = 0, governed = false, withdrawDelay = 900 } = over
  const id: Hex = `0x${i.toString(16).padStart(64, '0')}`
  const salt: Hex = governed ? `${TAG}${id.slice(10)}` : id
  const config = {
    payer: address(1),
    payerAuthorizer: address(2),
    receiver: to,
    receiverAuthorizer: address(3),
    token: address(4),
    withdrawDelay,
    salt,
  }
  const amounts = { max: 1n, total: 1n, signature: '0x' as const, reason: 'amount' as const }
  return { config, ...amounts, session: '', chainId: 84532, contract: address(5), channelId: id, attempt }
}

const rows = (count: number, over: Parameters<typeof row>[1] = {}) =>
  Array.from({ length: count }, (_, i) => row(i, over))
const sizes = (batches: readonly Row[][]) => batches.map((batch) => batch.length)
const unlimited = { gas: Infinity, bytes: Infinity, rows: Infinity, loss: Infinity }
const DEFAULT_GAS = 10_000_000

describe('by default', () => {
  const limits = Sizing.limits(DEFAULT_GAS)

  test.each([false, true])('500 packed rows go in one transaction (governed: %s)', (governed) => {
    expect(sizes(Sizing.split(rows(501, { governed }), 'packed', limits))).toEqual([500, 1])
  })

  test('between 250 and 500 rows go in one transaction of the canonical contract', () => {
    const [first = []] = Sizing.split(rows(1_000), 'whole', limits)
    expect(first.length).toBeGreaterThanOrEqual(250)
    expect(first.length).toBeLessThanOrEqual(500)
  })

  test('the highest setting leaves room for the lane’s margin below what a transaction may take', () => {
    for (const form of ['packed', 'whole'] as const) {
      for (const batch of Sizing.split(rows(2_000), form, { ...unlimited, gas: 13_000_000 })) {
        expect((Sizing.load(batch, form).gas * 5) / 4 + 10_000).toBeLessThan(16_777_216)
      }
    }
  })
})

describe('each limit binds by itself', () => {
  test('gas', () => {
    for (const form of ['packed', 'whole'] as const) {
      const batches = Sizing.split(rows(250), form, { ...unlimited, gas: 1_000_000 })
      expect(batches.length).toBeGreaterThan(3)
      for (const batch of batches) expect(Sizing.load(batch, form).gas).toBeLessThanOrEqual(1_000_000)
      expect(batches.flat()).toHaveLength(250)
    }
  })

  test('bytes', () => {
    const batches = Sizing.split(rows(300), 'whole', { ...unlimited, bytes: 50_000 })
    for (const batch of batches) expect(Sizing.load(batch, 'whole').bytes).toBeLessThanOrEqual(50_000)
    expect(batches).toHaveLength(3)
  })

  test('rows', () => {
    expect(sizes(Sizing.split(rows(25), 'packed', { ...unlimited, rows: 10 }))).toEqual([10, 10, 5])
  })

  test('what a failure would cost: for transactions that one bad row can undo, and only for those', () => {
    const within = { ...unlimited, loss: 50_000 }
    const batches = Sizing.split(rows(1_000), 'whole', within)
    for (const batch of batches) expect(Sizing.loss(Sizing.load(batch, 'whole'), 'whole')).toBeLessThanOrEqual(50_000)
    const [first = []] = batches
    const more = Sizing.load(rows(first.length + 1), 'whole')
    expect(Sizing.loss(more, 'whole'), 'and not before it has to').toBeGreaterThan(50_000)
    expect(sizes(Sizing.split(rows(1_000), 'packed', within))).toEqual([1_000])
  })

  test('a row that fits none goes alone', () => {
    expect(sizes(Sizing.split(rows(3), 'whole', { ...unlimited, gas: 1 }))).toEqual([1, 1, 1])
  })
})

test('the average loss grows faster than the number of rows', () => {
  const at = (count: number) => Sizing.loss(Sizing.load(rows(count), 'whole'), 'whole')
  expect(at(200) / at(100)).toBeGreaterThan(3)
})

test('the average loss that is allowed is what makes a row cheapest', () => {
  // Gas a row with the losses in it, for batches of one payee.
  const price = (count: number) => {
    const sum = Sizing.load(rows(count), 'whole')
    return (sum.gas + Sizing.loss(sum, 'whole')) / count
  }
  const { loss } = Sizing.limits(DEFAULT_GAS)
  const best = sizes(Sizing.split(rows(2_000), 'whole', { ...unlimited, loss }))[0] ?? 0
  expect(price(best)).toBeLessThanOrEqual(price(Math.round(best / 2)))
  expect(price(best)).toBeLessThanOrEqual(price(best * 2))
})

test('a row that failed before goes alone where it can hold up others, and with them where it cannot', () => {
  const some = [row(0), row(1, { attempt: 1 }), row(2)]
  expect(sizes(Sizing.split(some, 'whole', unlimited))).toEqual([1, 2])
  expect(sizes(Sizing.split(some, 'packed', unlimited))).toEqual([3])
})

test('rows of one group stay together: a payee, or the terms of a packed batch', () => {
  const mixed = [row(0), row(1, { to: address(0xc2) }), row(2), row(3, { withdrawDelay: 86_400 })]
  const ids = (groups: Row[][]) => groups.map((group) => group.map(({ channelId }) => Number(channelId)))
  expect(ids(Sizing.groups(mixed, 'whole'))).toEqual([[0, 2, 3], [1]])
  expect(ids(Sizing.groups(mixed, 'packed'))).toEqual([[0, 2], [1], [3]])
  expect(ids(Sizing.split(mixed, 'packed', unlimited))).toEqual([[0, 2, 1, 3]])
})

test('small groups share a transaction until it is full', () => {
  const many = Array.from({ length: 200 }, (_, i) => row(i, { to: address(i) }))
  const batches = Sizing.split(many, 'packed', Sizing.limits(DEFAULT_GAS))
  expect(batches.length).toBe(3)
  expect(Sizing.load(many.slice(0, 2), 'packed').gas).toBeLessThan(2 * Sizing.load(many.slice(0, 1), 'packed').gas)
})

test('amounts that have no place in a packed row go in the form of the canonical contract', () => {
  expect(formOf({ max: 2n ** 96n - 1n }, 'escrow')).toBe('packed')
  expect(formOf({ max: 2n ** 96n }, 'escrow')).toBe('whole')
  expect(formOf({ max: 1n }, 'canonical')).toBe('whole')
})
