import { connect } from 'node:net'
import { upsertRoute } from '@pbstream/db/Catalog'
import { chargeOf } from '@pbstream/local/Payer'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { headerOf, paymentOf } from '../support/payment.ts'
import { createHoldback } from '../support/signedRequest.ts'

let stack: Stack
let pay: typeof fetch

beforeAll(async () => {
  stack = await startStack({
    routes: [{ path: '/paid' }, { path: '/in/*', rate: null }, { path: '/reports/*' }],
  })
  const everything = { id: 'everything', providerId: 'demo', path: '/*', rate: null, chainIds: [] }
  await upsertRoute(
    stack.system.database,
    { ...everything, origin: { kind: 'url', url: stack.upstream.url } },
    { actor: 'test', at: 0 },
  )
  pay = (await createHoldback(stack)).pay
  expect((await pay(`${stack.gateway}/paid`)).status).toBe(200)
})
afterAll(() => stack.stop())
beforeEach(() => void (stack.upstream.received.length = 0))

/** One request byte for byte; resolves to all that came back. */
function raw(text: string): Promise<string> {
  const { port, hostname } = new URL(stack.gateway)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ''
    socket
      .on('data', (data) => (answer += String(data)))
      .on('close', () => resolve(answer))
      .on('error', reject)
    socket.setTimeout(5_000, () => socket.destroy())
  })
}

const identity = {
  authorization: 'Bearer mine',
  cookie: 'session=1',
  forwarded: 'for=10.0.0.1',
  'x-forwarded-for': '10.0.0.1',
  'x-forwarded-host': 'evil',
  'x-real-ip': '10.0.0.1',
  'x-api-key': 'mine',
  'proxy-authorization': 'Basic x',
  'pbstream-payment': 'forged',
  'pbstream-usage': '0',
  'pbstream-request-id': 'forged',
  'cf-connecting-ip': '10.0.0.1',
  'cf-access-jwt-assertion': 'forged',
  'x-http-method-override': 'DELETE',
  'x-original-url': '/admin',
  'openai-organization': 'org-other',
  'openai-project': 'proj-other',
  'x-goog-api-key': 'mine',
  'x-goog-user-project': 'other',
  'x-goog-authenticated-user-email': 'accounts.google.com:root@example.com',
  'x-goog-iap-jwt-assertion': 'forged',
  'content-encoding': 'gzip',
}

