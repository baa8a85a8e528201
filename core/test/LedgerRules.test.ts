/** The rules of `Ledger` one by one, at their edges: what the checks refuse, and what each look and report changes. */
import { describe, expect, test } from 'vitest'
import type { ChannelConfig } from '../src/ChannelConfig.ts'
import type { Hex } from '../src/Hex.ts'
import * as Ledger from '../src/Ledger.ts'

const address = (digit: string): Hex => `0x${digit.repeat(40)}`
const config: ChannelConfig = {
  payer: address('1'),
  payerAuthorizer: address('2'),
  receiver: address('3'),
  receiverAuthorizer: address('4'),
  token: address('5'),
  withdrawDelay: 900,
  salt: `0x${'0'.repeat(64)}`,
}
const channelId: Hex = `0x${'a'.repeat(64)}`
const seen = (balance: bigint, over: Partial<Ledger.Observation> = {}): Ledger.Observation => {
  return { channelId, config, balance, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n, ...over }
}
const voucher = (max: bigint) => ({ max, signature: `0x${max.toString(16)}` as Hex })
const must = (result: Ledger.Result): Ledger.Channel => {
  if (!('channel' in result)) throw new Error(`refused: ${result.refused}`)
  return result.channel
}
const refunding = (channel: Ledger.Channel, amount?: bigint, max = Ledger.base(channel)): Ledger.Channel => {
  const outcome = Ledger.refundStart(channel, { refundId: 'r', voucher: voucher(max), amount, at: 1 })
  if (!('channel' in outcome)) throw new Error(outcome.refused)
  return outcome.channel
}

/** 100 deposited, vouchers for 10 and 20, 4 held, 10 spent. */
const open = Ledger.open(seen(100n, { block: 4 }))
const first = must(Ledger.post(must(Ledger.reserve(open, voucher(10n), 10n)), 10n, 10n))
const channel = must(Ledger.reserve(first, voucher(20n), 4n))

describe('a channel that was never seen', () => {
  test('begins with what the chain says of its stop, or with none', () => {
    expect(open).toMatchObject({ keyStoppedAt: 0, keyOver: false, seenBlock: 5 })
    expect(Ledger.open(seen(1n, { keyStoppedAt: 9, keyOver: true }))).toMatchObject({ keyStoppedAt: 9, keyOver: true })
    expect(Ledger.open(seen(1n)).seenBlock).toBe(0)
  })
  test('that is not stopped is so at no time', () => {
    expect(Ledger.isStopped(open, 2 ** 40)).toBe(false)
    expect(Ledger.isStopped(open, 0)).toBe(false)
  })
  test('room is what is accepted and funded less what is charged and held', () => {
    expect(Ledger.room(channel)).toBe(6n)
    expect(Ledger.room(must(Ledger.reserve(channel, voucher(500n), 6n)))).toBe(80n)
  })
  test('a maximum up to the highest that was ever sent is public', () => {
    const sent = Ledger.claimSent(must(Ledger.claimStart(channel, true)))
    expect([Ledger.isPublic(sent, 10n), Ledger.isPublic(sent, 11n)]).toEqual([true, false])
  })
})

