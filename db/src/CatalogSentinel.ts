/** What gateways have to know of Sentinel, beside what is sold. */
import { openBreakers } from './Breakers.ts'
import type { SentinelCatalog } from './CatalogRoute.ts'
import type { Database } from './Database.ts'
import { headRevisions, PLATFORM_SCOPE, SEEDED_REVISION } from './Rulesets.ts'

const OF_PROVIDER = 'provider:'

/** Which rules are in force and which breakers are open, for who has read the version of Sentinel just before. */
export async function loadSentinel(db: Database, version: number): Promise<SentinelCatalog> {
  const [heads, open] = await Promise.all([headRevisions(db), openBreakers(db)])
  const providers = heads.flatMap(({ scope, revision }) =>
    scope.startsWith(OF_PROVIDER) ? [[scope.slice(OF_PROVIDER.length), revision] as const] : [],
  )
  return {
    version,
    platform: heads.find(({ scope }) => scope === PLATFORM_SCOPE)?.revision ?? SEEDED_REVISION,
    providers: Object.fromEntries(providers),
    breakers: open.map(({ scope, subject, until, cause }) => {
      return { scope, subject, until: until?.getTime() ?? null, cause: cause ?? '' }
    }),
  }
}
