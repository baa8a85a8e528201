/** Rows of Sentinel to SQLite and back. */
import type { Scope, SentinelNews, Snooze, StopRow } from '@pbstream/core/message/Sentinel'
import type { Row } from '../Codec.ts'
import type { Loaded } from '../Rows.ts'
import type { Changes } from '../State.ts'
import type { LogRow, MemoryChange, MemoryReader, StateRow } from './Memory.ts'
import type { DecisionEntry, FailureEntry, ScopeRow, StopEntry } from './Rows.ts'

/** Decisions stay so long after the events queue has them; the last one stays: the next is counted from it. */
export const DECISION_MS = 86_400_000
/** Stops stay so long after their release, so that releasing again is known to be a repeat. */
export const RELEASED_MS = 30 * 86_400_000
const PRUNE_MAX = 1_000

export class SentinelStore implements MemoryReader {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  load(
    told: number,
  ): Pick<Loaded, 'sets' | 'scopes' | 'snoozes' | 'stops' | 'failures' | 'decisions' | 'news' | 'told'> {
    const sets = this.#rows('SELECT * FROM sentinel_set').map((row): Loaded['sets'][number] => [
      row['scope'] as Scope,
      { revision: Number(row['revision']), body: String(row['body']) },
    ])
    const scopes = this.#rows('SELECT * FROM sentinel_scope').map((row): Loaded['scopes'][number] => [
      row['scope'] as Scope,
      JSON.parse(String(row['body'])) as ScopeRow,
    ])
    const snoozes = this.#rows('SELECT * FROM sentinel_snooze').map((row): [string, Snooze] => {
      const [scope, rule] = [row['scope'] as Scope, String(row['rule'])]
      return [`${scope} ${rule}`, { scope, rule, until: Number(row['until']) }]
    })
    const stops = this.#rows('SELECT * FROM sentinel_stop').map((row): [string, StopEntry] => [
      String(row['id']),
      decodeStop(row),
    ])
    const failures = this.#rows('SELECT * FROM sentinel_failure').map((row): [string, FailureEntry] => [
      `${String(row['provider_id'])} ${String(row['route_id'])}`,
      decodeFailure(row),
    ])
    const last = this.#rows('SELECT max(number) AS number, max(changed) AS changed FROM sentinel_decision')[0]
    const changes = [...stops, ...failures].map(([, { changed }]) => changed)
    const news = changes.reduce((a, b) => Math.max(a, b), Math.max(told, Number(last?.['changed'] ?? 0)))
    return { sets, scopes, snoozes, stops, failures, decisions: Number(last?.['number'] ?? 0), news, told }
  }

  write(changes: Changes): void {
    const { sets, scopes, snoozes, stops, failures, decisions, memory } = changes
    for (const { key, after } of sets) {
      if (after === undefined) continue
      this.#sql.exec('INSERT OR REPLACE INTO sentinel_set VALUES (?, ?, ?)', key, after.revision, after.body)
    }
    for (const { key, after } of scopes) {
      if (after === undefined) continue
      this.#sql.exec('INSERT OR REPLACE INTO sentinel_scope VALUES (?, ?)', key, JSON.stringify(after))
    }
    for (const { before, after } of snoozes) {
      const { scope, rule } = (after ?? before)!
      if (after === undefined) this.#sql.exec('DELETE FROM sentinel_snooze WHERE scope = ? AND rule = ?', scope, rule)
      else this.#sql.exec('INSERT OR REPLACE INTO sentinel_snooze VALUES (?, ?, ?)', scope, rule, after.until)
    }
    for (const { key, after } of stops) if (after !== undefined) this.#writeStop(key, after)
    for (const { after } of failures) if (after !== undefined) this.#writeFailure(after)
    for (const { key, after } of decisions) {
      if (after === undefined) continue
      const { row, changed } = after
      const values = [key, changed, row.at, JSON.stringify(row)]
      this.#sql.exec('INSERT OR REPLACE INTO sentinel_decision VALUES (?, ?, ?, ?)', ...values)
    }
    for (const change of memory) this.#writeMemory(change)
  }

  decision(number: number): DecisionEntry | undefined {
    const row = this.#rows('SELECT * FROM sentinel_decision WHERE number = ?', number)[0]
    return row === undefined ? undefined : decodeDecision(row)
  }

  state(name: string): StateRow | undefined {
    const row = this.#rows('SELECT * FROM sentinel_state WHERE name = ?', name)[0]
    if (row === undefined) return undefined
    return { born: Number(row['born']), seq: Number(row['seq']), body: String(row['body']) }
  }

  log(name: string): LogRow[] {
    return this.#rows('SELECT seq, body FROM sentinel_log WHERE name = ? ORDER BY seq', name).map((row) => ({
      seq: Number(row['seq']),
      body: String(row['body']),
    }))
  }

  /** What changed after `after`, oldest change first, and the change that all of it is up to. */
  news(after: number, limit: number): { news: SentinelNews; last: number } | undefined {
    const found = (table: string): Row[] => {
      return this.#rows(`SELECT * FROM ${table} WHERE changed > ? ORDER BY changed LIMIT ?`, after, limit)
    }
    const all = [
      ...found('sentinel_decision').map((row) => ({
        changed: Number(row['changed']),
        decision: decodeDecision(row).row,
      })),
      ...found('sentinel_stop').map((row) => ({ changed: Number(row['changed']), stop: decodeStop(row).row })),
      ...found('sentinel_failure').map((row) => ({ changed: Number(row['changed']), failure: decodeFailure(row) })),
    ]
    const first = all.toSorted((a, b) => a.changed - b.changed).slice(0, limit)
    const last = first.at(-1)?.changed
    if (last === undefined) return undefined
    const news: SentinelNews = { decisions: [], stops: [], failures: [] }
    for (const each of first) {
      if ('decision' in each) news.decisions.push(each.decision)
      else if ('stop' in each) news.stops.push(each.stop)
      else news.failures.push({ ...each.failure.row, revision: each.changed })
    }
    return { news, last }
  }

  prune(now: number, told: number): void {
    this.#sql.exec(
      `DELETE FROM sentinel_decision WHERE number IN (SELECT number FROM sentinel_decision ORDER BY number LIMIT ${PRUNE_MAX})
        AND at <= ? AND changed <= ? AND number < (SELECT max(number) FROM sentinel_decision)
        AND number NOT IN (SELECT number FROM sentinel_stop WHERE number IS NOT NULL AND released_at IS NULL)`,
      now - DECISION_MS,
      told,
    )
    this.#sql.exec('DELETE FROM sentinel_stop WHERE released_at <= ? AND changed <= ?', now - RELEASED_MS, told)
    this.#sql.exec('DELETE FROM sentinel_snooze WHERE until <= ?', now)
  }

  pruneDueAt(told: number): number | undefined {
    const row = this.#rows(
      `SELECT min(at) AS at FROM sentinel_decision
        WHERE changed <= ? AND number < (SELECT max(number) FROM sentinel_decision)
        AND number NOT IN (SELECT number FROM sentinel_stop WHERE number IS NOT NULL AND released_at IS NULL)`,
      told,
    )[0]
    return typeof row?.['at'] === 'number' ? row['at'] + DECISION_MS : undefined
  }

  #writeStop(id: string, { row, number, changed }: StopEntry): void {
    const values = [id, number ?? null, changed, row.releasedAt ?? null, JSON.stringify(row)]
    this.#sql.exec('INSERT OR REPLACE INTO sentinel_stop VALUES (?, ?, ?, ?, ?)', ...values)
  }

  #writeFailure({ row, changed }: FailureEntry): void {
    const { providerId, routeId, calls, failures, at } = row
    const values = [providerId, routeId, changed, calls, failures, at]
    this.#sql.exec('INSERT OR REPLACE INTO sentinel_failure VALUES (?, ?, ?, ?, ?, ?)', ...values)
  }

  #writeMemory(change: MemoryChange): void {
    const { name } = change
    if (change.kind === 'log') {
      this.#sql.exec('INSERT INTO sentinel_log VALUES (?, ?, ?)', name, change.seq, change.body)
      return
    }
    this.#sql.exec('DELETE FROM sentinel_log WHERE name = ?', name)
    if (change.kind === 'drop') this.#sql.exec('DELETE FROM sentinel_state WHERE name = ?', name)
    else {
      const values = [name, change.born, change.seq, change.body]
      this.#sql.exec('INSERT OR REPLACE INTO sentinel_state VALUES (?, ?, ?, ?)', ...values)
    }
  }

  #rows(query: string, ...bindings: (string | number)[]): Row[] {
    return this.#sql.exec<Row>(query, ...bindings).toArray()
  }
}

function decodeDecision(row: Row): DecisionEntry {
  return { row: JSON.parse(String(row['body'])) as DecisionEntry['row'], changed: Number(row['changed']) }
}

function decodeStop(row: Row): StopEntry {
  return {
    row: JSON.parse(String(row['body'])) as StopRow,
    number: row['number'] === null ? undefined : Number(row['number']),
    changed: Number(row['changed']),
  }
}

function decodeFailure(row: Row): FailureEntry {
  return {
    row: {
      providerId: String(row['provider_id']),
      routeId: String(row['route_id']),
      calls: Number(row['calls']),
      failures: Number(row['failures']),
      at: Number(row['at']),
    },
    changed: Number(row['changed']),
  }
}
