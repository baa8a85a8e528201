/** Decisions of Sentinel as sums: each counts once, however often it is told, and how often it was repeated. */
import type { SessionEvent } from '@pbstream/core/message/Event'
import { providerOf } from '@pbstream/core/message/Sentinel'
import { sessionName } from '@pbstream/core/message/Session'
import * as Seen from './Seen.ts'
import type { Sql } from './Sql.ts'
import { labelText, type Totals } from './Totals.ts'

/** Counts what a session has decided. Which rule of whom it was is nobody's affair here: rules and providers are many. */
export function decided(sql: Sql, totals: Totals, { session, sentinel }: SessionEvent): void {
  if (sentinel === undefined || sentinel.decisions.length === 0) return
  const name = sessionName(session)
  const known = sql('SELECT seen FROM decided WHERE name = ?', name)[0]?.['seen'] as string | undefined
  let seen = JSON.parse(known ?? '[]') as Seen.Seen
  for (const { number, action, effect, scope } of sentinel.decisions) {
    const next = Seen.add(seen, number)
    if (next === undefined) continue
    seen = next
    const whose = providerOf(scope) === undefined ? scope : 'provider'
    totals.add('decisions', labelText({ action, effect, scope: whose }), 1)
  }
  sql('INSERT OR REPLACE INTO decided (name, seen) VALUES (?, ?)', name, JSON.stringify(seen))
}
