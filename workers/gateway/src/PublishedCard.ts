/** `GET /.well-known/pbstream/rates/<route>/<version>`: the card by which quotes and receipts name a price. */
import { RATES_PATH } from '@pbstream/core/Quote'
import type { Gateway } from './Call.ts'
import type { Snapshot } from './Catalog.ts'
import { problemResponse } from './Problem.ts'

/** Cards never change, so whoever has one may keep it. */
const FOR_EVER = 'public, max-age=31536000, immutable'
const PLACE = /^\/([A-Za-z0-9_.~-]{1,256})\/([1-9][0-9]{0,8})$/

/**
 * Answers with the card, of routes that are switched off too: receipts outlive them. Not found: no such route or version,
 * or a card that is not in force yet.
 */
export async function publishedCard(
  gateway: Gateway,
  snapshot: Snapshot,
  path: string,
  requestId: string,
): Promise<Response> {
  const [, routeId, digits] = PLACE.exec(path.slice(RATES_PATH.length)) ?? []
  const route = snapshot.routes.find(({ id }) => id === routeId)
  const version = Number(digits)
  if (route === undefined || route.coming.some((card) => card.version === version)) {
    return problemResponse('not_found', requestId)
  }
  const card = await gateway.cards.card(route, version)
  if (card === undefined) return problemResponse('not_found', requestId)
  return Response.json({ routeId, version, card }, { headers: { 'cache-control': FOR_EVER } })
}
