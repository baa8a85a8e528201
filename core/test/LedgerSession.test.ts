import { describe, expect, test } from 'vitest'
import * as Ledger from '../src/Ledger.ts'
import { must, seen, voucher } from './support/ledger.ts'

describe('without a voucher for each', () => {
  const opened = must(Ledger.accept(Ledger.open(seen(100n)), voucher(30n)))

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
  })
})
