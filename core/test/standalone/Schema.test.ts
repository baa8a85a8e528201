import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Rate from '../../src/Rate.ts'
import * as Schema from '../../src/standalone/Schema.ts'

const body = { v: 1, route: 'answers', method: 'GET', url: 'https://a.example/', price: '1000', headers: {} }

describe('what a provider’s server sends', () => {
  test('is read with amounts as bigint and digests in lower case', () => {
    const bodyDigest = `0x${'AB'.repeat(32)}`
    expect(Schema.read('authorize', { ...body, bodyDigest })).toEqual({
      ok: true,
      value: { ...body, price: 1000n, bodyDigest: bodyDigest.toLowerCase() },
    })
    expect(Schema.read('capture', { v: 1, id: 'x', amount: '0' })).toEqual({
      ok: true,
      value: { v: 1, id: 'x', amount: 0n },
    })
  })

  test.each([
    [{ ...body, price: '0' }, 'price cannot be used'],
    [{ ...body, price: 5 }, 'price cannot be used'],
    [{ ...body, headers: { cookie: 'secret' } }, 'headers'],
    [{ ...body, secret: 'x' }, 'not the documented object'],
    [null, 'not the documented object'],
  ])('that cannot be used is named: %j', (value, detail) => {
    const read = Schema.read('authorize', value)
    expect(read.ok ? '' : read.detail).toContain(detail)
  })

  test('never throws, whatever it is', () => {
    const kinds = fc.constantFrom('authorize', 'capture', 'mark', 'void')
    fc.assert(fc.property(kinds, fc.anything(), (kind, value) => typeof Schema.read(kind, value).ok === 'boolean'))
  })
})

test('a quote for one price of one request is for no other, and for no quantity', () => {
  const hashes = [{}, { bounds: { reported: 1n } }, { only: '1' }, { only: '1 0xaa' }, { only: '2 0xaa' }].map(
    Rate.inputsHash,
  )
  expect(new Set(hashes).size).toBe(hashes.length)
})
