/** The tables of Sentinel on D1 (SQLite): part of `schema.sqlite.ts`. */
import type { Severity } from '@pbstream/core/Alert'
import type { Phase as BreakerPhase, State as BreakerState } from '@pbstream/core/Breaker'
import type { Address } from '@pbstream/core/Hex'
import type { ChannelKind, ChannelSettings, Language } from '@pbstream/core/message/AlertChannels'
import type { BreakerSettings, DecisionRow, Releaser, StopKind } from '@pbstream/core/message/Sentinel'
import type { List, RuleInput } from '@pbstream/core/Rule'
import { isNotNull, isNull, sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { DecisionDetail } from './SentinelRows.ts'

const time = (name: string) => integer(name, { mode: 'timestamp_ms' })

/** The rules of a scope, whole, at a revision: never changed. The newest is in force: `ruleset_head`. */
export const ruleset = sqliteTable(
  'ruleset',
  {
    scope: text('scope').notNull(),
    revision: integer('revision').notNull(),
    rules: text('rules', { mode: 'json' }).$type<RuleInput[]>().notNull(),
    lists: text('lists', { mode: 'json' }).$type<List[]>().notNull(),
    breaker: text('breaker', { mode: 'json' }).$type<BreakerSettings>(),
    author: text('author').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.revision] })],
)

export const rulesetHead = sqliteTable(
  'ruleset_head',
  {
    scope: text('scope').primaryKey(),
    revision: integer('revision').notNull(),
    pushedRevision: integer('pushed_revision').notNull().default(0),
    pushedAfter: text('pushed_after').notNull().default(''),
    updatedAt: time('updated_at').notNull(),
  },
  // Few of all are on their way to keys: the clock reads nothing else.
  (t) => [
    index('ruleset_head_pushing')
      .on(t.scope)
      .where(sql`pushed_revision < revision`),
  ],
)

/** What decisions name: every text that a rule ever had. */
export const ruleVersion = sqliteTable(
  'rule_version',
  {
    scope: text('scope').notNull(),
    ruleId: text('rule_id').notNull(),
    version: integer('version').notNull(),
    rule: text('rule', { mode: 'json' }).$type<RuleInput>().notNull(),
    revision: integer('revision').notNull(),
    author: text('author').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.ruleId, t.version] })],
)

export const sentinelDecision = sqliteTable(
  'sentinel_decision',
  {
    session: text('session').notNull(),
    number: integer('number').notNull(),
    id: text('id').notNull(),
    chainId: integer('chain_id'),
    payer: text('payer').$type<Address>(),
    scope: text('scope').notNull(),
    at: time('at').notNull(),
    action: text('action').$type<DecisionRow['action']>().notNull(),
    effect: text('effect').$type<DecisionRow['effect']>().notNull(),
    rule: text('rule').notNull(),
    version: integer('version').notNull(),
    severity: text('severity').$type<Severity>(),
    providerId: text('provider_id'),
    routeId: text('route_id'),
    amount: text('amount'),
    country: text('country'),
    detail: text('detail', { mode: 'json' }).$type<DecisionDetail>().notNull(),
    repeats: integer('repeats').notNull().default(0),
    lastAt: time('last_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.session, t.number] }),
    index('sentinel_decision_id').on(t.id),
    index('sentinel_decision_at').on(t.at, t.session, t.number),
    index('sentinel_decision_session_at').on(t.session, t.at, t.number),
    index('sentinel_decision_payer_at').on(t.payer, t.at, t.session, t.number),
    index('sentinel_decision_scope_at').on(t.scope, t.at, t.session, t.number),
    index('sentinel_decision_payer_rule_at').on(t.payer, t.rule, t.at, t.session, t.number),
    index('sentinel_decision_scope_rule_at').on(t.scope, t.rule, t.at, t.session, t.number),
  ],
)

export const sentinelStop = sqliteTable(
  'sentinel_stop',
  {
    id: text('id').primaryKey(),
    session: text('session').notNull(),
    chainId: integer('chain_id').notNull(),
    payer: text('payer').$type<Address>().notNull(),
    key: text('key').$type<Address>().notNull(),
    scope: text('scope').notNull(),
    kind: text('kind').$type<StopKind>().notNull(),
    rule: text('rule').notNull(),
    version: integer('version').notNull(),
    decisionId: text('decision_id').notNull(),
    cause: text('cause'),
    at: time('at').notNull(),
    releasedAt: time('released_at'),
    releasedBy: text('released_by').$type<Releaser>(),
    reason: text('reason'),
  },
  (t) => [
    index('sentinel_stop_at').on(t.at, t.id),
    index('sentinel_stop_session').on(t.session, t.at, t.id),
    index('sentinel_stop_payer').on(t.payer, t.at, t.id),
    index('sentinel_stop_scope').on(t.scope, t.at, t.id),
    // Few of all hold: these have no others in them.
    index('sentinel_stop_open').on(t.at, t.id).where(isNull(t.releasedAt)),
    index('sentinel_stop_open_session').on(t.session, t.at, t.id).where(isNull(t.releasedAt)),
    index('sentinel_stop_open_payer').on(t.payer, t.at, t.id).where(isNull(t.releasedAt)),
    index('sentinel_stop_open_scope').on(t.scope, t.at, t.id).where(isNull(t.releasedAt)),
  ],
)

export const breaker = sqliteTable(
  'breaker',
  {
    scope: text('scope').notNull(),
    subject: text('subject').notNull(),
    phase: text('phase').$type<BreakerPhase>().notNull(),
    state: text('state', { mode: 'json' }).$type<BreakerState>().notNull(),
    cause: text('cause'),
    until: time('until'),
    by: text('by'),
    at: time('at').notNull(),
    revision: integer('revision').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.scope, t.subject] }),
    // Few of all are not closed: gateways read nothing else.
    index('breaker_open')
      .on(t.scope, t.subject)
      .where(sql`phase <> 'closed'`),
  ],
)

export const alertChannel = sqliteTable(
  'alert_channel',
  {
    id: text('id').primaryKey(),
    scope: text('scope').notNull(),
    kind: text('kind').$type<ChannelKind>().notNull(),
    settings: text('settings', { mode: 'json' }).$type<ChannelSettings>().notNull(),
    sealed: text('sealed'),
    enabled: integer('enabled', { mode: 'boolean' }).notNull(),
    language: text('language').$type<Language>().notNull(),
    confirmation: text('confirmation'),
    confirmedAt: time('confirmed_at'),
    revision: integer('revision').notNull().default(1),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    deletedAt: time('deleted_at'),
  },
  (t) => [
    index('alert_channel_scope').on(t.scope, t.id).where(isNull(t.deletedAt)),
    index('alert_channel_changed').on(t.updatedAt, t.id),
    index('alert_channel_deleted').on(t.deletedAt).where(isNotNull(t.deletedAt)),
  ],
)

export const failureHour = sqliteTable(
  'failure_hour',
  {
    session: text('session').notNull(),
    providerId: text('provider_id').notNull(),
    routeId: text('route_id').notNull(),
    hour: time('hour').notNull(),
    calls: integer('calls').notNull(),
    failures: integer('failures').notNull(),
    revision: integer('revision').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.session, t.providerId, t.routeId, t.hour] }),
    index('failure_hour_provider').on(t.providerId, t.hour),
    index('failure_hour_route').on(t.routeId, t.hour),
    index('failure_hour_hour').on(t.hour),
  ],
)
