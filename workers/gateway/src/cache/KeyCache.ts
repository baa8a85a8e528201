import type { ErrorCode } from '@pbstream/core/Errors'
import type { CacheStore } from '@pbstream/db/cache/CacheStore'
import { keyPlace, toRecord } from '@pbstream/db/cache/Entries'
import type { Database } from '@pbstream/db/Database'
import { type KeyNotice, type KeyRecord, keyRecords } from '@pbstream/db/KeyRecords'
import { Lru } from '../Lru.ts'
import type { Bulletins } from './Bulletins.ts'

/** How long a record is used; a bulletin ends it at once. */
const RECORD_MS = 60_000
const RECORDS_MAX = 4096
/** How long the session's own word that a key is stopped spares it the next question. */
const REFUSED_MS = 2_000
/** Records that are read at once, and keys that wait for their turn. */
const BATCH = 100
const WANTED_MAX = 1_000
/** Requests that come together are read together. */
const GATHER_MS = 5
/** A reading that has not ended by then was cancelled by the platform. */
const FILL_MS = 5_000

/** The part of a session's reply to a reservation that says something about the key. */
type Answer = { kind: string; code?: ErrorCode }

/** A record, and when it was read. */
type Held = { version: number; stop: ErrorCode | undefined; readAt: number }

/**
 * What this isolate knows of session keys that were stopped, to refuse what their session would refuse without asking it.
 * Limits are not here: they are the session's, and who merely holds a voucher that a claim has published is not to learn
 * them.
 *
 * Nothing here ever lets a payment pass: who is not refused goes to the session. Records are read behind the answer to
 * a request, never before it: memory, then Redis, then the database.
 */
export class KeyCache {
  /** Payments refused here; records found in memory, in Redis, and asked of the database; of those, how many there were not. */
  readonly counts = { refused: 0, memory: 0, redis: 0, database: 0, unmanaged: 0 }
  readonly #bulletins: Bulletins
  readonly #store: CacheStore | undefined
  readonly #open: (() => Database) | undefined
  readonly #now: () => number
  #held = new Lru<string, Held>(RECORDS_MAX)
  readonly #refused = new Lru<string, { code: ErrorCode; until: number }>(4096)
  readonly #wanted = new Set<string>()
  #fillingSince = Number.NEGATIVE_INFINITY

  constructor(
    bulletins: Bulletins,
    now: () => number,
    sources: { store?: CacheStore | undefined; open?: (() => Database) | undefined } = {},
  ) {
    this.#bulletins = bulletins
    this.#now = now
    this.#store = sources.store
    this.#open = sources.open
  }

  /** Why the session of this key would refuse any payment; undefined: ask it. */
  refusal(session: string): ErrorCode | undefined {
    const code = this.#refusal(session)
    if (code !== undefined) this.counts.refused++
    return code
  }

  /** Learns from the session's answer. A key that it says is stopped is looked up, so that it is spared for longer. */
  saw(session: string, reply: Answer, keep: (work: Promise<unknown>) => void): void {
    if (reply.kind !== 'refused' || !isStop(reply.code)) return
    this.#refused.set(session, { code: reply.code, until: this.#now() + REFUSED_MS })
    // What nobody has in the tables is remembered too, or a stranger could have them read for each request.
    if (this.#young(session) === undefined) this.#want(session, keep)
    else this.counts.memory++
  }

  /** Forgets what these changes made untrue. */
  changed(notices: readonly KeyNotice[]): void {
    for (const { session, version } of notices) {
      this.#refused.delete(session)
      const held = this.#held.get(session)
      if (held !== undefined && held.version < version) this.#held.delete(session)
    }
  }

  /** Forgets every record: more changed than could be told. */
  forget(): void {
    this.#held = new Lru<string, Held>(RECORDS_MAX)
  }

  /** Takes records that came from elsewhere. */
  put(records: readonly KeyRecord[]): void {
    const readAt = this.#now()
    for (const record of records)
      this.#held.set(record.session, { version: record.version, stop: stopOf(record.status), readAt })
  }

  #refusal(session: string): ErrorCode | undefined {
    const now = this.#now()
    const refused = this.#refused.get(session)
    if (refused !== undefined && now < refused.until) return refused.code
    // Without fresh bulletins nobody would notice that a key was let go again.
    if (!this.#bulletins.isFresh(now)) return undefined
    const notice = this.#bulletins.of(session)
    const held = this.#young(session)
    if (notice !== undefined && (held === undefined || notice.version >= held.version)) {
      const stop = stopOf(notice.status)
      if (stop !== undefined) return stop
    }
    return notice !== undefined && held !== undefined && notice.version > held.version ? undefined : held?.stop
  }

  #young(session: string): Held | undefined {
    const held = this.#held.get(session)
    return held !== undefined && Math.abs(this.#now() - held.readAt) < RECORD_MS ? held : undefined
  }

  #want(session: string, keep: (work: Promise<unknown>) => void): void {
    if (this.#store === undefined && this.#open === undefined) return
    if (this.#wanted.size < WANTED_MAX) this.#wanted.add(session)
    const now = this.#now()
    if (Math.abs(now - this.#fillingSince) < FILL_MS) return
    this.#fillingSince = now
    keep(this.#fill())
  }

  async #fill(): Promise<void> {
    await new Promise((done) => setTimeout(done, GATHER_MS))
    const sessions = [...this.#wanted].slice(0, BATCH)
    for (const session of sessions) this.#wanted.delete(session)
    try {
      const found = await this.#fromRedis(sessions)
      const missing = sessions.filter((session) => !found.has(session))
      if (missing.length === 0 || this.#open === undefined) return
      const records = await keyRecords(this.#open(), missing)
      this.counts.database += records.length
      this.counts.unmanaged += records.filter(({ status }) => status === 'unmanaged').length
      this.put(records)
    } catch {
      // The session decides without us.
    } finally {
      this.#fillingSince = Number.NEGATIVE_INFINITY
    }
  }

  async #fromRedis(sessions: readonly string[]): Promise<Set<string>> {
    const entries = (await this.#store?.read(sessions.map(keyPlace))) ?? []
    const records = entries.flatMap((entry) => (entry === undefined ? [] : [toRecord(entry)]))
    this.counts.redis += records.length
    this.put(records)
    return new Set(records.map(({ session }) => session))
  }
}

/** What a key in this state is refused with. A rotated key may be in its grace, and an expired one's session knows when. */
function stopOf(status: KeyRecord['status']): ErrorCode | undefined {
  if (status === 'frozen' || status === 'freezing') return 'session_key_frozen'
  return status === 'revoked' ? 'session_key_revoked' : undefined
}

function isStop(code: ErrorCode | undefined): code is ErrorCode {
  return code === 'session_key_frozen' || code === 'session_key_revoked'
}
