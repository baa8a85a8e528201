/** What one connection sends in session mode: each request is signed on its way, since answers say what the next may name. */
import { createHmac, randomBytes } from 'node:crypto'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import * as Lease from '@pbstream/core/session/Lease'
import { header } from './AnswerReader.ts'

export type SessionLane = {
  url: string
  token: string
  /** Of requests: HMAC, base64url. */
  key: string
  /** Whether leases are named; else every request asks the session's object. */
  leases: boolean
}

/** Seconds for which a request is good. */
const GOOD_S = 30
/** A lease is not named so shortly before its end, in milliseconds. */
const MARGIN_MS = 300

export class SessionRequests {
  /** How many requests named a lease. */
  leased = 0
  readonly #lane: SessionLane
  readonly #key: Buffer
  readonly #head: string
  readonly #run = randomBytes(9).toString('base64url')
  #count = 0
  #lease: (Lease.Offered & { next: number }) | undefined

  constructor(lane: SessionLane) {
    this.#lane = lane
    this.#key = Buffer.from(lane.key, 'base64url')
    const { host, pathname } = new URL(lane.url)
    this.#head = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n`
  }

  next(): Buffer {
    const lease = this.#next()
    const parts: HttpSignature.Parts = {
      method: 'GET',
      targetUri: this.#lane.url,
      idempotencyKey: lease === undefined ? `${this.#run}-${++this.#count}` : Lease.requestId(lease),
      maxPrice: '1000000',
      session: this.#lane.token,
    }
    if (lease !== undefined) parts.lease = Lease.encodeNamed(lease.id)
    const created = Math.floor(Date.now() / 1_000)
    const parameters = { created, expires: created + GOOD_S, algorithm: 'hmac-sha256' } as const
    const signature = createHmac('sha256', this.#key).update(HttpSignature.base(parts, parameters)).digest()
    let text = this.#head
    for (const [name, value] of Object.entries(HttpSignature.headers(parts, parameters, signature)))
      text += `${name}: ${value}\r\n`
    return Buffer.from(`${text}\r\n`, 'latin1')
  }

  /** Reads which lease the next request may name. */
  learn(head: string): void {
    if (!this.#lane.leases) return
    const offered = Lease.parseOffered(header(head, 'PBStream-Lease') ?? null)
    if (offered !== undefined && offered.id !== this.#lease?.id) this.#lease = { ...offered, next: 1 }
  }

  /** The lease is elsewhere: the next request names none. */
  forget(): void {
    this.#lease = undefined
  }

  #next(): Lease.Numbered | undefined {
    const lease = this.#lease
    if (lease === undefined || lease.next > lease.count) return undefined
    if (Date.now() > lease.expires * 1_000 - MARGIN_MS) return undefined
    this.leased++
    return { id: lease.id, n: lease.next++ }
  }
}
