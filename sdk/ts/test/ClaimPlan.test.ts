import * as SessionKey from '@pbstream/core/SessionKey'
import { describe, expect, test } from 'vitest'
import { batches, mayClaim, payees, plan } from '../src/ClaimPlan.ts'
import { config, exported, hex, state } from './channel.ts'

describe('what is recorded of a channel', () => {
  test('is what was charged, not what was signed for', () => {
    expect(plan(exported(), state())).toMatchObject({ before: 0n, total: 700n, due: 700n })
  })

  test('is nothing when it is recorded already', () => {
    const item = plan(exported(), state({ claimed: 700n }))
    expect([item.total, item.before, item.why]).toEqual([700n, 700n, undefined])
  })

  test('is nothing when the chain has recorded more than the file knows of', () => {
    expect(plan(exported(), state({ claimed: 800n }))).toMatchObject({ before: 800n, total: 800n })
  })

  test('is what the channel holds, when that is less', () => {
    expect(plan(exported(), state({ balance: 600n }))).toMatchObject({ total: 600n, why: /holds less/ })
    expect(plan(exported(), state({ balance: 400n, claimed: 400n }))).toMatchObject({
      total: 400n,
      why: /no more money/,
    })
  })

  test('is as due when what is missing was known to be lost', () => {
    const item = plan(exported({ lost: 100n }), state({ balance: 600n }))
    expect([item.total, item.due, item.why]).toEqual([600n, 600n, undefined])
  })

  test('never passes the voucher', () => {
    expect(plan(exported({ spent: 950n }), state()).total).toBe(900n)
  })

  test('is nothing without a voucher, or when the config is another channel', () => {
    const { voucher: _none, ...bare } = exported()
    expect(plan(bare, state())).toMatchObject({ total: 0n, why: /no voucher/ })
    expect(plan(exported(), state({ channelId: hex('02', 32) }))).toMatchObject({
      total: 0n,
      why: /not that of the channel/,
    })
  })
})

describe('transactions', () => {
  const items = (count: number, salt = config.salt) =>
    Array.from({ length: count }, () => plan(exported({ config: { ...config, salt } }), state()))

  test('hold as many rows as gas allows, fewer under session keys, and every row once', () => {
    const plain = batches(items(400))
    expect(plain.map((part) => part.length)).toEqual([164, 164, 72])
    expect(new Set(plain.flat()).size).toBe(400)
    expect(batches(items(400, `${SessionKey.TAG}${'00'.repeat(28)}`)).map((part) => part.length)).toEqual([
      141, 141, 118,
    ])
    expect(batches([])).toEqual([])
  })

  test('pay each receiver and token once', () => {
    const other = { ...config, token: hex('b5', 20) }
    const all = [exported(), exported(), exported({ config: other })]
    expect(payees(all)).toEqual([
      { receiver: config.receiver, token: config.token },
      { receiver: config.receiver, token: other.token },
    ])
  })
})

test('the receiver and its authorizer may claim, nobody else', () => {
  const { payer, payerAuthorizer, receiver, receiverAuthorizer } = config
  expect([receiver, receiverAuthorizer, payer, payerAuthorizer].map((who) => mayClaim(exported(), who))).toEqual([
    ...[true, true],
    ...[false, false],
  ])
})
