// What people read: amounts, spans, sentences of limits, in both languages.
import { beforeAll, describe, expect, test } from 'vitest'
import { formatAmount, money, parseAmount, share } from '../src/format/Money.ts'
import { duration, fromLocal, nextTick, period, toLocal } from '../src/format/Time.ts'
import { passed } from '../src/elements/Ticker.ts'
import { limitsInWords } from '../src/grant/InWords.ts'
import { en } from '../src/text/en.ts'
import { firstOf } from '../src/text/Locale.ts'
import { load, say } from '../src/text/Text.ts'
import { zh } from '../src/text/zh.ts'
import { TOKEN } from './support/service.ts'
import { NOW, terms } from './support/terms.ts'

beforeAll(() => load('zh'))

describe('amounts', () => {
  test('are exact beyond what a float holds', () => {
    expect(formatAmount(123_456_789_012_345_678_901_234n, 6, 'en')).toBe('123,456,789,012,345,678.901234')
  })

  test('have two decimals at least and no zeros after what there is', () => {
    expect([0n, 5_000_000n, 100_000n, 1n].map((each) => formatAmount(each, 6, 'en'))).toEqual([
      '0.00',
      '5.00',
      '0.10',
      '0.000001',
    ])
  })

  test('stay together with the name of the token', () => {
    expect(money(1_500_000n, TOKEN, 'zh')).toBe('1.50\u00a0USDC')
  })

  test.each([
    ['5', 5_000_000n],
    [' 0.10 ', 100_000n],
    ['$1,234.5', 1_234_500_000n],
    ['0,5', undefined],
    ['1.0000001', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['', undefined],
  ])('%o typed is %o', (text, atomic) => {
    expect(parseAmount(text, 6)).toBe(atomic)
  })

  test('make a bar full and not more', () => {
    expect([share(1n, 4n), share(9n, 4n), share(0n, 0n)]).toEqual([0.25, 1, 1])
  })
})

describe('times', () => {
  test('left are said by the two largest units', () => {
    expect([30 * 86_400 - 1, 3_661, 59, 0, -5].map((each) => duration(each, 'en'))).toEqual([
      '29 days 23 hours',
      '1 hour 1 minute',
      '59 seconds',
      '0 seconds',
      '0 seconds',
    ])
  })

  test('are said in Chinese', () => {
    expect(duration(90_000, 'zh')).toMatch(/1\s?天 1\s?小时/)
  })

  test('of a period have its name or its length', () => {
    expect([86_400, 129_600].map((each) => period(each, 'en'))).toEqual(['day', '1 day 12 hours'])
  })

  test('go into a field and come out to the minute', () => {
    const minute = NOW - (NOW % 60)
    expect(fromLocal(toLocal(minute))).toBe(minute)
    expect(fromLocal('soon')).toBeUndefined()
  })

  test('are shown anew every second in the last hour and every minute before', () => {
    expect([30, 3_600, 3_601, 7_200].map(nextTick)).toEqual([1, 1, 1, 60])
  })

  test('are said aloud at milestones only', () => {
    expect([passed(86_401, 86_400), passed(3_601, 3_599), passed(3_599, 700), passed(1, 0)]).toEqual([
      86_400,
      3_600,
      undefined,
      0,
    ])
  })
})

describe('limits in words', () => {
  const words = (more: Parameters<typeof terms>[0], locale: 'en' | 'zh' = 'en') =>
    limitsInWords(terms(more), TOKEN, NOW, locale)

  test('say what may be spent in a period, at once and in total', () => {
    expect(words({}).map(({ text }) => text.replaceAll('\u00a0', ' '))).toEqual([
      'Spend up to 5.00 USDC per day',
      'At most 0.10 USDC for one payment',
      'At most 50.00 USDC in total: you cannot lose more through this key',
    ])
  })

  test('say so in Chinese', () => {
    expect(words({}, 'zh').map(({ text }) => text.replaceAll('\u00a0', ' '))[0]).toBe('每天最多花费 5.00 USDC')
  })

  test('are loud where there is no limit', () => {
    const loud = limitsInWords(
      { ...terms({ lifetime: 400 * 86_400 }), periodAmount: 0n, perPaymentMax: 0n, spendCap: (1n << 128n) - 1n },
      TOKEN,
      NOW,
      'en',
    )
    expect(loud.map((each) => each.loud)).toEqual([true, true, true, true])
    expect(loud[2]!.text).toContain('NO LIMIT')
  })

  test('are not loud where each limit is set', () => {
    expect(words({}).some(({ loud }) => loud)).toBe(false)
  })
})

describe('texts', () => {
  test('have the same values in both languages', () => {
    const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name))].toSorted()
    const keys = Object.keys(en) as (keyof typeof en)[]
    expect(keys.filter((key) => names(en[key]).join() !== names(zh[key]).join())).toEqual([])
  })

  test('put values in as they are', () => {
    expect(say('en', 'title', { name: '<b>{from}</b> $&' })).toBe('<b>{from}</b> $& asks to spend from your wallet')
  })

  test('count', () => {
    expect([1, 2].map((n) => say('en', 'fixFields', { n }))).toEqual([
      'Correct 1 field before you authorise',
      'Correct 2 fields before you authorise',
    ])
  })

  test('are in the first language that is one of the two', () => {
    expect(firstOf([null, '', 'fr', 'zh-Hans-CN', 'en'])).toBe('zh')
    expect(firstOf([null, 'fr'])).toBe('en')
  })
})
