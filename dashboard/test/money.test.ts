import { describe, expect, test } from 'vitest'
import { formatAmount, parseAmount, plainAmount } from '../src/format/Money.ts'

describe('amounts for people', () => {
  test.each([
    [0n, '0.00'],
    [1n, '0.000001'],
    [1500n, '0.0015'],
    [500_000n, '0.50'],
    [12_345_600_000n, '12,345.60'],
    [-1_000_001n, '−1.000001'],
    ['340282366920938463463374607431768211455', '340,282,366,920,938,463,463,374,607,431,768.211455'],
  ])('%s is %s', (atomic, text) => {
    expect(formatAmount(atomic)).toBe(text)
  })

  test('follow the decimals of the token', () => {
    expect([formatAmount(5n, 0), formatAmount(5n, 1), formatAmount(5n, 18)]).toEqual([
      '5',
      '0.5',
      '0.000000000000000005',
    ])
  })

  test('stand in a field without grouping and needless zeros', () => {
    expect([plainAmount(12_345_600_000n), plainAmount(1_000_000n), plainAmount(0n)]).toEqual(['12345.6', '1', '0'])
  })
})

describe('amounts as typed', () => {
  test.each([
    ['1', 1_000_000n],
    ['1.', 1_000_000n],
    ['.5', 500_000n],
    ['1,234.5', 1_234_500_000n],
    [' $0.001 ', 1000n],
    ['0.000001', 1n],
    ['1.5000000000', 1_500_000n],
    ['１２。５', 12_500_000n],
  ])('%j is %s', (text, atomic) => {
    expect(parseAmount(text)).toBe(atomic)
  })

  test.each(['', ' ', '.', '-1', '1e3', '0x1', '1,23', '1.0000001', '1.2.3', 'ten', '∞', '1'.repeat(40)])(
    '%j is none',
    (text) => {
      expect(parseAmount(text)).toBeUndefined()
    },
  )

  test('come back as they were', () => {
    for (const atomic of [0n, 1n, 999_999n, 1_000_000n, 10n ** 20n + 7n]) {
      expect(parseAmount(plainAmount(atomic))).toBe(atomic)
      expect(parseAmount(formatAmount(atomic))).toBe(atomic)
    }
  })
})
