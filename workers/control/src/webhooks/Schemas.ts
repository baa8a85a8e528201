/** What callers see and say of webhooks. */
import { webhookEvents } from '@pbstream/core/message/Webhook'
import { DELIVERY_STATUSES } from '@pbstream/db/Mode'
import type { DeliveryRow } from '@pbstream/db/WebhookDeliveries'
import type { EndpointRow } from '@pbstream/db/WebhookEndpoints'
import { mode, time, z } from '../api/Parts.ts'

const URL_MAX = 2048
const names = ['*', ...webhookEvents] as const

const url = z.string().min(1).max(URL_MAX).openapi({
  description: 'https, a public name, port 443 or 8443, no user, query or fragment. It is called with POST.',
  example: 'https://hooks.example.com/pbstream',
})

const events = z
  .array(z.enum(names))
  .min(1)
  .max(names.length)
  .refine((all) => new Set(all).size === all.length, 'each event once')
  .openapi({ description: '`*` stands for all, those to come included.' })

export const Endpoint = z
  .object({
    id: z.string().openapi({ example: 'we_0123456789abcdefghjkmnpq' }),
    mode,
    url: z.string(),
    events: z.array(z.string()),
    enabled: z.boolean(),
    failingSince: time.nullable().openapi({ description: 'Since when nothing has arrived; null while it does.' }),
    previousSecretUntil: time.nullable().openapi({ description: 'Until when the secret before signs too.' }),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('WebhookEndpoint')

const secret = z.string().nullable().openapi({
  description: '`whsec_…` by Standard Webhooks, shown this once; null when the request is repeated.',
})

export const EndpointWithSecret = Endpoint.extend({ secret }).openapi('WebhookEndpointWithSecret')

export const NewEndpoint = z.strictObject({ url, events }).openapi('NewWebhookEndpoint')

export const EndpointEdit = z
  .strictObject({ url: url.optional(), events: events.optional(), enabled: z.boolean().optional() })
  .refine((edit) => Object.keys(edit).length > 0, 'at least one member')
  .openapi('WebhookEndpointEdit')

export const Delivery = z
  .object({
    id: z.string().openapi({ example: `whd_${'0'.repeat(40)}` }),
    endpointId: z.string(),
    eventId: z.string().openapi({ description: '`webhook-id`: the same in every attempt.' }),
    event: z.string(),
    mode,
    status: z.enum(DELIVERY_STATUSES),
    attempts: z.number().int(),
    nextAttemptAt: time.nullable(),
    lastStatus: z.number().int().nullable().openapi({ description: 'The HTTP status of the last answer.' }),
    lastError: z.string().nullable().openapi({ description: 'Why the last attempt did not arrive.' }),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('WebhookDelivery')

export const DeliveryWithPayload = Delivery.extend({
  payload: z.string().openapi({ description: 'The body, to the byte.' }),
}).openapi('WebhookDeliveryWithPayload')

export const deliveryFilters = {
  endpointId: z.string().min(1).max(64).optional(),
  status: z.enum(DELIVERY_STATUSES).optional(),
  event: z.enum(webhookEvents).optional(),
}

export function showEndpoint(row: EndpointRow, now: Date): z.infer<typeof Endpoint> {
  const { id, mode: in_, url: to, events: asked, enabled, failingSince, previousUntil, createdAt, updatedAt } = row
  return {
    id,
    mode: in_,
    url: to,
    events: asked,
    enabled,
    failingSince: iso(failingSince),
    previousSecretUntil: previousUntil !== null && previousUntil > now ? iso(previousUntil) : null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

export function showDelivery(row: Omit<DeliveryRow, 'payload'>): z.infer<typeof Delivery> {
  const { id, endpointId, eventId, event, mode: in_, status, attempts, nextAt, lastStatus, lastError } = row
  return {
    id,
    endpointId,
    eventId,
    event,
    mode: in_,
    status,
    attempts,
    nextAttemptAt: status === 'pending' ? iso(nextAt) : null,
    lastStatus,
    lastError,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null
}
