/** Calls about a provider's terms. They throw `ApiProblem`. */
import { api, data, dataAndEtag } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import type { components } from '../../api/Schema.d.ts'

export type Provider = components['schemas']['Provider']
export type Patch = components['schemas']['ProviderPatch']
export type Preview = components['schemas']['DrainPreview']
export type Drain = components['schemas']['Drain']

export const provider = (id: string, signal: AbortSignal) =>
  dataAndEtag(api.GET('/providers/{id}', { params: { path: { id } }, signal }))

export const edit = (id: string, etag: string, patch: Patch) =>
  dataAndEtag(api.PATCH('/providers/{id}', { params: { path: { id } }, headers: { 'If-Match': etag }, body: patch }))

/** What another withdraw delay would close; null: nothing changes. */
export async function previewDelay(id: string, etag: string, withdrawDelay: number | null): Promise<Preview | null> {
  const params = { path: { id }, query: { dryRun: 'true' as const } }
  const asked = api.PATCH('/providers/{id}', { params, headers: { 'If-Match': etag }, body: { withdrawDelay } })
  return (await data(asked)).drain
}

export async function previewPayout(id: string, etag: string, payTo: string): Promise<Preview | null> {
  const params = { path: { id }, query: { dryRun: 'true' as const } }
  const asked = api.POST('/providers/{id}/payout-change', { params, headers: { 'If-Match': etag }, body: { payTo } })
  return (await data(asked)).drain
}

/** Asks the wallet. `closes`: the person was told which channels this closes. */
export const changePayout = (id: string, etag: string, payTo: string, closes: boolean) =>
  confirmed((headers) =>
    data(
      api.POST('/providers/{id}/payout-change', {
        params: { path: { id } },
        headers: { ...headers, 'If-Match': etag },
        body: { payTo, ...(closes ? { confirmDrain: true } : {}) },
      }),
    ),
  )

export const cancelPayout = (id: string, etag: string) =>
  data(api.DELETE('/providers/{id}/payout-change', { params: { path: { id } }, headers: { 'If-Match': etag } }))

export async function drains(id: string, cursor: string | undefined, signal: AbortSignal) {
  const params = { path: { id }, query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } }
  const { data: items, nextCursor } = await data(api.GET('/providers/{id}/drains', { params, signal }))
  return { items, nextCursor }
}
