import * as Challenge from '@pbstream/core/Challenge'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Receipt from '@pbstream/core/Receipt'
import { describe, expect, it } from 'vitest'
import { signedHeaders } from '../../../test/support/SessionCaller.ts'
import { header, voucher } from './support/payer.ts'
import { NOW, openSession, SESSION_MASTER } from './support/session.ts'
import { offered, SITE, standalone } from './support/standalone.ts'
import { ORIGIN } from './support/world.ts'

const URL_ = `${SITE}/a?x=1`
const BODY = 'what is asked'
const digestOf = async (body: string) => {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body)))
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

async function server() {
  const at = await standalone({ SESSION_MASTER })
  const session = await openSession(at)
  return { at, session }
}
type Served = Awaited<ReturnType<typeof server>>
let ids = 0

/** The headers of a signed request, as the server passes them on. */
async function signed({ session }: Served, over: Record<string, unknown> = {}) {
  const headers = await signedHeaders(session, {
    url: URL_,
    id: `own-${++ids}`,
    created: NOW,
    maxPrice: 1000n,
    ...over,
  })
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

describe('a request of a session, to a provider’s own server', () => {
  it('is offered at the gateway’s endpoint, not at the server’s', async () => {
    const { at } = await server()
    const { extensions } = await offered(at)
    const info = OpenSession.parseInfo(extensions?.['pbstream-session']?.info)
    expect(info).toMatchObject({ gateway: ORIGIN, endpoint: `${ORIGIN}${OpenSession.PATH}` })
  })

  it('is held strictly and captured with the receipt of a session', async () => {
    const served = await server()
    const { at } = served
    const { json } = await at.ask({ headers: await signed(served) })
    expect(json).toMatchObject({
      kind: 'authorized',
      ceiling: '1000',
      headers: { 'pbstream-room': expect.any(String) },
    })
    expect(at.session.pays).toMatchObject([{ hold: 1000n, routeId: 'acme/answers', providerId: 'acme' }])
    expect(at.session.pays[0]).not.toHaveProperty('lease')
    expect(json['headers']).not.toHaveProperty('pbstream-lease')
    const done = await at.call('capture', { v: 1, id: json['id'], amount: '400' })
    expect(Object.keys(done.json['headers'] as object)).toEqual(['pbstream-receipt'])
    expect(await Receipt.verify(done.json['receipt'] as string, at.gateway.keys.verifiers)).toMatchObject({
      ok: true,
      claims: { scheme: 'session', request: at.session.pays[0]?.requestId, price: '400' },
    })
  })

  it('with a body is signed with its digest, which the server names', async () => {
    const served = await server()
    const headers = await signed(served, { method: 'POST', body: BODY })
    const asked = { method: 'POST', headers }
    expect((await served.at.ask({ ...asked, bodyDigest: await digestOf(BODY) })).json).toMatchObject({
      kind: 'authorized',
    })
    for (const other of [{}, { bodyDigest: await digestOf('something else') }]) {
      const again = await signed(served, { method: 'POST', body: BODY })
      const { json } = await served.at.ask({ ...asked, headers: again, ...other })
      expect([json['kind'], JSON.parse(json['body'] as string).code]).toEqual(['response', 'body_digest_mismatch'])
    }
  })

  it.each([
    ['address', { url: `${SITE}/b` }],
    ['host', { url: 'https://acme.other/a?x=1' }],
    ['method', { method: 'DELETE' }],
  ])('pays for no other %s', async (_, over) => {
    const served = await server()
    const { json } = await served.at.ask({ headers: await signed(served), ...over })
    expect([json['kind'], json['status']]).not.toEqual(['authorized', undefined])
    expect(JSON.parse(json['body'] as string).code).toBe('session_signature_invalid')
    expect(served.at.session.pays).toEqual([])
  })

  it('pays no more than its caller has signed', async () => {
    const served = await server()
    const { json } = await served.at.ask({ headers: await signed(served), price: '1001' })
    expect(json['status']).toBe(402)
    const required = Challenge.decode((json['headers'] as Record<string, string>)['payment-required'] ?? '')
    expect(required?.accepts[0]?.amount).toBe('1001')
    expect(JSON.parse(json['body'] as string).code).toBe('price_above_maximum')
  })

  it('that names a lease is sent elsewhere: no isolate keeps one for a server', async () => {
    const served = await server()
    const { json } = await served.at.ask({
      headers: await signed(served, { lease: '"ls_0123456789abcdef"', id: 'ls_0123456789abcdef.1' }),
    })
    expect(JSON.parse(json['body'] as string).code).toBe('lease_elsewhere')
  })

  it('brings no voucher of x402 beside it', async () => {
    const served = await server()
    const paid = header(await voucher(await offered(served.at), 1000n))
    const { json } = await served.at.ask({ headers: { ...(await signed(served)), ...paid } })
    expect(json).toMatchObject({ kind: 'response', status: 400 })
  })
})
