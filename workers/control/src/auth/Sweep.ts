import { CHALLENGES_KEPT_MS, pruneChallenges } from '@pbstream/db/Challenges'
import type { Database } from '@pbstream/db/Database'
import * as Idempotency from '@pbstream/db/Idempotency'
import * as Owners from '@pbstream/db/Owners'
import * as SentinelSweep from '@pbstream/db/SentinelSweep'

/** Rows of old counts of answers 402 in one run. */
const CHALLENGES_AT_ONCE = 500

/**
 * Throws away what counts no longer: cookies, nonces, answers that were kept for repeats, old decisions of Sentinel, old
 * counts.
 */
export async function sweepOld(db: Database, now: Date): Promise<void> {
  await Owners.sweep(db, now)
  await Idempotency.sweep(db, now)
  await SentinelSweep.sweep(db, now)
  await pruneChallenges(db, new Date(now.getTime() - CHALLENGES_KEPT_MS), CHALLENGES_AT_ONCE)
}
