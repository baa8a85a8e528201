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

/** An item is the current one on its page and on the pages below it, unless another item says it more exactly. */
export function isCurrent(to: string, path: string, items: readonly Page[], provider = ''): boolean {
  const covers = (item: string) => path === item || path.startsWith(`${item}/`)
  if (!covers(to)) return false
  return !items.some((page) => {
    const other = pathOf(page.path, { provider })
    return other.length > to.length && covers(other)
  })
}
