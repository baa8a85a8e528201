import * as Base64 from '@pbstream/core/Base64'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('base64', () => {
  test('both forms equal those of Node and decode back, padded or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Base64.encode(bytes)).toBe(Buffer.from(bytes).toString('base64'))
        expect(Base64.encodeUrl(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
        expect(Base64.decode(Base64.encode(bytes))).toEqual(bytes)
        expect(Base64.decode(Base64.encode(bytes).replace(/=+$/, ''))).toEqual(bytes)
        expect(Base64.decodeUrl(Base64.encodeUrl(bytes))).toEqual(bytes)
      }),
    )
  })

  test('large values decode back', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251)
    expect(Base64.decode(Base64.encode(bytes))).toEqual(bytes)
  })

  test('any other text is undefined, and what decodes has one text per form', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const bytes = Base64.decodeUrl(text)
        if (bytes !== undefined) expect(Base64.encodeUrl(bytes)).toBe(text)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each(['A', 'AA=', 'A===', '=', 'AB', 'AA==AA==', 'A A=', 'AA*=', 'ÄAAA', 'AA==\n'])('refuses %j', (text) =>
    expect(Base64.decode(text)).toBeUndefined(),
  )

  test('JSON goes there and back; text that is no JSON or no UTF-8 is undefined', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(Base64.decodeJson(Base64.encodeJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    expect(Base64.decodeJson(Base64.encode(Uint8Array.of(0x22, 0xff, 0x22)))).toBeUndefined()
    expect(Base64.decodeJson(Base64.encode(new TextEncoder().encode('{')))).toBeUndefined()
  })
})
