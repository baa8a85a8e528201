import { type Hex, fromBytes } from '@pbstream/core/Hex'
import * as NobleRecover from '@pbstream/core/NobleRecover'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as Signature from '@pbstream/core/Signature'
import * as WasmRecover from '@pbstream/core/WasmRecover'
import fc from 'fast-check'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { bytes32 } from './support/arbitrary.ts'
import * as Secp256k1 from './support/secp256k1.ts'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const digestOf = fc.uint8Array({ minLength: 32, maxLength: 32 })
const secret = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((key): Hex => `0x${word(key)}`)

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

const wasm = WasmRecover.create(Secp256k1.load())

describe('recovery', () => {
  test('WASM and noble both find the signer of 500 random signatures', async () => {
    await fc.assert(
      fc.asyncProperty(secret, digestOf, async (key, digest) => {
        const { address, sign } = NobleSigner.create(key)
        const signature = await sign(digest)
        expect(wasm(digest, signature)).toBe(address)
        expect(NobleRecover.recover(digest, signature)).toBe(address)
      }),
      { numRuns: 500 },
    )
  })

  test('WASM and noble agree on 2,000 forged and broken signatures', () => {
    const edge = fc.constantFrom(0n, 1n, 2n, ORDER / 2n, ORDER / 2n + 1n, ORDER - 1n, ORDER, (1n << 256n) - 1n)
    const scalar = fc.oneof(
      edge,
      fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
      fc.bigInt({ min: 1n, max: ORDER / 2n }),
    )
    const v = fc.constantFrom('00', '01', '1b', '1c', '1d', '1e', '02', 'ff')
    const digest = fc.oneof(digestOf, fc.constant(new Uint8Array(32)), fc.constant(new Uint8Array(32).fill(255)))
    const seen = { valid: 0, all: 0 }
    fc.assert(
      fc.property(scalar, scalar, v, digest, (r, s, last, hash) => {
        const signature: Hex = `0x${word(r)}${word(s)}${last}`
        const expected = NobleRecover.recover(hash, signature)
        seen.all += 1
        if (expected !== undefined) seen.valid += 1
        expect(wasm(hash, signature)).toBe(expected)
      }),
      { numRuns: 2_000 },
    )
    // Enough of them can be recovered for the comparison to mean something.
    expect(seen.valid * 40).toBeGreaterThan(seen.all)
  })

  test('neither throws, or accepts, what is not a signature', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), bytes32), fc.uint8Array({ maxLength: 64 }), (value, digest) => {
        expect(wasm(digest, value as Hex)).toBeUndefined()
        expect(NobleRecover.recover(digest, value as Hex)).toBeUndefined()
      }),
    )
  })

  test('a digest of another length recovers nobody', async () => {
    const signature = await NobleSigner.create(`0x${word(7n)}`).sign(new Uint8Array(32))
    for (const length of [0, 31, 33]) expect(wasm(new Uint8Array(length), signature)).toBeUndefined()
  })
})

describe('forms of a signature', () => {
  test('v of 0 and 1 is made 27 and 28, which contracts take; the signer stays the same', async () => {
    await fc.assert(
      fc.asyncProperty(secret, digestOf, async (key, digest) => {
        const { address, sign } = NobleSigner.create(key)
        const canonical = await sign(digest)
        const raw = `${canonical.slice(0, 130)}${canonical.endsWith('1b') ? '00' : '01'}`
          .toUpperCase()
          .replace('X', 'x')
        expect(Signature.normalise(raw)).toBe(canonical)
        expect(wasm(digest, raw as Hex)).toBe(address)
      }),
      { numRuns: 20 },
    )
  })

  test('the mirror image of a valid signature (high s) is refused', async () => {
    await fc.assert(
      fc.asyncProperty(secret, digestOf, async (key, digest) => {
        const signature = await NobleSigner.create(key).sign(digest)
        const s = ORDER - BigInt(`0x${signature.slice(66, 130)}`)
        const mirrored = `${signature.slice(0, 66)}${word(s)}${signature.endsWith('1b') ? '1c' : '1b'}`
        expect(Signature.parse(mirrored)).toBeUndefined()
        expect(wasm(digest, mirrored as Hex)).toBeUndefined()
      }),
      { numRuns: 20 },
    )
  })

  test('join undoes parse', async () => {
    const signature = await NobleSigner.create(`0x${word(9n)}`).sign(new Uint8Array(32).fill(3))
    expect(Signature.join(Signature.parse(signature) as Signature.Parts)).toBe(signature)
  })
})

describe('signer', () => {
  test('signs as viem does', async () => {
    await fc.assert(
      fc.asyncProperty(secret, digestOf, async (key, digest) => {
        const account = privateKeyToAccount(key)
        const ours = NobleSigner.create(key)
        expect(ours.address).toBe(account.address.toLowerCase())
        expect(await ours.sign(digest)).toBe(await account.sign({ hash: fromBytes(digest) }))
      }),
      { numRuns: 20 },
    )
  })

  test.each([`0x${word(0n)}`, `0x${word(ORDER)}`, '0x', '0x12', 'secret'])(
    'refuses %s as a key, without quoting it',
    (key) => {
      expect(() => NobleSigner.create(key as Hex)).toThrow(/^not a private key$/)
    },
  )
})

describe('parts', () => {
  const r = `${'0'.repeat(62)}a1`
  const s = `${'0'.repeat(62)}b2`
  const zero = '0'.repeat(64)
  const half = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'

  test.each([
    ['1b', '1b', 0],
    ['1c', '1c', 1],
    ['00', '1b', 0],
    ['01', '1c', 1],
    ['1C', '1c', 1],
  ] as const)('v %s is stored as %s', (v, stored, recovery) => {
    const signature = `0x${r}${s}${v}` as const
    expect(Signature.normalise(signature)).toBe(`0x${r}${s}${stored}`)
    const parts = Signature.parse(signature)!
    expect(parts.recovery).toBe(recovery)
    expect(parts.compact).toHaveLength(64)
    expect(fromBytes(parts.compact)).toBe(`0x${r}${s}`)
    expect(Signature.join(parts)).toBe(`0x${r}${s}${stored}`)
  })

  test('s may be half the order', () => expect(Signature.normalise(`0x${r}${half}1b`)).toBe(`0x${r}${half}1b`))

  test.each([
    undefined,
    [`0x${r}${s}1b`],
    `x0x${r}${s}1b`,
    `0x${r}${s}1b00`,
    `0x${r}${s}1`,
    `0x${r}${s}1d`,
    `0x${r}${s}02`,
    `0x${r}${s}0g`,
    `0x${zero}${s}1b`,
    `0x${r}${zero}1b`,
    `0x${r}${half.slice(0, -1)}11b`,
  ])('no signature: %j', (value) => {
    expect(Signature.normalise(value)).toBeUndefined()
    expect(Signature.parse(value)).toBeUndefined()
  })

  test('noble is asked about 32 bytes only', async () => {
    const { sign, address } = NobleSigner.create(`0x${word(7n)}`)
    const digest = new Uint8Array(32).fill(1)
    const signature = await sign(digest)
    expect(NobleRecover.recover(digest, signature)).toBe(address)
    expect(NobleRecover.recover(new Uint8Array(31).fill(1), signature)).toBeUndefined()
    expect(NobleRecover.recover(new Uint8Array(33).fill(1), signature)).toBeUndefined()
    expect(NobleRecover.recover(digest, '0x')).toBeUndefined()
  })
})
