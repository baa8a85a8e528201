/** Hosts that an owner has shown to be his: upstreams by URL lie on such hosts only. */
import { and, asc, eq, gt } from 'drizzle-orm'
import { chainOf, change } from './Audit.ts'
import type { Database } from './Database.ts'
import { actOf, LIMITS, nothing, Refused, type Scope, type Who } from './ProvidersScope.ts'

export type HostRow = Database['tables']['upstreamHost']['$inferSelect']

export function hostsOf(db: Database, { owner, mode }: Scope, after: string, limit: number) {
  const { upstreamHost } = db.tables
  return db.orm
    .select()
    .from(upstreamHost)
    .where(and(eq(upstreamHost.owner, owner), eq(upstreamHost.mode, mode), gt(upstreamHost.host, after)))
    .orderBy(asc(upstreamHost.host))
    .limit(limit)
}

/** @throws {Refused} `not_found`. */
export async function hostOf(db: Database, scope: Scope, host: string): Promise<HostRow> {
  const row = await find(db, scope, host)
  if (row === undefined) throw new Refused('not_found')
  return row
}

/** Names a host and gives it a token to show; the host again gives the same. */
export async function addHost(db: Database, who: Who, host: string, token: string): Promise<HostRow> {
  const { owner, mode, at } = who
  return change(db, chainOf(owner, mode), async () => {
    const known = await find(db, who, host)
    if (known !== undefined) return { ...nothing, result: known }
    if ((await hostsOf(db, who, '', LIMITS.hosts)).length === LIMITS.hosts)
      throw new Refused('limit_reached', `${LIMITS.hosts} hosts`)
    const row: HostRow = { owner, mode, host, token, createdAt: at, verifiedAt: null }
    return {
      acts: [actOf(who, 'upstream_host.add', host, {})],
      statements: (orm) => [orm.insert(db.tables.upstreamHost).values(row)],
      result: row,
    }
  })
}

/** The host has shown the token. */
export async function confirmHost(db: Database, who: Who, host: string, token: string): Promise<HostRow> {
  const { upstreamHost } = db.tables
  return change(db, chainOf(who.owner, who.mode), async () => {
    const old = await hostOf(db, who, host)
    if (old.token !== token || old.verifiedAt !== null) return { ...nothing, result: old }
    return {
      acts: [actOf(who, 'upstream_host.verify', host, {})],
      statements: (orm) => [
        orm
          .update(upstreamHost)
          .set({ verifiedAt: who.at })
          .where(is(db, who, host)),
      ],
      result: { ...old, verifiedAt: who.at },
    }
  })
}

/** Whether an owner may send calls to a host. */
export async function isConfirmed(db: Database, scope: Scope, host: string): Promise<boolean> {
  return (await find(db, scope, host))?.verifiedAt != null
}

async function find(db: Database, scope: Scope, host: string): Promise<HostRow | undefined> {
  const { upstreamHost } = db.tables
  const [row] = await db.orm
    .select()
    .from(upstreamHost)
    .where(is(db, scope, host))
  return row
}

function is(db: Database, { owner, mode }: Scope, host: string) {
  const { upstreamHost } = db.tables
  return and(eq(upstreamHost.owner, owner), eq(upstreamHost.mode, mode), eq(upstreamHost.host, host))
}
