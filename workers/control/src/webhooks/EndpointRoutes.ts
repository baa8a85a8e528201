/** `/webhook-endpoints`: where an owner wants to be told. */
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import * as Changes from '@pbstream/db/WebhookChanges'
import { getEndpoint, listEndpoints } from '@pbstream/db/WebhookEndpoints'
import { etag, requireMatch } from '../api/Etag.ts'
import { newId } from '../api/Ids.ts'
import { once } from '../api/Idempotent.ts'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, idParam, json, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import {
  Delivery,
  Endpoint,
  EndpointEdit,
  EndpointWithSecret,
  NewEndpoint,
  showDelivery,
  showEndpoint,
} from './Schemas.ts'
import { makeSecret } from './Secrets.ts'

const TAGS = ['Webhooks']
const PATH = '/webhook-endpoints'
const ONE = '/webhook-endpoints/{id}'

const list = operation({
  method: 'get',
  path: PATH,
  operationId: 'listWebhookEndpoints',
  summary: 'Webhook endpoints of this mode',
  tags: TAGS,
  access: 'webhooks:read',
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(pageOf(Endpoint), 'A page of endpoints.') },
})

const create = operation({
  method: 'post',
  path: PATH,
  operationId: 'createWebhookEndpoint',
  summary: 'Make a webhook endpoint; its secret is shown once',
  tags: TAGS,
  access: 'webhooks:write',
  request: { body: json(NewEndpoint) },
  responses: { 201: answer(EndpointWithSecret, 'The endpoint, switched on.') },
})

const get = operation({
  method: 'get',
  path: ONE,
  operationId: 'getWebhookEndpoint',
  summary: 'One webhook endpoint',
  tags: TAGS,
  access: 'webhooks:read',
  request: { params: idParam },
  responses: { 200: answer(Endpoint, 'The endpoint.') },
})

const edit = operation({
  method: 'patch',
  path: ONE,
  operationId: 'editWebhookEndpoint',
  summary: 'Change where and what is sent, or switch it off and on; needs If-Match',
  tags: TAGS,
  access: 'webhooks:write',
  request: { params: idParam, body: json(EndpointEdit) },
  responses: { 200: answer(Endpoint, 'The endpoint as it is now.') },
})

const rotate = operation({
  method: 'post',
  path: '/webhook-endpoints/{id}/rotate-secret',
  operationId: 'rotateWebhookSecret',
  summary: 'A new secret; the one before signs too for 24 hours; needs If-Match',
  tags: TAGS,
  access: 'webhooks:write',
  request: { params: idParam },
  responses: { 200: answer(EndpointWithSecret, 'The endpoint with its new secret.') },
})

const remove = operation({
  method: 'delete',
  path: ONE,
  operationId: 'deleteWebhookEndpoint',
  summary: 'Delete a webhook endpoint; what is on its way to it ends',
  tags: TAGS,
  access: 'webhooks:write',
  request: { params: idParam },
  responses: { 204: { description: 'It is gone.' } },
})

const test = operation({
  method: 'post',
  path: '/webhook-endpoints/{id}/test',
  operationId: 'testWebhookEndpoint',
  summary: 'Send a test event now',
  tags: TAGS,
  access: 'webhooks:write',
  request: { params: idParam },
  responses: { 202: answer(Delivery, 'The delivery, on its way.') },
})

export function webhookEndpointRoutes(api: Api): void {
  reading(api)
  writing(api)

  api.openapi(remove, async (c) => {
    const gone = await Changes.deleteEndpoint(c.var.database, c.req.valid('param').id, byOf(c))
    if (!gone) throw new Refusal('not_found')
    return c.body(null, 204)
  })

  api.openapi(test, async (c) => {
    const { id } = c.req.valid('param')
    // A repeat after a crash finds the event that it wrote.
    const eventId = `evt_${(await newId(c, 'evt')).slice(4)}`
    const sent = await Changes.sendTest(c.var.database, id, eventId, byOf(c))
    if (sent === undefined) throw new Refusal('not_found')
    if (sent === 'disabled') throw new Refusal('webhook_endpoint_inactive')
    return c.json(showDelivery(sent), 202)
  })
}

function reading(api: Api): void {
  api.openapi(list, async (c) => {
    const { owner, mode } = callerOf(c)
    const now = new Date()
    const shown = await page(
      c,
      c.req.valid('query'),
      (after, limit) => listEndpoints(c.var.database, owner, mode, after?.[0] as string | undefined, limit),
      (row) => [row.id],
      (row) => showEndpoint(row, now),
    )
    return c.json(shown, 200)
  })

  api.openapi(get, async (c) => {
    const { owner, mode } = callerOf(c)
    const row = await getEndpoint(c.var.database, owner, mode, c.req.valid('param').id)
    if (row === undefined) throw new Refusal('not_found')
    return c.json(showEndpoint(row, new Date()), 200, { etag: etag(row.revision) })
  })
}

function writing(api: Api): void {
  api.openapi(create, async (c) => {
    const { url, events } = c.req.valid('json')
    requireTarget(c, url)
    const by = byOf(c)
    const id = await newId(c, 'we')
    const { shown, sealed } = await makeSecret(c.env, id)
    const made = await Changes.createEndpoint(c.var.database, { id, url, events, secretSealed: sealed }, by)
    if (made === 'full') throw new Refusal('limit_reached', { detail: `${Changes.MAX_ENDPOINTS} webhook endpoints` })
    once(c, 'secret')
    return c.json({ ...showEndpoint(made, by.at), secret: shown }, 201, { etag: etag(made.revision) })
  })

  api.openapi(edit, async (c) => {
    const { url, events, enabled } = c.req.valid('json')
    if (url !== undefined) requireTarget(c, url)
    const by = byOf(c)
    const changes = {
      ...(url === undefined ? {} : { url }),
      ...(events === undefined ? {} : { events }),
      ...(enabled === undefined ? {} : { enabled }),
    }
    const { id } = c.req.valid('param')
    const row = await Changes.editEndpoint(c.var.database, id, changes, by, (old) => requireMatch(c, old.revision))
    if (row === undefined) throw new Refusal('not_found')
    return c.json(showEndpoint(row, by.at), 200, { etag: etag(row.revision) })
  })

  api.openapi(rotate, async (c) => {
    const { id } = c.req.valid('param')
    const by = byOf(c)
    const { shown, sealed } = await makeSecret(c.env, id)
    const row = await Changes.rotateSecret(c.var.database, id, sealed, by, (old) => requireMatch(c, old.revision))
    if (row === undefined) throw new Refusal('not_found')
    once(c, 'secret')
    return c.json({ ...showEndpoint(row, by.at), secret: shown }, 200, { etag: etag(row.revision) })
  })
}

/** @throws {Refusal} validation_failed for a URL that must not be called. */
function requireTarget(c: ApiContext, url: string): void {
  const judged = UpstreamUrl.check(url, UpstreamUrl.rulesOf(c.env))
  if (judged.ok) return
  const message = `must not be called: ${judged.why}`
  throw new Refusal('validation_failed', {
    detail: `/url: ${message}`,
    members: { errors: [{ field: '/url', message }] },
  })
}

export function byOf(c: ApiContext): Changes.By {
  const { owner, mode, actor } = callerOf(c)
  return { owner, mode, actor, at: new Date() }
}
