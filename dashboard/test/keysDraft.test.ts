import { describe, expect, it } from 'vitest'
import { begin, type Draft, errorsOf, like, list, toBody } from '../src/pages/keys/Draft.ts'

const NOW = 1_800_000_000
const PAYEE = `0x${'ca'.repeat(20)}`
const good: Draft = { ...begin(84532, 'escrow'), name: 'research agent', payees: PAYEE }

describe('a draft', () => {
  it('that is filled in has nothing wrong', () => {
    expect(errorsOf(good, NOW)).toEqual({})
  })

  it('that is empty says what it lacks', () => {
    const empty = { ...begin(84532, 'escrow'), spendCap: undefined }
    expect(Object.keys(errorsOf(empty, NOW)).toSorted()).toEqual(['name', 'payees', 'spendCap'])
  })

  it.each([
    ['key', { maker: 'own', key: '0x12' }],
    ['payees', { payees: `${PAYEE}\nbob` }],
    ['payees', { payees: Array.from({ length: 33 }, (_, i) => `0x${i.toString(16).padStart(40, '0')}`).join('\n') }],
    ['routes', { anyRoute: false, routes: ' ' }],
    ['spendCap', { spendCap: 0n }],
    ['periodAmount', { periodAmount: undefined }],
    ['perPaymentMax', { perPaymentMax: undefined }],
    ['start', { start: (NOW - 3_600) * 1_000 }],
    ['expiry', { expiry: { at: undefined } }],
    ['expiry', { expiry: { at: NOW * 1_000 } }],
    ['expiry', { start: (NOW + 7_200) * 1_000, expiry: { at: (NOW + 3_600) * 1_000 } }],
  ] as [string, Partial<Draft>][])('says what is wrong with %s', (field, change) => {
    expect(Object.keys(errorsOf({ ...good, ...change }, NOW))).toEqual([field])
  })

  it('has no limit for one payment only when that is said', () => {
    const off = { ...good, limitPayment: false, perPaymentMax: undefined }
    expect([errorsOf(off, NOW), toBody(off, NOW).perPaymentMax]).toEqual([{}, '0'])
  })

  it('needs no amount for a period that there is not', () => {
    expect(errorsOf({ ...good, periodDuration: 0, periodAmount: undefined }, NOW)).toEqual({})
  })
})

describe('the request of a draft', () => {
  it('has atomic amounts and Unix seconds', () => {
    expect(toBody(good, NOW)).toEqual({
      ...{ name: 'research agent', chainId: 84532, contract: 'escrow', make: 'service', payees: [PAYEE], routes: null },
      ...{ spendCap: '50000000', periodAmount: '5000000', periodDuration: 86_400, perPaymentMax: '100000' },
      expiry: NOW + 30 * 86_400,
    })
  })

  it('names each payee once, in lower case', () => {
    const payees = `${PAYEE}, 0x${'CA'.repeat(20)}`
    expect(toBody({ ...good, payees }, NOW).payees).toEqual([PAYEE])
  })

  it('has both of a period or none', () => {
    const { periodAmount, periodDuration } = toBody({ ...good, periodDuration: 0 }, NOW)
    expect([periodAmount, periodDuration]).toEqual(['0', 0])
  })

  it('ends so long after a start of its own', () => {
    const { start, expiry } = toBody({ ...good, start: (NOW + 60) * 1_000, expiry: { after: 3_600 } }, NOW)
    expect([start, expiry]).toEqual([NOW + 60, NOW + 3_660])
  })
})

it('a list has one entry a line, or is parted as people part things', () => {
  expect(list(' a\nb, c;d,e、f \n\n')).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
})

it('terms of another key are taken over', () => {
  const key = {
    ...{ name: 'old', chainId: 1, contract: 'canonical', payees: [PAYEE], routes: ['rt_1'], spendCap: '1500000' },
    ...{ periodAmount: '0', periodDuration: 0, perPaymentMax: '100', start: NOW - 100, expiry: NOW + 86_400 * 3 },
  } as unknown as Parameters<typeof like>[0]
  const draft = like(key, NOW)
  expect(draft).toMatchObject({ spendCap: 1_500_000n, periodAmount: undefined, perPaymentMax: 100n, routes: 'rt_1' })
  expect(draft.expiry).toEqual({ after: 86_400 * 3 })
})