describe('assertValid', () => {
  const claiming = { total: 10n, max: 10n, signature: '0x1' as Hex }
  test.each<[string, Partial<Ledger.Channel>, string]>([
    ['a negative provisional', { provisional: -1n, deposited: 101n }, 'I1'],
    ['a negative deposited', { deposited: -1n, provisional: 101n }, 'I1'],
    ['a negative returned', { returned: -1n }, 'I1'],
    ['a negative settled', { settled: -1n }, 'I1'],
    ['a negative lost', { lost: -1n }, 'I1'],
    ['a negative reserved', { reserved: -1n }, 'I1'],
    ['a negative published', { published: -1n }, 'I1'],
    ['settled above claimed', { settled: 1n }, 'I1'],
    ['claimed above spent', { claimed: 11n, settled: 0n }, 'I1'],
    ['held beyond what was accepted', { reserved: 11n }, 'I1'],
    ['spent beyond the money', { deposited: 9n }, 'I1'],
    ['published beyond what was accepted', { published: 21n }, 'I4'],
    ['a claim of more than is spent', { claiming: { ...claiming, total: 11n, max: 20n } }, 'I4'],
    ['a claim beyond its voucher', { claiming: { ...claiming, total: 10n, max: 9n } }, 'I4'],
    ['a claim under a voucher that was not accepted', { claiming: { ...claiming, max: 21n } }, 'I4'],
    ['vouchers without number', { vouchers: [10n, 11n, 12n, 13n, 14n, 15n, 16n, 17n, 20n].map(voucher) }, 'I4'],
    ['a second voucher that covers nothing new', { vouchers: [8n, 9n, 20n].map(voucher) }, 'I4'],
    ['vouchers out of order', { vouchers: [12n, 11n, 20n].map(voucher) }, 'I4'],
    ['a voucher twice', { vouchers: [20n, 20n].map(voucher) }, 'I4'],
    ['the highest voucher gone', { vouchers: [voucher(10n)] }, 'I4'],
    ['no voucher for what is spent', { vouchers: [] }, 'I4'],
    ['no voucher for what is held', { vouchers: [], claimed: 10n, settled: 10n }, 'I4'],
  ])('refuses %s', (_, patch, invariant) => {
    let thrown: unknown
    try {
      Ledger.assertValid({ ...channel, ...patch })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(Ledger.InvariantError)
    expect(thrown).toMatchObject({ invariant, message: expect.stringMatching(new RegExp(`^${invariant}: .`)) })
  })
  test.each<[string, Partial<Ledger.Channel>]>([
    ['all that was accepted held', { reserved: 10n }],
    ['all that is spent settled', { claimed: 10n, settled: 10n }],
    ['money for what is spent and no more', { deposited: 10n }],
    ['all that was accepted published', { published: 20n }],
    ['a claim of all under the highest', { claiming: { ...claiming, max: 20n } }],
    ['a second voucher for exactly what is spent', { vouchers: [9n, 10n, 20n].map(voucher) }],
    ['as many vouchers as are kept', { vouchers: [10n, 11n, 12n, 13n, 14n, 15n, 16n, 20n].map(voucher) }],
    ['no voucher when all is claimed', { vouchers: [], claimed: 10n, reserved: 0n }],
  ])('takes %s', (_, patch) => {
    expect(() => Ledger.assertValid({ ...channel, ...patch })).not.toThrow()
  })
})

describe('assertStep', () => {
  const full = { ...channel, claimed: 8n, settled: 6n, lost: 1n, returned: 2n, published: 10n }
  test.each(['deposited', 'returned', 'accepted', 'spent', 'claimed', 'settled', 'lost', 'published'] as const)(
    'refuses that %s falls',
    (name) => {
      const after = { ...full, [name]: full[name] - 1n, revision: full.revision + 1 }
      expect(() => Ledger.assertStep(full, after)).toThrow(expect.objectContaining({ invariant: 'I3' }))
    },
  )
  test('refuses another state under the same revision, and takes the same state', () => {
    expect(() => Ledger.assertStep(full, { ...full })).toThrow(expect.objectContaining({ invariant: 'I3' }))
    expect(() => Ledger.assertStep(full, full)).not.toThrow()
    expect(() => Ledger.assertStep(full, { ...full, revision: full.revision + 1 })).not.toThrow()
  })
  test('refuses that more is settled and lost than is spent, but for where that was so before', () => {
    const before = { ...full, lost: 4n }
    const after = { ...before, lost: 5n, revision: full.revision + 1 }
    expect(() => Ledger.assertStep(before, after)).toThrow(expect.objectContaining({ invariant: 'I13' }))
    expect(() => Ledger.assertStep(after, { ...after, lost: 6n, revision: after.revision + 1 })).not.toThrow()
  })
})

describe('holds', () => {
  test('end only as far as there are any, and with a charge between nothing and the hold', () => {
    expect(Ledger.post(channel, 5n, 1n)).toEqual({ refused: 'not_held' })
    expect(Ledger.post(channel, 4n, 5n)).toEqual({ refused: 'exceeds_hold' })
    expect(Ledger.post(channel, 4n, -1n)).toEqual({ refused: 'exceeds_hold' })
    expect(must(Ledger.post(channel, 4n, 4n))).toMatchObject({ spent: 14n, reserved: 0n })
    expect(must(Ledger.post(channel, 4n, 0n))).toMatchObject({ spent: 10n, reserved: 0n })
  })
  test('are refused with the reason', () => {
    expect(Ledger.reserve(channel, voucher(13n), 1n)).toEqual({ refused: 'stale' })
    expect(Ledger.reserve(channel, voucher(200n), 90n)).toEqual({ refused: 'short' })
    expect(Ledger.reserve(refunding(channel, 1n), voucher(30n), 1n)).toEqual({ refused: 'refund_in_flight' })
  })
  test('keep the vouchers that may still be needed: the highest that is used up, and those above', () => {
    const spent = must(Ledger.post(channel, 4n, 4n))
    expect(spent.vouchers).toEqual([voucher(10n), voucher(20n)])
    const exact = must(Ledger.post(must(Ledger.reserve(spent, voucher(30n), 6n)), 6n, 6n))
    expect(exact.vouchers, 'the voucher for exactly what is spent takes the place of those below').toEqual(
      [20n, 30n].map(voucher),
    )
    let many = open
    for (let max = 10n; max <= 17n; max++) many = must(Ledger.reserve(many, voucher(max), 1n))
    expect(many.vouchers.map(({ max }) => max)).toEqual([10n, 11n, 12n, 13n, 14n, 15n, 16n, 17n])
    const more = must(Ledger.reserve(many, voucher(18n), 1n))
    expect(more.vouchers.map(({ max }) => max)).toEqual([10n, 11n, 12n, 13n, 14n, 15n, 16n, 18n])
    const lower = must(Ledger.reserve(Ledger.open(seen(100n)), voucher(20n), 1n))
    expect(must(Ledger.reserve(lower, voucher(2n), 1n)).vouchers.map(({ max }) => max)).toEqual([2n, 20n])
  })
})

describe('deposits', () => {
  test('never bring the block that was seen back', () => {
    expect(Ledger.depositMined(channel, 1n, 4).seenBlock).toBe(5)
    expect(Ledger.depositMined(channel, 1n, 6).seenBlock).toBe(6)
    expect(Ledger.depositConfirmed(channel, 1n, 0n, 4).seenBlock).toBe(5)
    expect(Ledger.depositConfirmed(channel, 1n, 0n, 6).seenBlock).toBe(6)
  })
})

describe('claims', () => {
  test('are one at a time, and wait for a refund unless nobody has heard of it for long', () => {
    const claiming = must(Ledger.claimStart(channel, true))
    expect(Ledger.claimStart(claiming, true)).toEqual({ refused: 'claim_in_flight' })
    const back = refunding(channel, 1n)
    expect(Ledger.claimStart(back, true)).toEqual({ refused: 'refund_in_flight' })
    expect(must(Ledger.claimStart(back, true, true)).claiming?.total).toBe(10n)
    expect(Ledger.claimStart(open, true)).toEqual({ refused: 'nothing_to_claim' })
  })
  test('take what the used-up voucher covers when that is most of it, and all when it is not, or when asked', () => {
    const at = (spent: bigint): Ledger.Channel => {
      const more = must(Ledger.reserve(first, voucher(60n), 50n))
      return must(Ledger.post(more, 50n, spent - 10n))
    }
    expect(must(Ledger.claimStart(at(19n), false)).claiming).toMatchObject({ total: 10n, max: 10n })
    expect(must(Ledger.claimStart(at(20n), false)).claiming, 'exactly half is not most').toMatchObject({ total: 20n })
    expect(must(Ledger.claimStart(at(19n), true)).claiming).toMatchObject({ total: 19n, max: 60n })
    expect(must(Ledger.claimStart(first, false)).claiming).toMatchObject({ total: 10n, max: 10n })
  })
  test('that are confirmed without being paid are not settled; the payout comes later under the same total', () => {
    const started = must(Ledger.claimStart(channel, true))
    const recorded = Ledger.claimConfirmed(started, 10n, false)
    expect(recorded).toMatchObject({ claimed: 10n, settled: 0n, claiming: undefined })
    expect(Ledger.claimConfirmed(recorded, 10n, false)).toBe(recorded)
    expect(Ledger.claimConfirmed(recorded, 10n, true)).toMatchObject({ claimed: 10n, settled: 10n })
  })
})

describe('refunds', () => {
  test('are one at a time and claim what is charged and not claimed', () => {
    const back = refunding(channel, 1n)
    expect(Ledger.refundStart(back, { refundId: 's', voucher: voucher(14n), amount: 1n, at: 1 })).toEqual({
      refused: 'refund_in_flight',
    })
    const outcome = Ledger.refundStart(first, { refundId: 'r', voucher: voucher(10n), amount: 5n, at: 7 })
    expect(outcome).toMatchObject({
      order: { refundId: 'r', amount: 5n, nonce: 0n, claim: { total: 10n, max: 10n } },
      channel: { published: 10n, refund: { refundId: 'r', amount: 5n, nonce: 0n, at: 7 } },
    })
    const fresh = Ledger.refundStart(open, { refundId: 'r', voucher: voucher(0n), amount: undefined, at: 7 })
    expect(fresh, 'nothing is charged: nothing is claimed').not.toHaveProperty('order.claim')
  })
  test('by the authorizer take all that is left, when nothing is held', () => {
    expect(Ledger.closeStart(channel, { refundId: 'c', at: 1 })).toEqual({ refused: 'not_held' })
    const outcome = Ledger.closeStart(first, { refundId: 'c', at: 3 })
    expect(outcome).toMatchObject({ order: { refundId: 'c', amount: 90n, nonce: 0n }, channel: { refund: { at: 3 } } })
    expect(Ledger.closeStart(refunding(first), { refundId: 'c', at: 1 })).toEqual({ refused: 'refund_in_flight' })
    const empty = Ledger.open(seen(7n, { totalClaimed: 7n }))
    expect(Ledger.closeStart(empty, { refundId: 'c', at: 1 })).toEqual({ refused: 'refund_no_balance' })
  })
  test('that fail or were overtaken are those in flight, by their id', () => {
    const back = refunding(first, 5n)
    expect(Ledger.refundFailed(back, 'another')).toBe(back)
    expect(Ledger.refundFailed(back, 'r').refund).toBeUndefined()
    expect(Ledger.refundOvertaken(first, 'r')).toBe(first)
    expect(Ledger.refundOvertaken(back, 'r').refund).toEqual({ refundId: 'r', amount: 0n, nonce: 0n, at: 1 })
  })
  test('give back no more than is unclaimed, whose claim counts from depth k on', () => {
    const back = refunding(first, 90n)
    const done = Ledger.refundDone(back, { amount: 500n, claimed: 10n, nonce: 0n, block: 9 })
    expect(done).toMatchObject({ returned: 90n, claimed: 0n, settled: 0n, lost: 0n, seenBlock: 9 })
    const claimed = Ledger.claimConfirmed(must(Ledger.claimStart(first, true)), 10n, true)
    expect(Ledger.refundDone(claimed, { amount: 500n, claimed: 0n, nonce: 0n })).toMatchObject({ returned: 90n })
  })
})

describe('a look', () => {
  test('claims for the receiver what was claimed before a stop that has bitten, and only then', () => {
    const stop = { keyStoppedAt: 1, totalClaimed: 6n }
    expect(Ledger.reconcile(first, seen(100n, { ...stop, keyOver: false }), 0n).claimed).toBe(0n)
    const over = Ledger.reconcile(first, seen(100n, { ...stop, keyOver: true }), 0n)
    expect(over).toMatchObject({ claimed: 6n, settled: 0n, lost: 4n })
  })
  test('counts a surplus less what is under way, and the newest block', () => {
    const more = Ledger.reconcile(channel, seen(130n, { block: 8 }), 20n)
    expect(more).toMatchObject({ deposited: 110n, seenBlock: 9 })
    expect(Ledger.reconcile(channel, seen(130n), 20n).seenBlock, 'of no known block').toBe(5)
    expect(Ledger.reconcile(channel, seen(100n, { block: 8 }), 0n), 'nothing new').toBe(channel)
  })
  test.each([
    ['at the same height, which is of another fork', 8],
    ['at a lower height', 7],
  ])('counts no more after another %s', (_, block) => {
    const fell = Ledger.reconcile(first, seen(40n, { block: 8 }), 0n)
    expect(fell).toMatchObject({ returned: 60n, lost: 0n })
    for (const balance of [0n, 40n, 100n]) expect(Ledger.reconcile(fell, seen(balance, { block }), 0n)).toBe(fell)
    expect(Ledger.reconcile(fell, seen(100n, { block: 9 }), 0n)).toMatchObject({ deposited: 160n, returned: 60n })
  })
  test('counts beside what was reported in its block', () => {
    const mined = Ledger.depositMined(first, 50n, 8)
    expect(Ledger.reconcile(mined, seen(170n, { block: 8 }), 0n)).toMatchObject({ deposited: 120n, provisional: 50n })
    expect(Ledger.reconcile(mined, seen(170n, { block: 7 }), 0n)).toBe(mined)
  })
  test('books nothing as long as a refund is in flight', () => {
    const back = refunding(first, 50n)
    expect(Ledger.reconcile(back, seen(130n), 0n)).toBe(back)
    expect(Ledger.reconcile(back, seen(50n), 0n)).toBe(back)
  })
  test('takes provisional money that is gone for withdrawn only while a withdrawal was pending', () => {
    const provisional = Ledger.depositMined(Ledger.reconcile(first, seen(100n, { withdrawRequestedAt: 3 }), 0n), 50n)
    expect(Ledger.reconcile(provisional, seen(120n, { withdrawRequestedAt: 3 }), 0n).returned).toBe(30n)
    const calm = Ledger.depositMined(first, 50n)
    expect(Ledger.reconcile(calm, seen(120n), 0n)).toBe(calm)
    expect(Ledger.reconcile(calm, seen(90n), 0n).returned, 'of the confirmed').toBe(10n)
  })
  test('after money went back counts only what is newly gone', () => {
    const back = Ledger.refundDone(refunding(first, 20n), { amount: 20n, claimed: 0n, nonce: 0n })
    expect(Ledger.reconcile(back, seen(75n, { refundNonce: 1n }), 0n).returned).toBe(25n)
    expect(Ledger.reconcile(back, seen(80n, { refundNonce: 1n }), 0n)).toBe(back)
  })
})

describe('what others are shown', () => {
  test('the highest voucher, and the smallest that covers what is spent', () => {
    expect(Ledger.highestVoucher(open)).toBeUndefined()
    expect(Ledger.highestVoucher(channel)).toEqual(voucher(20n))
    expect(Ledger.coveringVoucher(first)).toEqual(voucher(10n))
    expect(Ledger.coveringVoucher(must(Ledger.post(channel, 4n, 1n)))).toEqual(voucher(20n))
    expect(Ledger.coveringVoucher(open)).toBeUndefined()
  })
  test('the numbers that the next voucher starts from', () => {
    expect(Ledger.view(channel)).toEqual({
      channelId,
      balance: 100n,
      totalClaimed: 0n,
      chargedCumulative: 14n,
      withdrawRequestedAt: 0,
      refundNonce: 0n,
    })
  })
})