describe('what a caller sends does not reach the upstream', () => {
  test.each(['/in/x', '/paid'])('identity, forwarding, payment and our own headers, on %s', async (path) => {
    const response = await pay(stack.gateway + path, { headers: identity })
    expect(response.status).toBe(200)
    const { headers } = stack.upstream.received.at(-1)!
    for (const [name, value] of Object.entries(identity)) {
      expect(headers[name], name).not.toBe(value)
      if (!name.startsWith('pbstream-')) expect(headers[name], name).toBeUndefined()
    }
    expect(headers['payment-signature']).toBeUndefined()
    expect(headers['pbstream-usage']).toBeUndefined()
    if (path === '/in/x') expect(headers['pbstream-payment']).toBeUndefined()
    else expect(headers['pbstream-payment']).toMatch(/^[^.]+\.[^.]+\.[^.]+$/)
  })

  test.each([
    [
      'two lengths',
      'POST /in/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\nGET /paid HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
    [
      'length and chunks',
      'POST /in/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /paid HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
    [
      'an obfuscated encoding',
      'POST /in/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /paid HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
    [
      'a folded header',
      'GET /in/x HTTP/1.1\r\nHost: x\r\nAccept: a\r\n PBStream-Payment: forged\r\nConnection: close\r\n\r\n',
    ],
  ])('a smuggled request: %s', async (_, text) => {
    await raw(text.replace(/\r\n\r\n$/, '\r\nConnection: close\r\n\r\n'))
    expect(stack.upstream.calls('/paid')).toBe(0)
    for (const { headers } of stack.upstream.received) expect(headers['pbstream-payment']).toBeUndefined()
  })

  test('a Host of its own choosing changes neither the upstream nor what a paid answer says of us', async () => {
    const answer = await raw('GET /in/x HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 200/)
    expect(stack.upstream.received.at(-1)!.headers['host']).toBe(new URL(stack.upstream.url).host)
  })

  test.each(['CONNECT', 'TRACE', 'PURGE', 'OPTIONS'])('%s is not a way to an unpaid answer', async (method) => {
    const answer = await raw(`${method} /paid HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 [45]\d\d/)
    expect(stack.upstream.received).toHaveLength(0)
  })

  test('an absolute target is not an open proxy', async () => {
    const answer = await raw(`GET ${stack.upstream.url}/paid HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/)
    expect(stack.upstream.received).toHaveLength(0)
  })
})

describe('what an upstream sends does not pass for ours', () => {
  const spoofed = {
    'set-cookie': 'a=b',
    'payment-response': 'forged',
    'x-payment-response': 'forged',
    'payment-required': 'forged',
    'pbstream-receipt': 'forged',
    'pbstream-request-id': 'forged',
    'idempotent-replayed': 'true',
    'access-control-allow-credentials': 'true',
    'access-control-allow-origin': 'https://evil.example',
    'service-worker-allowed': '/',
    'clear-site-data': '"*"',
    'alt-svc': 'h3="evil:443"',
    'strict-transport-security': 'max-age=0',
    'www-authenticate': 'Basic',
    server: 'secret/1.0',
    'x-powered-by': 'secret',
    'openai-organization': 'org-secret',
    'openai-project': 'proj-secret',
    'anthropic-organization-id': 'org-secret',
  }

  test.each(['/in/spoof', '/paid'])('payment, receipt, cookie, CORS and account headers, on %s', async (path) => {
    stack.upstream.on(
      path,
      (_, response) => void response.writeHead(200, { ...spoofed, 'cache-control': 'public, s-maxage=600' }).end('x'),
    )
    const response = await pay(stack.gateway + path)
    expect(response.status).toBe(200)
    for (const [name, value] of Object.entries(spoofed)) {
      if (name === 'access-control-allow-origin') expect(response.headers.get(name)).toBe('*')
      else expect(response.headers.get(name) ?? '', name).not.toContain(value)
    }
    expect(response.headers.get('cache-control')).toBe(path === '/paid' ? 'private' : 'public, s-maxage=600')
  })

  test('an informational answer is neither the answer nor passed on', async () => {
    stack.upstream.on('/paid', (_, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload', 'payment-response': 'forged' })
      response.writeHead(500).end('no')
    })
    const response = await pay(`${stack.gateway}/paid`)
    expect(response.status).toBe(500)
    expect(response.headers.get('payment-response')).toBeNull()
    stack.upstream.on('/paid', (_, answer) => void answer.writeHead(200).end('yes'))
    expect(chargeOf(await pay(`${stack.gateway}/paid`))?.amount).toBe(1000n)
  })

  test('a redirect is not followed, and one to the origin leads back through the paywall', async () => {
    stack.upstream.on(
      '/in/away',
      (_, response) => void response.writeHead(302, { location: `${stack.upstream.url}/paid` }).end(),
    )
    const response = await fetch(`${stack.gateway}/in/away`, { redirect: 'manual' })
    expect(response.headers.get('location')).toBe(`${stack.gateway}/paid`)
    expect(stack.upstream.calls('/paid')).toBe(0)
  })
})

describe('a free route is no way around a paid one', () => {
  test.each(['/PAID', '/paid/', '/Paid', '/paid;v=1', '/REPORTS/7', '/paid%3B', '/paid.'])('%s', async (path) => {
    const response = await fetch(stack.gateway + path)
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(stack.upstream.received).toHaveLength(0)
  })
})

describe('browsers', () => {
  test('the payable page shows path, query and provider as text', async () => {
    const response = await fetch(
      `${stack.gateway}/reports/x'onload=alert(1)&lt?<script>alert(1)</script>"--></script>`,
      { headers: { accept: 'text/html' } },
    )
    expect(response.status).toBe(402)
    const html = await response.text()
    expect(html).not.toContain('<script>')
    expect(html.match(/alert\(1\)[^\n]*/g)).toHaveLength(2)
    expect(html).toContain('<dd>GET /reports/x&#39;onload=alert(1)&#38;lt</dd>')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/default-src 'none'; script-src 'nonce-[A-Za-z0-9+/=]{24}'/)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe/)
  })

  test('no origin gets to send credentials', async () => {
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'payment-signature',
    }
    const response = await fetch(`${stack.gateway}/paid`, { method: 'OPTIONS', headers })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    expect(stack.upstream.received).toHaveLength(0)
  })
})

test('a payment header in pieces, twice or in both versions buys nothing', async () => {
  const { sign } = await createHoldback(stack)
  const header = headerOf(paymentOf(await sign(`${stack.gateway}/paid`)))['PAYMENT-SIGNATURE']
  const tries: [string, string][][] = [
    [
      ['PAYMENT-SIGNATURE', header],
      ['PAYMENT-SIGNATURE', header],
    ],
    [
      ['PAYMENT-SIGNATURE', header],
      ['X-PAYMENT', header],
    ],
    [['PAYMENT-SIGNATURE', `${header.slice(0, 40)},${header.slice(40)}`]],
  ]
  for (const headers of tries) {
    const response = await fetch(`${stack.gateway}/paid`, { headers })
    expect(response.status).toBe(400)
  }
  expect(stack.upstream.received).toHaveLength(0)
})
