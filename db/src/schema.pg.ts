/**
 * The tables on Postgres: `schema.sqlite.ts` in the other dialect, row for row (`parity.ts` checks it).
 *
 * Amounts are numeric(78,0), wide enough for a uint256, and reach the code as strings.
 */
import type { Address, Hex } from '@pbstream/core/Hex'
import type { IncidentEvent, JournalRow, TransactionEvent } from '@pbstream/core/message/Event'
import { isNotNull, isNull, sql } from 'drizzle-orm'
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
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { Origin, RateRule } from './CatalogRoute.ts'
import type { DeliveryStatus, Mode, OracleKind, OracleValueStatus, Registered, SessionKeyStatus } from './Mode.ts'

export * from './schema.reports.pg.ts'
export * from './schema.sentinel.pg.ts'

const money = (name: string) => numeric(name, { precision: 78, scale: 0 })
const amount = (name: string) => money(name).notNull()
const count = (name: string) => bigint(name, { mode: 'number' })
const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })

export const catalog = pgTable('catalog', {
  name: text('name').primaryKey(),
  version: count('version').notNull(),
})

export const provider = pgTable(
  'provider',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    payTo: text('pay_to').$type<Address>().notNull(),
    enabled: boolean('enabled').notNull(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    owner: text('owner'),
    mode: text('mode').$type<Mode>().notNull().default('live'),
    revision: count('revision').notNull().default(1),
    withdrawDelay: integer('withdraw_delay'),
    settleAmount: money('settle_amount'),
    settleAgeMs: count('settle_age_ms'),
    pendingPayTo: text('pending_pay_to').$type<Address>(),
    pendingPayToAt: time('pending_pay_to_at'),
  },
  (t) => [
    index('provider_owner').on(t.owner, t.mode, t.id),
    index('provider_pay_to').on(t.payTo, t.mode),
    // Few of all wait: the clock reads nothing else.
    index('provider_pending_payout').on(t.pendingPayToAt).where(isNotNull(t.pendingPayToAt)),
  ],
)

export const route = pgTable(
  'route',
  {
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
    revision: count('revision').notNull().default(1),
    adapter: text('adapter'),
    rateAt: time('rate_at').notNull().default(new Date(0)),
  },
  (t) => [index('route_provider').on(t.providerId, t.id)],
)

export const rateCard = pgTable(
  'rate_card',
  {
    routeId: text('route_id')
      .notNull()
      .references(() => route.id),
    version: count('version').notNull(),
    rule: jsonb('rule').$type<RateRule>().notNull(),
    createdAt: time('created_at').notNull(),
    effectiveAt: time('effective_at').notNull().default(new Date(0)),
    withdrawnAt: time('withdrawn_at'),
  },
  // The cards to come are read with the catalog: few of all.
  (t) => [primaryKey({ columns: [t.routeId, t.version] }), index('rate_card_effective').on(t.routeId, t.effectiveAt)],
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
    publicId: text('public_id'),
    owner: text('owner'),
    mode: text('mode').$type<Mode>(),
    name: text('name'),
    permission: jsonb('permission').$type<Record<string, unknown>>(),
    routes: jsonb('routes').$type<string[]>(),
    status: text('status').$type<SessionKeyStatus>().notNull().default('unmanaged'),
    version: count('version').notNull().default(0),
    keyId: text('key_id').$type<Hex>(),
    registered: text('registered').$type<Registered>().notNull().default('none'),
    madeBy: text('made_by').$type<'client' | 'service'>(),
    replaces: text('replaces'),
    replacedBy: text('replaced_by'),
    graceUntil: time('grace_until'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
  },
  (t) => [
    index('session_key_payer').on(t.payer, t.session),
    uniqueIndex('session_key_public_id').on(t.publicId),
    index('session_key_owner').on(t.owner, t.mode, t.publicId),
    // The newest changes: every gateway asks for them every two seconds.
    index('session_key_changed').on(t.updatedAt),
  ],
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
  (t) => [
    index('channel_session').on(t.session),
    index('channel_receiver').on(t.receiver, t.id),
    // By payer: it stands in the name of the session.
    index('channel_payer').on(sql`substr(session, length(session) - 84, 42)`, t.id),
  ],
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
    usage: jsonb('usage').$type<Record<string, string>>(),
    country: text('country'),
    place: text('place'),
  },
  (t) => [
    primaryKey({ columns: [t.session, t.seq] }),
    index('micro_payment_at').on(t.at),
    index('micro_payment_provider_at').on(t.providerId, t.at, t.session, t.seq),
    index('micro_payment_route_at').on(t.routeId, t.at, t.session, t.seq),
    index('micro_payment_channel_at').on(t.channelId, t.at),
    // By payer, as above.
    index('micro_payment_payer_at').on(sql`substr(session, length(session) - 84, 42)`, t.at, t.session, t.seq),
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
  (t) => [primaryKey({ columns: [t.session, t.seq] }), index('movement_channel_at').on(t.channelId, t.at, t.seq)],
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
    index('sentinel_event_subject_at').on(t.subject, t.at),
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

export const audit = pgTable(
  'audit',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
    at: time('at').notNull(),
    chain: text('chain').notNull().default('legacy'),
    seq: count('seq').notNull().default(0),
    prev: text('prev').notNull().default(''),
    hash: text('hash').notNull().default(''),
  },
  (t) => [uniqueIndex('audit_chain_seq').on(t.chain, t.seq)],
)

