import { describe, expect, test } from 'vitest'
import * as KeyStatus from '../src/KeyStatus.ts'

const acts = ['activate', 'edit', 'freeze', 'settle', 'unfreeze', 'rotate', 'succeed', 'revoke', 'expire'] as const
const all = ['draft', 'active', 'freezing', 'frozen', 'revoked', 'rotated', 'expired'] as const

describe('the life of a session key', () => {
  test('only an active key is told to the edge as one that may spend, but for an expired one, which its expiry stops', () => {
    const spending = all.filter((status) => KeyStatus.policyStatus(status) === 'active')
    expect(spending).toEqual(['active', 'expired'])
  })

  test('three are for good', () => {
    expect(all.filter(KeyStatus.isOver)).toEqual(['revoked', 'rotated', 'expired'])
  })

  test('what the edge is told of each', () => {
    expect(all.map(KeyStatus.policyStatus)).toEqual([
      ...['frozen', 'active', 'frozen', 'frozen', 'revoked', 'revoked', 'active'],
    ])
  })

  test('what is over stays over, whatever is done', () => {
    for (const status of all.filter(KeyStatus.isOver)) {
      for (const act of acts) {
        const next = KeyStatus.after(status, act)
        expect(next === undefined || KeyStatus.isOver(next), `${status} ${act}`).toBe(true)
        if (status === 'revoked') expect(next === undefined || next === 'revoked', act).toBe(true)
      }
    }
  })

  test('a freeze is freezing first, and frozen when nothing is served any more; only an unfreeze lifts it', () => {
    expect(KeyStatus.after('active', 'freeze')).toBe('freezing')
    expect(KeyStatus.after('freezing', 'settle')).toBe('frozen')
    expect(KeyStatus.after('frozen', 'freeze'), 'again').toBe('frozen')
    const lifting = acts.filter((act) => KeyStatus.after('frozen', act) === 'active')
    expect(lifting).toEqual(['unfreeze'])
  })

  test('a freeze is complete when nothing is served and no lease is out', () => {
    expect(KeyStatus.isQuiet({ inFlight: 0, leasedUntil: 0 })).toBe(true)
    expect(KeyStatus.isQuiet({ inFlight: 1, leasedUntil: 0 })).toBe(false)
    expect(KeyStatus.isQuiet({ inFlight: 0, leasedUntil: 1_800_000_000_000 })).toBe(false)
  })

  test('a draft spends nothing and becomes active in one way', () => {
    expect(acts.filter((act) => KeyStatus.after('draft', act) === 'active')).toEqual(['activate'])
    expect(KeyStatus.after('draft', 'freeze')).toBeUndefined()
  })

  test('every key can be revoked', () => {
    for (const status of all) expect(KeyStatus.after(status, 'revoke'), status).toBe('revoked')
  })
})

describe('limits that let a key do more', () => {
  const [a, b] = [`0x${'aa'.repeat(20)}`, `0x${'bb'.repeat(20)}`] as const
  const old: KeyStatus.Limits = {
    payees: [a, b],
    spendCap: '1000',
    periodAmount: '100',
    periodDuration: 60,
    perPaymentMax: '10',
    expiry: 2_000,
    routes: ['r1', 'r2'],
  }
  const cases: [string, Partial<KeyStatus.Limits>, KeyStatus.Limit[]][] = [
    ['nothing changed', {}, []],
    [
      'all lower',
      { payees: [a], spendCap: '999', periodAmount: '99', perPaymentMax: '9', expiry: 1_999, routes: [] },
      [],
    ],
    ['another payee', { payees: [a, `0x${'cc'.repeat(20)}`] }, ['payees']],
    ['a higher cap, longer as text than the old one', { spendCap: '10000' }, ['spendCap']],
    ['a smaller cap that is greater as text', { spendCap: '999' }, []],
    ['more in a period', { periodAmount: '101' }, ['periodAmount']],
    ['longer windows begin anew', { periodDuration: 61 }, ['periodDuration']],
    ['shorter windows come more often', { periodDuration: 59 }, ['periodDuration']],
    ['no windows', { periodAmount: '0', periodDuration: 0 }, ['periodDuration']],
    ['more for a payment', { perPaymentMax: '11' }, ['perPaymentMax']],
    ['no most for a payment', { perPaymentMax: '0' }, ['perPaymentMax']],
    ['a later end', { expiry: 2_001 }, ['expiry']],
    ['another route', { routes: ['r1', 'r3'] }, ['routes']],
    ['any route', { routes: null }, ['routes']],
  ]
  test.each(cases)('%s', (_, change, expected) => {
    expect(KeyStatus.raised(old, { ...old, ...change })).toEqual(expected)
  })

  test('a first limit where there was none is no more', () => {
    const open = { ...old, periodAmount: '0', periodDuration: 0, perPaymentMax: '0', routes: null }
    expect(KeyStatus.raised(open, old)).toEqual([])
  })
})
