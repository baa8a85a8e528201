/** Whose a session's key is: the owner's scope as it is stored, where somebody manages the key. */
import type { Database } from '@pbstream/db/Database'
import { ownersOf } from '@pbstream/db/SessionKeys'

/** A key has its owner for good; that nobody manages it may change. */
const OWNED_MS = 600_000
const UNOWNED_MS = 10_000
const REMEMBERED = 20_000

const known = new Map<string, { scope: string | undefined; until: number }>()

export async function scopesOfOwners(
  db: Database,
  sessions: readonly string[],
): Promise<(session: string) => string | undefined> {
  const now = Date.now()
  const wanted = [...new Set(sessions)].filter((session) => (known.get(session)?.until ?? 0) <= now)
  if (known.size > REMEMBERED) known.clear()
  const found = await ownersOf(db, wanted)
  const all = new Map<string, string | undefined>()
  for (const session of wanted) {
    const row = found.get(session)
    const scope = row === undefined ? undefined : `owner:${row.mode}:${row.owner}`
    known.set(session, { scope, until: now + (scope === undefined ? UNOWNED_MS : OWNED_MS) })
  }
  for (const session of sessions) all.set(session, known.get(session)?.scope)
  return (session) => all.get(session)
}
