// What a site may ask for, and what a person may make of it.
import { describe, expect, test } from 'vitest'
import { Failure } from '../src/Failure.ts'
import { toLocal } from '../src/format/Time.ts'
import { check, draftOf, type Draft, durations } from '../src/grant/Draft.ts'
import type { GrantRequest, Span } from '../src/grant/Request.ts'
import { requestFrom } from '../src/view/Attributes.ts'
import { NOW, PAYEE, terms } from './support/terms.ts'

describe('what a site asks for', () => {
  test('comes out in atomic units and Unix seconds', () => {
    expect(terms()).toMatchObject({
      spendCap: 50_000_000n,
      periodAmount: 5_000_000n,
      periodDuration: 86_400,
      perPaymentMax: 100_000n,
      start: NOW,
      expiry: NOW + 2_592_000,
      routes: null,
      key: undefined,
    })
  })

  test.each<[string, Partial<GrantRequest>]>([
    ['name', { name: ' ' }],
    ['spendCap', { spendCap: '' }],
    ['spendCap', { spendCap: '0' }],
    ['periodAmount', { periodAmount: '5 USDC' }],
    ['payees', { payees: [] }],
    ['payees', { payees: ['0x00'] }],
    ['payees', { payees: [`0x${'00'.repeat(20)}`] }],
    ['payees', { payees: Array.from({ length: 33 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, '0')}`) }],
    ['period', { period: 'toString' as never }],
    ['lifetime', { lifetime: -1 }],
    ['expiry', { expiry: NOW }],
    ['expiry', { start: NOW + 10, expiry: NOW + 5 }],
    ['key', { key: 'mine' }],
  ])('is refused for its %s: %o', (field, wrong) => {
    expect(() => terms(wrong)).toThrow(Failure)
    expect(() => terms(wrong)).toThrow(new RegExp(`^configuration: ${field}: `))
  })

  test('is one line of limited length in what it says of itself', () => {
    const { name, reason } = terms({ name: 'A\u202egent\n\n\nx', reason: 'y'.repeat(5_000) })
    expect(name).toBe('A gent x')
    expect(reason).toHaveLength(300)
  })

  test('can stand in attributes', () => {
    const attributes: Record<string, string> = {
      name: 'Agent',
      'chain-id': '84532',
      payees: `${PAYEE}, ${PAYEE}`,
      routes: 'a b',
      'spend-cap': '50',
      adjust: 'spendCap expiry',
      lifetime: 'week',
    }
    expect(requestFrom({ getAttribute: (name) => attributes[name] ?? null })).toEqual({
      name: 'Agent',
      chainId: 84_532,
      payees: [PAYEE, PAYEE],
      routes: ['a', 'b'],
      spendCap: '50',
      adjust: ['spendCap', 'expiry'],
      lifetime: 'week',
    })
  })
})

describe('a person', () => {
  const edited = (edit: Partial<Draft>, more: Partial<GrantRequest> = {}) => {
    const from = terms(more)
    return check({ ...draftOf(from), ...edit }, from, NOW)
  }

  test('grants what was asked for when nothing is touched, to the second', () => {
    const { limits, errors } = edited({})
    expect(errors).toEqual({})
    expect(limits.expiry).toBe(NOW + 2_592_000)
    expect(limits.spendCap).toBe(50_000_000n)
  })

  test('makes every limit stricter', () => {
    const sooner = toLocal(NOW + 86_400)
    const { limits, errors } = edited({ spendCap: '20', periodAmount: '1', perPaymentMax: '0.05', expiry: sooner })
    expect(errors).toEqual({})
    expect(limits).toMatchObject({ spendCap: 20_000_000n, periodAmount: 1_000_000n, perPaymentMax: 50_000n })
    expect(Math.abs(limits.expiry - NOW - 86_400)).toBeLessThan(60)
  })

  test.each<[Partial<Draft>, object]>([
    [{ spendCap: '' }, { spendCap: { key: 'needed' } }],
    [{ spendCap: 'all' }, { spendCap: { key: 'noAmount' } }],
    [{ spendCap: '0' }, { spendCap: { key: 'zeroAmount' } }],
    [{ spendCap: '51' }, { spendCap: { key: 'aboveAllowed', limit: 50_000_000n } }],
    [{ spendCap: '3' }, { periodAmount: { key: 'aboveTotal' } }],
    [{ periodAmount: '' }, { periodAmount: { key: 'neededUpTo', limit: 5_000_000n } }],
    [{ perPaymentMax: '0.2' }, { perPaymentMax: { key: 'aboveAllowed', limit: 100_000n } }],
    [{ expiry: '' }, { expiry: { key: 'noTime' } }],
    [{ expiry: toLocal(NOW - 86_400) }, { expiry: { key: 'inThePast' } }],
    [{ expiry: toLocal(NOW + 3_000_000) }, { expiry: { key: 'laterThanAllowed', at: NOW + 2_592_000 } }],
  ])('is told by field what is wrong with %o', (edit, errors) => {
    expect(edited(edit).errors).toEqual(errors)
  })

  test('may go beyond what was asked for as far as the site says', () => {
    const most = { spendCap: '100', expiry: NOW + 5_000_000 }
    const later = toLocal(NOW + 4_000_000)
    expect(edited({ spendCap: '100', expiry: later }, { most }).errors).toEqual({})
    expect(edited({ spendCap: '101' }, { most }).errors).toEqual({
      spendCap: { key: 'aboveAllowed', limit: 100_000_000n },
    })
  })

  test('adds a limit that the site left away, and may leave it away', () => {
    const free = { periodAmount: '', perPaymentMax: '' }
    expect(edited({ periodAmount: '2' }, free).limits).toMatchObject({
      periodAmount: 2_000_000n,
      periodDuration: 86_400,
    })
    expect(edited({}, free).limits).toMatchObject({ periodAmount: 0n, periodDuration: 0, perPaymentMax: 0n })
  })

  describe('chooses the length of the period', () => {
    test.each([
      ['a longer one, with the same amount', { periodDuration: '604800' }, 5_000_000n, 604_800],
      ['a shorter one, with its share', { periodDuration: '3600', periodAmount: '0.20' }, 200_000n, 3_600],
    ])('%s', (_, edit, periodAmount, periodDuration) => {
      const { limits, errors } = edited(edit)
      expect(errors).toEqual({})
      expect(limits).toMatchObject({ periodAmount, periodDuration })
    })

    test('but never so that more could be spent in a period of those that the site asked for', () => {
      const { limits, errors } = edited({ periodDuration: '3600' })
      expect(errors).toEqual({ periodAmount: { key: 'abovePeriod', limit: 208_333n, period: 3_600 } })
      expect(limits).toMatchObject({ periodAmount: 5_000_000n, periodDuration: 86_400 })
    })

    test.each<[string, Span, number, bigint]>([
      ['six weeks can lie in a month', 'month', 604_800, 833_333n],
      ['two months can share a week', 'week', 2_592_000, 2_500_000n],
      ['three days can share 36 hours', 129_600, 86_400, 1_666_666n],
    ])('and %s', (_, period, duration, limit) => {
      const { errors } = edited({ periodDuration: String(duration) }, { period })
      expect(errors.periodAmount).toEqual({ key: 'abovePeriod', limit, period: duration })
    })

    test('not so short that its share would be nothing, which reads as no limit', () => {
      const tiny = edited({ periodDuration: '3600', periodAmount: '' }, { periodAmount: '0.000001' })
      expect(tiny.errors.periodAmount).toMatchObject({ key: 'neededUpTo', limit: 0n })
      const one = edited({ periodDuration: '3600' }, { periodAmount: '0.000001' })
      expect(one.errors.periodAmount).toMatchObject({ key: 'abovePeriod', limit: 0n })
    })

    test('freely where the site asked for no limit in a period', () => {
      const { limits } = edited({ periodDuration: '3600', periodAmount: '7' }, { periodAmount: '' })
      expect(limits).toMatchObject({ periodAmount: 7_000_000n, periodDuration: 3_600 })
    })

    test('where the amount is fixed, only a longer one', () => {
      const adjust = ['periodDuration'] as const
      expect(edited({ periodDuration: '604800' }, { adjust }).errors).toEqual({})
      expect(edited({ periodDuration: '3600' }, { adjust }).errors.periodDuration).toMatchObject({ key: 'abovePeriod' })
    })

    test('of the usual ones and the one of the site', () => {
      expect(durations(terms({ period: 7_200 }))).toEqual([3_600, 7_200, 86_400, 604_800, 2_592_000])
      expect(edited({ periodDuration: '1' }).limits.periodDuration).toBe(86_400)
    })
  })

  test('takes payees and routes off the list, but not all, since no route reads as any', () => {
    const other = `0x${'0d'.repeat(20)}`
    const lists = { payees: [PAYEE, other], routes: ['rt_1', 'rt_2'] }
    expect(edited({ payees: other, routes: 'rt_1' }, lists).limits).toMatchObject({ payees: [other], routes: ['rt_1'] })
    const none = edited({ payees: '', routes: '' }, lists)
    expect(none.errors).toEqual({ payees: { key: 'chooseOne' }, routes: { key: 'chooseOne' } })
    expect(none.limits).toMatchObject(lists)
    expect(edited({ payees: `${PAYEE}\n0x01`, routes: 'rt_9\nrt_2' }, lists).limits).toMatchObject({
      payees: [PAYEE],
      routes: ['rt_2'],
    })
  })

  test('is not stopped by a limit of the site that is above a lower total, where that one is fixed', () => {
    expect(edited({ spendCap: '3' }, { adjust: ['spendCap'] }).errors).toEqual({})
  })

  test('cannot change what the site holds fixed', () => {
    const { limits, errors } = edited({ spendCap: '1', periodAmount: '1' }, { adjust: ['periodAmount'] })
    expect(errors).toEqual({})
    expect(limits).toMatchObject({ spendCap: 50_000_000n, periodAmount: 1_000_000n })
  })
})
