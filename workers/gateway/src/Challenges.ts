import type { ChallengesEvent } from '@pbstream/core/message/Event'

/** Between two messages of an isolate: what it loses at most when it dies. */
const EVERY_MS = 10_000
/** Lines of one message: far below what a queue takes. */
const AT_ONCE = 250
/** Routes and hours that are kept in mind. */
const LINES_MAX = 1_000
/** A message that is not heard of for so long was cancelled by the platform, with the request that was to send it. */
const LOST_MS = 5_000
const HOUR_MS = 3_600_000

export type ChallengesPorts = {
  /** Unix milliseconds. */
  now(): number
  wait(ms: number): Promise<void>
  /** A name that no other isolate has, at any time. */
  name(): string
  send(event: ChallengesEvent): Promise<unknown>
}

/** `tried`: the largest count that a message was made of; `sent`: that is known to have arrived. */
type Line = { providerId: string; routeId: string; hour: number; count: number; tried: number; sent: number }

/**
 * Counts the answers 402 of this isolate by route and hour, and tells the events queue: one message in ten seconds at most,
 * in the time of a request that has its answer. Counts are told from the beginning of their source, so that a message may
 * come twice or late.
 */
export class Challenges {
  readonly #ports: ChallengesPorts
  readonly #lines = new Map<string, Line>()
  #source: string
  /** When the message under way is to go out, or the last one did. */
  #dueAt = -Infinity
  #isUnderWay = false
  /** Asked once a message: there may be many to look through. */
  #mayRename = true

  constructor(ports: ChallengesPorts) {
    this.#ports = ports
    this.#source = ports.name()
  }

  /** A call of this route is answered 402. Never throws. */
  count({ id: routeId, providerId }: { id: string; providerId: string }, keep: (work: Promise<unknown>) => void): void {
    const now = this.#ports.now()
    const hour = Math.floor(now / HOUR_MS) * HOUR_MS
    const key = `${hour} ${routeId}`
    const line = this.#lines.get(key)
    if (line !== undefined) line.count++
    // So many routes in ten seconds, or so long without a queue: what is beyond is not counted.
    else if (this.#hasRoom()) this.#lines.set(key, { providerId, routeId, hour, count: 1, tried: 0, sent: 0 })
    if (this.#isUnderWay && now < this.#dueAt + LOST_MS) return
    this.#isUnderWay = true
    this.#dueAt = Math.max(now, this.#dueAt + EVERY_MS)
    keep(this.#tell(this.#dueAt - now))
  }

  async #tell(waitMs: number): Promise<void> {
    const due = this.#dueAt
    if (waitMs > 0) await this.#ports.wait(waitMs)
    // Another has taken its place.
    if (due !== this.#dueAt) return
    // What could not be told is told with the next message: the counts go on.
    const isTold = await this.#send().catch(() => false)
    if (due !== this.#dueAt) return
    if (isTold && this.#waiting().length > 0) {
      this.#dueAt = due + EVERY_MS
      return this.#tell(this.#dueAt - this.#ports.now())
    }
    this.#isUnderWay = false
  }

  async #send(): Promise<true> {
    const lines = this.#waiting().slice(0, AT_ONCE)
    const counts = lines.map(({ providerId, routeId, hour, count }) => ({ providerId, routeId, hour, count }))
    for (const line of lines) line.tried = line.count
    if (counts.length > 0) await this.#ports.send({ v: 1, kind: 'challenges', source: this.#source, counts })
    // The name has not changed: something of it was in doubt.
    for (const [i, line] of lines.entries()) line.sent = Math.max(line.sent, counts[i]?.count ?? 0)
    this.#mayRename = true
    const hour = Math.floor(this.#ports.now() / HOUR_MS) * HOUR_MS
    for (const [key, line] of this.#lines) {
      if (line.hour < hour && line.sent === line.count) this.#lines.delete(key)
    }
    return true
  }

  #waiting(): Line[] {
    return [...this.#lines.values()].filter(({ count, sent }) => count > sent)
  }

  /**
   * Makes room where there is none, by going on under another name without what was told. Not while a message is in doubt:
   * what it told must not be told under two names.
   */
  #hasRoom(): boolean {
    if (this.#lines.size < LINES_MAX) return true
    if (!this.#mayRename) return false
    this.#mayRename = false
    for (const { tried, sent } of this.#lines.values()) if (tried > sent) return false
    this.#source = this.#ports.name()
    for (const [key, line] of this.#lines) {
      line.count -= line.sent
      line.tried = line.sent = 0
      if (line.count === 0) this.#lines.delete(key)
    }
    return this.#lines.size < LINES_MAX
  }
}
