/** What of a request its price is made from, and what of it the upstream gets. */
import * as Rate from '@pbstream/core/Rate'
import * as Usage from '@pbstream/core/Usage'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import type { Body } from './Body.ts'

/** How the usage of a route's answers is read; undefined: by `PBStream-Usage`. */
export function adapterOf({ adapter }: Pick<CatalogRoute, 'adapter'>): Usage.Adapter | undefined {
  return Usage.parseAdapter(adapter)
}

/** Whether a request has to be read whole before it is priced (or, `paying`, before it is sent). */
export function isRead(route: CatalogRoute, rule: Rate.Card, paying: boolean): boolean {
  if (route.bodyPriced) return true
  const adapter = adapterOf(route)
  return paying && adapter !== undefined && isMetered(rule) && Usage.needsBody(adapter)
}

/** Whether what an answer uses has a price. */
export function isMetered(rule: Rate.Card): boolean {
  for (const unit of Rate.counted(rule)) if (unit !== 'request') return true
  return false
}

/** Gets a request ready: its bounds, and the body as the upstream is to have it. */
export function prepare(route: CatalogRoute, body: Body, contentType: string | null): Usage.Prepared {
  return Usage.prepare(adapterOf(route), body.kind === 'whole' ? body.bytes : undefined, contentType)
}

/** What the price is made from: the bounds of the request, on a route that is priced by them. */
export function inputsOf(route: CatalogRoute, { bounds }: Usage.Prepared): Rate.Inputs {
  return route.bodyPriced && Object.keys(bounds).length > 0 ? { bounds } : {}
}
