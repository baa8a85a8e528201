import * as Hex from '@pbstream/core/Hex'
import { describe, expect, test } from 'vitest'

const address = '0xabcdefABCDEF0123456789abcdef0123456789ab'
const word = `0x${'aB09'.repeat(16)}` as const

describe('addresses and words', () => {
  test('in any case', () => {
    expect(Hex.isAddress(address)).toBe(true)
    expect(Hex.isBytes32(word)).toBe(true)
    expect(Hex.isAddress(Hex.zeroAddress)).toBe(true)
  })

  test.each([
    undefined,
    null,
    7,
    [address],
    { toString: () => address },
    '',
    ` ${address}`,
    `${address}a`,
    `x${address}`,
    address.slice(0, -1),
    address.slice(2),
    `0X${address.slice(2)}`,
    `${address.slice(0, -1)}g`,
  ])('no address: %j', (value) => expect(Hex.isAddress(value)).toBe(false))

  test.each([undefined, [word], ` ${word}`, `${word}a`, word.slice(0, -1), word.slice(2), `${word.slice(0, -1)}g`])(
    'no 32 bytes: %j',
    (value) => expect(Hex.isBytes32(value)).toBe(false),
  )

  test('one form is compared', () => expect(Hex.lower(address)).toBe('0xabcdefabcdef0123456789abcdef0123456789ab'))
})

describe('bytes', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i)

  test('each byte there and back, in either case', () => {
    const text = Hex.fromBytes(all)
    expect(text).toMatch(/^0x000102.*fdfeff$/)
    expect(Hex.toBytes(text)).toEqual(all)
    expect(Hex.toBytes(`0x${text.slice(2).toUpperCase()}`)).toEqual(all)
  })

  test('none', () => {
    expect(Hex.fromBytes(new Uint8Array())).toBe('0x')
    expect(Hex.toBytes('0x')).toEqual(new Uint8Array())
  })

  test('half a byte', () =>
    expect(() => Hex.toBytes('0x123')).toThrow(new TypeError('hex has an odd number of digits')))

  // The characters on either side of those that are digits.
  test.each(['/', ':', '@', 'G', '`', 'g', ' ', '\u0661'])('%j is no digit', (other) => {
    expect(() => Hex.toBytes(`0x0${other}`)).toThrow(new TypeError('not a hex digit'))
    expect(() => Hex.toBytes(`0x${other}0`)).toThrow(new TypeError('not a hex digit'))
  })
})
