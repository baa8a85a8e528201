import type { ErrorCode } from '@pbstream/core/Errors'
import type { SentinelRefusal } from '@pbstream/core/message/Sentinel'
import { Lru } from '../Lru.ts'

export type Refused = { code: ErrorCode; sentinel?: SentinelRefusal }

/** What holds for every call of the session to this provider, and not for one call alone. */
const LASTING: readonly ErrorCode[] = [
  'sentinel_frozen',
  'sentinel_signature_required',
  'sentinel_throttled',
  'spend_breaker_open',
]
/** Calls a second that may ask in vain; beyond that the next second's are answered here. */
const ASKING = 20
const WINDOW_MS = 1_000
const LINES_MAX = 4_096

type Line = { since: number; count: number; last?: Refused & { until: number } }

/**
 * Spares objects a flood of calls that they have just refused: a caller that goes on at full speed is told the last answer
 * again, for a second at most. Whoever comes less often is always told by the object, so a key that is let go on goes on at once.
 */
export class RefusedCalls {
  readonly #now: () => number
  readonly #lines = new Lru<string, Line>(LINES_MAX)

  constructor(now: () => number) {
    this.#now = now
  }

  /** The last answer to a call like this one, if too many have asked. */
  of(session: string, providerId: string): Refused | undefined {
    if (this.#lines.size === 0) return undefined
    const last = this.#lines.get(`${session} ${providerId}`)?.last
    if (last === undefined || this.#now() >= last.until) return undefined
    const { code, sentinel } = last
    return { code, ...(sentinel === undefined ? {} : { sentinel }) }
  }

  /** Learns from an answer of the object. */
  saw(
    session: string,
    providerId: string,
    reply: { kind: string; code?: ErrorCode; sentinel?: SentinelRefusal },
  ): void {
    const name = `${session} ${providerId}`
    if (reply.kind !== 'refused') {
      if (reply.kind === 'granted' && this.#lines.size > 0) this.#lines.delete(name)
      return
    }
    const { code, sentinel } = reply
    if (code === undefined || !LASTING.includes(code)) return
    const now = this.#now()
    const known = this.#lines.get(name)
    const line = known !== undefined && Math.abs(now - known.since) < WINDOW_MS ? known : { since: now, count: 0 }
    line.count++
    if (line.count >= ASKING) {
      const ms = Math.min(WINDOW_MS, (sentinel?.retryAfter ?? 1) * 1_000)
      line.last = { code, until: now + ms, ...(sentinel === undefined ? {} : { sentinel }) }
    }
    this.#lines.set(name, line)
  }
}
