import { describe, expect, it } from 'vitest'
import { standingOf, stateOf } from '../src/pages/sessions/Numbers.ts'
import { channelPath, sessionOf } from '../src/pages/sessions/SessionName.ts'
import { withOpening } from '../src/pages/sessions/Timeline.tsx'

const none = { deposited: '0', provisional: '0', returned: '0', spent: '0', claimed: '0', settled: '0', lost: '0' }

describe('where the money of a channel is', () => {
  it('charged is left to nobody until it is paid out', () => {
    const numbers = { ...none, deposited: '10', spent: '6', claimed: '4', settled: '1' }
    expect(standingOf(numbers)).toEqual({ left: 4n, earned: 2n, claimed: 3n, unsettled: 5n })
  })

  it('money that is not confirmed yet can be spent', () => {
    expect(standingOf({ ...none, provisional: '5', spent: '2' }).left).toBe(3n)
  })

  it('what was lost is not waited for', () => {
    expect(standingOf({ ...none, spent: '6', claimed: '2', settled: '2', lost: '4' }).unsettled).toBe(0n)
  })

  it('what came late after it had been booked lost is not negative', () => {
    expect(standingOf({ ...none, spent: '6', claimed: '6', settled: '6', lost: '4' }).unsettled).toBe(0n)
  })

  it.each([
    ['owing', { ...none, deposited: '10', spent: '3' }],
    ['open', { ...none, deposited: '10', spent: '3', claimed: '3', settled: '3' }],
    ['empty', { ...none, deposited: '10', returned: '7', spent: '3', claimed: '3', settled: '3' }],
  ] as const)('%s', (state, numbers) => {
    expect(stateOf(numbers)).toBe(state)
  })
})

describe('the name of a session', () => {
  const [contract, payer, key] = ['a', 'b', 'c'].map((digit) => `0x${digit.repeat(40)}`)

  it('says chain, contract, payer and key', () => {
    expect(sessionOf(`84532:${contract}:${payer}:${key}`)).toEqual({ chainId: 84532, contract, payer, key })
  })

  it.each([
    '',
    'x',
    `0:${contract}:${payer}:${key}`,
    `1:${contract}:${payer}:${key}:more`,
    `1:${contract}:${payer}:0x`,
  ])('%j is none', (name) => {
    expect(sessionOf(name)).toBeUndefined()
  })
})

it('a path holds whatever an id holds', () => {
  expect(channelPath('prov_1', '../x?y')).toBe('/p/prov_1/sessions/..%2Fx%3Fy')
})

describe('the opening in the timeline', () => {
  const deposit = { id: 'm1', at: '2026-11-23T10:00:00.000Z', kind: 'deposit' as const, amount: '1' }
  const items = [{ ...deposit, count: null, transaction: null, detail: {} }]
  const channel = { openedAt: '2026-11-23T10:00:00.000Z' }

  it('stands last', () => {
    expect(withOpening(items, false, channel).map(({ kind }) => kind)).toEqual(['deposit', 'opened'])
  })

  it('not before the end of the list has come', () => {
    expect(withOpening(items, true, channel)).toHaveLength(1)
  })
})
