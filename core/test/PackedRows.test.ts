import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import * as PackedRows from '@pbstream/core/PackedRows'
import * as Signature from '@pbstream/core/Signature'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { channelConfig } from './support/arbitrary.ts'

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n
const uint96 = fc.bigInt({ min: 0n, max: PackedRows.MAX_AMOUNT })
const scalar = fc.bigInt({ min: 1n, max: HALF_ORDER })
const signature = fc
  .tuple(scalar, scalar, fc.constantFrom('1b', '1c'))
  .map(([r, s, v]) => `0x${word(r)}${word(s)}${v}` as Hex)
const rows: fc.Arbitrary<PackedRows.Row[]> = fc
  .record({
    terms: channelConfig,
    each: fc.array(fc.record({ config: channelConfig, max: uint96, total: uint96, signature }), { minLength: 1 }),
  })
  .map(({ terms, each }) => each.map((row) => ({ ...row, config: withTerms(row.config, terms) })))

describe('what is packed', () => {
  test('decode gives the rows back', () => {
    fc.assert(
      fc.property(rows, (batch) => {
        expect(PackedRows.decode(PackedRows.encode(batch))).toEqual(batch)
      }),
    )
  })

  test('a row takes 160 bytes, and the batch is its rows one after the other', () => {
    fc.assert(
      fc.property(rows, (batch) => {
        const each = batch.map((row) => PackedRows.encode([row]).rows.slice(2))
        expect(each.every((row) => row.length === 2 * PackedRows.ROW_BYTES)).toBe(true)
        expect(PackedRows.encode(batch).rows).toBe(`0x${each.join('')}`)
      }),
    )
  })

  test('v of 0 and 1 are packed as 27 and 28', () => {
    fc.assert(
      fc.property(rows, (batch) => {
        const raw = batch.map((row) => ({
          ...row,
          signature: row.signature.replace(/1(.)$/, (_, v) => (v === 'b' ? '00' : '01')) as Hex,
        }))
        expect(PackedRows.encode(raw)).toEqual(PackedRows.encode(batch))
      }),
    )
  })
})

describe('what is refused', () => {
  test('terms that differ anywhere in the batch', () => {
    fc.assert(
      fc.property(
        rows.filter((batch) => batch.length > 1),
        fc.constantFrom('receiver', 'receiverAuthorizer', 'token', 'withdrawDelay'),
        fc.nat(),
        channelConfig,
        (batch, field, n, other) => {
          const index = 1 + (n % (batch.length - 1))
          const row = batch[index] as PackedRows.Row
          fc.pre(row.config[field] !== other[field])
          const mixed = batch.with(index, { ...row, config: { ...row.config, [field]: other[field] } })
          expect(() => PackedRows.encode(mixed)).toThrow(expect.objectContaining({ index, field }))
        },
      ),
    )
  })

  test('amounts that do not fit 12 bytes', () => {
    fc.assert(
      fc.property(
        rows,
        fc.constantFrom('max', 'total'),
        fc.oneof(fc.bigInt({ min: PackedRows.MAX_AMOUNT + 1n }), fc.bigInt({ max: -1n })),
        (batch, field, value) => {
          const bad = [...batch, { ...(batch[0] as PackedRows.Row), [field]: value }]
          expect(() => PackedRows.encode(bad)).toThrow(expect.objectContaining({ index: batch.length, field }))
        },
      ),
    )
  })

  test('signatures that no contract takes', () => {
    fc.assert(
      fc.property(rows, fc.uint8Array({ maxLength: 70 }), (batch, bytes) => {
        const value = fromBytes(bytes)
        fc.pre(Signature.normalise(value) === undefined)
        const bad = batch.with(0, { ...(batch[0] as PackedRows.Row), signature: value })
        expect(() => PackedRows.encode(bad)).toThrow(expect.objectContaining({ index: 0, field: 'signature' }))
      }),
    )
  })

  test('bytes that are no whole rows', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 319 }), (batch, cut) => {
        const packed = PackedRows.encode(batch)
        expect(() => PackedRows.decode({ ...packed, rows: packed.rows.slice(0, -cut) as Hex })).toThrow(
          PackedRows.InvalidRowError,
        )
      }),
    )
  })

  test.each(['0x', '0', `0x${'zz'.repeat(160)}`])('to decode %s', (text) => {
    const terms = { receiver: '0x', receiverAuthorizer: '0x', token: '0x', withdrawDelay: 0 } as const
    expect(() => PackedRows.decode({ terms, rows: text as Hex })).toThrow(PackedRows.InvalidRowError)
  })
})

function withTerms(config: ChannelConfig, from: ChannelConfig): ChannelConfig {
  const { receiver, receiverAuthorizer, token, withdrawDelay } = from
  return { ...config, receiver, receiverAuthorizer, token, withdrawDelay }
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}
