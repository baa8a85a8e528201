/** Every page that the dashboard has, with ids of what there is. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '@pbstream/local/Bundle'
import type { Estate } from './Estate.ts'
import { pageName } from './pageName.ts'

export type Visit = { pattern: string; path: string; name: string }

// By its address: with its types the compiler would hold the whole dashboard, which browsers run, to those of Workers.
const list = pathToFileURL(join(root, 'dashboard/src/pages/index.ts')).href
const { pages } = (await import(list)) as { pages: readonly { path: string }[] }

/** @throws for a page whose pattern has an id that the estate does not know: it has to have something to show there */
export function visitsOf({ shop, ids }: Pick<Estate, 'shop' | 'ids'>): Visit[] {
  return pages.map(({ path: pattern }) => {
    const path = pattern.replaceAll(/:(\w+)/g, (_, name: string) => {
      const id = name === 'provider' ? shop : ids[pattern]
      if (id === undefined) throw new Error(`nothing to show at ${pattern}`)
      return encodeURIComponent(id)
    })
    return { pattern, path, name: pageName(pattern) }
  })
}
