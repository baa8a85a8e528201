/** What the API says of a provider's channels. All of these throw `ApiProblem`. */
import { api, data } from '../../api/Client.ts'
import type { components } from '../../api/Schema.d.ts'

export type Channel = components['schemas']['Channel']
export type Settlement = components['schemas']['Settlement']
export type Incident = components['schemas']['Incident']
export type ChannelDetail = components['schemas']['ChannelDetail']
export type TimelineEntry = components['schemas']['ChannelTimelineEntry']

export type Paged<T> = { items: T[]; nextCursor: string | null }

const LIMIT = 100

const paged = (cursor: string | undefined) => ({ limit: LIMIT, ...(cursor === undefined ? {} : { cursor }) })

function pageOf<T>({ data: items, nextCursor }: { data: T[]; nextCursor: string | null }): Paged<T> {
  return { items, nextCursor }
}

export type ChannelFilter = { receiver?: string; chainId?: number }

export async function channels(id: string, filter: ChannelFilter, cursor: string | undefined, signal: AbortSignal) {
  const params = { path: { id }, query: { ...filter, ...paged(cursor) } }
  return pageOf(await data(api.GET('/providers/{id}/channels', { params, signal })))
}

export const channel = (id: string, channelId: string, signal: AbortSignal) =>
  data(api.GET('/providers/{id}/channels/{channel}', { params: { path: { id, channel: channelId } }, signal }))

export async function timeline(id: string, channelId: string, cursor: string | undefined, signal: AbortSignal) {
  const params = { path: { id, channel: channelId }, query: paged(cursor) }
  return pageOf(await data(api.GET('/providers/{id}/channels/{channel}/timeline', { params, signal })))
}

/** Has what a channel owes claimed and paid now. Asked again it changes nothing. */
export const settle = (id: string, channelId: string) =>
  data(api.POST('/providers/{id}/channels/{channel}/settle', { params: { path: { id, channel: channelId } } }))

export const summary = (id: string, signal: AbortSignal) =>
  data(api.GET('/providers/{id}/summary', { params: { path: { id } }, signal }))

export type SettlementFilter = { since?: string; until?: string; channel?: string }

export async function settlements(
  id: string,
  filter: SettlementFilter,
  cursor: string | undefined,
  signal: AbortSignal,
) {
  const params = { path: { id }, query: { ...filter, ...paged(cursor) } }
  return pageOf(await data(api.GET('/providers/{id}/settlements', { params, signal })))
}

export async function incidents(id: string, status: 'open' | 'all', cursor: string | undefined, signal: AbortSignal) {
  const params = { path: { id }, query: { status, ...paged(cursor) } }
  return pageOf(await data(api.GET('/providers/{id}/incidents', { params, signal })))
}

/** A list as far as `most` rows, page after page. `whole`: that was all of it. */
export async function walk<T>(
  page: (cursor: string | undefined) => Promise<Paged<T>>,
  most: number,
): Promise<{ items: T[]; whole: boolean }> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const next = await page(cursor)
    items.push(...next.items)
    cursor = next.nextCursor ?? undefined
  } while (cursor !== undefined && items.length < most)
  return { items, whole: cursor === undefined }
}
