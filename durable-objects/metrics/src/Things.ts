/** Transactions and incidents as sums: each thing counts once, in the last state that is known of it. */
import type { IncidentEvent, TransactionEvent } from '@pbstream/core/message/Event'
import type { Sql } from './Sql.ts'
import { labelText, type Totals } from './Totals.ts'

/** What ended is kept so long, far longer than a queue keeps a message, so that a late repeat is known as one. */
const KEEP = 60 * 86_400_000
/** News as old as this is not counted any more: what it was about may be forgotten. */
const TOO_OLD = 45 * 86_400_000
const PRUNE_MAX = 100

type Item = Pick<TransactionEvent, 'revision' | 'status'> & { gas: bigint; attempts: number }

/** Counts where a lane item has got to. */
export function transaction(sql: Sql, totals: Totals, event: TransactionEvent, now: number): void {
  const { chainId, signer, itemId, at } = event
  if (at < now - TOO_OLD) return
  const row = sql('SELECT * FROM item WHERE chain_id = ? AND signer = ? AND id = ?', chainId, signer, itemId)[0]
  if (row !== undefined && (row['revision'] as number) >= event.revision) return
  if (row !== undefined) {
    const { revision, status } = row as { revision: number; status: Item['status'] }
    const before = { revision, status, gas: BigInt(row['gas'] as string), attempts: row['attempts'] as number }
    add(totals, event, before, -1n)
  }
  const gas = BigInt(event.gasUsed ?? '0') * BigInt(event.gasPrice ?? '0')
  const after = { revision: event.revision, status: event.status, gas, attempts: event.attempts ?? 1 }
  add(totals, event, after, 1n)
  sql(
    `INSERT OR REPLACE INTO item (chain_id, signer, id, revision, status, gas, attempts, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[chainId, signer, itemId, after.revision, after.status, String(gas), after.attempts, at],
  )
}

function add(totals: Totals, event: TransactionEvent, { status, gas, attempts }: Item, sign: bigint): void {
  const { chainId, signer, purpose } = event
  const lane = labelText({ chain_id: chainId, signer })
  totals.add('attempts', labelText({ chain_id: chainId, purpose }), sign * BigInt(attempts))
  if (status === 'submitted' || status === 'mined') {
    return totals.add('lane_items', labelText({ chain_id: chainId, signer, state: status }), sign)
  }
  totals.add('transactions', labelText({ chain_id: chainId, purpose, status }), sign)
  // Before it is final a reorganisation may still change what was paid, and this sum never falls.
  totals.add('gas', lane, sign * gas)
}

/** Counts an incident once. */
export function incident(sql: Sql, totals: Totals, { id, what, at }: IncidentEvent, now: number): void {
  if (at < now - TOO_OLD || sql('SELECT 1 AS one FROM incident WHERE id = ?', id).length > 0) return
  sql('INSERT INTO incident (id, at) VALUES (?, ?)', id, at)
  totals.add('incidents', labelText({ what }), 1)
}

/** Forgets what ended long ago, some at a time; the sums stay. */
export function prune(sql: Sql, now: number): void {
  sql('DELETE FROM incident WHERE id IN (SELECT id FROM incident WHERE at < ? LIMIT ?)', now - KEEP, PRUNE_MAX)
  sql(
    `DELETE FROM item WHERE rowid IN
     (SELECT rowid FROM item WHERE at < ? AND status IN ('confirmed', 'failed') LIMIT ?)`,
    ...[now - KEEP, PRUNE_MAX],
  )
}
