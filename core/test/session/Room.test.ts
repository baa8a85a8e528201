import * as Amount from '@pbstream/core/Amount'
import type { Hex } from '@pbstream/core/Hex'
import * as Room from '@pbstream/core/session/Room'
import * as Signature from '@pbstream/core/Signature'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { uint128 } from '../support/arbitrary.ts'
import { session } from '../support/payment.ts'
import { voucherText } from '../support/session.ts'

const state = fc.record(
  { room: uint128, accepted: uint128, funds: uint128, charged: uint128, needed: uint128 },
  { requiredKeys: ['room', 'accepted', 'funds', 'charged'] },
)
const canonical = await session.sign(new Uint8Array(32).fill(3))

describe('PBStream-Room', () => {
  const text = 'room="5", accepted="10", funds="100", charged="5"'
  test('is written in one form', () => {
    expect(Room.encodeRoom(Room.room(10n, 100n, 5n))).toBe(text)
    expect(Room.encodeRoom(Room.room(10n, 100n, 5n, 7n))).toBe(`${text}, needed="7"`)
  })
  test('is the lower of what was accepted and what is there, less what is charged, and never negative', () => {
    expect(Room.room(10n, 8n, 5n).room).toBe(3n)
    expect(Room.room(10n, 4n, 5n).room).toBe(0n)
  })
  test('comes back as it was', () => {
    fc.assert(
      fc.property(state, (any) => {
        expect(Room.parseRoom(Room.encodeRoom(any as Room.Room))).toEqual(any)
      }),
    )
  })
  test.each([
    null,
    '',
    'room="5"',
    text.replace('"5"', '5'),
    text.replace('"5"', '"05"'),
    text.replace('"5"', '"-5"'),
    text.replace('"5"', '"5.0"'),
    text.replace('"100"', `"${Amount.MAX + 1n}"`),
    `${text}, needed="${Amount.MAX + 1n}"`,
    `${text}, needed=""`,
    `${text}, other="1"`,
    `${text}, room="9"`,
    text.replace(', ', ','),
    text.replace(', ', ' , '),
    ` ${text}`,
    `${text}\n`,
    'accepted="10", room="5", funds="100", charged="5"',
    text.replace('room=', 'Room='),
    text.replace('"5"', '"5";a'),
  ])('%j is none', (wrong) => {
    expect(Room.parseRoom(wrong)).toBeUndefined()
  })
  test('is not written of what are no amounts', () => {
    const right = Room.room(10n, 100n, 5n)
    for (const bad of [-1n, Amount.MAX + 1n]) {
      expect(() => Room.encodeRoom({ ...right, funds: bad })).toThrow(Amount.InvalidAmountError)
      expect(() => Room.encodeRoom({ ...right, needed: bad })).toThrow(Amount.InvalidAmountError)
    }
  })
})

describe('PBStream-Voucher', () => {
  const text = Room.encodeVoucher({ max: 1_000n, signature: canonical })
  test('comes back as it was', async () => {
    expect(text).toMatch(/^max="1000", signature=:[A-Za-z0-9+/]{87}=:$/)
    await fc.assert(
      fc.asyncProperty(uint128, fc.uint8Array({ minLength: 32, maxLength: 32 }), async (max, digest) => {
        const voucher = { max, signature: await session.sign(digest) }
        expect(Room.parseVoucher(Room.encodeVoucher(voucher))).toEqual(voucher)
      }),
      { numRuns: 25 },
    )
  })
  test('in any other form is none', () => {
    const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')
    const of = (signature: string) => `max="1000", signature=:${signature}:`
    const hex = canonical.slice(2)
    const wrong = {
      nothing: '',
      'no signature': 'max="1000"',
      'no maximum': text.replace('max="1000", ', ''),
      'an integer': text.replace('"1000"', '1000'),
      'a leading zero': text.replace('"1000"', '"01000"'),
      'too much': text.replace('"1000"', `"${Amount.MAX + 1n}"`),
      'another order': text.replace(/^(max=.*), (signature=.*)$/, '$2, $1'),
      'a member more': `${text}, a=1`,
      'a space more': text.replace(', ', ',  '),
      'no space': text.replace(', ', ','),
      'a line break': `${text}\n`,
      'a string': text.replace('=:', '="').replace(/:$/, '"'),
      'v of 0': of(base64(`${hex.slice(0, 128)}00`)),
      'v of 29': of(base64(`${hex.slice(0, 128)}1d`)),
      'high s': of(base64(`${hex.slice(0, 64)}${'f'.repeat(60)}d0364140${hex.slice(128)}`.slice(0, 130))),
      'a short signature': of(base64(hex.slice(0, 128))),
      'a compact signature': of(base64(hex.slice(0, 128)).replace('==', 'A=')),
      'loose bits': text.replace(/.=:$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}=:`),
      base64url: of(`${'-_'.repeat(43)}A=`),
    }
    for (const [what, each] of Object.entries(wrong)) {
      expect(each, what).not.toBe(text)
      expect(Room.parseVoucher(each), what).toBeUndefined()
    }
    expect(Room.parseVoucher(null)).toBeUndefined()
    fc.assert(fc.property(fc.string(), (any) => Room.parseVoucher(any) === undefined))
  })
  test('with a character changed is none, or says what it says', () => {
    fc.assert(
      fc.property(fc.nat({ max: voucherText.length - 1 }), fc.stringMatching(/^[\x20-\x7e]$/), (at, other) => {
        const changed = voucherText.slice(0, at) + other + voucherText.slice(at + 1)
        const read = Room.parseVoucher(changed)
        if (read !== undefined) expect(Room.encodeVoucher(read)).toBe(changed)
      }),
      { numRuns: 1_000 },
    )
  })
  test('is not written of a signature that contracts refuse', () => {
    const raw = `${canonical.slice(0, 130)}${canonical.endsWith('b') ? '00' : '01'}` as Hex
    expect(Signature.normalise(raw)).toBe(canonical)
    for (const signature of [raw, canonical.slice(0, -2), '0x'] as Hex[]) {
      expect(() => Room.encodeVoucher({ max: 1n, signature })).toThrow(TypeError)
    }
    expect(() => Room.encodeVoucher({ max: -1n, signature: canonical })).toThrow(Amount.InvalidAmountError)
  })
})
