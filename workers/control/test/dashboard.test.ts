/** How the dashboard is served: which files, with which headers, to whom. */
import { describe, expect, test } from 'vitest'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'
import { apiEnv, ORIGIN } from './people.ts'

const get = (path: string, over: Partial<Env> = {}) =>
  worker.fetch(new Request(`${ORIGIN}${path}`, { redirect: 'manual' }), apiEnv(over))

const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'font-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

const policyOf = (response: Response) =>
  Object.fromEntries(
    (response.headers.get('content-security-policy') ?? '').split('; ').map((line) => {
      const [name = '', ...values] = line.split(' ')
      return [name, values.join(' ')]
    }),
  )

/** The addresses that the page names in its markup. */
async function named(attribute: 'src' | 'href'): Promise<string[]> {
  const html = await (await get('/app/')).text()
  return [...html.matchAll(new RegExp(`<(?:script|link)[^>]* ${attribute}="([^"]+)"`, 'g'))]
    .map(([, url]) => url ?? '')
    .filter((url) => !url.startsWith('data:'))
}

describe('the page', () => {
  test.each(['/app/', '/app/keys', '/app/p/prov_1/routes/rt_1', '/app/p/prov_1/customers/a.b', '/app/%2e%2e%2fsecret'])(
    '%s is the one page, never kept',
    async (path) => {
      const response = await get(path)
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await response.text()).toContain('<div id="app">')
    },
  )

  test('lets nothing run, be drawn or be asked but this origin, and nobody frame it', async () => {
    const response = await get('/app/')
    expect(policyOf(response)).toEqual(POLICY)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  })

  test('has no script or style of its own in its markup', async () => {
    const html = await (await get('/app/')).text()
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]* src=)/)
  })

  test.each(['/app', '/'])('%s leads to it', async (path) => {
    const response = await get(path)
    expect([response.status, response.headers.get('location')]).toEqual([302, '/app/'])
  })

  test('the overview stays at / where it is switched on', async () => {
    const response = await get('/', { OVERVIEW: 'true' })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('PB-Stream overview')
  })
})

describe('its files', () => {
  test('are there, may be kept for ever and say what they are', async () => {
    const urls = [...(await named('src')), ...(await named('href'))]
    expect(urls.length).toBeGreaterThanOrEqual(3)
    const answers = await Promise.all(
      urls.map(async (url) => {
        const { status, headers } = await get(url)
        return [
          status,
          headers.get('cache-control'),
          headers.get('content-type'),
          headers.get('x-content-type-options'),
        ]
      }),
    )
    const kept = 'public, max-age=31536000, immutable'
    const typeOf = (url: string) => (url.endsWith('.css') ? 'text/css' : 'text/javascript')
    expect(answers).toEqual(urls.map((url) => [200, kept, `${typeOf(url)}; charset=utf-8`, 'nosniff']))
  })

  test.each(['/app/main-00000000.js', '/app/style-ZZZZZZZZ.css', '/app/main.js', '/app/index.html', '/app/x.map'])(
    '%s is no file, and no page in its place',
    async (path) => {
      expect((await get(path)).status).toBe(404)
    },
  )

  test.each([
    ...[
      '/app/%2e%2e%2fopenapi.json',
      '/app/..%2freference%2fswagger-ui.css',
      '/app//evil.example/',
      '/app/%00',
      '/app/%',
    ],
    ...['/app/main-ABCDEFGH.js%00', '/app/main-ABCDEFGH.js/x', '/app/x-ABCDEFGH.js%2f..%2findex', '/app/.env'],
  ])('%s gets nothing but the page or 404, under the same policy', async (path) => {
    const response = await get(path)
    if (response.status === 404) return expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect([response.status, response.headers.get('location')]).toEqual([200, null])
    expect(policyOf(response)).toEqual(POLICY)
    expect(await response.text()).toContain('<div id="app">')
  })

  test('and the page are answered alike whatever the browser says of who asks', async () => {
    const headers = {
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
      'x-forwarded-host': 'evil.example',
    }
    const response = await worker.fetch(new Request(`${ORIGIN}/app/`, { headers }), apiEnv())
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(await response.text()).not.toContain('evil.example')
  })

  test('are only those of the dashboard', async () => {
    expect((await get('/app/../reference/swagger-ui.css')).headers.get('cache-control')).not.toContain('immutable')
  })
})

test('is not there without an API', async () => {
  for (const path of ['/app/', '/app', '/app/keys', '/']) {
    expect((await get(path, { AUTH_SECRET: '' })).status).toBe(404)
  }
})

test('answers no other method', async () => {
  const response = await worker.fetch(new Request(`${ORIGIN}/app/`, { method: 'POST' }), apiEnv())
  expect(response.status).toBe(404)
})
