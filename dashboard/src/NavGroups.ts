/** Which pages the navigation names, and where. */
import { type Page, pathOf } from './Router.ts'

export type Groups = { user: Page[]; sentinel: Page[]; provider: Page[]; providerSentinel: Page[] }

export function groupsOf(pages: readonly Page[]): Groups {
  const ofProvider = (page: Page) => page.path.startsWith('/p/')
  const inGroup = (group: NonNullable<Page['nav']>['group']) =>
    pages.filter((page) => page.nav?.group === group).toSorted((a, b) => (a.nav?.order ?? 0) - (b.nav?.order ?? 0))
  return {
    user: inGroup('user'),
    sentinel: inGroup('sentinel').filter((page) => !ofProvider(page)),
    // The list of providers is behind "All providers" of the chooser.
    provider: inGroup('provider').filter(ofProvider),
    providerSentinel: inGroup('sentinel').filter(ofProvider),
  }
}

/** An item is the current one on its pages and on those below them, unless another item says it more exactly. */
export function isCurrent(to: string, path: string, items: readonly Page[], provider = ''): boolean {
  const covering = items.flatMap(({ path: own, nav }) => {
    const places = [own, ...(nav?.also ?? [])].map((place) => pathOf(place, { provider }))
    const found = places.filter((place) => path === place || path.startsWith(`${place}/`))
    return found.map((place) => ({ item: pathOf(own, { provider }), length: place.length }))
  })
  return covering.toSorted((a, b) => b.length - a.length)[0]?.item === to
}
