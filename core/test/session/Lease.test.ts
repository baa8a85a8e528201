import * as Lease from '@pbstream/core/session/Lease'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LEASE } from '../support/session.ts'

const id = fc.stringMatching(/^ls_[A-Za-z0-9_-]{16,40}$/)
const number = fc.integer({ min: 1, max: 999_999_999 })

describe('the lease of an answer', () => {
  const text = `"${LEASE}";expires=1800000005;count=40`
  test('comes back as it was', () => {
    expect(Lease.encodeOffered({ id: LEASE, expires: 1_800_000_005, count: 40 })).toBe(text)
    fc.assert(
      fc.property(id, fc.integer({ min: 1, max: 999_999_999_999 }), number, (name, expires, count) => {
        const lease = { id: name, expires, count }
        expect(Lease.parseOffered(Lease.encodeOffered(lease))).toEqual(lease)
      }),
    )
  })
  test.each([
    null,
    '',
    text.replaceAll('"', ''),
    text.replace('ls_', 'lease_'),
    text.replace(';expires=1800000005', ''),
    text.replace(';count=40', ''),
    text.replace('=40', '=0'),
    text.replace('=40', '=040'),
    text.replace('=40', '=40.0'),
    text.replace('=40', '=1000000000'),
    text.replace(';count', '; count'),
    text.replace(/;expires=(\d+);count=(\d+)/, ';count=$2;expires=$1'),
    `${text};other=1`,
    ` ${text}`,
    `${text}\n`,
    `${text}, ${text}`,
  ])('%j is none', (wrong) => {
    expect(Lease.parseOffered(wrong)).toBeUndefined()
  })
  test('is not written of what is none', () => {
    const right = { id: LEASE, expires: 1_800_000_005, count: 40 }
    for (const bad of [
      { id: 'x' },
      { id: `${LEASE}"` },
      { expires: 1.5 },
      { expires: 0 },
      { count: 0 },
      { count: -1 },
    ]) {
      expect(() => Lease.encodeOffered({ ...right, ...bad }), JSON.stringify(bad)).toThrow(TypeError)
    }
  })
})

describe('the lease of a request', () => {
  test('and the id of the request come back as they were', () => {
    fc.assert(
      fc.property(id, number, (name, n) => {
        expect(Lease.parseNamed(Lease.encodeNamed(name))).toBe(name)
        expect(Lease.parseRequestId(Lease.requestId({ id: name, n }))).toEqual({ id: name, n })
      }),
    )
  })
  test('is named in one form only', () => {
    for (const wrong of [
      null,
      '',
      LEASE,
      `"${LEASE}" `,
      `"${LEASE}";a`,
      `"${LEASE}", "${LEASE}"`,
      '"ls_short"',
      `"${LEASE}.7"`,
    ]) {
      expect(Lease.parseNamed(wrong), String(wrong)).toBeUndefined()
    }
    for (const wrong of ['', 'ls_short', `${LEASE}.`, `${LEASE}"`])
      expect(() => Lease.encodeNamed(wrong)).toThrow(TypeError)
  })
  test.each([
    '',
    LEASE,
    `${LEASE}.`,
    `${LEASE}.0`,
    `${LEASE}.07`,
    `${LEASE}.7.7`,
    `${LEASE}.-7`,
    `${LEASE}.1000000000`,
    'order.7',
    `x${LEASE}.7`,
    `${LEASE}.7\n`,
  ])('the request id %j is the caller’s own', (text) => {
    expect(Lease.parseRequestId(text)).toBeUndefined()
  })
  test('has no number beyond those of a lease', () => {
    for (const n of [0, -1, 1.5, 1_000_000_000, Number.NaN]) {
      expect(() => Lease.requestId({ id: LEASE, n }), String(n)).toThrow(TypeError)
    }
    expect(() => Lease.requestId({ id: 'order', n: 7 })).toThrow(TypeError)
  })
})
