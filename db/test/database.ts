/** The database under test: which one is a matter of the Vitest project. */
import { env } from 'cloudflare:workers'
import { asc, type SQL } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import { beforeEach } from 'vitest'
import { type Database, type DatabaseEnv, open } from '../src/Database.ts'

export type TableName = keyof Database['tables']
const NAMES: TableName[] = [
  'ruleset',
  'rulesetHead',
  'ruleVersion',
  'sentinelDecision',
  'sentinelStop',
  'breaker',
  'alertChannel',
  'failureHour',
  'challengeHour',
  'oracleValue',
  'oracle',
  'customerTerms',
  'usageTotal',
  'usageHour',
  'rateCard',
  'route',
  'provider',
  'catalog',
  'sessionKey',
  'streamSession',
  'channel',
  'microPayment',
  'movement',
  'sentinelEvent',
  'suspicion',
  'reconciliation',
  'settlement',
  'audit',
  'auditHead',
  'owner',
  'signIn',
  'usedNonce',
  'apiKey',
  'idempotency',
  'webhookEndpoint',
  'webhookDelivery',
  'relayUse',
  'pathRoot',
  'upstreamHost',
  'providerChannel',
  'drain',
]

export const db = open(env as DatabaseEnv)

const postgres = db.orm as unknown as PostgresJsDatabase & { $client: Sql }

/** Starts each test of the file with an empty database. */
export function emptyBeforeEach(): void {
  beforeEach(wipe)
}

export function wipe(): Promise<void> {
  return empty(NAMES)
}

/** The tables that events become: a property starts each of its runs without their rows. */
export function wipeProjected(): Promise<void> {
  return empty([
    ...(['sessionKey', 'streamSession', 'channel', 'providerChannel', 'usageTotal', 'microPayment'] as const),
    ...(['movement', 'settlement', 'sentinelEvent', 'sentinelDecision', 'sentinelStop', 'failureHour'] as const),
  ])
}

async function empty(names: readonly TableName[]): Promise<void> {
  await db.atomically((orm) => names.map((name) => orm.delete(db.tables[name])))
}

/** Every projected row, in the order of its key. */
export async function projected() {
  const { sessionKey, streamSession, channel, usageTotal, microPayment, movement, settlement, sentinelEvent } =
    db.tables
  const { sentinelDecision, sentinelStop, failureHour } = db.tables
  return {
    keys: await db.orm.select().from(sessionKey).orderBy(asc(sessionKey.id)),
    sessions: await db.orm.select().from(streamSession).orderBy(asc(streamSession.id)),
    channels: await db.orm.select().from(channel).orderBy(asc(channel.id)),
    usage: await db.orm
      .select()
      .from(usageTotal)
      .orderBy(asc(usageTotal.session), asc(usageTotal.routeId), asc(usageTotal.period)),
    payments: await db.orm.select().from(microPayment).orderBy(asc(microPayment.session), asc(microPayment.seq)),
    movements: await db.orm.select().from(movement).orderBy(asc(movement.session), asc(movement.seq)),
    settlements: await db.orm
      .select()
      .from(settlement)
      .orderBy(asc(settlement.chainId), asc(settlement.signer), asc(settlement.itemId)),
    incidents: await db.orm.select().from(sentinelEvent).orderBy(asc(sentinelEvent.id)),
    decisions: await db.orm
      .select()
      .from(sentinelDecision)
      .orderBy(asc(sentinelDecision.session), asc(sentinelDecision.number)),
    stops: await db.orm.select().from(sentinelStop).orderBy(asc(sentinelStop.id)),
    failures: await db.orm
      .select()
      .from(failureHour)
      .orderBy(asc(failureHour.session), asc(failureHour.routeId), asc(failureHour.hour)),
  }
}

/** The steps of the plan of a statement, one a line, as the database words them. */
export async function explain(query: { sql: string; params: unknown[] }): Promise<string> {
  if (db.dialect === 'postgres') {
    const rows = await postgres.$client.unsafe(`explain ${query.sql}`, query.params as never[])
    return rows.map((row) => String(row['QUERY PLAN'])).join('\n')
  }
  const binding = (env as DatabaseEnv).DB as D1Database
  const { results } = await binding
    .prepare(`explain query plan ${query.sql}`)
    .bind(...query.params)
    .all<{ detail: string }>()
  return results.map(({ detail }) => detail).join('\n')
}

/** Runs a statement in the words of Postgres. */
export async function executePostgres(statement: SQL): Promise<void> {
  await postgres.execute(statement)
}
