/**
 * `/reference`: the document of the API to read and to try, with Swagger UI. Its script and style are static assets of
 * this Worker and of no other host; of the package nothing else is built in, and nothing on the page runs but that script
 * and the line that starts it.
 */
import { Hono } from 'hono'
import type { Env } from '../Env.ts'
import { refuse } from '../Problem.ts'
import { hasSecret } from './Mac.ts'

const FILES = ['swagger-ui-bundle.js', 'swagger-ui.css'] as const
const DAY_SECONDS = 86_400

export const reference = new Hono<{ Bindings: Env }>()

reference.use('*', (c, next) => (hasSecret(c.env) ? next() : Promise.resolve(refuse('not_found'))))

reference.get('/', (c) => {
  const nonce = crypto.randomUUID()
  return c.html(pageOf(nonce), 200, {
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
})

for (const file of FILES) {
  reference.get(`/${file}`, async (c) => {
    if (c.env.ASSETS === undefined) return refuse('not_found')
    const found = await c.env.ASSETS.fetch(new URL(`/reference/${file}`, c.req.url))
    if (!found.ok) return refuse('not_found')
    return new Response(found.body, {
      headers: {
        'content-type': file.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/css; charset=utf-8',
        'cache-control': `public, max-age=${DAY_SECONDS}`,
        'x-content-type-options': 'nosniff',
      },
    })
  })
}

/** A change that is tried out gets an Idempotency-Key unless one was typed in. */
function pageOf(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PB-Stream control API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/reference/swagger-ui.css">
</head>
<body>
<main id="reference"></main>
<script src="/reference/swagger-ui-bundle.js"></script>
<script nonce="${nonce}">
SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.getElementById('reference'),
  deepLinking: true,
  queryConfigEnabled: false,
  validatorUrl: null,
  requestInterceptor(request) {
    const changes = request.method !== 'GET' && request.method !== undefined
    if (changes && !request.headers['Idempotency-Key']) request.headers['Idempotency-Key'] = crypto.randomUUID()
    return request
  },
})
</script>
</body>
</html>
`
}
