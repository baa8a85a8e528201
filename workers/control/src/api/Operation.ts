/** One operation of the API: what `createRoute` takes, and whom it is for. */
import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { Refusal } from '../Problem.ts'
import { access } from './Access.ts'
import { idempotent } from './Idempotent.ts'
import { ProblemSchema } from './ProblemSchema.ts'
import type { Access } from './Types.ts'

const MAX_BODY = 64 * 1024

type Definition = Omit<RouteConfig, 'path' | 'middleware' | 'security' | 'operationId'> & {
  path: `/${string}`
  /** The name of the operation for clients, camelCase. */
  operationId: string
  access: Access
  /** Only for what has no owner yet or changes nothing of his: no Idempotency-Key is asked for. */
  idempotent?: false
}

/**
 * Makes an operation whose rules nobody can forget: the caller is known and admitted, limits are kept, and a change
 * needs an Idempotency-Key, before the handler runs. `responses` are those of success; a handler throws a `Refusal` for
 * every other.
 */
export function operation<const D extends Definition>(definition: D) {
  const { access: to, idempotent: wanted, ...config } = definition
  const change = !['get', 'head'].includes(definition.method)
  const keyed = change && wanted !== false
  const route = {
    ...config,
    middleware: [access(to), ...(change ? [limit] : []), ...(keyed ? [idempotent] : [])],
    security: securityOf(to),
    responses: {
      ...definition.responses,
      default: {
        description: 'A problem.',
        content: { 'application/problem+json': { schema: ProblemSchema } },
      },
    },
    ...(keyed ? { parameters: [IDEMPOTENCY_KEY] } : {}),
    'x-pbstream-access': to,
  }
  // The definition with members added: its type is still that of the definition.
  return createRoute(route as unknown as RouteConfig) as unknown as Omit<D, 'access' | 'idempotent'> &
    ReturnType<typeof createRoute<D['path'], D>>
}

function securityOf(to: Access): Record<string, string[]>[] {
  if (to === 'public') return []
  if (to === 'message') return [{ message: [] }]
  if (to === 'grant') return [{ grant: [] }]
  return to === 'cookie' ? [{ cookie: [] }] : [{ cookie: [] }, { apiKey: [] }]
}

const limit = bodyLimit({
  maxSize: MAX_BODY,
  onError: () => {
    throw new Refusal('payload_too_large')
  },
})

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'New for each change, the same when you repeat it. The answer is kept for 24 hours.',
  schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
} as const
