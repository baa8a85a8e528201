import { type Hex, zeroAddress } from '@pbstream/core/Hex'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes32, permission, uint40 } from './support/arbitrary.ts'
import * as shared from './support/escrow.ts'

const loud = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(loud)
  return typeof value === 'string' && value.startsWith('0x') ? `0x${value.slice(2).toUpperCase()}` : value
}
const refused = (value: unknown) => {
  try {
    SessionKey.parse(value)
  } catch (error) {
    if (error instanceof SessionKey.InvalidPermissionError) return error.field
    throw error
  }
  return undefined
}

describe('parse', () => {
  test('reads what toJson writes, through JSON', () => {
    fc.assert(
      fc.property(permission, (terms) => {
        expect(SessionKey.parse(JSON.parse(JSON.stringify(SessionKey.toJson(terms))))).toEqual(terms)
      }),
    )
  })

  test('lower-cases hex and drops unknown members', () => {
    fc.assert(
      fc.property(permission, (terms) => {
        const json = Object.entries(SessionKey.toJson(terms)).map(([name, value]) => [name, loud(value)])
        expect(SessionKey.parse({ ...Object.fromEntries(json), other: 1 })).toEqual(terms)
      }),
    )
  })

  test('names the field that is wrong, whatever is in it', () => {
    const json = SessionKey.toJson(shared.permission)
    const wrong = fc.oneof(
      fc.double({ noInteger: true }),
      fc.constantFrom(
        -1,
        undefined,
        null,
        true,
        '',
        '0x',
        'x',
        {},
        [],
        [null],
        [zeroAddress],
        2 ** 40,
        `${2n ** 128n}`,
      ),
    )
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(json)), wrong, (field, value) => {
        expect(refused({ ...json, [field]: value })).toBe(field)
      }),
    )
  })

  test('says in a sentence what is wrong', () => {
    const json = SessionKey.toJson(shared.permission)
    expect(() => SessionKey.parse({ ...json, payees: [] })).toThrow('payees are not 1 to 32')
    expect(() => SessionKey.parse({ ...json, key: zeroAddress })).toThrow('key is the zero address')
    expect(() => SessionKey.parse({ ...json, start: json.expiry })).toThrow('start is not before expiry')
  })

  test('throws its own error, and no other, for anything', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(refused(value)).toBeTypeOf('string')
      }),
    )
  })
})

describe('key ids', () => {
  test('carry the tag, and differ by chain, contract and every member', () => {
    const other: SessionKey.Permission[] = [
      { ...shared.permission, account: shared.FREEZER },
      { ...shared.permission, key: shared.FREEZER },
      { ...shared.permission, token: shared.FREEZER },
      { ...shared.permission, payees: [shared.FREEZER] },
      { ...shared.permission, payees: [...shared.permission.payees, shared.FREEZER] },
      { ...shared.permission, spendCap: 1n },
      { ...shared.permission, periodAmount: 1n },
      { ...shared.permission, periodDuration: 1 },
      { ...shared.permission, perPaymentMax: 1n },
      { ...shared.permission, start: 1 },
      { ...shared.permission, expiry: 1_900_000_000 },
      { ...shared.permission, freezer: zeroAddress },
      { ...shared.permission, salt: `0x${'11'.repeat(32)}` },
    ]
    const ids = [
      shared.keyId,
      SessionKey.keyId(shared.permission, Voucher.escrowDomainSeparator(1, shared.CONTRACT)),
      SessionKey.keyId(shared.permission, Voucher.escrowDomainSeparator(84532, shared.FREEZER)),
      SessionKey.keyId(shared.permission, Voucher.domainSeparator(84532, shared.CONTRACT)),
      ...other.map((terms) => SessionKey.keyId(terms, shared.separator)),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every((id) => SessionKey.isKeyId(id) && SessionKey.governs(id))).toBe(true)
  })

  test('a salt governs exactly if it begins with the tag', () => {
    fc.assert(
      fc.property(bytes32, (salt) => {
        const tagged: Hex = `${SessionKey.TAG}${salt.slice(10)}`
        expect(SessionKey.governs(tagged)).toBe(true)
        expect(SessionKey.governs(salt)).toBe(salt === tagged)
      }),
    )
  })

  test.each([undefined, 1, '', SessionKey.TAG, `${SessionKey.TAG}${'0'.repeat(57)}`, `0x${'0'.repeat(64)}`])(
    'no key id: %s',
    (value) => expect(SessionKey.isKeyId(value)).toBe(false),
  )
})

describe('spendCeiling', () => {
  test('is zero before the start, never falls, and ends at the spend cap', () => {
    fc.assert(
      fc.property(permission, uint40, uint40, (terms, a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)]
        expect(SessionKey.spendCeiling(terms, early) <= SessionKey.spendCeiling(terms, late)).toBe(true)
        expect(SessionKey.spendCeiling(terms, late) <= terms.spendCap).toBe(true)
        expect(SessionKey.spendCeiling(terms, terms.start) > 0n).toBe(true)
        if (terms.start > 0) expect(SessionKey.spendCeiling(terms, terms.start - 1)).toBe(0n)
      }),
    )
  })

  test.each([
    ['before the start', -1, 0n],
    ['at the start', 0, 5_000_000n],
    ['in the last second of the first period', 86_399, 5_000_000n],
    ['as the second period begins', 86_400, 10_000_000n],
    ['as the tenth period begins', 9 * 86_400, 50_000_000n],
    ['above the cap', 10 * 86_400, 50_000_000n],
    ['after the expiry', 40 * 86_400, 50_000_000n],
  ])('%s', (_, after, ceiling) => {
    expect(SessionKey.spendCeiling(shared.permission, shared.permission.start + after)).toBe(ceiling)
  })

  test('without a period it is the spend cap from the start on', () => {
    const terms = { ...shared.permission, periodAmount: 0n, periodDuration: 0 }
    expect(SessionKey.spendCeiling(terms, terms.start - 1)).toBe(0n)
    expect(SessionKey.spendCeiling(terms, terms.start)).toBe(terms.spendCap)
  })
})

describe('stoppedAt', () => {
  test.each([
    ['an expiry', { expiry: 30, frozenAt: 0, revokedAt: 0 }, 30],
    ['a freeze before it', { expiry: 30, frozenAt: 20, revokedAt: 0 }, 20],
    ['a revocation before it', { expiry: 30, frozenAt: 0, revokedAt: 10 }, 10],
    ['the earlier of both', { expiry: 30, frozenAt: 20, revokedAt: 10 }, 10],
    ['neither, after it', { expiry: 30, frozenAt: 31, revokedAt: 32 }, 30],
  ])('%s', (_, stops, at) => expect(SessionKey.stoppedAt(stops)).toBe(at))
})
