/** Query plans: every statement that runs often finds its rows by an index. */
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { catalogRoutes, catalogVersion, catalogVersions, comingCards } from '../src/Catalog.ts'
import { customersOf, termsOf } from '../src/CustomerTerms.ts'
import { dueOracles, oraclesOf, silentOracles } from '../src/OracleRows.ts'
import { valuesOf } from '../src/OracleValues.ts'
import { usageRows } from '../src/UsageTotals.ts'
import { listAudit } from '../src/AuditList.ts'
import * as Overview from '../src/Overview.ts'
import * as Incidents from '../src/Incidents.ts'
import * as SessionKeys from '../src/SessionKeys.ts'
import { changedKeys, recordsOf } from '../src/KeyRecords.ts'
import { project } from '../src/Projection.ts'
import { paidAt } from '../src/ProviderKeys.ts'
import * as Reconciliation from '../src/Reconciliation.ts'
import { channelsOfReceiver } from '../src/Receivers.ts'
import { db, executePostgres as run, explain, wipe } from './database.ts'
import { hex, history, refs, sessionEvent } from './events.ts'

const channelId = hex('a1', 32)
type Query = { toSQL(): { sql: string; params: unknown[] } }

/** Statement, and the index (SQLite's name, Postgres' name) by which it must find its rows. */
const plans: [string, () => Query, sqlite: RegExp, postgres: RegExp][] = [
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
    'audit of an owner',
    () => listAudit(db, 'legacy', { before: 900 }, 20),
    /USING INDEX audit_chain_seq \(chain=\? AND seq<\?\)/,
    /Backward using audit_chain_seq/,
  ],
  ['newest audit rows', () => Overview.latestAudit(db, 20), /^SCAN audit$/, /Backward using audit_pkey/],
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
  const fills = [
    sql`${t.microPayment} select 's', n, ${oneIn(500, channelId)}, null, null, ${oneIn(500, 'acme')}, 'r', 1, 'd', 'c', 1, n, to_timestamp(n) ${upTo(100_000)}`,
    sql`${t.movement} select 's', n, 'claim', ${oneIn(100, channelId)}, 'd', 'c', 1, null, to_timestamp(n) ${upTo(20_000)}`,
    sql`${t.streamSession} select 's' || n, 1, 'c', 'p' || n, 'k', 1, to_timestamp(n) ${upTo(5000)}`,
    sql`${t.sessionKey} select 's' || n, 's' || n, 1, 'c', 'p' || n, 'k', to_timestamp(n) ${upTo(5000)}`,
    sql`${t.channel} select 'c' || n, 's' || n, 1, 'r' || n, 't', 0, 0, 0, 0, 0, 0, 0, 0, 0 ${upTo(5000)}`,
    sql`${t.settlement} select 1, 's', n::text, 'claim', n, null, 'mined', 1, 1, 1, null, null, to_timestamp(n) ${upTo(5000)}`,
    sql`${t.sentinelEvent} select n::text, 'unknown_message', '{}', to_timestamp(n), 's' || n, ${resolved} ${upTo(5000)}`,
    sql`${t.suspicion} select 'c' || n, 'claim_stuck', 'm', to_timestamp(n) ${upTo(5000)}`,
    sql`${t.audit} (actor, action, subject, detail, at, seq) select 'a', 'b', 'c', '{}', to_timestamp(n), n ${upTo(5000)}`,
    sql`${t.catalog} select 'x' || n, n ${upTo(2000)}`,
    sql`${t.provider} select 'p' || n, 'p', '0x' || n, true, now(), now() ${upTo(5000)}`,
    sql`${t.route} select 'r' || n, 'p' || 1 + n % 20, '[]', '/', '{}', '[]', 1000, false, 0, false, null, null, true, '', now(), now() ${upTo(20)}`,
    sql`${t.rateCard} select 'r' || 1 + n / 1000, 1 + n % 1000, '{}', now() ${upTo(19_999)}`,
    sql`${t.oracle} (id, provider_id, name, kind, config, min, max, stale_seconds, enabled, created_at, updated_at, stale_at, next_at) select 'o' || n, 'p' || 1 + n % 5, 'o', 'url', '{}', '0', '9', 60, true, now(), now(), case when n % 50 = 0 then to_timestamp(n) end, case when n % 50 = 0 then to_timestamp(n) end ${upTo(20_000)}`,
    sql`${t.oracleValue} (oracle_id, seq, status, source, at) select 'o' || n % 4, n, 'accepted', 'push', to_timestamp(n) ${upTo(20_000)}`,
    sql`${t.customerTerms} select 'p' || 1 + n % 20, '0x' || n, null, null, 1, now(), now() ${upTo(20_000)}`,
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
