import { describe, expect, it } from 'vitest'
import { actsOf, isHeld, resetAt, spendable, STATUSES } from '../src/pages/keys/Key.ts'

const key = { contract: 'canonical', replacedBy: null, registration: 'none' } as const
const usage = { spent: '1', reserved: '0', left: '9000000', inFlight: 0, window: null }

describe('what can be done with a key', () => {
  it.each(STATUSES.filter((status) => status !== 'revoked'))('%s can be revoked', (status) => {
    expect(actsOf({ ...key, status })).toContain('revoke')
  })

  it('nothing once it is revoked', () => {
    expect(actsOf({ ...key, status: 'revoked' })).toEqual([])
  })

  it('no second rotation', () => {
    expect(actsOf({ ...key, status: 'active', replacedBy: 'sk_2' })).not.toContain('rotate')
  })

  it('no second registration while one is under way', () => {
    expect(actsOf({ ...key, status: 'draft', registration: 'pending' })).not.toContain('register')
  })

  it('funds in the escrow only', () => {
    expect(actsOf({ ...key, status: 'active' })).not.toContain('fund')
    expect(actsOf({ ...key, status: 'active', contract: 'escrow' })).toContain('fund')
  })
})

describe('what a key may spend now', () => {
  it('is the smaller of what cap and period leave', () => {
    const window = { start: 0, end: 86_400, spent: '1', left: '4000000' }
    expect(spendable({ status: 'active', usage: { ...usage, window } })).toBe(4_000_000n)
    expect(spendable({ status: 'active', usage })).toBe(9_000_000n)
  })

  it('is nothing while it is stopped', () => {
    expect(spendable({ status: 'frozen', usage })).toBe(0n)
  })

  it('is not known where its object does not answer', () => {
    expect(spendable({ status: 'active', usage: null })).toBeUndefined()
  })
})

describe('the next reset', () => {
  const window = { start: 1_000, end: 1_600, spent: '0', left: '1' }

  it('is the end of the window', () => {
    expect(resetAt({ usage: { ...usage, window } }, 1_100_000)).toBe(1_600_000)
  })

  it('is the end of the window of now when the one that is told of has passed', () => {
    expect(resetAt({ usage: { ...usage, window } }, 1_600_000)).toBe(2_200_000)
    expect(resetAt({ usage: { ...usage, window } }, 2_900_000)).toBe(3_400_000)
  })

  it('is never without windows', () => {
    expect(resetAt({ usage }, 0)).toBeUndefined()
  })
})

it('a stop that was released holds nothing, nor does one of a provider hold the whole key', () => {
  const who = { id: 'st_1', scope: 'owner', kind: 'frozen' as const, rule: null, version: null, decision: null }
  const stop = { ...who, cause: null, at: '2026-11-23T00:00:00.000Z', releasedBy: null, reason: null }
  expect(isHeld({ stops: [{ ...stop, releasedAt: null }], breakers: [] })).toBe(true)
  expect(isHeld({ stops: [{ ...stop, releasedAt: '2026-11-23T01:00:00.000Z' }], breakers: null })).toBe(false)
  expect(isHeld({ stops: [{ ...stop, releasedAt: null, scope: 'provider:prov_1' }], breakers: [] })).toBe(false)
})
