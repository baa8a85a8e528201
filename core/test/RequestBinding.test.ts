import { createHash } from 'node:crypto'
import type { Hex } from '@pbstream/core/Hex'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes32 } from './support/arbitrary.ts'

const part = fc.string({ unit: fc.constantFrom(...'GETPOSabc/?&=%2'), minLength: 1, maxLength: 12 })

describe('request digest', () => {
  test('is SHA-256 of the four lines', () => {
    fc.assert(
      fc.property(part, part, bytes32, (method, target, body) => {
        const lines = ['pbstream-request-v1', method, target, body].join('\n')
        expect(RequestBinding.digest(method, target, body)).toBe(
          `0x${createHash('sha256').update(lines).digest('hex')}`,
        )
      }),
    )
  })

  test('differs when any part differs', () => {
    const request = fc.tuple(part, part, bytes32)
    fc.assert(
      fc.property(request, request, (a, b) => {
        fc.pre(a.join('\n') !== b.join('\n'))
        expect(RequestBinding.digest(...a)).not.toBe(RequestBinding.digest(...b))
      }),
    )
  })

  test('bodies are hashed by SHA-256', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        expect(RequestBinding.bodyDigest(body)).toBe(`0x${createHash('sha256').update(body).digest('hex')}`)
      }),
    )
    expect(RequestBinding.bodyDigest(new Uint8Array())).toBe(RequestBinding.EMPTY_BODY)
  })

  test.each([
    ['a line break in the target', 'GET', '/a\n/b', RequestBinding.EMPTY_BODY],
    ['a space in the method', 'G T', '/', RequestBinding.EMPTY_BODY],
    ['an empty target', 'GET', '', RequestBinding.EMPTY_BODY],
    ['non-ASCII', 'GET', '/é', RequestBinding.EMPTY_BODY],
    ['a body digest in upper case', 'GET', '/', `0x${'AB'.repeat(32)}` as Hex],
  ])('refuses %s', (_, method, target, body) =>
    expect(() => RequestBinding.digest(method, target, body)).toThrow(TypeError),
  )
})
