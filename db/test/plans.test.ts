/** Query plans: every statement that runs often finds its rows by an index. */
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { catalogRoutes, catalogVersion, catalogVersions, comingCards } from '../src/Catalog.ts'
import { customersOf, termsOf } from '../src/CustomerTerms.ts'
import { dueOracles, oraclesOf, silentOracles } from '../src/OracleRows.ts'
import { valuesOf } from '../src/OracleValues.ts'
import { usageRows } from '../src/UsageTotals.ts'
import { listAudit } from '../src/AuditList.ts'
import * as AlertChannels from '../src/AlertChannels.ts'
import * as Breakers from '../src/Breakers.ts'
import * as ChargeRows from '../src/ChargeRows.ts'
import * as Decisions from '../src/Decisions.ts'
import { failuresQuery } from '../src/Failures.ts'
import * as Overview from '../src/Overview.ts'
import { heldStops } from '../src/Recorded.ts'
import * as Rulesets from '../src/Rulesets.ts'
import * as Stops from '../src/Stops.ts'
import * as Incidents from '../src/Incidents.ts'
import * as SessionKeys from '../src/SessionKeys.ts'
import { changedKeys, recordsOf } from '../src/KeyRecords.ts'
import { project } from '../src/Projection.ts'
import { delaysAt, paidAt } from '../src/ProviderKeys.ts'
import { usageQuery } from '../src/PayerUsage.ts'
import * as Reconciliation from '../src/Reconciliation.ts'
import { channelsOfReceiver } from '../src/Receivers.ts'
import { db, executePostgres as run, explain, wipe } from './database.ts'
import { hex, history, refs, sessionEvent } from './events.ts'
import * as Reports from './planReports.ts'
import { paying, type Plan, whose } from './planReports.ts'

const channelId = hex('a1', 32)

const placeOfDecision = { at: new Date(15_000_000), session: 's7', number: 15_000 }
const placeOfStop = { at: new Date(15_000_000), id: 'st_15000' }

