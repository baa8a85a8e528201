// Receipts: what they say, and whether a gateway signed it.
import * as Base64 from '@pbstream/core/Base64'
import * as Jwk from '@pbstream/core/Jwk'
import * as Receipt from '@pbstream/core/Receipt'
import { beforeAll, describe, expect, test } from 'vitest'
import { read } from '../src/receipt/Receipt.ts'
import { verify } from '../src/receipt/Verify.ts'

const claims: Receipt.Claims = {
  jti: 'r1',
  scheme: 'exact',
  payer: `0x${'a1'.repeat(20)}`,
  network: 'eip155:31337',
  asset: `0x${'03'.repeat(20)}`,
  digest: `0x${'11'.repeat(32)}`,
  route: '/report',
  price: '1000',
  rate: 2,
  iat: 1_800_000_000,
}
let jws: string
let keys: ReturnType<typeof Jwk.keySet>

async function signer(kid: string) {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const { x = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const sign = async (bytes: Uint8Array) =>
    new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, bytes as Uint8Array<ArrayBuffer>))
  return { kid, sign, published: { kty: 'OKP', crv: 'Ed25519', kid, x } as const }
}

beforeAll(async () => {
  const gateway = await signer('g1')
  jws = await Receipt.sign(claims, gateway)
  keys = Jwk.keySet(gateway.published)
})

describe('a receipt', () => {
  test('is read without a key', () => {
    expect(read(jws)).toMatchObject({ jti: 'r1', price: '1000', route: '/report' })
  })

  test('is verified by the key of its gateway', async () => {
    expect(await verify(jws, keys)).toBe('verified')
  })

  test('is refused by the key of another', async () => {
    const other = await signer('g1')
    expect(await verify(jws, Jwk.keySet(other.published))).toBe('refused')
  })

  test('is refused when its price was changed', async () => {
    const [head, , signature] = jws.split('.')
    const changed = Base64.encodeUrl(new TextEncoder().encode(JSON.stringify({ ...claims, price: '1' })))
    expect(await verify(`${head}.${changed}.${signature}`, keys)).toBe('refused')
  })

  test('is refused when another kind of token is signed', async () => {
    const gateway = await signer('g2')
    const { sign } = await import('@pbstream/core/Jws')
    const quote = await sign(claims, 'pb-quote', gateway)
    expect(await verify(quote, Jwk.keySet(gateway.published))).toBe('refused')
  })

  test.each(['', 'a.b.c', 'x', '..'])('%o is none', (text) => {
    expect(read(text)).toBeUndefined()
  })

  test('has no meaning for keys that are none', async () => {
    expect(
      await verify(jws, { keys: [null, 5, { kty: 'RSA' }, { kty: 'OKP', crv: 'Ed25519', kid: 'g1', x: '!' }] }),
    ).toBe('refused')
  })
})
