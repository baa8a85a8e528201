import * as Challenge from '@pbstream/core/Challenge'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as Seal from '@pbstream/core/Seal'
import { exact, header, voucher } from './support/payer.ts'
import { GATEWAY_KEY, quoted, route, world } from './support/world.ts'

const PATH = '/v1/weather'
const FREE = { rate: null, chainIds: [] }

const problem = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]

afterEach(() => {
  vi.restoreAllMocks()
})

describe('an unpaid call', () => {
  it('is answered 402 with every offer, channels first, a quote, and a body for every client', async () => {
    const at = await world()
    const response = await at.send(PATH)
    expect(response.status).toBe(402)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const header = response.headers.get('payment-required') ?? ''
    expect(header.length).toBeLessThanOrEqual(4096)
    const required = Challenge.decode(header)
    expect(required?.accepts.map((offer) => offer.scheme)).toEqual(['batch-settlement', 'exact'])
    expect(Object.keys(required?.extensions ?? {})).toEqual(['pbstream-quote', 'payment-identifier'])
    expect(await response.json()).toMatchObject({
      code: 'payment_required',
      status: 402,
      error: { type: 'payment_required' },
      x402Version: 1,
    })
    expect([at.seen.length, at.session.reserves.length]).toEqual([0, 0])
  })

  it('gets a fresh quote each time', async () => {
    const at = await world()
    const quote = async () => JSON.stringify((await quoted(at, PATH)).extensions?.['pbstream-quote'])
    expect(await quote()).not.toBe(await quote())
  })

  it('fits the header however long its address is', async () => {
    const at = await world([route({ path: '/v1/*' })])
    const required = await quoted(at, `/v1/${'a'.repeat(4000)}?${'b'.repeat(4000)}`)
    expect(required.resource.url.length).toBeLessThanOrEqual(256)
  })
})

describe('a browser', () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

  it('gets a page in its language that only runs its own script', async () => {
    const at = await world()
    const response = await at.send(PATH, { headers: { ...html, 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' } })
    const page = await response.text()
    expect([response.status, response.headers.get('content-type')]).toEqual([402, 'text/html; charset=utf-8'])
    expect(page).toContain('<html lang="zh">')
    expect(page).toContain('0.001 USDC')
    const nonce = /script-src 'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1]
    expect([...page.matchAll(/<(?:script|style)[^>]*nonce="([^"]+)"/g)].map((match) => match[1])).toEqual([
      nonce,
      nonce,
      nonce,
    ])
    expect(page.match(/<(?:script|style|link|img|iframe)\b/g)).toHaveLength(3)
    expect(Challenge.decode(response.headers.get('payment-required') ?? '')?.accepts).toHaveLength(2)
  })

  it('gets nothing that a caller or a provider wrote as markup', async () => {
    const at = await world([route({ path: '/v1/*', providerName: '</script><img src=x onerror=alert(1)>' })])
    const page = await (await at.send(`/v1/'(x)?q=%3C/script%3E<b>`, { headers: html })).text()
    expect(page).not.toMatch(/<img|<b>|<\/script><img/)
    expect(page.match(/<\/script>/g)).toHaveLength(2)
  })

  it('may ask before it pays, and read the payment headers, from any origin', async () => {
    const at = await world()
    const asked = await at.send(PATH, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'payment-signature,content-type',
      },
    })
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    expect(asked.headers.get('access-control-allow-methods')).toBe('POST')
    expect(asked.headers.get('access-control-allow-headers')).toBe('payment-signature,content-type')
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull()
    const unpaid = await at.send(PATH, { headers: { origin: 'https://app.example' } })
    expect(unpaid.headers.get('access-control-allow-origin')).toBe('*')
    expect(unpaid.headers.get('access-control-expose-headers')).toMatch(/PAYMENT-REQUIRED, PAYMENT-RESPONSE/)
  })
})

