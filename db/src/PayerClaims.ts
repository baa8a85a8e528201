/** Which transactions recorded a charge on chain, and paid it out: told by the amounts that moved in its channel since. */
import type { Hex } from '@pbstream/core/Hex'
import { and, desc, eq, gte, inArray } from 'drizzle-orm'
import type { Database } from './Database.ts'

/** How far back from the newest is looked, for one channel. */
export const MOVES_MAX = 1_000

/** A clock that was put back within a session makes a claim seem older than what it claims. */
const SLACK_MS = 600_000

export type Move = { kind: string; amount: string; transaction: Hex | null; at: Date; seq: number }

/** What was claimed on a channel, and paid out, since `since`; newest first. */
export function movesQuery(db: Database, channelId: Hex, since: Date) {
  const { movement: m } = db.tables
  return db.orm
    .select({ kind: m.kind, amount: m.amount, transaction: m.transaction, at: m.at, seq: m.seq })
    .from(m)
    .where(
      and(
        eq(m.channelId, channelId),
        gte(m.at, new Date(since.getTime() - SLACK_MS)),
        inArray(m.kind, ['claim', 'settle']),
      ),
    )
    .orderBy(desc(m.at), desc(m.seq))
    .limit(MOVES_MAX)
}

/** How far the money of a charge has come. `claimed`: recorded on chain; `settled`: paid to the receiver. */
export type Progress = 'unsettled' | 'claimed' | 'settled'
/** The running totals of a channel, decimal strings. */
type Totals = { claimed: string; settled: string }

/** `cumulative`: all that was charged on the channel, this charge included. */
export function progressOf(totals: Totals | null, cumulative: string | null): Progress {
  if (totals === null || cumulative === null) return 'unsettled'
  const upTo = BigInt(cumulative)
  if (BigInt(totals.settled) >= upTo) return 'settled'
  return BigInt(totals.claimed) >= upTo ? 'claimed' : 'unsettled'
}

/**
 * The move of a kind that took the total past a charge. The total is known as it is now, so the way is from the newest
 * move back; undefined when there is none yet, or it lies further back than `moves` go.
 */
export function covering(
  totals: Totals,
  moves: readonly Move[],
  kind: 'claim' | 'settle',
  charge: { cumulative: string; seq: number },
): Move | undefined {
  const upTo = BigInt(charge.cumulative)
  let after = BigInt(kind === 'claim' ? totals.claimed : totals.settled)
  for (const move of moves) {
    if (move.kind !== kind) continue
    if (after < upTo) return undefined
    after -= BigInt(move.amount)
    // What moved before the charge did not move it: totals and moves are of different times for a moment.
    if (after < upTo) return move.seq > charge.seq ? move : undefined
  }
  return undefined
}
