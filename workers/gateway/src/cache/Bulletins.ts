import type { KeyNotice } from '@pbstream/db/KeyRecords'
import { Lru } from '../Lru.ts'

/** Older than this, what is known of keys refuses nobody: the session is asked. */
export const BULLETIN_MS = 10_000
/** A change may become visible so much later than it says that it was made: clocks differ, and writing takes time. */
const OVERLAP_MS = 30_000
const MOST = 4096

/**
 * The newest changes of session keys as far as this isolate has heard of them: which keys were frozen, revoked or let
 * go again. They are asked for together with the version of the catalog. A bulletin can only refuse; what it does not
 * know, the session decides.
 */
export class Bulletins {
  readonly #notices = new Lru<string, KeyNotice>(MOST)
  #newest = 0
  #asOf = Number.NEGATIVE_INFINITY

  /** From when on changes have to be asked for (Unix milliseconds). */
  since(now: number): number {
    return Math.max(0, Math.min(this.#newest, now - OVERLAP_MS))
  }

  /** Takes what was true at `asOf`, and answers what is news. */
  take(notices: readonly KeyNotice[], asOf: number, now: number): KeyNotice[] {
    const news = notices.filter((notice) => isNewer(notice, this.#notices.get(notice.session)))
    for (const notice of news.toReversed()) {
      this.#notices.set(notice.session, notice)
      this.#newest = Math.max(this.#newest, notice.at)
    }
    if (Math.abs(now - asOf) <= Math.abs(now - this.#asOf)) this.#asOf = asOf
    return news
  }

  of(session: string): KeyNotice | undefined {
    return this.#notices.get(session)
  }

  /** A clock that was put back makes nothing young. */
  isFresh(now: number): boolean {
    return Math.abs(now - this.#asOf) < BULLETIN_MS
  }

  /** How many changes are known. */
  get size(): number {
    return this.#notices.size
  }
}

function isNewer(notice: KeyNotice, known: KeyNotice | undefined): boolean {
  if (known === undefined || notice.version > known.version) return true
  return notice.version === known.version && notice.at > known.at
}
