import type { Database } from '@pbstream/db/Database'
import * as Idempotency from '@pbstream/db/Idempotency'
import * as Owners from '@pbstream/db/Owners'
import * as SentinelSweep from '@pbstream/db/SentinelSweep'

/** Throws away what counts no longer: cookies, nonces, answers that were kept for repeats, old decisions of Sentinel. */
export async function sweepOld(db: Database, now: Date): Promise<void> {
  await Owners.sweep(db, now)
  await Idempotency.sweep(db, now)
  await SentinelSweep.sweep(db, now)
}
