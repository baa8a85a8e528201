/**
 * The tables on D1 (SQLite). `schema.pg.ts` is the same for Postgres; `parity.ts` keeps the two alike. What each
 * column means is in the README.
 *
 * Amounts are TEXT (D1 integers come back as doubles), times are integer milliseconds.
 */
import type { Address, Hex } from '@pbstream/core/Hex'
import type { IncidentEvent, JournalRow, TransactionEvent } from '@pbstream/core/message/Event'
import { isNull } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Origin, RateRule } from './CatalogRoute.ts'

const amount = (name: string) => text(name).notNull()
const time = (name: string) => integer(name, { mode: 'timestamp_ms' })

export const catalog = sqliteTable('catalog', {
  name: text('name').primaryKey(),
  version: integer('version').notNull(),
})

export const provider = sqliteTable('provider', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  payTo: text('pay_to').$type<Address>().notNull(),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
  createdAt: time('created_at').notNull(),
  updatedAt: time('updated_at').notNull(),
})

export const route = sqliteTable('route', {
  id: text('id').primaryKey(),
  providerId: text('provider_id')
    .notNull()
    .references(() => provider.id),
  methods: text('methods', { mode: 'json' }).$type<string[]>().notNull(),
  path: text('path').notNull(),
  origin: text('origin', { mode: 'json' }).$type<Origin>().notNull(),
  chainIds: text('chain_ids', { mode: 'json' }).$type<number[]>().notNull(),
  rateVersion: integer('rate_version'),
  bodyPriced: integer('body_priced', { mode: 'boolean' }).notNull(),
  maxBodyBytes: integer('max_body_bytes').notNull(),
  chargeOnAbandon: integer('charge_on_abandon', { mode: 'boolean' }).notNull(),
  credentialHeader: text('credential_header'),
  credentialSealed: text('credential_sealed'),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
  audience: text('audience').notNull(),
  createdAt: time('created_at').notNull(),
  updatedAt: time('updated_at').notNull(),
})

export const rateCard = sqliteTable(
  'rate_card',
  {
    routeId: text('route_id')
      .notNull()
      .references(() => route.id),
    version: integer('version').notNull(),
    rule: text('rule', { mode: 'json' }).$type<RateRule>().notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.routeId, t.version] })],
)

export const sessionKey = sqliteTable(
  'session_key',
  {
    id: text('id').primaryKey(),
    session: text('session').notNull(),
    chainId: integer('chain_id').notNull(),
    contract: text('contract').$type<Address>().notNull(),
    payer: text('payer').$type<Address>().notNull(),
    key: text('key').$type<Address>().notNull(),
    firstSeenAt: time('first_seen_at'),
  },
  (t) => [index('session_key_payer').on(t.payer)],
)

export const streamSession = sqliteTable(
  'stream_session',
  {
    id: text('id').primaryKey(),
    chainId: integer('chain_id').notNull(),
    contract: text('contract').$type<Address>().notNull(),
    payer: text('payer').$type<Address>().notNull(),
    payerAuthorizer: text('payer_authorizer').$type<Address>().notNull(),
    lastSeq: integer('last_seq').notNull(),
    lastAt: time('last_at'),
  },
  (t) => [index('stream_session_last_at').on(t.lastAt)],
)

export const channel = sqliteTable(
  'channel',
  {
    id: text('id').$type<Hex>().primaryKey(),
    session: text('session').notNull(),
    chainId: integer('chain_id').notNull(),
    receiver: text('receiver').$type<Address>().notNull(),
    token: text('token').$type<Address>().notNull(),
    provisional: amount('provisional'),
    deposited: amount('deposited'),
    returned: amount('returned'),
    accepted: amount('accepted'),
    spent: amount('spent'),
    claimed: amount('claimed'),
    settled: amount('settled'),
    lost: amount('lost'),
    revision: integer('revision').notNull(),
  },
  (t) => [index('channel_session').on(t.session), index('channel_receiver').on(t.receiver, t.id)],
)

export const microPayment = sqliteTable(
  'micro_payment',
  {
    session: text('session').notNull(),
    seq: integer('seq').notNull(),
    channelId: text('channel_id').$type<Hex>().notNull(),
    reservationId: text('reservation_id'),
    requestId: text('request_id'),
    providerId: text('provider_id'),
    routeId: text('route_id'),
    rateVersion: integer('rate_version'),
    debit: text('debit').notNull(),
    credit: text('credit').notNull(),
    amount: amount('amount'),
    cumulative: text('cumulative'),
    at: time('at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.session, t.seq] }),
    index('micro_payment_at').on(t.at),
    index('micro_payment_provider_at').on(t.providerId, t.at),
    index('micro_payment_channel_at').on(t.channelId, t.at),
  ],
)

export const movement = sqliteTable(
  'movement',
  {
    session: text('session').notNull(),
    seq: integer('seq').notNull(),
    kind: text('kind').$type<Exclude<JournalRow['kind'], 'charge'>>().notNull(),
    channelId: text('channel_id').$type<Hex>().notNull(),
    debit: text('debit').notNull(),
    credit: text('credit').notNull(),
    amount: amount('amount'),
    transaction: text('transaction').$type<Hex>(),
    at: time('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.session, t.seq] }), index('movement_channel_at').on(t.channelId, t.at)],
)

export const sentinelEvent = sqliteTable(
  'sentinel_event',
  {
    id: text('id').primaryKey(),
    what: text('what').$type<IncidentEvent['what']>().notNull(),
    detail: text('detail', { mode: 'json' }).$type<Record<string, string>>().notNull(),
    at: time('at').notNull(),
    subject: text('subject'),
    resolvedAt: time('resolved_at'),
  },
  (t) => [
    index('sentinel_event_at').on(t.at),
    // Few of all hold: these have no others in them.
    index('sentinel_event_open').on(t.at).where(isNull(t.resolvedAt)),
    index('sentinel_event_subject').on(t.subject).where(isNull(t.resolvedAt)),
  ],
)

export const suspicion = sqliteTable(
  'suspicion',
  {
    channelId: text('channel_id').$type<Hex>().notNull(),
    what: text('what').$type<IncidentEvent['what']>().notNull(),
    mark: text('mark').notNull(),
    since: time('since').notNull(),
  },
  (t) => [primaryKey({ columns: [t.channelId, t.what] }), index('suspicion_since').on(t.since)],
)

export const reconciliation = sqliteTable('reconciliation', {
  name: text('name').primaryKey(),
  cursor: text('cursor').notNull(),
  roundAt: time('round_at').notNull(),
  finishedAt: time('finished_at'),
})

export const settlement = sqliteTable(
  'settlement',
  {
    chainId: integer('chain_id').notNull(),
    signer: text('signer').$type<Address>().notNull(),
    itemId: text('item_id').notNull(),
    purpose: text('purpose').$type<TransactionEvent['purpose']>().notNull(),
    nonce: integer('nonce'),
    transaction: text('transaction').$type<Hex>(),
    status: text('status').$type<TransactionEvent['status']>().notNull(),
    revision: integer('revision').notNull(),
    channels: integer('channels').notNull(),
    amount: amount('amount'),
    gasUsed: text('gas_used'),
    error: text('error'),
    at: time('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.chainId, t.signer, t.itemId] }), index('settlement_at').on(t.at)],
)

export const audit = sqliteTable('audit', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  subject: text('subject').notNull(),
  detail: text('detail', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  at: time('at').notNull(),
})
