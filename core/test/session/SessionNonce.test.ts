import { type Hex, toBytes } from '@pbstream/core/Hex'
import * as SessionNonce from '@pbstream/core/session/SessionNonce'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GATEWAY, hexOf, nonceMacs, NOW } from '../support/session.ts'

const at = NOW * 1000 + 123
const random = new Uint8Array(SessionNonce.RANDOM_BYTES).fill(0xab)
const nonce = await SessionNonce.make(GATEWAY, at, random, nonceMacs[0]!)
const isGood = (text: string, { origin = GATEWAY, now = at, macs = nonceMacs } = {}) =>
  SessionNonce.isGood(text, origin, now, macs)

describe('a nonce', () => {
  test('is the time, the randomness and the tag', () => {
    const bytes = toBytes(nonce)
    expect(bytes).toHaveLength(32)
    expect(SessionNonce.madeAt(nonce)).toBe(at)
    expect(SessionNonce.expiresAt(nonce)).toBe(at + 60_000)
    expect(bytes.subarray(6, 16)).toEqual(random)
  })
  test('is good for a minute, also where the clock is a little behind', async () => {
    const ages = [-5_001, -5_000, 0, 59_999, 60_000]
    const verdicts = await Promise.all(ages.map((age) => isGood(nonce, { now: at + age })))
    expect(verdicts).toEqual([false, true, true, true, false])
  })
  test('is good for its own gateway only, under any of its masters', async () => {
    expect(await isGood(nonce, { origin: 'https://api.example.evil' })).toBe(false)
    expect(await isGood(nonce, { origin: 'https://api.exampl' })).toBe(false)
    expect(await isGood(nonce, { origin: 'https://apj.example' })).toBe(false)
    expect(await isGood(nonce, { macs: [nonceMacs[1]!] })).toBe(false)
    const old = await SessionNonce.make(GATEWAY, at, random, nonceMacs[1]!)
    expect(await isGood(old)).toBe(true)
    expect(await isGood(nonce, { macs: [] })).toBe(false)
  })
  test('with any byte changed is none of ours', async () => {
    const bytes = toBytes(nonce)
    for (let i = 0; i < 32; i++) {
      const changed = Uint8Array.from(bytes)
      changed[i] = (changed[i] ?? 0) ^ 1
      // The time is covered too: a later look does not make it good.
      expect(await isGood(hexOf(changed), { now: SessionNonce.madeAt(hexOf(changed)) }), `byte ${i}`).toBe(false)
    }
  })
  test('of any time below 2^48 milliseconds says it', async () => {
    const times = fc.integer({ min: 0, max: 2 ** 48 - 1 })
    const randoms = fc.uint8Array({ minLength: 10, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(times, randoms, async (now, bytes) => {
        const made = await SessionNonce.make(GATEWAY, now, bytes, nonceMacs[0]!)
        expect(SessionNonce.madeAt(made)).toBe(now)
        expect(await isGood(made, { now })).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
  test('is not found in any other text, and nothing throws', async () => {
    for (const text of ['', '0x', nonce.slice(2), `${nonce}00`, nonce.replace('0x', '0X'), `0x${'0'.repeat(64)}`]) {
      expect(await isGood(text, { now: 0 }), text).toBe(false)
    }
    await fc.assert(fc.asyncProperty(fc.string(), async (text) => !(await isGood(text))))
    expect(await isGood(nonce.toUpperCase().replace('X', 'x') as Hex)).toBe(true)
  })
  test('needs ten random bytes and a time', async () => {
    const make = (now: number, bytes: Uint8Array) => SessionNonce.make(GATEWAY, now, bytes, nonceMacs[0]!)
    for (const now of [-1, 1.5, Number.NaN, 2 ** 48]) await expect(make(now, random)).rejects.toThrow(TypeError)
    for (const size of [9, 11]) await expect(make(at, new Uint8Array(size))).rejects.toThrow(TypeError)
  })
})
