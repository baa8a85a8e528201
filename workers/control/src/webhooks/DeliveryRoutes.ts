/** `/webhook-deliveries`: what was sent, what came of it, and once more. */
import { resend } from '@pbstream/db/WebhookChanges'
import { getDelivery, listDeliveries } from '@pbstream/db/WebhookDeliveries'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, idParam, z } from '../api/Parts.ts'
import { type Api, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { byOf } from './EndpointRoutes.ts'
import { Delivery, deliveryFilters, DeliveryWithPayload, showDelivery } from './Schemas.ts'

const TAGS = ['Webhooks']

const list = operation({
  method: 'get',
  path: '/webhook-deliveries',
  operationId: 'listWebhookDeliveries',
  summary: 'Deliveries of the last 30 days, the newest event first',
  tags: TAGS,
  access: 'webhooks:read',
  request: { query: z.strictObject({ ...pageQuery, ...deliveryFilters }) },
  responses: { 200: answer(pageOf(Delivery), 'A page of deliveries, without payloads.') },
})

const get = operation({
  method: 'get',
  path: '/webhook-deliveries/{id}',
  operationId: 'getWebhookDelivery',
  summary: 'One delivery with its payload',
  tags: TAGS,
  access: 'webhooks:read',
  request: { params: idParam },
  responses: { 200: answer(DeliveryWithPayload, 'The delivery.') },
})

const again = operation({
  method: 'post',
  path: '/webhook-deliveries/{id}/resend',
  operationId: 'resendWebhookDelivery',
  summary: 'Send a delivery again, under the id that it had',
  tags: TAGS,
  access: 'webhooks:write',
  request: { params: idParam },
  responses: { 202: answer(Delivery, 'The delivery, on its way again.') },
})

export function webhookDeliveryRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const { owner, mode } = callerOf(c)
    const query = c.req.valid('query')
    const { endpointId, status, event } = query
    const shown = await page(
      c,
      query,
      (after, limit) => {
        const before = after?.[0] as string | undefined
        return listDeliveries(c.var.database, owner, mode, { endpointId, status, event, before }, limit)
      },
      (row) => [row.id],
      showDelivery,
    )
    return c.json(shown, 200)
  })

  api.openapi(get, async (c) => {
    const { owner, mode } = callerOf(c)
    const row = await getDelivery(c.var.database, owner, mode, c.req.valid('param').id)
    if (row === undefined) throw new Refusal('not_found')
    return c.json({ ...showDelivery(row), payload: row.payload }, 200)
  })

  api.openapi(again, async (c) => {
    const sent = await resend(c.var.database, c.req.valid('param').id, byOf(c))
    if (sent === undefined) throw new Refusal('not_found')
    if (typeof sent === 'string') throw new Refusal('webhook_endpoint_inactive')
    return c.json(showDelivery(sent), 202)
  })
}
