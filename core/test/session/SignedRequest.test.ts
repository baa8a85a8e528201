import * as RequestBinding from '@pbstream/core/RequestBinding'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import * as Lease from '@pbstream/core/session/Lease'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import * as SignedRequest from '@pbstream/core/session/SignedRequest'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BODY,
  check,
  ED25519,
  ed25519Parameters,
  ed25519Token,
  GATEWAY,
  headersOf,
  keys,
  LEASE,
  NOW,
  parameters,
  parts,
  payload,
  plain,
  requestKey,
  token,
  tokenOf,
} from '../support/session.ts'

type Sent = { method: string; targetUri: string; headers: Record<string, string> }
const at = { gateway: GATEWAY, now: NOW }
const send = async (from: HttpSignature.Parts, by = parameters): Promise<Sent> => ({
  method: from.method,
  targetUri: from.targetUri,
  headers: await headersOf(from, by),
})
const read = ({ method, targetUri, headers }: Sent) => SignedRequest.read(method, targetUri, new Headers(headers))

/** What the gateway says to a request: a code, or that it is signed. */
async function judge(sent: Sent, when = at): Promise<string> {
  const result = read(sent)
  if ('error' in result) return result.error
  return (await check(result, when)) ?? 'signed'
}

const full = await send(parts)
const least = await send(plain)
const ed25519 = await send({ ...parts, session: ed25519Token }, ed25519Parameters)

describe('a signed request', () => {
  test('says what its headers say', () => {
    expect(read(full)).toMatchObject({
      requestId: `${LEASE}.7`,
      maxPrice: 1_000n,
      digest: RequestBinding.bodyDigest(BODY),
      lease: { id: LEASE, n: 7 },
      voucher: { max: 1_000_000n },
      token: { payload },
      parameters,
    })
    const result = read(least)
    expect(result).toMatchObject({ requestId: 'call-1', maxPrice: 1_000n })
    for (const name of ['digest', 'lease', 'voucher']) expect(result).not.toHaveProperty(name)
  })
  test('is the session’s, by either algorithm', async () => {
    expect(await judge(full)).toBe('signed')
    expect(await judge(least)).toBe('signed')
    expect(await judge(ed25519)).toBe('signed')
  })
  test('is bound to its body: without Content-Digest to none', () => {
    const [withBody, without] = [read(full), read(least)] as SignedRequest.SignedRequest[]
    const digest = RequestBinding.bodyDigest(BODY)
    const { EMPTY_BODY } = RequestBinding
    expect([digest, EMPTY_BODY].map((body) => SignedRequest.isBody(withBody!.digest, body))).toEqual([true, false])
    expect([digest, EMPTY_BODY].map((body) => SignedRequest.isBody(without!.digest, body))).toEqual([false, true])
    expect(SignedRequest.isBody(EMPTY_BODY, EMPTY_BODY)).toBe(false)
  })
})

const other = await tokenOf({ c: `0x${'1'.repeat(64)}` })

describe('a stolen request', () => {
  const changed: [string, (sent: Sent) => Sent][] = [
    ['another method', (sent) => ({ ...sent, method: 'PUT' })],
    ['another path', (sent) => ({ ...sent, targetUri: `${GATEWAY}/v1/other?city=Berlin` })],
    ['another query', (sent) => ({ ...sent, targetUri: `${sent.targetUri}&admin=1` })],
    ['another host', (sent) => ({ ...sent, targetUri: sent.targetUri.replace('api.', 'evil.') })],
    ['another scheme', (sent) => ({ ...sent, targetUri: sent.targetUri.replace('https', 'http') })],
    ['another request id', (sent) => header(sent, 'Idempotency-Key', `${LEASE}.8`)],
    ['a higher price', (sent) => header(sent, 'PBStream-Max-Price', '1000000')],
    ['another session', (sent) => header(sent, 'PBStream-Session', other)],
    ['another body', (sent) => header(sent, 'Content-Digest', HttpSignature.contentDigest(`0x${'1'.repeat(64)}`))],
    ['another voucher', (sent) => header(sent, 'PBStream-Voucher', parts.voucher!.replace('1000000', '1000001'))],
    ['no voucher', (sent) => header(sent, 'PBStream-Voucher', undefined)],
    ['no lease', (sent) => header(sent, 'PBStream-Lease', undefined)],
    ['no digest', (sent) => header(sent, 'Content-Digest', undefined)],
    [
      'a later end',
      (sent) =>
        header(sent, 'Signature-Input', sent.headers['Signature-Input']!.replace(`=${NOW + 60}`, `=${NOW + 59}`)),
    ],
  ]
  test.each(changed)('with %s is not signed', async (_, change) => {
    for (const sent of [full, ed25519]) expect(await judge(change(sent))).toBe('session_signature_invalid')
  })
  test('cannot be given a voucher, a lease or a digest that was not signed', async () => {
    for (const [name, value] of [
      ['PBStream-Voucher', parts.voucher],
      ['Content-Digest', parts.contentDigest],
    ] as const) {
      expect(await judge(header(least, name, value)), name).toBe('session_signature_invalid')
    }
    const leased = header(header(least, 'PBStream-Lease', parts.lease), 'Idempotency-Key', parts.idempotencyKey)
    expect(await judge(leased)).toBe('session_signature_invalid')
  })
  test('is over after its minute, and with its session', async () => {
    expect(await judge(full, { ...at, now: NOW + 59 })).toBe('signed')
    expect(await judge(full, { ...at, now: NOW + 60 })).toBe('session_signature_expired')
    expect(await judge(full, { ...at, now: NOW - 6 })).toBe('session_signature_expired')
    expect(await judge(await send(plain, { ...parameters, expires: NOW + 61 }))).toBe('session_signature_expired')
    const ending = await send({ ...plain, session: await tokenOf({ x: NOW }) })
    expect(await judge(ending)).toBe('session_expired')
    expect(await judge(full, { ...at, gateway: 'https://other.example' })).toBe('session_token_invalid')
  })
  test('tells nothing of its time or signature before its token is believed', async () => {
    const forged = SessionToken.encode({ ...payload, e: 4 }, new Uint8Array(32))
    let asked = 0
    const watched = { ...keys, verifier: (token: SessionToken.Decoded) => (asked++, keys.verifier(token)) }
    const result = read(await send({ ...plain, session: forged })) as SignedRequest.SignedRequest
    expect(await check(result, at, watched)).toBe('session_token_invalid')
    expect(asked).toBe(0)
  })
})

