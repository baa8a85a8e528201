/**
 * The tables on Postgres: `schema.sqlite.ts` in the other dialect, row for row (`parity.ts` checks it).
 *
 * Amounts are numeric(78,0), wide enough for a uint256, and reach the code as strings.
 */
import type { Address, Hex } from '@pbstream/core/Hex'
import type { IncidentEvent, JournalRow, TransactionEvent } from '@pbstream/core/message/Event'
import { isNull } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  boolean,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import type { Origin, RateRule } from './CatalogRoute.ts'

const money = (name: string) => numeric(name, { precision: 78, scale: 0 })
const amount = (name: string) => money(name).notNull()
const count = (name: string) => bigint(name, { mode: 'number' })
const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })

export const catalog = pgTable('catalog', {
  name: text('name').primaryKey(),
  version: count('version').notNull(),
})

export const provider = pgTable('provider', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  payTo: text('pay_to').$type<Address>().notNull(),
  enabled: boolean('enabled').notNull(),
  createdAt: time('created_at').notNull(),
  updatedAt: time('updated_at').notNull(),
})

export const route = pgTable('route', {
  id: text('id').primaryKey(),
  providerId: text('provider_id')
    .notNull()
    .references(() => provider.id),
  methods: jsonb('methods').$type<string[]>().notNull(),
  path: text('path').notNull(),
  origin: jsonb('origin').$type<Origin>().notNull(),
  chainIds: jsonb('chain_ids').$type<number[]>().notNull(),
  rateVersion: count('rate_version'),
  bodyPriced: boolean('body_priced').notNull(),
  maxBodyBytes: integer('max_body_bytes').notNull(),
  chargeOnAbandon: boolean('charge_on_abandon').notNull(),
  credentialHeader: text('credential_header'),
  credentialSealed: text('credential_sealed'),
  enabled: boolean('enabled').notNull(),
  audience: text('audience').notNull(),
  createdAt: time('created_at').notNull(),
  updatedAt: time('updated_at').notNull(),
})

export const rateCard = pgTable(
  'rate_card',
  {
    routeId: text('route_id')
      .notNull()
      .references(() => route.id),
    version: count('version').notNull(),
    rule: jsonb('rule').$type<RateRule>().notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.routeId, t.version] })],
)

export const sessionKey = pgTable(
  'session_key',
  {
    id: text('id').primaryKey(),
    session: text('session').notNull(),
    chainId: count('chain_id').notNull(),
    contract: text('contract').$type<Address>().notNull(),
    payer: text('payer').$type<Address>().notNull(),
    key: text('key').$type<Address>().notNull(),
    firstSeenAt: time('first_seen_at'),
  },
  (t) => [index('session_key_payer').on(t.payer)],
)

export const streamSession = pgTable(
  'stream_session',
  {
    id: text('id').primaryKey(),
    chainId: count('chain_id').notNull(),
    contract: text('contract').$type<Address>().notNull(),
    payer: text('payer').$type<Address>().notNull(),
    payerAuthorizer: text('payer_authorizer').$type<Address>().notNull(),
    lastSeq: count('last_seq').notNull(),
    lastAt: time('last_at'),
  },
  (t) => [index('stream_session_last_at').on(t.lastAt)],
)

export const channel = pgTable(
  'channel',
  {
    id: text('id').$type<Hex>().primaryKey(),
    session: text('session').notNull(),
    chainId: count('chain_id').notNull(),
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
    revision: count('revision').notNull(),
  },
  (t) => [index('channel_session').on(t.session), index('channel_receiver').on(t.receiver, t.id)],
)

export const microPayment = pgTable(
  'micro_payment',
  {
    session: text('session').notNull(),
    seq: count('seq').notNull(),
    channelId: text('channel_id').$type<Hex>().notNull(),
    reservationId: text('reservation_id'),
    requestId: text('request_id'),
    providerId: text('provider_id'),
    routeId: text('route_id'),
    rateVersion: count('rate_version'),
    debit: text('debit').notNull(),
    credit: text('credit').notNull(),
    amount: amount('amount'),
    cumulative: money('cumulative'),
    at: time('at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.session, t.seq] }),
    index('micro_payment_at').on(t.at),
    index('micro_payment_provider_at').on(t.providerId, t.at),
    index('micro_payment_channel_at').on(t.channelId, t.at),
  ],
)

export const movement = pgTable(
  'movement',
  {
    session: text('session').notNull(),
    seq: count('seq').notNull(),
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

export const sentinelEvent = pgTable(
  'sentinel_event',
  {
    id: text('id').primaryKey(),
    what: text('what').$type<IncidentEvent['what']>().notNull(),
    detail: jsonb('detail').$type<Record<string, string>>().notNull(),
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

export const suspicion = pgTable(
  'suspicion',
  {
    channelId: text('channel_id').$type<Hex>().notNull(),
    what: text('what').$type<IncidentEvent['what']>().notNull(),
    mark: text('mark').notNull(),
    since: time('since').notNull(),
  },
  (t) => [primaryKey({ columns: [t.channelId, t.what] }), index('suspicion_since').on(t.since)],
)

export const reconciliation = pgTable('reconciliation', {
  name: text('name').primaryKey(),
  cursor: text('cursor').notNull(),
  roundAt: time('round_at').notNull(),
  finishedAt: time('finished_at'),
})

export const settlement = pgTable(
  'settlement',
  {
    chainId: count('chain_id').notNull(),
    signer: text('signer').$type<Address>().notNull(),
    itemId: text('item_id').notNull(),
    purpose: text('purpose').$type<TransactionEvent['purpose']>().notNull(),
    nonce: count('nonce'),
    transaction: text('transaction').$type<Hex>(),
    status: text('status').$type<TransactionEvent['status']>().notNull(),
    revision: count('revision').notNull(),
    channels: integer('channels').notNull(),
    amount: amount('amount'),
    gasUsed: money('gas_used'),
    error: text('error'),
    at: time('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.chainId, t.signer, t.itemId] }), index('settlement_at').on(t.at)],
)

export const audit = pgTable('audit', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  subject: text('subject').notNull(),
  detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
  at: time('at').notNull(),
})
