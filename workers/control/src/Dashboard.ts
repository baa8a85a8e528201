/**
 * `/app/`: the dashboard. Its files are static assets that dashboard/scripts/build.ts made; here they get their headers.
 * Scripts and styles have names with hashes and never change; every other path is the one page, which finds out by itself
 * what the path means.
 */
import { Hono } from 'hono'
import { hasSecret } from './api/Mac.ts'
import type { Env } from './Env.ts'
import { refuse } from './Problem.ts'

const PAGE = '/app/index.html'
const FILE = /^\/app\/[\w-]+-[0-9A-Z]{8}\.(js|css)$/
/** A file of another build, or one that never was: answered with 404, for a page in its place would be run as a script. */
const FILE_LIKE = /^\/app\/[^/]*\.(?:js|css|map|html|json|txt)$/
const YEAR_SECONDS = 31_536_000

const HEADERS = {
  // Nothing runs or is drawn but what this origin serves; no inline script or style; nobody may frame it. Icons of wallets
  // are data: URIs.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
}

export const dashboard = new Hono<{ Bindings: Env }>()

dashboard.use('*', (c, next) => (hasSecret(c.env) ? next() : Promise.resolve(refuse('not_found'))))

dashboard.get('*', async (c) => {
  const { ASSETS } = c.env
  const { pathname } = new URL(c.req.url)
  if (ASSETS === undefined) return refuse('not_found')
  if (pathname === '/app') return c.redirect('/app/', 302)
  const [, kind] = FILE.exec(pathname) ?? []
  if (kind === undefined && FILE_LIKE.test(pathname)) return refuse('not_found')
  const found = await ASSETS.fetch(new URL(kind === undefined ? PAGE : pathname, c.req.url))
  if (!found.ok) return refuse('not_found')
  return new Response(found.body, {
    headers: {
      ...HEADERS,
      'content-type': `${typeOf(kind)}; charset=utf-8`,
      'cache-control': kind === undefined ? 'no-store' : `public, max-age=${YEAR_SECONDS}, immutable`,
    },
  })
})

function typeOf(kind: string | undefined): string {
  if (kind === undefined) return 'text/html'
  return kind === 'js' ? 'text/javascript' : 'text/css'
}
