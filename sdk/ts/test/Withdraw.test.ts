import { describe, expect, test } from 'vitest'
import { duration, time } from '../src/Screen.ts'
import { mayWithdraw, position } from '../src/Withdraw.ts'
import { config, hex, state } from './channel.ts'

const at = { contract: hex('c0', 20), config }
const canonical = { ...at, escrow: false }
const escrow = { ...at, escrow: true }
const withdrawal = { amount: 500n, initiatedAt: 10_000 }

describe('a channel stands', () => {
  test('open while something is not claimed, and empty otherwise', () => {
    expect(position(canonical, state({ claimed: 300n }), 0)).toMatchObject({ stage: 'open', available: 700n })
    expect(position(canonical, state({ balance: 300n, claimed: 300n }), 0)).toMatchObject({
      stage: 'empty',
      available: 0n,
    })
    expect(position(canonical, state({ balance: 0n }), 0).stage).toBe('empty')
  })

  test.each([
    [10_000, 'pending', 'pending'],
    [10_899, 'pending', 'pending'],
    [10_900, 'ready', 'ready'],
    [11_799, 'ready', 'ready'],
    [11_800, 'ready', 'lapsed'],
  ])('at second %i: %s in the canonical contract, %s in the escrow', (now, there, here) => {
    expect(position(canonical, state({ withdrawal }), now).stage).toBe(there)
    expect(position(escrow, state({ withdrawal }), now).stage).toBe(here)
  })

  test('with the times that matter', () => {
    expect(position(canonical, state({ withdrawal }), 0).withdrawal).toEqual({ ...withdrawal, finalizableAt: 10_900 })
    expect(position(escrow, state({ withdrawal }), 0).withdrawal).toMatchObject({ lapsesAt: 11_800 })
  })

  test('empty when a lapsed withdrawal has nothing left to take', () => {
    const claimed = state({ balance: 500n, claimed: 500n, withdrawal })
    expect(position(escrow, claimed, 20_000)).toMatchObject({ stage: 'empty' })
  })
})

test('the payer may withdraw; its session key only from the canonical contract', () => {
  expect([mayWithdraw(canonical, config.payer), mayWithdraw(escrow, config.payer)]).toEqual([true, true])
  expect(mayWithdraw(canonical, config.payerAuthorizer)).toBe(true)
  expect(mayWithdraw(escrow, config.payerAuthorizer)).toBe(false)
  expect(mayWithdraw(canonical, config.receiver)).toBe(false)
})

test('times are said as a person says them', () => {
  expect(time(1_795_366_264)).toBe('2026-11-22 16:51:04 UTC')
  expect([0, -5, 59, 60, 870, 3_600, 90_000, 2_592_000].map(duration)).toEqual([
    ...['now', 'now', '59 s', '1 min', '14 min 30 s', '1 h', '1 d 1 h', '30 d'],
  ])
})
