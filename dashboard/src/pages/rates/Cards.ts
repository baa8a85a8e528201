/** The cards of a route: what each of them is now. */
import { api, data } from '../../api/Client.ts'
import type { components } from '../../api/Schema.d.ts'

export type Route = components['schemas']['Route']
export type RateCard = components['schemas']['RateCard']
export type Standing = 'in_force' | 'coming' | 'withdrawn' | 'past'

/** The API takes back what comes in more than a minute. */
const LAST_CALL = 60_000

export function standingOf(card: RateCard, route: Route, now: number): Standing {
  if (card.withdrawnAt !== null) return 'withdrawn'
  if (card.version === route.rateVersion) return 'in_force'
  return Date.parse(card.effectiveAt) > now ? 'coming' : 'past'
}

export function isWithdrawable(card: RateCard, route: Route, now: number): boolean {
  return standingOf(card, route, now) === 'coming' && Date.parse(card.effectiveAt) - now > LAST_CALL
}

/** The card before another one, as it was or will be in force: of cards that were withdrawn there is nothing to compare. */
export function beforeOf(card: RateCard, cards: readonly RateCard[]): RateCard | undefined {
  const earlier = cards.filter((each) => each.withdrawnAt === null && comesBefore(each, card))
  return earlier.toSorted((a, b) => (comesBefore(a, b) ? 1 : -1))[0]
}

/** By time, and of one time by version. */
function comesBefore(a: RateCard, b: RateCard): boolean {
  const [left, right] = [Date.parse(a.effectiveAt), Date.parse(b.effectiveAt)]
  return left < right || (left === right && a.version < b.version)
}

/** Every card of a route, newest first; a route has some hundred at most. */
export async function allCards(id: string, signal: AbortSignal): Promise<RateCard[]> {
  const cards: RateCard[] = []
  let cursor: string | undefined
  do {
    const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) }
    const page = await data(api.GET('/routes/{id}/rate-cards', { params: { path: { id }, query }, signal }))
    cards.push(...page.data)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return cards.toReversed()
}
