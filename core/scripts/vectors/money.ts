import { invalid, valid, type VectorFile } from './VectorFile.ts'

const MAX = '340282366920938463463374607431768211455'

/** Amounts and prices. */
export function money(): Record<string, VectorFile> {
  return {
    'amount-parse': {
      description: 'Canonical decimal strings of atomic units, 0 to 2^128 - 1. Output: the number in hex.',
      cases: [
        valid('zero', { text: '0' }, { hex: '0' }),
        valid('one', { text: '1' }, { hex: '1' }),
        valid('beyond 2^53', { text: '9007199254740993' }, { hex: '20000000000001' }),
        valid('2^128 - 1', { text: MAX }, { hex: 'f'.repeat(32) }),
        ...Object.entries({
          empty: '',
          '2^128': '340282366920938463463374607431768211456',
          'forty digits': '1'.repeat(40),
          'a minus sign': '-1',
          'a plus sign': '+1',
          'a leading zero': '01',
          'a fraction': '1.0',
          'an exponent': '1e6',
          hex: '0x10',
          'a separator': '1_000',
          'a leading space': ' 1',
          'a trailing line break': '1\n',
          'digits of another script': '\u0661',
        }).map(([comment, text]) => invalid(comment, { text })),
      ],
    },
    'price-parse': {
      description: 'Prices as people write them, in atomic units of a token with so many decimals.',
      cases: [
        valid('a dollar price', { text: '$0.001', decimals: 6 }, { amount: '1000' }),
        valid('without the sign', { text: '0.001', decimals: 6 }, { amount: '1000' }),
        valid('whole', { text: '$25', decimals: 6 }, { amount: '25000000' }),
        valid('the smallest unit', { text: '0.000001', decimals: 6 }, { amount: '1' }),
        valid('zeros beyond the decimals', { text: '1.500000000', decimals: 6 }, { amount: '1500000' }),
        ...Object.entries({
          'finer than the token': '0.0000001',
          'no whole part': '.5',
          'no fraction': '1.',
          negative: '-1',
          'an exponent': '1e-3',
          'a comma': '1,5',
          'a space': '$ 1',
          'too large': '$400000000000000000000000000000000.0',
        }).map(([comment, text]) => invalid(comment, { text, decimals: 6 })),
      ],
    },
  }
}