describe('the key of one session', () => {
  test('signs for no other: not for another epoch, channel, or master', async () => {
    const key = await requestKey('m2', SessionToken.signingBytes(payload))
    for (const change of [{ e: 4 }, { c: `0x${'1'.repeat(64)}` as const }, { kid: 'm1' }, { x: payload.x + 1 }]) {
      const session = await tokenOf(change)
      const stolen = { ...plain, session }
      const bytes = HttpSignature.base(stolen, parameters)
      const hmac = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      const signature = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, bytes))
      const sent = { ...stolen, headers: HttpSignature.headers(stolen, parameters, signature) }
      expect(await judge(sent), JSON.stringify(change)).toBe('session_signature_invalid')
    }
  })
  test('is of one algorithm: a public key is no HMAC key, and alg is the token’s', async () => {
    const withEd25519 = { ...plain, session: ed25519Token }
    expect(await judge(await send(withEd25519))).toBe('session_signature_invalid')
    expect(await judge(await send(plain, ed25519Parameters))).toBe('session_signature_invalid')
    for (const sent of [await send(withEd25519), await send(plain, ed25519Parameters)]) {
      expect(read(sent)).toEqual({ error: 'session_signature_invalid', detail: 'alg is not that of the session' })
    }
    const bytes = HttpSignature.base(withEd25519, parameters)
    const raw = Buffer.from(ED25519.publicKey.slice(2), 'hex')
    const hmac = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const signature = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, bytes))
    const sent = { ...withEd25519, headers: HttpSignature.headers(withEd25519, parameters, signature) }
    expect(await judge(sent)).toBe('session_signature_invalid')
  })
})

describe('a request that is not well formed', () => {
  const names = ['Idempotency-Key', 'PBStream-Max-Price', 'PBStream-Session', 'Signature-Input', 'Signature']
  test.each(names)('because %s is missing says so', (name) => {
    const result = read(header(full, name, undefined))
    expect(result).toEqual({ error: 'session_headers_invalid', detail: `${name.toLowerCase()} is missing` })
  })
  test.each([
    ['Idempotency-Key', 'two words'],
    ['Idempotency-Key', 'x'.repeat(256)],
    ['PBStream-Max-Price', '01'],
    ['PBStream-Max-Price', '1.5'],
    ['PBStream-Max-Price', '$1'],
    ['PBStream-Max-Price', '1000, 1000'],
    ['Content-Digest', 'sha-512=:AAAA:'],
    ['PBStream-Voucher', 'max="1"'],
    ['PBStream-Lease', LEASE],
    ['PBStream-Lease', Lease.encodeNamed(`${LEASE}x`)],
  ])('because %s is %j says so', (name, value) => {
    const result = read(header(full, name, value))
    expect(result).toEqual({ error: 'session_headers_invalid', detail: `${name.toLowerCase()} cannot be read` })
  })
  test('because a lease goes with an id of the caller’s own says so', () => {
    const result = read(header(full, 'Idempotency-Key', 'order-7'))
    expect(result).toEqual({ error: 'session_headers_invalid', detail: 'pbstream-lease cannot be read' })
  })
  test('because its target is none that can be signed says so', async () => {
    for (const change of [
      { method: '' },
      { method: 'G T' },
      { targetUri: 'https://api.example/a b' },
      { targetUri: 'https://api.example/é' },
    ]) {
      expect(read({ ...least, ...change })).toMatchObject({ error: 'session_headers_invalid' })
    }
  })
  test('in token or signature says which', () => {
    expect(read(header(full, 'PBStream-Session', 'x.y'))).toMatchObject({ error: 'session_token_invalid' })
    expect(read(header(full, 'Signature', 'sig=:AAAA:'))).toMatchObject({ error: 'session_signature_invalid' })
    const two = `${full.headers['Signature-Input']}, sig=("@method");created=1;alg="hmac-sha256"`
    expect(read(header(full, 'Signature-Input', two))).toMatchObject({ error: 'session_signature_invalid' })
  })
  test('in whatever way never throws, and quotes nothing', () => {
    const name = fc.constantFrom('Content-Digest', 'PBStream-Lease', 'PBStream-Voucher', ...names)
    const value = fc.oneof(fc.stringMatching(/^[\x20-\x7e]{0,40}$/), fc.constantFrom(...Object.values(full.headers)))
    fc.assert(
      fc.property(fc.constantFrom(full, least), name, value, (sent, changed, text) => {
        const result = read(header(sent, changed, text))
        if ('error' in result) expect(result.detail).not.toContain(token)
      }),
      { numRuns: 1_000 },
    )
  })
})

function header(sent: Sent, name: string, value: string | undefined): Sent {
  const headers = { ...sent.headers }
  if (value === undefined) delete headers[name]
  else headers[name] = value
  return { ...sent, headers }
}