describe('bad input is a problem of its own, never a 500 and never charged', () => {
  it.each([
    ['a payment over 8 KB', { 'payment-signature': 'A'.repeat(8193) }, [431, 'header_too_large']],
    ['a payment that is not base64', { 'payment-signature': '{"x402Version":2}' }, [400, 'malformed_payment']],
    ['a payment that holds no JSON', { 'payment-signature': 'AAAA' }, [400, 'malformed_payment']],
    ['a payment that is null', { 'payment-signature': btoa('null') }, [400, 'malformed_payment']],
    [
      'a payment of another kind',
      { 'payment-signature': btoa('{"x402Version":2,"accepted":[],"payload":{}}') },
      [400, 'malformed_payment'],
    ],
    ['a payment sent twice', { 'payment-signature': 'AAAA, AAAA' }, [400, 'malformed_payment']],
    ['payments of two versions', { 'payment-signature': 'AAAA', 'x-payment': 'AAAA' }, [400, 'malformed_payment']],
    ['a request id of two', { 'idempotency-key': 'a, b' }, [400, 'malformed_request_id']],
    ['a request id that is too long', { 'idempotency-key': 'a'.repeat(256) }, [400, 'malformed_request_id']],
    ['an empty request id', { 'idempotency-key': '' }, [400, 'malformed_request_id']],
  ])('%s', async (_, headers, expected) => {
    const at = await world()
    expect(await problem(await at.send(PATH, { headers }))).toEqual(expected)
    expect([at.seen.length, at.session.reserves.length]).toEqual([0, 0])
  })

  it('random bytes in every payment header', async () => {
    const at = await world()
    for (let round = 0; round < 200; round++) {
      const bytes = crypto.getRandomValues(new Uint8Array(round))
      const value =
        round % 2 === 0
          ? btoa(String.fromCharCode(...bytes))
          : [...bytes].map((byte) => String.fromCharCode(33 + (byte % 94))).join('')
      const response = await at.send(PATH, {
        headers: { [round % 3 === 0 ? 'x-payment' : 'payment-signature']: value },
      })
      expect([400, 402]).toContain(response.status)
    }
    expect(at.seen).toHaveLength(0)
  })

  it('a path that could be read in two ways', async () => {
    const at = await world([route({ path: '/v1/*' }), route({ id: 'free', path: '/free/*', ...FREE })])
    for (const path of ['//v1/x', '/v1//x', '/free/%2fv1', '/v1/a%5cb', '/%761/x']) {
      expect(await problem(await at.send(path))).toEqual([400, 'non_canonical_path'])
    }
    expect(at.seen).toHaveLength(0)
  })

  it('a path whose decoded form belongs to another route', async () => {
    const at = await world([route({ path: '/x:run' }), route({ id: 'free', path: '/*', ...FREE })])
    expect(await problem(await at.send('/x%3Arun'))).toEqual([400, 'non_canonical_path'])
  })
})