export const auditHead = pgTable(
  'audit_head',
  {
    chain: text('chain').notNull(),
    day: text('day').notNull(),
    seq: count('seq').notNull(),
    hash: text('hash').notNull(),
  },
  (t) => [primaryKey({ columns: [t.chain, t.day] })],
)

export const owner = pgTable('owner', {
  id: text('id').primaryKey(),
  address: text('address').$type<Address>().notNull(),
  chainId: count('chain_id'),
  createdAt: time('created_at').notNull(),
  lastSignInAt: time('last_sign_in_at').notNull(),
})

export const signIn = pgTable(
  'sign_in',
  {
    hash: text('hash').primaryKey(),
    owner: text('owner').notNull(),
    createdAt: time('created_at').notNull(),
    expiresAt: time('expires_at').notNull(),
  },
  (t) => [index('sign_in_expires_at').on(t.expiresAt)],
)

export const usedNonce = pgTable(
  'used_nonce',
  {
    nonce: text('nonce').primaryKey(),
    expiresAt: time('expires_at').notNull(),
  },
  (t) => [index('used_nonce_expires_at').on(t.expiresAt)],
)

export const apiKey = pgTable(
  'api_key',
  {
    id: text('id').primaryKey(),
    owner: text('owner').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    name: text('name').notNull(),
    prefix: text('prefix').notNull(),
    hash: text('hash').notNull(),
    scopes: jsonb('scopes').$type<string[]>().notNull(),
    createdAt: time('created_at').notNull(),
    expiresAt: time('expires_at'),
    lastUsedAt: time('last_used_at'),
    revokedAt: time('revoked_at'),
  },
  (t) => [uniqueIndex('api_key_hash').on(t.hash), index('api_key_owner').on(t.owner, t.mode, t.id)],
)

export const idempotency = pgTable(
  'idempotency',
  {
    owner: text('owner').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    key: text('key').notNull(),
    digest: text('digest').notNull(),
    status: integer('status'),
    headers: jsonb('headers').$type<Record<string, string>>(),
    body: text('body'),
    createdAt: time('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.owner, t.mode, t.key] }), index('idempotency_created_at').on(t.createdAt)],
)

export const webhookEndpoint = pgTable(
  'webhook_endpoint',
  {
    id: text('id').primaryKey(),
    owner: text('owner').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    url: text('url').notNull(),
    events: jsonb('events').$type<string[]>().notNull(),
    secretSealed: text('secret_sealed').notNull(),
    previousSecretSealed: text('previous_secret_sealed'),
    previousUntil: time('previous_until'),
    failingSince: time('failing_since'),
    enabled: boolean('enabled').notNull(),
    revision: count('revision').notNull().default(1),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [index('webhook_endpoint_owner').on(t.owner, t.mode, t.id)],
)

export const webhookDelivery = pgTable(
  'webhook_delivery',
  {
    id: text('id').primaryKey(),
    endpointId: text('endpoint_id').notNull(),
    owner: text('owner').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    eventId: text('event_id').notNull(),
    event: text('event').notNull(),
    payload: text('payload').notNull(),
    status: text('status').$type<DeliveryStatus>().notNull(),
    attempts: integer('attempts').notNull(),
    nextAt: time('next_at').notNull(),
    lastStatus: integer('last_status'),
    lastError: text('last_error'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    index('webhook_delivery_endpoint').on(t.endpointId, t.id),
    index('webhook_delivery_endpoint_status').on(t.endpointId, t.status, t.id),
    index('webhook_delivery_owner').on(t.owner, t.mode, t.id),
    index('webhook_delivery_owner_status').on(t.owner, t.mode, t.status, t.id),
    index('webhook_delivery_owner_event').on(t.owner, t.mode, t.event, t.id),
    // Few of all are pending: the sweep reads nothing else.
    index('webhook_delivery_pending')
      .on(t.nextAt)
      .where(sql`status = 'pending'`),
  ],
)

export const relayUse = pgTable(
  'relay_use',
  {
    owner: text('owner').notNull(),
    day: text('day').notNull(),
    count: integer('count').notNull(),
  },
  (t) => [primaryKey({ columns: [t.owner, t.day] })],
)

export const pathRoot = pgTable('path_root', {
  root: text('root').primaryKey(),
  owner: text('owner').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  createdAt: time('created_at').notNull(),
})

export const upstreamHost = pgTable(
  'upstream_host',
  {
    owner: text('owner').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    host: text('host').notNull(),
    token: text('token').notNull(),
    createdAt: time('created_at').notNull(),
    verifiedAt: time('verified_at'),
  },
  (t) => [primaryKey({ columns: [t.owner, t.mode, t.host] })],
)

export const providerChannel = pgTable(
  'provider_channel',
  {
    providerId: text('provider_id').notNull(),
    channelId: text('channel_id').$type<Hex>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.providerId, t.channelId] }),
    index('provider_channel_channel').on(t.channelId, t.providerId),
  ],
)

export const drain = pgTable(
  'drain',
  {
    id: text('id').primaryKey(),
    providerId: text('provider_id').notNull(),
    owner: text('owner').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    reason: text('reason').$type<'payout' | 'withdraw_delay'>().notNull(),
    receiver: text('receiver').$type<Address>().notNull(),
    cursor: text('cursor').notNull(),
    roundAt: time('round_at').notNull(),
    open: integer('open').notNull(),
    closed: integer('closed').notNull(),
    requestedAt: time('requested_at').notNull(),
    finishedAt: time('finished_at'),
  },
  (t) => [
    index('drain_provider').on(t.providerId, t.id),
    // Few of all go on: the clock reads nothing else.
    index('drain_going_on').on(t.roundAt).where(isNull(t.finishedAt)),
  ],
)

export const customerTerms = pgTable(
  'customer_terms',
  {
    providerId: text('provider_id')
      .notNull()
      .references(() => provider.id),
    payer: text('payer').$type<Address>().notNull(),
    level: text('level'),
    multiplier: text('multiplier'),
    revision: count('revision').notNull().default(1),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.providerId, t.payer] })],
)

