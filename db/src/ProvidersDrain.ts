/**
 * Drains: when the terms of a provider's channels change, clients open new channels, and the old ones are settled and
 * their rest refunded. A drain goes through the channels that the provider sold on, round by round, until a round finds
 * nothing left to do.
 */
import type { Address } from '@pbstream/core/Hex'
import { and, asc, eq, gt, gte, inArray, isNull, lte } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'
import type { ProviderRow } from './Providers.ts'
import type { Scope, Who } from './ProvidersScope.ts'
import { eventStatements } from './Webhooks.ts'

export type DrainRow = Database['tables']['drain']['$inferSelect']
export type ChannelRow = Database['tables']['channel']['$inferSelect']

/** Channels that a preview looks at. */
const PREVIEW_MAX = 5_000
const PREVIEW_PAGE = 500

export function begin(who: Who, { id }: ProviderRow, reason: DrainRow['reason'], receiver: Address): DrainRow {
  return {
    id: `drain_${crypto.randomUUID().replaceAll('-', '')}`,
    providerId: id,
    owner: who.owner,
    mode: who.mode,
    reason,
    receiver,
    cursor: '',
    roundAt: who.at,
    open: 0,
    closed: 0,
    requestedAt: who.at,
    finishedAt: null,
  }
}

export function statements(db: Database, orm: Orm, row: DrainRow | undefined): Statement[] {
  if (row === undefined) return []
  const { id, owner, mode, providerId, reason, receiver, requestedAt } = row
  const told = { drain: id, provider: providerId, reason, receiver }
  return [
    orm.insert(db.tables.drain).values(row),
    ...eventStatements(db, orm, owner, mode, 'drain.started', told, requestedAt),
  ]
}

/** Whether a drain for another withdraw delay was started less than `ms` ago. */
export async function isRecent(db: Database, providerId: string, now: Date, ms: number): Promise<boolean> {
  const { drain } = db.tables
  const [row] = await db.orm
    .select({ id: drain.id })
    .from(drain)
    .where(
      and(
        eq(drain.providerId, providerId),
        eq(drain.reason, 'withdraw_delay'),
        gte(drain.requestedAt, new Date(now.getTime() - ms)),
      ),
    )
    .limit(1)
  return row !== undefined
}

/** Drains of a provider, by id. */
export function drainsOf(db: Database, { owner, mode }: Scope, providerId: string, after: string, limit: number) {
  const { drain } = db.tables
  return db.orm
    .select()
    .from(drain)
    .where(and(eq(drain.providerId, providerId), eq(drain.owner, owner), eq(drain.mode, mode), gt(drain.id, after)))
    .orderBy(asc(drain.id))
    .limit(limit)
}

/** Drains that go on, the one that waited longest first. */
export function goingOn(db: Database, now: Date, limit: number) {
  const { drain } = db.tables
  return db.orm
    .select()
    .from(drain)
    .where(and(isNull(drain.finishedAt), lte(drain.roundAt, now)))
    .orderBy(asc(drain.roundAt))
    .limit(limit)
}

/** Channels that a provider sold on, by id. */
export function channelsOf(db: Database, providerId: string, after: string, limit: number) {
  const { providerChannel, channel } = db.tables
  return db.orm
    .select({ channel })
    .from(providerChannel)
    .innerJoin(channel, eq(channel.id, providerChannel.channelId))
    .where(and(eq(providerChannel.providerId, providerId), gt(providerChannel.channelId, after as `0x${string}`)))
    .orderBy(asc(providerChannel.channelId))
    .limit(limit)
}

/** Other providers that sold on these channels: they may go on using them. */
export function othersOn(db: Database, channelIds: `0x${string}`[]) {
  const { providerChannel, provider } = db.tables
  return db.orm
    .select({
      channelId: providerChannel.channelId,
      providerId: provider.id,
      payTo: provider.payTo,
      withdrawDelay: provider.withdrawDelay,
    })
    .from(providerChannel)
    .innerJoin(provider, eq(provider.id, providerChannel.providerId))
    .where(inArray(providerChannel.channelId, channelIds))
}

/** Where a drain has come to: the next channel of this round, or the next round. */
export async function advance(db: Database, id: string, to: Partial<DrainRow>): Promise<void> {
  const { drain } = db.tables
  await db.orm.update(drain).set(to).where(eq(drain.id, id))
}

/** Ends a drain, and tells its owner. */
export async function finish(db: Database, row: DrainRow, closed: number, at: Date): Promise<void> {
  const { drain } = db.tables
  const told = { drain: row.id, provider: row.providerId, channels: closed }
  await db.atomically((orm) => [
    orm.update(drain).set({ finishedAt: at, open: 0, closed }).where(eq(drain.id, row.id)),
    ...eventStatements(db, orm, row.owner, row.mode, 'drain.finished', told, at, `evt_${row.id.slice(6)}`),
  ])
}

/** What a change of terms does: so many channels, so much that is paid to the receiver, so much that goes back to payers. */
export type Preview = {
  channels: number
  toPay: string
  toReturn: string
  /** False: there are more channels than were looked at. */
  whole: boolean
}

export async function preview(db: Database, providerId: string, receiver: Address): Promise<Preview> {
  let [after, channels, toPay, toReturn, seen] = ['', 0, 0n, 0n, 0]
  for (;;) {
    const rows = await channelsOf(db, providerId, after, PREVIEW_PAGE)
    for (const { channel } of rows) {
      const money = moneyIn(channel)
      if (channel.receiver !== receiver || (money.toPay === 0n && money.toReturn === 0n)) continue
      channels++
      toPay += money.toPay
      toReturn += money.toReturn
    }
    seen += rows.length
    const whole = rows.length < PREVIEW_PAGE
    if (whole || seen >= PREVIEW_MAX) return { channels, toPay: String(toPay), toReturn: String(toReturn), whole }
    after = rows.at(-1)?.channel.id ?? after
  }
}

/** What a channel still owes: to its receiver, and to its payer. */
export function moneyIn(row: ChannelRow): { toPay: bigint; toReturn: bigint } {
  const funds = BigInt(row.deposited) + BigInt(row.provisional) - BigInt(row.returned)
  const positive = (amount: bigint) => (amount > 0n ? amount : 0n)
  return {
    toPay: positive(BigInt(row.spent) - BigInt(row.settled) - BigInt(row.lost)),
    toReturn: positive(funds - BigInt(row.spent)),
  }
}