/** Statement, and the index (SQLite's name, Postgres' name) by which it must find its rows. */
const plans: Plan[] = [
  ...Reports.plans,
  ['catalog version', () => catalogVersion(db), /USING INDEX sqlite_autoindex_catalog_1/, /catalog_pkey/],
  [
    'versions of routes and signals',
    () => catalogVersions(db),
    /USING INDEX sqlite_autoindex_catalog_1/,
    /catalog_pkey/,
  ],
  [
    'oracles of a provider',
    () => oraclesOf(db, 'p1', '', 20),
    /oracle USING INDEX oracle_provider \(provider_id=\? AND id>\?\)/,
    /using oracle_provider/,
  ],
  ['oracles that are due', () => dueOracles(db, new Date(5), 20), /oracle USING INDEX oracle_due/, /using oracle_due/],
  [
    'oracles that are silent',
    () => silentOracles(db, new Date(5), 20),
    /oracle USING INDEX oracle_stale/,
    /using oracle_stale/,
  ],
  [
    'values of an oracle',
    () => valuesOf(db, 'o1', { since: new Date(0) }, { at: new Date(15_000_000), seq: 15_000 }, 20),
    /oracle_value USING INDEX oracle_value_at \(oracle_id=\?/,
    /using oracle_value_at/,
  ],
  [
    'customers of a provider',
    () => customersOf(db, 'p1', hex('a1', 20), 20),
    /customer_terms USING INDEX sqlite_autoindex_customer_terms_1 \(provider_id=\? AND payer>\?\)/,
    /using customer_terms_provider_id_payer_pk/,
  ],
  [
    'the terms of a customer',
    () => termsOf(db, 'p1', hex('a1', 20)),
    /customer_terms USING INDEX sqlite_autoindex_customer_terms_1 \(provider_id=\? AND payer=\?\)/,
    /customer_terms_provider_id_payer_pk/,
  ],
  [
    'what a payer has used of a route in a period',
    () => usageRows(db, { payer: hex('a1', 20), routeId: 'r1', period: '2026-11' }),
    /usage_total USING INDEX usage_total_payer \(payer=\? AND route_id=\? AND period=\?\)/,
    /usage_total_payer/,
  ],
  [
    'newest payments',
    () => Overview.latestPayments(db, {}, 30),
    /micro_payment USING INDEX micro_payment_at/,
    /Index Scan Backward using micro_payment_at/,
  ],
  [
    'newest payments of a provider',
    () => Overview.latestPayments(db, { providerId: 'acme' }, 30),
    /USING INDEX micro_payment_provider_at \(provider_id=\?\)/,
    /using micro_payment_provider_at/,
  ],
  [
    'newest payments of a channel',
    () => Overview.latestPayments(db, { channelId }, 30),
    /USING INDEX micro_payment_channel_at \(channel_id=\?\)/,
    /using micro_payment_channel_at/,
  ],
  [
    'movements of a channel',
    () => Overview.movementsOfChannel(db, channelId, 30),
    /USING INDEX movement_channel_at \(channel_id=\?\)/,
    /using movement_channel_at/,
  ],
  [
    'newest sessions',
    () => Overview.latestSessions(db, 50),
    /USING INDEX stream_session_last_at/,
    /using stream_session_last_at/,
  ],
  [
    'providers that are paid at an address',
    () => paidAt(db, hex('a1', 20), 'live'),
    /provider USING INDEX provider_pay_to \(pay_to=\? AND mode=\?\)/,
    /provider_pay_to/,
  ],
  [
    'delays of channels toward some receivers',
    () => delaysAt(db, [hex('a1', 20), hex('a2', 20)], 'live'),
    /provider USING INDEX provider_pay_to \(pay_to=\? AND mode=\?\)/,
    /provider_pay_to/,
  ],
  [
    'newest changes of keys',
    () => changedKeys(db, 0),
    /session_key USING INDEX session_key_changed \(updated_at>\?\)/,
    /session_key_changed/,
  ],
  [
    'keys of an owner',
    () => SessionKeys.keysOf(db, { owner: 'o', mode: 'live' }, { status: 'active' }, 'sk_1', 21),
    /session_key USING INDEX session_key_owner \(owner=\? AND mode=\? AND public_id>\?\)/,
    /session_key_owner/,
  ],
  [
    'keys that wait',
    () => SessionKeys.waitingKeys(db, new Date(1), 100),
    /session_key USING INDEX session_key_changed \(updated_at>\?\)/,
    /session_key_changed/,
  ],
  [
    'records of keys',
    () => recordsOf(db, ['a', 'b']),
    /session_key USING INDEX sqlite_autoindex_session_key_1 \(id=\?\)/,
    /session_key_pkey/,
  ],
  [
    'owners of keys',
    () => SessionKeys.ownersQuery(db, ['a', 'b']),
    /session_key USING INDEX sqlite_autoindex_session_key_1 \(id=\?\)/,
    /session_key_pkey/,
  ],
  [
    'sessions of a payer',
    () => Overview.sessionsOfPayer(db, hex('a1', 20), 50),
    /session_key USING (COVERING )?INDEX session_key_payer \(payer=\?\)[^]*stream_session USING INDEX sqlite_autoindex_stream_session_1/,
    /(?=[^]*session_key_payer)(?=[^]*stream_session_pkey)/,
  ],
  [
    'channels of sessions',
    () => Overview.channelsOfSessions(db, ['a', 'b']),
    /USING INDEX channel_session \(session=\?\)/,
    /channel_session/,
  ],
  [
    'channels of a receiver',
    () => channelsOfReceiver(db, hex('a1', 20), { after: channelId, limit: 40 }),
    /USING (COVERING )?INDEX channel_receiver \(receiver=\? AND id>\?\)/,
    /using channel_receiver/,
  ],
  ['newest settlements', () => Overview.latestSettlements(db, 20), /USING INDEX settlement_at/, /using settlement_at/],
  [
    'newest incidents',
    () => Overview.latestIncidents(db, 20),
    /USING INDEX sentinel_event_at/,
    /using sentinel_event_at/,
  ],
  [
    'newest incidents that hold',
    () => Incidents.openIncidents(db, 20),
    /USING INDEX sentinel_event_open/,
    /using sentinel_event_open/,
  ],
  [
    'incidents of channels',
    () => Incidents.openOfChannels(db, ['a', 'b']),
    /USING INDEX sentinel_event_subject \(subject=\?\)/,
    /sentinel_event_subject/,
  ],
  [
    'incidents of kinds',
    () => Incidents.openOfKinds(db, ['unknown_message'], 20),
    /USING INDEX sentinel_event_open/,
    /using sentinel_event_open/,
  ],
  [
    'channels page by page',
    () => Reconciliation.channelsAfter(db, channelId, 40),
    /USING INDEX sqlite_autoindex_channel_1 \(id>\?\)/,
    /using channel_pkey/,
  ],
  [
    'oldest suspicions',
    () => Reconciliation.oldestSuspicions(db, 20),
    /USING INDEX suspicion_since/,
    /using suspicion_since/,
  ],
  [
    'suspicions of channels',
    () => Reconciliation.suspicionsOf(db, [channelId]),
    /USING INDEX sqlite_autoindex_suspicion_1 \(channel_id=\?\)/,
    /suspicion_channel_id_what_pk/,
  ],
  [
    'other rows of a session after a place',
    () => ChargeRows.movementsAfter(db, 's', 500, 1_000),
    /movement USING INDEX sqlite_autoindex_movement_1 \(session=\? AND seq>\?\)/,
    /using movement_session_seq_pk/,
  ],
  [
    'newest rows of sessions',
    () => ChargeRows.lastRows(db, [paying(7), paying(8)]),
    /stream_session USING INDEX sqlite_autoindex_stream_session_1 \(id=\?\)/,
    /stream_session_pkey/,
  ],
  [
    'how far journals are added up',
    () => ChargeRows.remembered(db, ['charges:s7', 'charged:0x07']),
    /reconciliation USING INDEX sqlite_autoindex_reconciliation_1 \(name=\?\)/,
    /reconciliation_pkey/,
  ],
  [
    'audit of an owner',
    () => listAudit(db, 'legacy', { before: 900 }, 20),
    /USING INDEX audit_chain_seq \(chain=\? AND seq<\?\)/,
    /Backward using audit_chain_seq/,
  ],
  [
    'the rules in force of scopes',
    () => Rulesets.headsOf(db, ['platform', 'provider:p7']),
    /(?=[^]*ruleset_head USING INDEX sqlite_autoindex_ruleset_head_1 \(scope=\?\))(?=[^]*ruleset USING INDEX sqlite_autoindex_ruleset_1 \(scope=\? AND revision=\?\))/,
    /(?=[^]*ruleset_head_pkey)(?=[^]*ruleset_scope_revision_pk)/,
  ],
  [
    'the revisions that gateways name',
    () => Rulesets.headRevisions(db),
    /ruleset_head USING INDEX sqlite_autoindex_ruleset_head_1 \(scope>\? AND scope<\?\)/,
    /ruleset_head_pkey/,
  ],
  [
    'sets on their way to keys',
    () => Rulesets.pushing(db, 20),
    /ruleset_head USING INDEX ruleset_head_pushing/,
    /ruleset_head_pushing/,
  ],
  [
    'sets that a scope had',
    () => Rulesets.revisionsOf(db, 'provider:p7', 50, 20),
    /ruleset USING INDEX sqlite_autoindex_ruleset_1 \(scope=\? AND revision<\?\)/,
    /Backward using ruleset_scope_revision_pk/,
  ],
  [
    'texts that a rule had',
    () => Rulesets.versionsOf(db, 'provider:p7', 'r7', 50, 20),
    /rule_version USING INDEX sqlite_autoindex_rule_version_1 \(scope=\? AND rule_id=\? AND version<\?\)/,
    /Backward using rule_version_scope_rule_id_version_pk/,
  ],
  [
    'the last versions of rules',
    () => Rulesets.lastVersionRows(db, 'provider:p7', ['r7', 'r8']),
    /rule_version USING COVERING INDEX sqlite_autoindex_rule_version_1 \(scope=\? AND rule_id=\?\)/,
    /rule_version_scope_rule_id_version_pk/,
  ],
  [
    'decisions of a payer',
    () => Decisions.decisionsOf(db, whose, {}, placeOfDecision, 20),
    /sentinel_decision USING INDEX sentinel_decision_payer_at \(payer=\?/,
    /Backward using sentinel_decision_payer_at/,
  ],
  [
    'decisions of a provider',
    () => Decisions.decisionsOf(db, { scope: 'provider:p7' }, { since: new Date(0) }, placeOfDecision, 20),
    /sentinel_decision USING INDEX sentinel_decision_scope_at \(scope=\?/,
    /Backward using sentinel_decision_scope_at/,
  ],
  [
    'all decisions',
    () => Decisions.decisionsOf(db, 'all', {}, placeOfDecision, 20),
    /sentinel_decision USING INDEX sentinel_decision_at/,
    /Backward using sentinel_decision_at/,
  ],
  [
    'a decision',
    () => Decisions.decisionQuery(db, 'dec_7'),
    /sentinel_decision USING INDEX sentinel_decision_id \(id=\?\)/,
    /sentinel_decision_id/,
  ],
  [
    'decisions that are old',
    () => Decisions.oldDecisions(db, new Date(5), 20),
    /sentinel_decision USING COVERING INDEX sentinel_decision_at \(at<\?\)/,
    /using sentinel_decision_at/,
  ],
  [
    'stops of a payer',
    () => Stops.stopsOf(db, whose, {}, placeOfStop, 20),
    /sentinel_stop USING INDEX sentinel_stop_payer \(payer=\?/,
    /Backward using sentinel_stop_payer/,
  ],
  [
    'stops of a provider',
    () => Stops.stopsOf(db, { scope: 'provider:p7' }, {}, placeOfStop, 20),
    /sentinel_stop USING INDEX sentinel_stop_scope \(scope=\?/,
    /Backward using sentinel_stop_scope/,
  ],
  [
    'all stops',
    () => Stops.stopsOf(db, 'all', {}, placeOfStop, 20),
    /INDEX sentinel_stop_at/,
    /using sentinel_stop_at/,
  ],
  [
    'all stops that hold',
    () => Stops.stopsOf(db, 'all', { open: true }, undefined, 20),
    /INDEX sentinel_stop_open/,
    /using sentinel_stop_open/,
  ],
  ['breakers that are open', () => Breakers.openBreakers(db), /breaker USING INDEX breaker_open/, /breaker_open/],
  [
    'alert channels of a scope',
    () => AlertChannels.channelsOf(db, 'provider:p7', 'ac_7', 20),
    /alert_channel USING INDEX alert_channel_scope \(scope=\? AND id>\?\)/,
    /using alert_channel_scope/,
  ],
  [
    'alert channels of scopes',
    () => AlertChannels.ofScopes(db, ['provider:p7', 'platform']),
    /alert_channel USING INDEX alert_channel_scope \(scope=\?\)/,
    /alert_channel_scope/,
  ],
  [
    'alert channels that were changed',
    () => AlertChannels.changedChannels(db, new Date(4_999_000), 20),
    /alert_channel USING INDEX alert_channel_changed \(updated_at>\?\)/,
    /using alert_channel_changed/,
  ],
  [
    'alert channels that were deleted',
    () => AlertChannels.deletedChannels(db, new Date(5), 20),
    /alert_channel USING INDEX alert_channel_deleted/,
    /alert_channel_deleted/,
  ],
  ['newest audit rows', () => Overview.latestAudit(db, 20), /^SCAN audit$/, /Backward using audit_pkey/],
]

/** Of these PostgreSQL may find so few rows that it takes whichever index, and sorts them. */
const few: Plan[] = [
  ...Reports.few,
  [
    'charges of a session after a place',
    () => ChargeRows.chargesAfter(db, paying(7), 500, 1_000),
    /micro_payment USING INDEX sqlite_autoindex_micro_payment_1 \(session=\? AND seq>\?\)/,
    /(using|Index Scan on) micro_payment_session_seq_pk/,
  ],
  [
    'decisions of a payer by a rule',
    () => Decisions.decisionsOf(db, whose, { rule: 'r7' }, placeOfDecision, 20),
    /sentinel_decision USING INDEX sentinel_decision_payer_rule_at \(payer=\? AND rule=\?/,
    /(using|Index Scan on) sentinel_decision_/,
  ],
  [
    'decisions of a provider by a rule',
    () => Decisions.decisionsOf(db, { scope: 'provider:p7' }, { rule: 'r7' }, undefined, 20),
    /sentinel_decision USING INDEX sentinel_decision_scope_rule_at \(scope=\? AND rule=\?/,
    /(using|Index Scan on) sentinel_decision_/,
  ],
  [
    'decisions on a key, of a payer',
    () => Decisions.decisionsOf(db, whose, { session: 's7', rule: 'r7' }, undefined, 20),
    /sentinel_decision USING INDEX sentinel_decision_session_at \(session=\?\)/,
    /(using|Index Scan on) sentinel_decision_/,
  ],
  [
    'decisions on a key, of a provider',
    () => Decisions.decisionsOf(db, { scope: 'provider:p7' }, { session: 's7' }, undefined, 20),
    /sentinel_decision USING INDEX sentinel_decision_session_at \(session=\?\)/,
    /(using|Index Scan on) sentinel_decision_/,
  ],
  [
    'stops of a payer that hold',
    () => Stops.stopsOf(db, whose, { open: true }, undefined, 20),
    /sentinel_stop USING INDEX sentinel_stop_open_payer \(payer=\?\)/,
    /(using|Index Scan on) sentinel_stop_/,
  ],
  [
    'stops of a provider that hold',
    () => Stops.stopsOf(db, { scope: 'provider:p7' }, { open: true }, undefined, 20),
    /sentinel_stop USING INDEX sentinel_stop_open_scope \(scope=\?\)/,
    /(using|Index Scan on) sentinel_stop_/,
  ],
  [
    'stops of a key',
    () => Stops.stopsOf(db, whose, { session: 's7' }, undefined, 20),
    /sentinel_stop USING INDEX sentinel_stop_session \(session=\?\)/,
    /(using|Index Scan on) sentinel_stop_/,
  ],
  [
    'stops of a key that hold',
    () => Stops.openOfSession(db, 's7'),
    /sentinel_stop USING INDEX sentinel_stop_open_session \(session=\?\)/,
    /(using|Index Scan on) sentinel_stop_/,
  ],
  [
    'stops of a time that nobody released',
    () => heldStops(db, { scope: 'provider:p7' }, new Date(0), new Date(5), 20),
    /sentinel_stop USING INDEX sentinel_stop_open_scope \(scope=\? AND at>\? AND at<\?\)/,
    /(using|Index Scan on) sentinel_stop_/,
  ],
]

describe('query plans', () => {
  beforeAll(async () => {
    await wipe()
    await fillForPlanner()
  }, 180_000)

  test.each(plans)('%s', async (_, query, sqlite, postgres) => {
    const plan = await explain(query().toSQL())
    expect(plan).toMatch(db.dialect === 'd1' ? sqlite : postgres)
    expect(plan).not.toMatch(/TEMP B-TREE|Sort|Seq Scan/)
  })

  test.each(few)('few rows: %s', async (_, query, sqlite, postgres) => {
    const plan = await explain(query().toSQL())
    expect(plan).toMatch(db.dialect === 'd1' ? sqlite : postgres)
    expect(plan).not.toMatch(db.dialect === 'd1' ? /TEMP B-TREE/ : /Seq Scan/)
  })

  test.runIf(db.dialect === 'd1').each(Reports.sums)('sums: %s', async (_, query, sqlite) => {
    const plan = await explain(query().toSQL())
    expect(plan).toMatch(sqlite)
    expect(plan).not.toMatch(/SCAN (?!some|\(subquery)/)
  })

  test('the catalog snapshot reads each route once and finds provider and card by key', async () => {
    const plan = await explain(catalogRoutes(db).toSQL())
    if (db.dialect === 'd1') {
      expect(plan).toMatch(/SCAN route/)
      expect(plan).toMatch(/SEARCH provider USING INDEX sqlite_autoindex_provider_1 \(id=\?\)/)
      expect(plan).toMatch(/SEARCH rate_card USING INDEX sqlite_autoindex_rate_card_1 \(route_id=\? AND version=\?\)/)
    } else {
      expect(plan).toMatch(/rate_card_route_id_version_pk/)
      expect(plan).not.toMatch(/Seq Scan on rate_card/)
    }
  })

  test('what rules did and what upstreams failed are found by whose they are and the time', async () => {
    const [since, until] = [new Date(0), new Date(50_000_000)]
    const hits = await explain(Decisions.hitsQuery(db, { scope: 'provider:p7' }, since, until).toSQL())
    const failures = await explain(failuresQuery(db, { providerId: 'p7' }, since, until).toSQL())
    if (db.dialect === 'd1') {
      expect(hits).toMatch(/sentinel_decision USING INDEX sentinel_decision_scope_at \(scope=\? AND at>\? AND at<\?\)/)
      expect(failures).toMatch(
        /failure_hour USING INDEX failure_hour_provider \(provider_id=\? AND hour>\? AND hour<\?\)/,
      )
      expect(failures).toMatch(/b USING INDEX sqlite_autoindex_failure_hour_1 \(session=\? AND provider_id=\? AND/)
    } else {
      expect(hits).toMatch(/sentinel_decision_scope_at/)
      expect(failures).toMatch(/failure_hour_provider/)
      expect(failures).toMatch(/Backward using failure_hour_session_provider_id_route_id_hour_pk/)
    }
    expect(hits + failures).not.toMatch(/SCAN|Seq Scan/)
  })

  test('what a payer spent is found by payer and time', async () => {
    for (const by of ['total', 'key', 'service'] as const) {
      const asked = { since: new Date(0), until: new Date(50_000_000), step: 'hour', by } as const
      const plans_ = [asked, { ...asked, session: paying(7) }].map((each) =>
        explain(usageQuery(db, whose, each).toSQL()),
      )
      for (const plan of await Promise.all(plans_)) {
        expect(plan).toMatch(
          db.dialect === 'd1'
            ? /micro_payment USING INDEX micro_payment_payer_at \(<expr>=\? AND at>\? AND /
            : /(using|Index Scan on) micro_payment_/,
        )
        expect(plan).not.toMatch(/SCAN|Seq Scan/)
      }
    }
  })

  test('cards to come are found by the time of the card that their route names, or all cards are read once', async () => {
    const plan = await explain(comingCards(db).toSQL())
    if (db.dialect === 'd1') {
      expect(plan).toMatch(/SEARCH rate_card USING INDEX rate_card_effective \(route_id=\? AND effective_at>\?\)/)
    } else {
      // Its statistics do not say that few cards are younger than what their route names.
      expect(plan.match(/ on rate_card /g)).toHaveLength(1)
    }
  })
})

/**
 * Postgres plans by statistics: give it tables in which a scan, or sorting what an index finds, would be the wrong
 * choice. SQLite plans by the statement alone.
 */
async function fillForPlanner() {
  const histories = refs.map((ref) => history(ref, 20))
  await project(
    db,
    histories.map((of) => sessionEvent(of, of.rows, of.snapshots)),
  )
  if (db.dialect !== 'postgres') return
  const t = db.tables
  // Most incidents hold no longer.
  const resolved = sql`case when n % 50 = 0 then null else to_timestamp(n) end`
  const scopes = sql`case when n % 10 = 0 then 'provider:p' || n else 'owner:live:' || n end`
  const spread = sql`case when n % 50 = 7 then 'provider:p7' else 'owner' end`
  const released = sql`case when n % 5 = 0 then null else to_timestamp(n) end`
  // One in fifty sessions is of the payer that is asked for.
  const payerSessions = sql`case when n % 50 = 7 then '84532:0x' || repeat('c0', 20) || ':0x' || repeat('a1', 20) || ':0x' || lpad((n / 50 % 10)::text, 40, '0') else '84532:s' || n % 1000 end`
  const fills = [
    sql`${t.microPayment} select ${payerSessions}, n, ${oneIn(500, channelId)}, null, null, ${oneIn(500, 'acme')}, 'r', 1, 'd', 'c', 1, n, to_timestamp(n) ${upTo(100_000)}`,
    sql`${t.movement} select 's', n, 'claim', ${oneIn(100, channelId)}, 'd', 'c', 1, null, to_timestamp(n) ${upTo(20_000)}`,
    sql`${t.streamSession} select 's' || n, 1, 'c', 'p' || n, 'k', 1, to_timestamp(n) ${upTo(5000)}`,
    sql`${t.sessionKey} select 's' || n, 's' || n, 1, 'c', 'p' || n, 'k', to_timestamp(n) ${upTo(5000)}`,
    sql`${t.channel} select 'c' || n, ${payerSessions}, 1, 'r' || n, 't', 0, 0, 0, 0, 0, 0, 0, 0, 0 ${upTo(5000)}`,
    sql`${t.settlement} select 1, 's', n::text, 'claim', n, null, 'mined', 1, 1, 1, null, null, to_timestamp(n) ${upTo(5000)}`,
    sql`${t.sentinelEvent} select n::text, 'unknown_message', '{}', to_timestamp(n), 's' || n, ${resolved} ${upTo(5000)}`,
    sql`${t.suspicion} select 'c' || n, 'claim_stuck', 'm', to_timestamp(n) ${upTo(5000)}`,
    sql`${t.reconciliation} select 'charged:' || n, n, now(), null ${upTo(5000)}`,
    sql`${t.audit} (actor, action, subject, detail, at, seq) select 'a', 'b', 'c', '{}', to_timestamp(n), n ${upTo(5000)}`,
    sql`${t.catalog} select 'x' || n, n ${upTo(2000)}`,
    sql`${t.provider} select 'p' || n, 'p', '0x' || n, true, now(), now() ${upTo(5000)}`,
    sql`${t.route} select 'r' || n, 'p' || 1 + n % 20, '[]', '/', '{}', '[]', 1000, false, 0, false, null, null, true, '', now(), now() ${upTo(20)}`,
    sql`${t.rateCard} select 'r' || 1 + n / 1000, 1 + n % 1000, '{}', now() ${upTo(19_999)}`,
    sql`${t.oracle} (id, provider_id, name, kind, config, min, max, stale_seconds, enabled, created_at, updated_at, stale_at, next_at) select 'o' || n, 'p' || 1 + n % 5, 'o', 'url', '{}', '0', '9', 60, true, now(), now(), case when n % 50 = 0 then to_timestamp(n) end, case when n % 50 = 0 then to_timestamp(n) end ${upTo(20_000)}`,
    sql`${t.oracleValue} (oracle_id, seq, status, source, at) select 'o' || n % 4, n, 'accepted', 'push', to_timestamp(n) ${upTo(20_000)}`,
    sql`${t.customerTerms} select 'p' || 1 + n % 20, '0x' || n, null, null, 1, now(), now() ${upTo(20_000)}`,
    sql`${t.rulesetHead} select ${scopes}, 9, case when n % 50 = 0 then 8 else 9 end, '', now() ${upTo(5000)}`,
    sql`${t.ruleset} select 'provider:p' || n % 50, n, '[]', '[]', null, 'a', now() ${upTo(5000)}`,
    sql`${t.ruleVersion} select 'provider:p' || n % 50, 'r' || n % 20, n, '{}', 1, 'a', now() ${upTo(20_000)}`,
    sql`${t.sentinelDecision} select 's' || n % 1000, n, 'dec_' || n, 84532, ${oneIn(50, hex('a1', 20))}, ${spread}, to_timestamp(n), 'alert', 'done', 'r' || n % 20, 1, 'low', 'p', 'r', 1, '', '{}', 0, to_timestamp(n) ${upTo(50_000)}`,
    sql`${t.sentinelStop} select 'st_' || n, 's' || n % 1000, 84532, ${oneIn(50, hex('a1', 20))}, 'k', ${spread}, 'frozen', 'r', 1, 'd', null, to_timestamp(n), ${released} ${upTo(20_000)}`,
    sql`${t.breaker} select 'provider:p' || n, 'provider:p' || n, case when n % 50 = 0 then 'open' else 'closed' end, '{}', null, null, null, now(), 1, now() ${upTo(5000)}`,
    sql`${t.alertChannel} select 'ac_' || n, 'provider:p' || n % 500, 'email', '{}', null, true, 'en', null, null, 1, now(), to_timestamp(n), case when n % 50 = 0 then to_timestamp(n) end ${upTo(5000)}`,
    sql`${t.failureHour} select 's' || n % 1000, 'p' || n % 50, 'r', to_timestamp(n * 3600), n, 0, 1 ${upTo(20_000)}`,
    sql`${t.usageTotal} select 's' || n, '0x' || n % 1000, 'r' || n % 20, '2026-11', '{}', 0, 1 ${upTo(20_000)}`,
  ]
  for (const fill of fills) await run(sql`insert into ${fill}`)
  await run(sql`analyze`)
}

/** Rows numbered n. */
function upTo(count: number) {
  return sql`from generate_series(1, ${sql.raw(`${count}`)}) n`
}

/** `value` in one of so many rows, other values in the others. */
function oneIn(share: number, value: string) {
  const n = sql.raw(`n % ${share}`)
  return sql`case ${n} when 0 then ${value} else 'x' || ${n} end`
}
