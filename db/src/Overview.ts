/** Read-only views over the projections, each a single indexed statement; `overview` puts them on one page. */
import { desc, eq, getTableColumns, inArray, isNotNull } from 'drizzle-orm'
import { type CatalogRoute, loadCatalog } from './Catalog.ts'
import { inForce } from './CatalogTime.ts'
import type { Database } from './Database.ts'

/** A channel's money as a person wants to see it; atomic units as decimal strings. */
export type ChannelOverview = {
  id: string
  session: string
  payer: string
  key: string
  chainId: number
  receiver: string
  token: string
  /** Money in the channel: deposits, those not yet confirmed included, less what went back. */
  funds: string
  /** The highest voucher. */
  authorised: string
  /** Posted charges. */
  metered: string
  /** Recorded on chain. */
  claimed: string
  /** Paid to the receiver. */
  settled: string
  /** Metered, and neither settled nor lost yet. */
  held: string
  lost: string
  /** Invariant I1: settled ≤ claimed ≤ metered ≤ authorised, and metered − lost ≤ funds. */
  inOrder: boolean
}

export type Overview = {
  catalogVersion: number
  /** Without upstream and credential: an overview is about prices. */
  routes: Pick<CatalogRoute, 'id' | 'providerId' | 'methods' | 'path' | 'chainIds' | 'rate' | 'enabled'>[]
  channels: ChannelOverview[]
  payments: Awaited<ReturnType<typeof latestPayments>>
  movements: Awaited<ReturnType<typeof movementsOfChannel>>
  settlements: Awaited<ReturnType<typeof latestSettlements>>
  incidents: Awaited<ReturnType<typeof latestIncidents>>
  audit: Awaited<ReturnType<typeof latestAudit>>
}

/** What to narrow an overview to. Without it: whatever came last. */
export type OverviewFilter = { providerId?: string; channelId?: `0x${string}`; payer?: `0x${string}` }

/** The newest charges: all, of one channel, or of one provider. */
export function latestPayments(db: Database, { channelId, providerId }: OverviewFilter, limit: number) {
  const { microPayment } = db.tables
  const of = channelId
    ? eq(microPayment.channelId, channelId)
    : providerId
      ? eq(microPayment.providerId, providerId)
      : undefined
  return db.orm.select().from(microPayment).where(of).orderBy(desc(microPayment.at)).limit(limit)
}

/** The newest movements of a channel that are not charges: deposits, claims, refunds, losses. */
export function movementsOfChannel(db: Database, channelId: `0x${string}`, limit: number) {
  const { movement } = db.tables
  return db.orm.select().from(movement).where(eq(movement.channelId, channelId)).orderBy(desc(movement.at)).limit(limit)
}

/** The sessions that were charged or paid last. */
export function latestSessions(db: Database, limit: number) {
  const { streamSession } = db.tables
  return db.orm
    .select()
    .from(streamSession)
    .where(isNotNull(streamSession.lastAt))
    .orderBy(desc(streamSession.lastAt))
    .limit(limit)
}

/** The sessions of every key of one payer. */
export function sessionsOfPayer(db: Database, payer: `0x${string}`, limit: number) {
  const { sessionKey, streamSession } = db.tables
  return db.orm
    .select(getTableColumns(streamSession))
    .from(sessionKey)
    .innerJoin(streamSession, eq(streamSession.id, sessionKey.session))
    .where(eq(sessionKey.payer, payer))
    .limit(limit)
}

/** The channels of some sessions (at most 100: they are bound one by one). */
export function channelsOfSessions(db: Database, sessions: string[]) {
  const { channel } = db.tables
  return db.orm.select().from(channel).where(inArray(channel.session, sessions))
}

/** The newest transactions of all lanes. */
export function latestSettlements(db: Database, limit: number) {
  const { settlement } = db.tables
  return db.orm.select().from(settlement).orderBy(desc(settlement.at)).limit(limit)
}

/** The newest incidents. */
export function latestIncidents(db: Database, limit: number) {
  const { sentinelEvent } = db.tables
  return db.orm.select().from(sentinelEvent).orderBy(desc(sentinelEvent.at)).limit(limit)
}

/** The newest acts of people and seeds, without their detail: that names upstreams. */
export function latestAudit(db: Database, limit: number) {
  const { audit } = db.tables
  return db.orm
    .select({ id: audit.id, actor: audit.actor, action: audit.action, subject: audit.subject, at: audit.at })
    .from(audit)
    .orderBy(desc(audit.id))
    .limit(limit)
}

/** Everything at a glance: the newest of each kind, narrowed by the filter where it applies. */
export async function overview(db: Database, filter: OverviewFilter = {}, now = Date.now()): Promise<Overview> {
  const [catalog, channels, payments, movements, settlements, incidents, audit] = await Promise.all([
    loadCatalog(db),
    overviewChannels(db, filter),
    latestPayments(db, filter, 30),
    filter.channelId ? movementsOfChannel(db, filter.channelId, 30) : [],
    latestSettlements(db, 20),
    latestIncidents(db, 20),
    latestAudit(db, 20),
  ])
  return {
    catalogVersion: catalog.version,
    routes: catalog.routes.map((route) => {
      const { id, providerId, methods, path, chainIds, rate, enabled } = inForce(route, now)
      return { id, providerId, methods, path, chainIds, rate, enabled }
    }),
    channels,
    payments,
    movements,
    settlements,
    incidents,
    audit,
  }
}

async function overviewChannels(db: Database, { payer, channelId }: OverviewFilter): Promise<ChannelOverview[]> {
  const sessions = await (payer ? sessionsOfPayer(db, payer, 50) : latestSessions(db, 50))
  if (sessions.length === 0) return []
  const channels = await channelsOfSessions(
    db,
    sessions.map(({ id }) => id),
  )
  return sessions.flatMap((session) =>
    channels
      .filter((channel) => channel.session === session.id && (!channelId || channel.id === channelId))
      .map((channel) => channelOverview(channel, session)),
  )
}

type ChannelRow = Awaited<ReturnType<typeof channelsOfSessions>>[number]
type SessionRow = Awaited<ReturnType<typeof latestSessions>>[number]

function channelOverview(channel: ChannelRow, session: SessionRow): ChannelOverview {
  const { accepted, spent, claimed, settled, lost } = channel
  const funds = BigInt(channel.deposited) + BigInt(channel.provisional) - BigInt(channel.returned)
  const ascending = [settled, claimed, spent, accepted].map(BigInt)
  return {
    id: channel.id,
    session: session.id,
    payer: session.payer,
    key: session.payerAuthorizer,
    chainId: channel.chainId,
    receiver: channel.receiver,
    token: channel.token,
    funds: `${funds}`,
    authorised: accepted,
    metered: spent,
    claimed,
    settled,
    held: `${BigInt(spent) - BigInt(settled) - BigInt(lost)}`,
    lost,
    inOrder:
      ascending.every((n, i) => i === 0 || (ascending[i - 1] ?? 0n) <= n) && BigInt(spent) - BigInt(lost) <= funds,
  }
}
