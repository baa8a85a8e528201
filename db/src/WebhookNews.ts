/**
 * What owners are told of money: events of sessions and settlement, for the payer of a session and for the providers that
 * charged on the channel. A payout address is no proof of anything: whoever names somebody else's is told nothing.
 */
import type { Address, Hex } from '@pbstream/core/Hex'
import type { IncidentEvent, JournalRow, PbEvent, SessionEvent } from '@pbstream/core/message/Event'
import type { WebhookEvent } from '@pbstream/core/message/Webhook'
import { and, eq, inArray, isNotNull } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'
import type { Mode } from './Mode.ts'
import * as Webhooks from './Webhooks.ts'

/** The mode of a chain; undefined: nobody is told of it. */
export type ModeOf = (chainId: number) => Mode | undefined

/** A fact, and who it is about. */
type Fact = {
  id: string
  type: WebhookEvent
  chainId: number
  payer?: Address
  channelId?: Hex
  receiver?: Address
  data: Record<string, unknown>
  at: Date
}

/** Incidents of one owner's money. The others are about the platform's own work. */
const OWNERS: Partial<Record<IncidentEvent['what'], WebhookEvent>> = {
  claim_dead_letter: 'settlement.failed',
  money_lost: 'incident.opened',
  withdrawal_lost: 'incident.opened',
  receiver_blocked: 'incident.opened',
}
/** What of an incident an owner is told. */
const TOLD = ['chainId', 'contract', 'channelId', 'token', 'receiver', 'amount', 'total', 'reason', 'why']
const AT_ONCE = 80

/** One fact for one owner; `id` is that of the event, the same each time the fact comes. */
export type News = Pick<Fact, 'type' | 'data' | 'at'> & { id: string; owner: string; mode: Mode }

/** What the events mean to owners who listen. Reads nothing when they hold nothing but charges. */
export async function news(db: Database, events: readonly PbEvent[], modeOf: ModeOf): Promise<News[]> {
  const all = await ownerEvents(db, events, modeOf)
  if (all.length === 0) return []
  const listeners = await Webhooks.listeners(db, [...new Set(all.map(({ owner }) => owner))])
  const heard = all.filter(({ owner }) => listeners.has(owner))
  return Promise.all(
    heard.map(async (each) => ({ ...each, id: await Webhooks.eventIdOf(each.id, each.owner, each.mode) })),
  )
}

export function newsStatements(db: Database, orm: Orm, all: readonly News[]): Statement[] {
  return all.flatMap(({ owner, mode, type, data, at, id }) =>
    Webhooks.eventStatements(db, orm, owner, mode, type, data, at, id),
  )
}

async function ownerEvents(db: Database, events: readonly PbEvent[], modeOf: ModeOf): Promise<News[]> {
  const facts = events.flatMap((event) => {
    if (event.kind === 'session') return event.rows.flatMap((row) => sessionFact(event, row))
    return event.kind === 'incident' ? incidentFact(event) : []
  })
  if (facts.length === 0) return []
  const parties = await partiesOf(db, facts, events)
  return facts.flatMap((fact) => {
    const mode = modeOf(fact.chainId)
    if (mode === undefined) return []
    const { id, type, data, at } = fact
    const owners = ownersOf(fact, mode, parties)
    return [...owners].map((owner) => ({ id, owner, mode, type, data, at }))
  })
}

function sessionFact({ session, channels }: SessionEvent, row: JournalRow): Fact[] {
  const type = typeOf(row)
  if (type === undefined) return []
  const { channelId, seq, amount, transaction } = row
  const { chainId, contract, payer, payerAuthorizer } = session
  const numbers = channels.find((each) => each.channelId === channelId)
  const data = {
    chainId,
    contract,
    channelId,
    payer,
    payerAuthorizer,
    ...(numbers === undefined ? {} : { receiver: numbers.receiver, token: numbers.token }),
    amount,
    ...(transaction === undefined ? {} : { transaction }),
  }
  const id = `${type} ${chainId}:${contract}:${payer}:${payerAuthorizer} ${seq}`
  return [{ id, type, chainId, payer, channelId, data, at: new Date(row.at) }]
}

/** What a movement is called; undefined for those that nobody is told of. What was lost comes as an incident. */
function typeOf({ kind, debit, credit }: JournalRow): WebhookEvent | undefined {
  switch (kind) {
    case 'deposit':
      return credit === 'provisional' ? 'deposit.received' : 'deposit.confirmed'
    case 'loss':
      return debit === 'provisional' ? 'deposit.reverted' : undefined
    case 'refund':
      return 'refund.confirmed'
    case 'settle':
      return 'settlement.confirmed'
    default:
      return undefined
  }
}

