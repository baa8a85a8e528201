import * as Journal from '@pbstream/core/Journal'
import type { ChannelNumbers } from '@pbstream/core/message/Session'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const none: ChannelNumbers = {
  provisional: 0n,
  deposited: 0n,
  returned: 0n,
  accepted: 0n,
  spent: 0n,
  claimed: 0n,
  settled: 0n,
  lost: 0n,
  published: 0n,
  reserved: 0n,
}
const moved = (from: Partial<ChannelNumbers>, to: Partial<ChannelNumbers>) =>
  Journal.movements({ ...none, ...from }, { ...none, ...to }).map(({ kind, debit, credit, amount }) =>
    [kind, debit, credit, amount].join(' '),
  )

describe('movements', () => {
  test.each<[string, Partial<ChannelNumbers>, Partial<ChannelNumbers>, string[]]>([
    ['nothing', { deposited: 5n }, { deposited: 5n }, []],
    ['a deposit is seen', {}, { provisional: 7n }, ['deposit payer provisional 7']],
    ['it is confirmed', { provisional: 7n }, { deposited: 7n }, ['deposit provisional escrow 7']],
    ['a deposit that is confirmed at first sight', {}, { deposited: 7n }, ['deposit payer escrow 7']],
    ['it was never there', { provisional: 7n }, {}, ['loss provisional payer 7']],
    [
      'less is confirmed than was seen',
      { provisional: 7n },
      { deposited: 4n },
      ['deposit provisional escrow 4', 'loss provisional payer 3'],
    ],
    [
      'more is confirmed than was seen',
      { provisional: 7n },
      { deposited: 9n },
      ['deposit provisional escrow 7', 'deposit payer escrow 2'],
    ],
    [
      'another deposit is seen while one is confirmed',
      { provisional: 7n },
      { provisional: 8n, deposited: 7n },
      ['deposit payer provisional 1', 'deposit payer escrow 7'],
    ],
    ['a charge', { spent: 1n }, { spent: 4n }, ['charge escrow earned 3']],
    ['a loss', { lost: 1n }, { lost: 4n }, ['loss earned lost 3']],
    ['a claim', { claimed: 1n }, { claimed: 4n }, ['claim earned claimed 3']],
    ['a payout', { settled: 1n }, { settled: 4n }, ['settle claimed provider 3']],
    ['a refund', { returned: 1n }, { returned: 4n }, ['refund escrow payer 3']],
    ['what is signed or held moves nothing', {}, { accepted: 4n, reserved: 3n, published: 2n }, []],
  ])('%s', (_, from, to, rows) => expect(moved(from, to)).toEqual(rows))

  test('all rows since the beginning add up to what the numbers say, and to zero', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 12n })
    const step = fc.record({
      provisional: amount,
      deposited: amount,
      returned: amount,
      spent: amount,
      claimed: amount,
      settled: amount,
      lost: amount,
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const totals = new Map<string, bigint>()
        let now = none
        for (const add of steps) {
          // All but `provisional` only ever rise.
          const next = { ...now, provisional: add.provisional }
          for (const name of ['deposited', 'returned', 'spent', 'claimed', 'settled', 'lost'] as const) {
            next[name] = now[name] + add[name]
          }
          for (const [account, sum] of Journal.sum(Journal.movements(now, next))) {
            totals.set(account, (totals.get(account) ?? 0n) + sum)
          }
          now = next
        }
        const expected = Journal.balances(now)
        for (const [account, balance] of Object.entries(expected)) expect(totals.get(account) ?? 0n).toBe(balance)
        expect(Object.values(expected).reduce((all, each) => all + each, 0n)).toBe(0n)
      }),
    )
  })
})

test('what accounts hold by the numbers of a channel', () => {
  const numbers = { ...none, provisional: 1n, deposited: 100n, returned: 20n, spent: 50n, claimed: 30n, settled: 25n }
  expect(Journal.balances({ ...numbers, lost: 3n })).toEqual({
    payer: -81n,
    provisional: 1n,
    escrow: 30n,
    earned: 17n,
    claimed: 5n,
    provider: 25n,
    lost: 3n,
  })
})

test('rows are added up by account, from both sides', () => {
  const rows = [
    { debit: 'a', credit: 'b', amount: 5n },
    { debit: 'b', credit: 'c', amount: 2n },
    { debit: 'a', credit: 'c', amount: 1n },
  ]
  expect(Journal.sum(rows)).toEqual(
    new Map([
      ['a', -6n],
      ['b', 3n],
      ['c', 3n],
    ]),
  )
})

test('a metered call that cost nothing leaves a charge of nothing', () => {
  expect(Journal.uncharged).toEqual({ kind: 'charge', debit: 'escrow', credit: 'earned', amount: 0n })
})
