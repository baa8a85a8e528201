import { type RouteInput, upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
import type { Database } from '@pbstream/db/Database'
import { Chain } from './Chain.ts'

/** A route of the seeded provider: it leads to `upstreamUrl` and is sold on the local chain. */
export type SeedRoute = Omit<RouteInput, 'id' | 'providerId' | 'origin' | 'chainIds'>

/** Writes one provider with its routes into the database. Doing it again changes nothing. */
export async function seed(
  database: Database,
  { payTo, upstreamUrl, routes }: { payTo: string; upstreamUrl: string; routes: SeedRoute[] },
): Promise<void> {
  const by = { actor: 'seed', at: Date.now() }
  await upsertProvider(database, { id: 'demo', name: 'Demo provider', payTo }, by)
  for (const route of routes) {
    const id = route.path
      .slice(1)
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/-$/, '')
    const origin = { kind: 'url', url: upstreamUrl } as const
    await upsertRoute(database, { ...route, id, providerId: 'demo', origin, chainIds: [Chain.id] }, by)
  }
}