describe('routes', () => {
  it('answer 404 for what is not served or switched off, and 405 with Allow for another method', async () => {
    const at = await world([
      route(),
      route({ id: 'off', path: '/v1/off', enabled: false }),
      route({ id: 'all', path: '/v1/*', ...FREE, methods: ['GET'] }),
    ])
    expect(await problem(await at.send('/v2'))).toEqual([404, 'not_found'])
    expect(await problem(await at.send('/v1/off'))).toEqual([404, 'not_found'])
    const wrong = await at.send(PATH, { method: 'DELETE' })
    expect(wrong.headers.get('allow')).toBe('GET, POST')
    expect(await problem(wrong)).toEqual([405, 'method_not_allowed'])
  })

  it('cannot take the place of what the gateway answers itself', async () => {
    const at = await world([route({ path: '/healthz' }), route({ id: 'all', path: '/*' })])
    expect((await at.send('/healthz')).status).toBe(200)
    expect((await at.send('/.well-known/jwks.json')).status).toBe(200)
    const described = (await (await at.send('/.well-known/pbstream')).json()) as {
      routes: unknown[]
      networks: unknown[]
    }
    expect(described.networks).toMatchObject([{ network: 'eip155:84532' }])
    expect(described.routes).toMatchObject([
      { id: 'weather' },
      { id: 'all', price: { version: 3, kind: 'flat', most: { text: '0.001 USDC' } } },
    ])
  })

  it('publish the public key only', async () => {
    const text = await (await (await world()).send('/.well-known/jwks.json')).text()
    expect(JSON.parse(text)).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'gateway-1', x: GATEWAY_KEY.x, alg: 'EdDSA', use: 'sig' }],
    })
    expect(text).not.toContain(GATEWAY_KEY.d)
  })

  it('that are free pass through without an object call or a token, and may stay public', async () => {
    const at = await world([route(FREE)])
    at.state.upstream = async (request) =>
      new Response(await request.text(), { headers: { 'cache-control': 'public, max-age=60', 'set-cookie': 'a=b' } })
    const response = await at.send(PATH, { method: 'POST', body: 'hello', headers: { 'content-length': '5' } })
    expect([response.status, await response.text(), response.headers.get('cache-control')]).toEqual([
      200,
      'hello',
      'public, max-age=60',
    ])
    expect(at.seen[0]?.headers.get('pbstream-payment')).toBeNull()
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(at.session.reserves).toHaveLength(0)
  })

  it('inject the sealed credential, which no answer shows', async () => {
    const sealed = await Seal.seal(
      crypto,
      { secret: 'a secret of at least thirty-two bytes', purpose: Seal.UPSTREAM_CREDENTIAL, place: 'authorization' },
      'Bearer upstream-secret',
    )
    const at = await world([route({ ...FREE, credential: { header: 'authorization', sealed } })])
    const response = await at.send(PATH, { headers: { authorization: 'Bearer of the caller' } })
    expect(at.seen[0]?.headers.get('authorization')).toBe('Bearer upstream-secret')
    expect([...response.headers].flat().join()).not.toContain('upstream-secret')
  })

  it('never reach a plain http or private upstream in production, a Worker of ours, or the gateway itself', async () => {
    const urls = [
      'http://upstream.example',
      'https://127.0.0.1',
      'https://localhost',
      'https://[::1]',
      'https://db.internal',
      'https://metadata',
      'https://api.example',
    ]
    for (const url of urls) {
      const at = await world([route({ ...FREE, origin: { kind: 'url', url } })])
      expect(await problem(await at.send(PATH))).toEqual([502, 'upstream_unreachable'])
      expect(at.seen).toHaveLength(0)
    }
    const at = await world([route({ ...FREE, origin: { kind: 'service', binding: 'SETTLEMENT' } })])
    expect(await problem(await at.send(PATH))).toEqual([502, 'upstream_unreachable'])
  })

  it('reach a service binding at the public address', async () => {
    const seen: string[] = []
    const service = { fetch: async (request: Request) => (seen.push(request.url), new Response('bound')) }
    const at = await world([route({ ...FREE, origin: { kind: 'service', binding: 'UPSTREAM_DEMO' } })], {
      UPSTREAM_DEMO: service,
    } as never)
    expect(await (await at.send(`${PATH}?a=1`)).text()).toBe('bound')
    expect(seen).toEqual(['https://api.example/v1/weather?a=1'])
  })
})

