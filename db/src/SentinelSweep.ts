/** Throws away what Sentinel no longer needs. The texts of rules stay, since decisions name them; so do stops. */
import { DELETED_KEPT_MS, pruneChannels } from './AlertChannels.ts'
import type { Database } from './Database.ts'
import { DECISIONS_KEPT_MS, pruneDecisions } from './Decisions.ts'
import { FAILURES_KEPT_MS, pruneFailures } from './Failures.ts'

/** Rows of each kind in one run: a statement of seconds at most. */
const AT_ONCE = 500

export async function sweep(db: Database, now: Date): Promise<void> {
  const before = (keptMs: number) => new Date(now.getTime() - keptMs)
  await pruneDecisions(db, before(DECISIONS_KEPT_MS), AT_ONCE)
  await pruneFailures(db, before(FAILURES_KEPT_MS), AT_ONCE)
  await pruneChannels(db, before(DELETED_KEPT_MS), AT_ONCE)
}
