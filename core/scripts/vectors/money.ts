import { createHash } from 'node:crypto'
import { invalid, valid, type VectorFile } from './VectorFile.ts'

const MAX = '340282366920938463463374607431768211455'

/** Amounts, prices and rate cards. */
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
    'rate-card': {
      description:
        'Rate cards. `bound`: the most units the request can use, where it says so; `units`: what it used. Output: hold before the call, charge after it (rounded up once, at most max), inputs hash of the quote.',
      cases: rateCases(),
    },
  }
}

function rateCases() {
  const flat = { v: 1, kind: 'flat', amount: '1000' }
  const card = { v: 1, kind: 'metered', unit: 'reported', unitAmount: '15000000', per: '1000000', max: '50000' }
  const bytes = { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1024', max: '100', minimum: '10' }
  const ok = (
    comment: string,
    input: { card: unknown; units: string; bound?: string },
    hold: string,
    charge: string,
  ) => {
    const inputs = JSON.stringify({ units: input.bound ?? null })
    return valid(comment, input, { hold, charge, inputsHash: createHash('sha256').update(inputs).digest('base64url') })
  }
  return [
    ok('flat', { card: flat, units: '7' }, '1000', '1000'),
    ok('metered', { card, units: '100' }, '50000', '1500'),
    ok('at most the maximum', { card, units: '1000000' }, '50000', '50000'),
    ok('the request bounds its units', { card, units: '1', bound: '10' }, '150', '15'),
    ok('rounded up', { card: bytes, units: '20481' }, '100', '21'),
    ok('at least the minimum', { card: bytes, units: '0' }, '100', '10'),
    ...Object.entries({
      'no kind': { v: 1, amount: '1' },
      'another version': { ...flat, v: 2 },
      'a number as amount': { ...flat, amount: 1000 },
      'a fraction': { ...flat, amount: '0.5' },
      'an unknown member': { ...flat, currency: 'USDC' },
      'an unknown unit': { ...card, unit: 'token' },
      'a division by zero': { ...card, per: '0' },
      'nothing to hold': { ...card, max: '0' },
      'a minimum above the maximum': { ...bytes, minimum: '101' },
    }).map(([comment, value]) => invalid(comment, { card: value, units: '1' })),
  ]
}
