/**
 * Which card of a route is in force when. A snapshot of the catalog names the cards to come with their times, so that
 * every isolate takes them up at the instant, without asking anybody. Pure; no database driver behind it.
 */
import type { CatalogRoute, ComingCard } from './CatalogRoute.ts'

/** The route with the card that is in force at `now` (Unix milliseconds); the same object when it is that already. */
export function inForce(route: CatalogRoute, now: number): CatalogRoute {
  const come = route.coming.findLast(({ effectiveAt }) => effectiveAt <= now)
  return come === undefined ? route : withCard(route, come)
}

/** The first instant after `now` at which a route takes up another card; Infinity when none does. */
export function nextSwitch(routes: readonly CatalogRoute[], now: number): number {
  let next = Infinity
  for (const { coming } of routes)
    for (const { effectiveAt } of coming) if (effectiveAt > now) next = Math.min(next, effectiveAt)
  return next
}

function withCard(route: CatalogRoute, card: ComingCard): CatalogRoute {
  const { version, rule, effectiveAt } = card
  const coming = route.coming.filter((each) => each.effectiveAt > effectiveAt)
  // A price that this release cannot read must not make the route free.
  if (rule === null) return { ...route, rate: null, coming, enabled: false }
  return { ...route, rate: { version, rule }, coming }
}
