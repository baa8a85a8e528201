import { describe, expect, test } from 'vitest'
import * as Ledger from '../src/Ledger.ts'
import { must, seen, voucher } from './support/ledger.ts'

describe('without a voucher for each', () => {
  const opened = must(Ledger.accept(Ledger.open(seen(100n)), voucher(30n)))

  test('a hold grows towards what it is asked, as far as the room goes, and is charged whole', () => {
    const held = must(Ledger.hold(opened, 10n))
    const grown = Ledger.grow(held, 10n, 25n)
    expect(grown).toMatchObject({ hold: 25n, channel: { reserved: 25n, accepted: 30n, spent: 0n } })
    if (!('channel' in grown)) throw new Error(grown.refused)
    expect(grown.channel.revision).toBe(held.revision + 1)
    const full = Ledger.grow(grown.channel, 25n, 99n)
    expect(full).toMatchObject({ hold: 30n, channel: { reserved: 30n } })
    if (!('channel' in full)) throw new Error(full.refused)
    expect(Ledger.room(full.channel)).toBe(0n)
    expect(must(Ledger.post(full.channel, 30n, 29n))).toMatchObject({ spent: 29n, reserved: 0n })
    // Where nothing is left, and where it is that large, nothing changes.
    expect(Ledger.grow(full.channel, 30n, 31n)).toEqual({ channel: full.channel, hold: 30n })
    expect(Ledger.grow(held, 10n, 10n)).toEqual({ channel: held, hold: 10n })
    expect(Ledger.grow(held, 10n, 3n)).toEqual({ channel: held, hold: 10n })
  })
  test('a hold grows by one unit where one is left, and not beyond the money', () => {
    const held = must(Ledger.hold(opened, 29n))
    expect(Ledger.grow(held, 29n, 30n)).toMatchObject({ hold: 30n, channel: { reserved: 30n } })
    const rich = must(Ledger.accept(held, voucher(500n)))
    expect(Ledger.grow(rich, 29n, 400n)).toMatchObject({ hold: 100n, channel: { reserved: 100n } })
  })
  test('what is not held does not grow, nor anything beside a refund', () => {
    const held = must(Ledger.hold(opened, 10n))
    expect(Ledger.grow(held, 11n, 20n)).toEqual({ refused: 'not_held' })
    const refund = { refundId: 'r', amount: 5n, nonce: 0n, at: 0 }
    expect(Ledger.grow({ ...held, refund }, 10n, 20n)).toEqual({ refused: 'refund_in_flight' })
  })
  test('a raise makes room, and holds take it until vouchers or money are used up', () => {
    expect([Ledger.room(Ledger.open(seen(100n))), Ledger.room(opened)]).toEqual([0n, 30n])
    const held = must(Ledger.hold(opened, 20n))
    expect(held).toMatchObject({ accepted: 30n, reserved: 20n, vouchers: [voucher(30n)] })
    expect(Ledger.hold(held, 11n)).toEqual({ refused: 'short' })
    expect(Ledger.room(must(Ledger.hold(held, 10n)))).toBe(0n)
    const rich = must(Ledger.accept(held, voucher(500n)))
    expect(Ledger.room(rich)).toBe(80n)
    expect(Ledger.hold(rich, 81n)).toEqual({ refused: 'short' })
    expect(Ledger.hold(rich, -1n)).toEqual({ refused: 'short' })
  })
  test('a voucher that is not higher changes nothing', () => {
    expect(must(Ledger.accept(opened, voucher(30n)))).toBe(opened)
    expect(must(Ledger.accept(opened, voucher(29n)))).toBe(opened)
    expect(must(Ledger.accept(opened, { max: 31n, signature: '0x31' })).revision).toBe(opened.revision + 1)
  })
  test('what was held is charged and claimed under the voucher that covers it', () => {
    const held = must(Ledger.hold(opened, 20n))
    const raised = must(Ledger.accept(held, voucher(60n)))
    const posted = must(Ledger.post(raised, 20n, 15n))
    expect(posted).toMatchObject({ spent: 15n, reserved: 0n, vouchers: [voucher(30n), voucher(60n)] })
    expect(must(Ledger.claimStart(posted, true)).claiming).toEqual({ total: 15n, ...voucher(30n) })
    const further = must(Ledger.post(must(Ledger.hold(posted, 40n)), 40n, 40n))
    expect(further.vouchers).toEqual([voucher(30n), voucher(60n)])
    expect(must(Ledger.claimStart(further, true)).claiming).toEqual({ total: 55n, ...voucher(60n) })
  })
  test('a refund under way stops both', () => {
    const asked = { refundId: 'r', voucher: voucher(0n), amount: undefined, at: 0 }
    const refund = Ledger.refundStart(Ledger.open(seen(9n)), asked)
    if (!('channel' in refund)) throw new Error(refund.refused)
    expect(Ledger.accept(refund.channel, voucher(5n))).toEqual({ refused: 'refund_in_flight' })
    expect(Ledger.hold(refund.channel, 0n)).toEqual({ refused: 'refund_in_flight' })
  })
  test('a loss leaves no room', () => {
    const lost = Ledger.reconcile(must(Ledger.hold(opened, 20n)), seen(5n), 0n)
    expect(Ledger.room(lost)).toBe(-15n)
    expect(Ledger.hold(lost, 0n)).toEqual({ refused: 'short' })
    expect(Ledger.grow(lost, 20n, 21n)).toEqual({ channel: lost, hold: 20n })
  })
})
