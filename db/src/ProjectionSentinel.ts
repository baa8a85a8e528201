/**
 * What sessions tell of Sentinel, as rows that come out the same whatever the order and however often:
 * - a decision is the row of (session, number): the one with more repeats is newer;
 * - a stop is the row of its id: once it is released it stays so, whoever says that it holds;
 * - calls and failures are counts from the beginning with a revision: the newest of each hour stands.
 */
import type { PbEvent } from '@pbstream/core/message/Event'
import type { DecisionRow, FailureCount, StopRow } from '@pbstream/core/message/Sentinel'
import { parseSessionName, sessionName, type SessionRef } from '@pbstream/core/message/Session'
import { sql } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'
import { chunks, excluded, keep, type Row, sorted } from './ProjectionRows.ts'
import { HOUR_MS } from './UsageHours.ts'

export type SentinelRows = {
  decisions: Row<'sentinelDecision'>[]
  stops: Row<'sentinelStop'>[]
  failures: Row<'failureHour'>[]
}

/** One row for each key, in the order of keys. */
export function foldSentinel(events: readonly PbEvent[]): SentinelRows {
  const decisions = new Map<string, Row<'sentinelDecision'>>()
  const stops = new Map<string, Row<'sentinelStop'>>()
  const failures = new Map<string, Row<'failureHour'>>()
  for (const event of events) {
    if (event.kind !== 'session' || event.sentinel === undefined) continue
    const session = sessionName(event.session)
    for (const each of event.sentinel.decisions) {
      const row = toDecision(session, each)
      keep(decisions, `${session} ${row.number}`, row, (old) => each.repeats > (old.repeats ?? 0))
    }
    for (const each of event.sentinel.stops) {
      keep(
        stops,
        each.id,
        toStop(event.session, each),
        (old) => old.releasedAt == null && each.releasedAt !== undefined,
      )
    }
    for (const each of event.sentinel.failures) {
      const row = toFailure(session, each)
      const key = `${session} ${row.providerId} ${row.routeId} ${row.hour.getTime()}`
      keep(failures, key, row, (old) => row.revision > old.revision)
    }
  }
  return { decisions: sorted(decisions), stops: sorted(stops), failures: sorted(failures) }
}

/** `session`: the name of a key's object; decisions across sessions have another, and no payer. */
export function toDecision(session: string, row: DecisionRow): Row<'sentinelDecision'> {
  const { number, id, scope, at, action, effect, rule, version, call, repeats, lastAt, ...rest } = row
  const ref = parseSessionName(session)
  const { providerId = null, routeId = null, amount = null, country = null } = call ?? {}
  return {
    ...{ session, number, id, scope, action, effect, rule, version, providerId, routeId, amount, country, repeats },
    ...{ chainId: ref?.chainId ?? null, payer: ref?.payer ?? null, at: new Date(at), lastAt: new Date(lastAt) },
    severity: row.hits.find((hit) => hit.rule === rule)?.severity ?? null,
    detail: { ...rest, ...(call === undefined ? {} : { payee: call.payee }) },
  }
}

function toStop(session: SessionRef, row: StopRow): Row<'sentinelStop'> {
  const { id, scope, kind, rule, version, at, decision, cause, releasedAt, releasedBy, reason } = row
  return {
    ...{ id, scope, kind, rule, version, decisionId: decision, cause: cause ?? null, at: new Date(at) },
    ...{ session: sessionName(session), chainId: session.chainId, payer: session.payer, key: session.payerAuthorizer },
    releasedAt: releasedAt === undefined ? null : new Date(releasedAt),
    releasedBy: releasedBy ?? null,
    reason: reason ?? null,
  }
}

function toFailure(session: string, { at, ...count }: FailureCount): Row<'failureHour'> & { hour: Date } {
  return { ...count, session, hour: new Date(Math.floor(at / HOUR_MS) * HOUR_MS) }
}

export function sentinelStatements(db: Database, orm: Orm, rows: SentinelRows): Statement[] {
  const { sentinelStop: stop, failureHour: failure } = db.tables
  return [
    ...decisionStatements(db, orm, rows.decisions),
    ...chunks(db, stop, rows.stops).map((some) =>
      orm
        .insert(stop)
        .values(some)
        .onConflictDoUpdate({
          target: stop.id,
          set: {
            releasedAt: sql`excluded.released_at`,
            releasedBy: sql`excluded.released_by`,
            reason: sql`excluded.reason`,
          },
          // An id is of one session: another's says nothing about it.
          setWhere: sql`${stop.releasedAt} is null and excluded.released_at is not null and excluded.session = ${stop.session}`,
        }),
    ),
    ...chunks(db, failure, rows.failures).map((some) =>
      orm
        .insert(failure)
        .values(some)
        .onConflictDoUpdate({
          target: [failure.session, failure.providerId, failure.routeId, failure.hour],
          set: excluded(failure),
          setWhere: sql`excluded.revision > ${failure.revision}`,
        }),
    ),
  ]
}

export function decisionStatements(db: Database, orm: Orm, rows: Row<'sentinelDecision'>[]): Statement[] {
  const { sentinelDecision: decision } = db.tables
  return chunks(db, decision, rows).map((some) =>
    orm
      .insert(decision)
      .values(some)
      .onConflictDoUpdate({
        target: [decision.session, decision.number],
        set: excluded(decision),
        setWhere: sql`excluded.repeats > ${decision.repeats}`,
      }),
  )
}