describe('bodies', () => {
  const large = new Uint8Array(1_500_000).fill(7)
  const post = (body: BodyInit, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    body,
    headers,
  })
  const sized = (size: number) => ({ 'content-length': String(size) })
  const digestOf = async (bytes: Uint8Array<ArrayBuffer>) => {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return { 'content-digest': `sha-256=:${btoa(String.fromCharCode(...hash))}:` }
  }
  async function paid(body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, more = {}) {
    const at = await world([route(more)])
    at.state.upstream = async (request) => new Response(String((await request.arrayBuffer()).byteLength))
    const payment = header(await voucher(await quoted(at, PATH, { method: 'POST' }), 1000n))
    return { at, response: await at.send(PATH, post(body, { ...sized(body.length), ...headers, ...payment })) }
  }

  it('bind what is paid for: another body has another digest', async () => {
    const one = await paid(new Uint8Array([1]))
    const two = await paid(new Uint8Array([2]))
    expect(one.at.session.reserves[0]?.digest).not.toBe(two.at.session.reserves[0]?.digest)
  })

  it('over 1 MiB stream to the upstream whole', async () => {
    const { response } = await paid(large)
    expect([response.status, await response.text()]).toEqual([200, '1500000'])
  })

  it('over the limit of the route are 413 before anything is asked or charged', async () => {
    const { at, response } = await paid(large, {}, { maxBodyBytes: 1000 })
    expect(await problem(response)).toEqual([413, 'payload_too_large'])
    expect([at.seen.length, at.session.reserves.length]).toEqual([0, 0])
  })

  it('over 1 MiB need a name when there is a request id', async () => {
    const unnamed = await paid(large, { 'idempotency-key': 'id' })
    expect(await problem(unnamed.response)).toEqual([413, 'payload_too_large'])
    const named = await paid(large, { 'idempotency-key': 'id', ...(await digestOf(large)) })
    expect([named.response.status, await named.response.text()]).toEqual([200, '1500000'])
  })

  it('that are not what they were named are refused: at once when small, broken off when large, never charged', async () => {
    const small = await paid(new Uint8Array([1]), await digestOf(new Uint8Array([2])))
    expect(await problem(small.response)).toEqual([400, 'body_digest_mismatch'])
    expect(small.at.session.reserves).toHaveLength(0)
    const big = await paid(large, await digestOf(new Uint8Array([2])))
    expect(await problem(big.response)).toEqual([400, 'body_digest_mismatch'])
    await big.at.rest()
    expect(big.at.session.reports).toEqual([{ kind: 'void', reservationId: 'r1', freesId: true }])
  })

  it('price a body-priced route: a quote for a little does not pay for a lot', async () => {
    const rate = {
      version: 1,
      rule: { v: 1, kind: 'metered', unit: 'reported', unitAmount: '10', per: '1', max: '100000' },
    } as const
    const at = await world([route({ bodyPriced: true, rate })])
    const small = await quoted(at, PATH, post('{"max_tokens":10}'))
    const large = await quoted(at, PATH, post('{"max_tokens":1000}'))
    const open = await quoted(at, PATH, post('{}'))
    expect([small, large, open].map((required) => required.accepts[0]?.amount)).toEqual(['100', '10000', '100000'])
    const response = await at.send(PATH, post('{"max_tokens":1000}', header(await voucher(small, 100n))))
    expect(Challenge.decode(response.headers.get('payment-required') ?? '')).toMatchObject({
      error: 'quote_invalid',
      accepts: [{ amount: '10000' }],
    })
  })
})

describe('when something of ours is down', () => {
  it('nothing is sold without a catalog, and the log holds no value of the request', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const at = await world()
    at.sources.load = async () => {
      throw new Error('postgres://user:secret@host')
    }
    const response = await at.send(`${PATH}?key=private`, { headers: { 'payment-signature': 'private' } })
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await problem(response)).toEqual([503, 'temporarily_unavailable'])
    expect(log).toHaveBeenCalledOnce()
    expect(String(log.mock.calls[0]?.[0])).not.toMatch(/secret|private|postgres/)
  })

  it('a catalog that was read serves for a minute, then nothing is sold', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const at = await world()
    expect((await at.send(PATH)).status).toBe(402)
    at.sources.load = async () => {
      throw new Error('down')
    }
    at.state.now += 59_000
    expect((await at.send(PATH)).status).toBe(402)
    at.state.now += 2_000
    expect((await at.send(PATH)).status).toBe(503)
  })

  it('a changed catalog is in use a few seconds later', async () => {
    const at = await world()
    await at.send(PATH)
    at.state.routes = []
    at.state.version = 2
    at.state.now += 11_000
    expect((await at.send(PATH)).status).toBe(404)
  })

  it('nothing is charged when settlement cannot be asked', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const at = await world()
    const payment = await exact(await quoted(at, PATH))
    at.settlement.checkExact = async () => {
      throw new Error('down')
    }
    expect(await problem(await at.send(PATH, { headers: header(payment) }))).toEqual([503, 'temporarily_unavailable'])
    expect(at.seen).toHaveLength(0)
  })
})
