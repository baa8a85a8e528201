/**
 * One delivery, one attempt: taken in the database, so that it is made once however often it is asked for; signed now;
 * and what came of it written down. When this stops half way, the row is due again a minute later.
 */
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import * as Audit from '@pbstream/db/Audit'
import type { Database } from '@pbstream/db/Database'
import * as Deliveries from '@pbstream/db/WebhookDeliveries'
import { editStatements, type EndpointRow } from '@pbstream/db/WebhookEndpoints'
import { eventStatements } from '@pbstream/db/Webhooks'
import { delayAfter, FAILING_MS, QUEUED_SECONDS_MAX } from './Schedule.ts'
import type { Answer } from './Send.ts'

export type Deps = {
  database: Database
  now(): number
  send(url: string, headers: WebhookSignature.Headers, body: string): Promise<Answer>
  /** The secrets that sign for an endpoint now, the one in force first. */
  secretsOf(endpoint: EndpointRow, now: number): Promise<Uint8Array[]>
  /** What the gate for URLs goes by. */
  rules: UpstreamUrl.Rules
  /** Whether this deployment may call URLs at all. */
  mayCall: boolean
  /** Asks for another look after some seconds; must not fail. */
  lookAgain(id: string, seconds: number): Promise<void>
  log(what: string, detail: Record<string, string>): void
}

/** Longer than an attempt takes. */
const LEASE_MS = 60_000

type Outcome = { status: number } | { error: string; final?: true }

/** Makes an attempt if the delivery is due. Fails only when the database does. */
export async function deliver(deps: Deps, id: string): Promise<void> {
  const { database: db } = deps
  const now = deps.now()
  const row = await Deliveries.take(db, id, new Date(now), new Date(now + LEASE_MS))
  if (row === undefined) return
  const endpoint = await Deliveries.endpointById(db, row.endpointId)
  const outcome = await attempt(deps, row, endpoint)
  const at = new Date(deps.now())
  if ('status' in outcome && outcome.status >= 200 && outcome.status < 300) {
    return Deliveries.delivered(db, row, outcome.status, at)
  }
  await retryLater(deps, row, outcome, at)
  if (endpoint?.enabled !== true) return
  if ('status' in outcome && outcome.status === 410) await disable(deps, endpoint, 'gone', at)
  else if (isGivenUp(endpoint, at)) await disable(deps, endpoint, 'failing', at)
}

async function attempt(deps: Deps, row: Deliveries.DeliveryRow, endpoint: EndpointRow | undefined): Promise<Outcome> {
  if (endpoint === undefined) return { error: 'endpoint_deleted', final: true }
  if (!endpoint.enabled) return { error: 'endpoint_disabled', final: true }
  // The name was good when it was written; what may be called can have changed since.
  if (!deps.mayCall || !UpstreamUrl.check(endpoint.url, deps.rules).ok) return { error: 'url_refused' }
  const now = deps.now()
  const secrets = await deps.secretsOf(endpoint, now)
  if (secrets.length === 0) {
    deps.log('webhook_secret_unreadable', { endpoint: endpoint.id })
    return { error: 'not_signed' }
  }
  const message = { id: row.eventId, timestamp: Math.floor(now / 1000), body: row.payload }
  return deps.send(endpoint.url, WebhookSignature.headers(secrets, message), row.payload)
}

async function retryLater(deps: Deps, row: Deliveries.DeliveryRow, outcome: Outcome, at: Date): Promise<void> {
  const delay = 'final' in outcome ? undefined : delayAfter(row.attempts)
  const gone = 'status' in outcome && outcome.status === 410
  const retryAt = delay === undefined || gone ? null : new Date(at.getTime() + delay * 1000)
  const said =
    'status' in outcome
      ? { lastStatus: outcome.status, lastError: wordFor(outcome.status) }
      : { lastStatus: null, lastError: outcome.error }
  await Deliveries.failed(deps.database, row, { ...said, retryAt }, at)
  if (retryAt !== null && delay !== undefined && delay <= QUEUED_SECONDS_MAX) await deps.lookAgain(row.id, delay)
}

function wordFor(status: number): string {
  if (status === 410) return 'gone'
  return status >= 300 && status < 400 ? 'redirect_refused' : 'refused'
}

function isGivenUp({ failingSince }: EndpointRow, at: Date): boolean {
  return failingSince !== null && at.getTime() - failingSince.getTime() >= FAILING_MS
}

/** Switches an endpoint off, and tells the owner's other endpoints. */
async function disable(deps: Deps, { id, owner, mode }: EndpointRow, why: string, at: Date): Promise<void> {
  const { database: db } = deps
  await Audit.change(db, Audit.chainOf(owner, mode), async () => {
    const current = await Deliveries.endpointById(db, id)
    if (current?.enabled !== true) return { acts: [], statements: () => [], result: undefined }
    const detail = { why, revision: current.revision + 1 }
    return {
      acts: [{ actor: Audit.PLATFORM, action: 'webhook_endpoint.disable', subject: id, detail, at }],
      // Switched off first: it is not told of its own end.
      statements: (orm) => [
        ...editStatements(db, orm, id, { enabled: false }, at),
        ...eventStatements(db, orm, owner, mode, 'webhook_endpoint.disabled', { id, why }, at),
      ],
      result: undefined,
    }
  })
  deps.log('webhook_endpoint_disabled', { endpoint: id, why })
}
