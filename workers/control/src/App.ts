import { isAddress, isBytes32, lower } from '@pbstream/core/Hex'
import { catalogVersion } from '@pbstream/db/Catalog'
import { open } from '@pbstream/db/Database'
import { type OverviewFilter, overview } from '@pbstream/db/Overview'
import { Hono } from 'hono'
import { buildApi } from './api/Document.ts'
import { hasSecret } from './api/Mac.ts'
import { reference } from './api/Reference.ts'
import { dashboard } from './Dashboard.ts'
import type { Env } from './Env.ts'
import { showMetrics } from './MetricsPage.ts'
import { operator } from './Operator.ts'
import { page } from './OverviewPage.ts'
import { refuse } from './Problem.ts'
import { exportVouchers } from './VouchersExport.ts'

/** The HTTP side: health, the API, the dashboard, and the overview where it is switched on. */
export const app = new Hono<{ Bindings: Env }>()

/** 200 when the database answers. */
app.get('/healthz', async (c) => {
  try {
    const [row] = await catalogVersion(open(c.env))
    return c.json({ status: 'ok', catalogVersion: row?.version ?? 0 }, 200, { 'cache-control': 'no-store' })
  } catch {
    return refuse('temporarily_unavailable')
  }
})

/** For receivers, who prove that they are. */
app.get('/v1/vouchers/export', exportVouchers)

/** For Prometheus. */
app.get('/metrics', showMetrics)

/** For owners and providers: the API, and what it says of itself. Not there without its secret. */
export const { api, document } = buildApi()
app.route('/v1', api)
app.get('/openapi.json', (c) =>
  hasSecret(c.env)
    ? c.json(document(new URL(c.env.PUBLIC_URL ?? c.req.url).origin), 200, { 'cache-control': 'no-store' })
    : refuse('not_found'),
)

app.route('/reference', reference)

/** For owners and providers, in a browser. */
app.route('/app', dashboard)

/** For operators. */
app.route('/ops', operator)

app.get('/', (c, next) =>
  c.env.OVERVIEW !== 'true' && hasSecret(c.env) ? Promise.resolve(c.redirect('/app/', 302)) : next(),
)

app.use('*', async (c, next) => (c.env.OVERVIEW === 'true' ? next() : refuse('not_found')))

app.get('/', (c) => {
  const nonce = crypto.randomUUID()
  return c.html(page(nonce), 200, {
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
})

/** `?provider=`, `?payer=` and `?channel=` narrow it down. Amounts are decimal strings of atomic units. */
app.get('/overview.json', async (c) => {
  const filter = toFilter(c.req.query())
  if (filter === undefined) return refuse('not_found')
  try {
    return c.json(await overview(open(c.env), filter), 200, { 'cache-control': 'no-store' })
  } catch {
    return refuse('temporarily_unavailable')
  }
})

app.notFound(() => refuse('not_found'))

/** `undefined` when it names something that cannot be there. */
function toFilter({ provider, payer, channel }: Record<string, string>): OverviewFilter | undefined {
  if (payer !== undefined && !isAddress(payer)) return undefined
  if (channel !== undefined && !isBytes32(channel)) return undefined
  return {
    ...(provider !== undefined && { providerId: provider }),
    ...(payer !== undefined && { payer: lower(payer) }),
    ...(channel !== undefined && { channelId: lower(channel) }),
  }
}