export const oracle = pgTable(
  'oracle',
  {
    id: text('id').primaryKey(),
    providerId: text('provider_id')
      .notNull()
      .references(() => provider.id),
    name: text('name').notNull(),
    kind: text('kind').$type<OracleKind>().notNull(),
    config: jsonb('config').$type<Record<string, unknown>>().notNull(),
    min: text('min').notNull(),
    max: text('max').notNull(),
    staleSeconds: integer('stale_seconds').notNull(),
    smoothing: integer('smoothing').notNull().default(0),
    fallback: text('fallback'),
    enabled: boolean('enabled').notNull(),
    secretSealed: text('secret_sealed'),
    previousSecretSealed: text('previous_secret_sealed'),
    previousUntil: time('previous_until'),
    revision: count('revision').notNull().default(1),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    deletedAt: time('deleted_at'),
    lastSeq: count('last_seq').notNull().default(0),
    value: text('value'),
    valueAt: time('value_at'),
    sentAt: time('sent_at'),
    staleAt: time('stale_at'),
    staleSince: time('stale_since'),
    nextAt: time('next_at'),
    failingSince: time('failing_since'),
    lastError: text('last_error'),
  },
  (t) => [
    index('oracle_provider').on(t.providerId, t.id),
    // Those that the clock has to read, and those whose value grows old: few of all.
    index('oracle_due').on(t.nextAt).where(isNotNull(t.nextAt)),
    index('oracle_stale').on(t.staleAt).where(isNotNull(t.staleAt)),
  ],
)

export const oracleValue = pgTable(
  'oracle_value',
  {
    oracleId: text('oracle_id').notNull(),
    seq: count('seq').notNull(),
    raw: text('raw'),
    value: text('value'),
    status: text('status').$type<OracleValueStatus>().notNull(),
    source: text('source').notNull(),
    messageId: text('message_id'),
    error: text('error'),
    sentAt: time('sent_at'),
    at: time('at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.oracleId, t.seq] }),
    uniqueIndex('oracle_value_message').on(t.oracleId, t.messageId),
    index('oracle_value_at').on(t.oracleId, t.at, t.seq),
  ],
)

export const usageTotal = pgTable(
  'usage_total',
  {
    session: text('session').notNull(),
    payer: text('payer').$type<Address>().notNull(),
    routeId: text('route_id').notNull(),
    period: text('period').notNull(),
    units: jsonb('units').$type<Record<string, string>>().notNull(),
    charged: amount('charged'),
    revision: count('revision').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.session, t.routeId, t.period] }),
    index('usage_total_payer').on(t.payer, t.routeId, t.period),
  ],
)

export const usageHour = pgTable(
  'usage_hour',
  {
    routeId: text('route_id').notNull(),
    hour: time('hour').notNull(),
    payments: count('payments').notNull(),
    amount: amount('amount'),
    units: jsonb('units').$type<Record<string, string>>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.routeId, t.hour] })],
)
