/** Calls about webhooks. They throw `ApiProblem`. */
import { api, data, dataAndEtag } from '../../api/Client.ts'
import type { components } from '../../api/Schema.d.ts'
import type { EventName } from './Events.ts'

export type Endpoint = components['schemas']['WebhookEndpoint']
export type Delivery = components['schemas']['WebhookDelivery']
export type Status = Delivery['status']

export const STATUSES = ['pending', 'delivered', 'failed'] as const satisfies readonly Status[]

const paged = (cursor: string | undefined) => ({ limit: 100, ...(cursor === undefined ? {} : { cursor }) })

export async function endpoints(cursor: string | undefined, signal: AbortSignal) {
  const { data: items, nextCursor } = await data(
    api.GET('/webhook-endpoints', { params: { query: paged(cursor) }, signal }),
  )
  return { items, nextCursor }
}

export const endpoint = (id: string, signal: AbortSignal) =>
  dataAndEtag(api.GET('/webhook-endpoints/{id}', { params: { path: { id } }, signal }))

/** The answer holds the secret, this once. */
export const create = (url: string, events: EventName[]) =>
  data(api.POST('/webhook-endpoints', { body: { url, events } }))

export type Edit = { url?: string; events?: EventName[]; enabled?: boolean }

export const edit = (id: string, etag: string, change: Edit) =>
  dataAndEtag(
    api.PATCH('/webhook-endpoints/{id}', { params: { path: { id } }, headers: { 'If-Match': etag }, body: change }),
  )

/** The answer holds the new secret, this once. */
export const rotate = (id: string, etag: string) =>
  data(api.POST('/webhook-endpoints/{id}/rotate-secret', { params: { path: { id } }, headers: { 'If-Match': etag } }))

export const remove = (id: string) => data(api.DELETE('/webhook-endpoints/{id}', { params: { path: { id } } }))

export const test = (id: string) => data(api.POST('/webhook-endpoints/{id}/test', { params: { path: { id } } }))

export type DeliveryFilter = { endpointId?: string; status?: Status; event?: Exclude<EventName, '*'> }

export async function deliveries(filter: DeliveryFilter, cursor: string | undefined, signal: AbortSignal) {
  const query = { ...filter, ...paged(cursor) }
  const { data: items, nextCursor } = await data(api.GET('/webhook-deliveries', { params: { query }, signal }))
  return { items, nextCursor }
}

export const delivery = (id: string, signal: AbortSignal) =>
  data(api.GET('/webhook-deliveries/{id}', { params: { path: { id } }, signal }))

export const resend = (id: string) => data(api.POST('/webhook-deliveries/{id}/resend', { params: { path: { id } } }))