function incidentFact({ id, what, detail, at }: IncidentEvent): Fact[] {
  const type = OWNERS[what]
  const chainId = Number(detail['chainId'])
  if (type === undefined || !Number.isSafeInteger(chainId)) return []
  const told = Object.fromEntries(Object.entries(detail).filter(([name]) => TOLD.includes(name)))
  const { channelId, receiver } = detail as { channelId?: Hex; receiver?: Address }
  const whom = {
    ...(channelId === undefined ? {} : { channelId }),
    ...(receiver === undefined ? {} : { receiver }),
  }
  return [{ id: `${type} ${id}`, type, chainId, ...whom, data: { what, ...told, chainId }, at: new Date(at) }]
}

type Parties = {
  /** Owners of the providers that charged on a channel, as `owner mode`. */
  providers: Map<Hex, Set<string>>
  /** Who pays on a channel. */
  payers: Map<Hex, Address>
}

async function partiesOf(db: Database, facts: Fact[], events: readonly PbEvent[]): Promise<Parties> {
  const ids = [...new Set(facts.flatMap(({ channelId }) => channelId ?? []))]
  const unnamed = [...new Set(facts.flatMap(({ channelId, payer }) => (payer === undefined ? (channelId ?? []) : [])))]
  const providers = new Map<Hex, Set<string>>()
  const add = (channelId: Hex, owner: string | null, mode: Mode) => {
    if (owner === null) return
    providers.set(channelId, (providers.get(channelId) ?? new Set()).add(`${owner} ${mode}`))
  }
  for (const some of chunks(ids)) for (const row of await chargedOn(db, some)) add(row.channelId, row.owner, row.mode)
  // The rows that say so may be written in this very step.
  const charges = chargesIn(events, new Set(ids))
  for (const some of chunks([...new Set(charges.map(({ providerId }) => providerId))])) {
    for (const { id, owner, mode } of await providersById(db, some)) {
      for (const { channelId, providerId } of charges) if (providerId === id) add(channelId, owner, mode)
    }
  }
  const payers = new Map<Hex, Address>()
  for (const some of chunks(unnamed)) {
    for (const { id, session } of await sessionsOfChannels(db, some)) payers.set(id, session.split(':')[2] as Address)
  }
  return { providers, payers }
}

/** An account that is no contract is an owner by its address, one that is by chain and address. */
function ownersOf(fact: Fact, mode: Mode, { providers, payers }: Parties): Set<string> {
  const { chainId, channelId, receiver } = fact
  const payer = fact.payer ?? (channelId === undefined ? undefined : payers.get(channelId))
  const charging = channelId === undefined ? undefined : providers.get(channelId)
  const owners = new Set<string>()
  for (const address of [payer, channelId === undefined ? receiver : undefined]) {
    if (address !== undefined) owners.add(address).add(`${chainId}:${address}`)
  }
  for (const each of charging ?? []) if (each.endsWith(` ${mode}`)) owners.add(each.slice(0, -mode.length - 1))
  return owners
}

function chargesIn(events: readonly PbEvent[], channels: ReadonlySet<Hex>): { channelId: Hex; providerId: string }[] {
  return events.flatMap((event) =>
    event.kind !== 'session'
      ? []
      : event.rows.flatMap(({ channelId, providerId }) =>
          providerId !== undefined && channels.has(channelId) ? [{ channelId, providerId }] : [],
        ),
  )
}

/** Owners of the providers that charged on some channels (at most 80). */
export function chargedOn(db: Database, channelIds: Hex[]) {
  const { providerChannel, provider } = db.tables
  return db.orm
    .select({ channelId: providerChannel.channelId, owner: provider.owner, mode: provider.mode })
    .from(providerChannel)
    .innerJoin(provider, eq(provider.id, providerChannel.providerId))
    .where(and(inArray(providerChannel.channelId, channelIds), isNotNull(provider.owner)))
}

function providersById(db: Database, ids: string[]) {
  const { provider } = db.tables
  return db.orm
    .select({ id: provider.id, owner: provider.owner, mode: provider.mode })
    .from(provider)
    .where(inArray(provider.id, ids))
}

function sessionsOfChannels(db: Database, ids: Hex[]) {
  const { channel } = db.tables
  return db.orm.select({ id: channel.id, session: channel.session }).from(channel).where(inArray(channel.id, ids))
}

function chunks<T>(all: T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, i) => all.slice(i * AT_ONCE, (i + 1) * AT_ONCE))
}
