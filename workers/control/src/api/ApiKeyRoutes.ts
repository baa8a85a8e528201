/** `/api-keys`: for people who signed in only. A key that could make keys would outlive its own end. */
import * as ApiKeys from '@pbstream/db/ApiKeys'
import { newApiKey } from '@pbstream/db/ApiKeyText'
import { Refusal } from '../Problem.ts'
import { once } from './Idempotent.ts'
import { newId } from './Ids.ts'
import { operation } from './Operation.ts'
import { page, pageOf, pageQuery } from './Page.ts'
import { answer, idParam, json, mode, name, time, z } from './Parts.ts'
import { type Api, callerOf, SCOPES } from './Types.ts'

const MAX_DAYS = 3650
const DAY_MS = 86_400_000
const TAGS = ['API keys']

const ApiKey = z
  .object({
    id: z.string().openapi({ example: 'key_0123456789abcdefghjkmnpq' }),
    mode,
    name: z.string(),
    prefix: z.string().openapi({ description: 'How the key begins.' }),
    scopes: z.array(z.string()),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().openapi({ description: 'To the minute.' }),
    revokedAt: time.nullable(),
  })
  .openapi('ApiKey')

const NewApiKey = z
  .strictObject({
    name,
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .max(SCOPES.length)
      .refine((scopes) => new Set(scopes).size === scopes.length, 'each scope once'),
    expiresInDays: z.number().int().min(1).max(MAX_DAYS).nullable().optional().openapi({
      description: 'Null or left out: until it is revoked.',
    }),
  })
  .openapi('NewApiKey')

const MadeApiKey = ApiKey.extend({
  secret: z
    .string()
    .nullable()
    .openapi({ description: 'The key, shown this once; null when the request is repeated.' }),
}).openapi('MadeApiKey')

const list = operation({
  method: 'get',
  path: '/api-keys',
  operationId: 'listApiKeys',
  summary: 'API keys of this mode, ended ones too',
  tags: TAGS,
  access: 'cookie',
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(pageOf(ApiKey), 'A page of API keys.') },
})

const create = operation({
  method: 'post',
  path: '/api-keys',
  operationId: 'createApiKey',
  summary: 'Make an API key; its secret is shown once',
  tags: TAGS,
  access: 'cookie',
  request: { body: json(NewApiKey) },
  responses: { 201: answer(MadeApiKey, 'The key.') },
})

const get = operation({
  method: 'get',
  path: '/api-keys/{id}',
  operationId: 'getApiKey',
  summary: 'One API key',
  tags: TAGS,
  access: 'cookie',
  request: { params: idParam },
  responses: { 200: answer(ApiKey, 'The key.') },
})

const revoke = operation({
  method: 'delete',
  path: '/api-keys/{id}',
  operationId: 'revokeApiKey',
  summary: 'Revoke an API key, for good and at once',
  tags: TAGS,
  access: 'cookie',
  request: { params: idParam },
  responses: { 200: answer(ApiKey, 'The key, revoked.') },
})

export function apiKeyRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const { owner, mode: in_ } = callerOf(c)
    const shown = await page(
      c,
      c.req.valid('query'),
      (after, limit) => ApiKeys.listApiKeys(c.var.database, owner, in_, after?.[0] as string | undefined, limit),
      (row) => [row.id],
      show,
    )
    return c.json(shown, 200)
  })

  api.openapi(create, async (c) => {
    const { owner, mode: in_, actor } = callerOf(c)
    const { name: called, scopes, expiresInDays } = c.req.valid('json')
    const now = new Date()
    const { text, hash, prefix } = await newApiKey(in_)
    const expiresAt = expiresInDays == null ? null : new Date(now.getTime() + expiresInDays * DAY_MS)
    const id = await newId(c, 'key')
    const key = { id, owner, mode: in_, name: called, prefix, hash, scopes, expiresAt }
    const made = await ApiKeys.createApiKey(c.var.database, key, actor, now)
    if (made === 'full') {
      throw new Refusal('limit_reached', { detail: `${ApiKeys.MAX_ACTIVE} keys that are not revoked` })
    }
    once(c, 'secret')
    return c.json({ ...show(made), secret: text }, 201)
  })

  api.openapi(get, async (c) => {
    const { owner, mode: in_ } = callerOf(c)
    const key = await ApiKeys.getApiKey(c.var.database, owner, in_, c.req.valid('param').id)
    if (key === undefined) throw new Refusal('not_found')
    return c.json(show(key), 200)
  })

  api.openapi(revoke, async (c) => {
    const { owner, mode: in_, actor } = callerOf(c)
    const { id } = c.req.valid('param')
    const key = await ApiKeys.revokeApiKey(c.var.database, owner, in_, id, actor, new Date())
    if (key === undefined) throw new Refusal('not_found')
    return c.json(show(key), 200)
  })
}

function show({ id, mode: in_, name: called, prefix, scopes, ...times }: ApiKeys.ApiKey): z.infer<typeof ApiKey> {
  const iso = (at: Date | null) => at?.toISOString() ?? null
  return {
    id,
    mode: in_,
    name: called,
    prefix,
    scopes,
    createdAt: times.createdAt.toISOString(),
    expiresAt: iso(times.expiresAt),
    lastUsedAt: iso(times.lastUsedAt),
    revokedAt: iso(times.revokedAt),
  }
}
