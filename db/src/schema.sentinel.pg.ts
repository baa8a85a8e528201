/** The tables of Sentinel on Postgres: part of `schema.pg.ts`. */
import type { Severity } from '@pbstream/core/Alert'
import type { Phase as BreakerPhase, State as BreakerState } from '@pbstream/core/Breaker'
import type { Address } from '@pbstream/core/Hex'
import type { ChannelKind, ChannelSettings, Language } from '@pbstream/core/message/AlertChannels'
import type { BreakerSettings, DecisionRow, Releaser, StopKind } from '@pbstream/core/message/Sentinel'
import type { List, RuleInput } from '@pbstream/core/Rule'
import { isNotNull, isNull, sql } from 'drizzle-orm'
import { bigint, boolean, index, jsonb, numeric, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import type { DecisionDetail } from './SentinelRows.ts'

const count = (name: string) => bigint(name, { mode: 'number' })
const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })

/** The rules of a scope, whole, at a revision: never changed. The newest is in force: `ruleset_head`. */
export const ruleset = pgTable(
  'ruleset',
  {
    scope: text('scope').notNull(),
    revision: count('revision').notNull(),
    rules: jsonb('rules').$type<RuleInput[]>().notNull(),
    lists: jsonb('lists').$type<List[]>().notNull(),
    breaker: jsonb('breaker').$type<BreakerSettings>(),
    author: text('author').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.revision] })],
)

export const rulesetHead = pgTable(
  'ruleset_head',
  {
    scope: text('scope').primaryKey(),
    revision: count('revision').notNull(),
    pushedRevision: count('pushed_revision').notNull().default(0),
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
export const ruleVersion = pgTable(
  'rule_version',
  {
    scope: text('scope').notNull(),
    ruleId: text('rule_id').notNull(),
    version: count('version').notNull(),
    rule: jsonb('rule').$type<RuleInput>().notNull(),
    revision: count('revision').notNull(),
    author: text('author').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.ruleId, t.version] })],
)

export const sentinelDecision = pgTable(
  'sentinel_decision',
  {
    session: text('session').notNull(),
    number: count('number').notNull(),
    id: text('id').notNull(),
    chainId: count('chain_id'),
    payer: text('payer').$type<Address>(),
    scope: text('scope').notNull(),
    at: time('at').notNull(),
    action: text('action').$type<DecisionRow['action']>().notNull(),
    effect: text('effect').$type<DecisionRow['effect']>().notNull(),
    rule: text('rule').notNull(),
    version: count('version').notNull(),
    severity: text('severity').$type<Severity>(),
    providerId: text('provider_id'),
    routeId: text('route_id'),
    amount: numeric('amount', { precision: 78, scale: 0 }),
    country: text('country'),
    detail: jsonb('detail').$type<DecisionDetail>().notNull(),
    repeats: count('repeats').notNull().default(0),
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

export const sentinelStop = pgTable(
  'sentinel_stop',
  {
    id: text('id').primaryKey(),
    session: text('session').notNull(),
    chainId: count('chain_id').notNull(),
    payer: text('payer').$type<Address>().notNull(),
    key: text('key').$type<Address>().notNull(),
    scope: text('scope').notNull(),
    kind: text('kind').$type<StopKind>().notNull(),
    rule: text('rule').notNull(),
    version: count('version').notNull(),
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

export const breaker = pgTable(
  'breaker',
  {
    scope: text('scope').notNull(),
    subject: text('subject').notNull(),
    phase: text('phase').$type<BreakerPhase>().notNull(),
    state: jsonb('state').$type<BreakerState>().notNull(),
    cause: text('cause'),
    until: time('until'),
    by: text('by'),
    at: time('at').notNull(),
    revision: count('revision').notNull(),
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

export const alertChannel = pgTable(
  'alert_channel',
  {
    id: text('id').primaryKey(),
    scope: text('scope').notNull(),
    kind: text('kind').$type<ChannelKind>().notNull(),
    settings: jsonb('settings').$type<ChannelSettings>().notNull(),
    sealed: text('sealed'),
    enabled: boolean('enabled').notNull(),
    language: text('language').$type<Language>().notNull(),
    confirmation: text('confirmation'),
    confirmedAt: time('confirmed_at'),
    revision: count('revision').notNull().default(1),
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

export const failureHour = pgTable(
  'failure_hour',
  {
    session: text('session').notNull(),
    providerId: text('provider_id').notNull(),
    routeId: text('route_id').notNull(),
    hour: time('hour').notNull(),
    calls: count('calls').notNull(),
    failures: count('failures').notNull(),
    revision: count('revision').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.session, t.providerId, t.routeId, t.hour] }),
    index('failure_hour_provider').on(t.providerId, t.hour),
    index('failure_hour_route').on(t.routeId, t.hour),
    index('failure_hour_hour').on(t.hour),
  ],
)
