/** `/openapi.json`: what the API says of itself, made from the schemas that it checks requests with. */
import { createApi } from './Api.ts'
import type { Api } from './Types.ts'

type Document = ReturnType<Api['getOpenAPI31Document']>

/** `origin` is the one that people see. */
export function documentOf(api: Api, origin: string): Document {
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'PB-Stream control API',
      version: '1',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: `${origin}/v1` }],
  })
}

const DESCRIPTION = `Session keys, providers, routes, prices, webhooks and the audit of an owner.

**Who calls.** Machines send \`Authorization: Bearer pb_live_…\` (or \`pb_test_…\`), an API key with scopes. People sign in with their wallet and have a cookie.

**Modes.** Everything is either \`live\` or \`test\`, and never seen from the other. An API key has one mode; a cookie says which with \`PBStream-Mode\`, live if it says nothing.

**Changes** need an \`Idempotency-Key\`: repeated within 24 hours with the same body they give the same answer and change nothing. Where two people could undo each other's edit, send the \`ETag\` as \`If-Match\`.

**Lists** come in pages: send \`nextCursor\` as \`cursor\` until it is null.

**Errors** are problem details (RFC 9457) with a stable \`code\`. What belongs to somebody else is answered as if it were not there.`

/** The API as one object, and its document for an origin. */
export function buildApi(): { api: Api; document: (origin: string) => Document } {
  const api = createApi()
  api.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key: `pb_live_…` or `pb_test_…`.',
  })
  api.openAPIRegistry.registerComponent('securitySchemes', 'cookie', {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-pbstream',
    description: 'Set by a sign-in with a wallet.',
  })
  api.openAPIRegistry.registerComponent('securitySchemes', 'message', {
    type: 'apiKey',
    in: 'header',
    name: 'webhook-signature',
    description: 'Standard Webhooks: `webhook-id`, `webhook-timestamp` and the HMAC of both and the body.',
  })
  api.openAPIRegistry.registerComponent('securitySchemes', 'grant', {
    type: 'http',
    scheme: 'bearer',
    description:
      'The token of a grant, `pbg_…`, for one key; to make a grant the signature in the body is all it takes.',
  })
  return { api, document: (origin) => documentOf(api, origin) }
}
