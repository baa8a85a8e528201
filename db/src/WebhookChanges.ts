/** What owners do to their webhooks, each with its row in the audit. Who may is judged before. */
import type { WebhookEvent } from '@pbstream/core/message/Webhook'
import { change, chainOf, type Plan } from './Audit.ts'
import type { Database, Orm, Statement } from './Database.ts'
import type { DeliveryStatus, Mode } from './Mode.ts'
import { type DeliveryRow, getDelivery, resendStatements } from './WebhookDeliveries.ts'
import * as Endpoints from './WebhookEndpoints.ts'
import { deliveryTo } from './Webhooks.ts'

type EndpointRow = Endpoints.EndpointRow

/** Whose, by whom, when. */
export type By = { owner: string; mode: Mode; actor: string; at: Date }

/** As many endpoints as an owner may have in a mode. */
export const MAX_ENDPOINTS = 20

/** Made again under the same id (a repeat after a crash), the secret is the one given now. */
export async function createEndpoint(
  db: Database,
  endpoint: Pick<EndpointRow, 'id' | 'url' | 'events' | 'secretSealed'>,
  by: By,
): Promise<EndpointRow | 'full'> {
  const { owner, mode, at } = by
  const { id, url, events, secretSealed } = endpoint
  return changeEndpoints<EndpointRow | 'full'>(db, by, async () => {
    const here = await Endpoints.listEndpoints(db, owner, mode, undefined, MAX_ENDPOINTS + 1)
    const old = here.find((each) => each.id === id)
    if (old !== undefined) {
      return {
        ...act(by, 'webhook_endpoint.create', id, { repeated: true }),
        statements: (orm) => Endpoints.secretStatements(db, orm, id, secretSealed, at),
        result: { ...old, secretSealed },
      }
    }
    if (here.length >= MAX_ENDPOINTS) return nothing('full' as const)
    const row = { ...endpoint, owner, mode, enabled: true, revision: 1, createdAt: at, updatedAt: at }
    return {
      ...act(by, 'webhook_endpoint.create', id, { host: hostOf(url), events }),
      statements: (orm) => Endpoints.createStatements(db, orm, { ...endpoint, owner, mode }, at),
      result: { ...row, previousSecretSealed: null, previousUntil: null, failingSince: null },
    }
  })
}

/** Undefined when there is no such endpoint. `check` gets the row as it is, and throws to refuse. */
export async function editEndpoint(
  db: Database,
  id: string,
  changes: Endpoints.Changes,
  by: By,
  check: (row: EndpointRow) => void,
): Promise<EndpointRow | undefined> {
  const { url, ...rest } = changes
  return changeOne(db, id, by, (row) => {
    check(row)
    return {
      ...act(by, 'webhook_endpoint.update', id, {
        ...rest,
        ...(url === undefined ? {} : { host: hostOf(url) }),
        revision: row.revision + 1,
      }),
      statements: (orm) => Endpoints.editStatements(db, orm, id, changes, by.at),
      result: { ...row, ...changes, revision: row.revision + 1, updatedAt: by.at },
    }
  })
}

/** Undefined when there is no such endpoint. */
export async function rotateSecret(
  db: Database,
  id: string,
  secretSealed: string,
  by: By,
  check: (row: EndpointRow) => void,
): Promise<EndpointRow | undefined> {
  return changeOne(db, id, by, (row) => {
    check(row)
    const previousUntil = new Date(by.at.getTime() + Endpoints.ROTATION_MS)
    return {
      ...act(by, 'webhook_endpoint.rotate_secret', id, { revision: row.revision + 1 }),
      statements: (orm) => Endpoints.rotateStatements(db, orm, row, secretSealed, by.at),
      result: { ...row, secretSealed, previousUntil, revision: row.revision + 1, updatedAt: by.at },
    }
  })
}

/** False when there is no such endpoint. */
export async function deleteEndpoint(db: Database, id: string, by: By): Promise<boolean> {
  const gone = await changeOne(db, id, by, (row) => ({
    ...act(by, 'webhook_endpoint.delete', id, { host: hostOf(row.url) }),
    statements: (orm) => Endpoints.deleteStatements(db, orm, id, by.at),
    result: true,
  }))
  return gone === true
}

/** Sends a test event to one endpoint, whatever it asked for. `eventId`: a repeat with it sends nothing more. */
export async function sendTest(
  db: Database,
  id: string,
  eventId: string,
  by: By,
): Promise<DeliveryRow | 'disabled' | undefined> {
  return changeOne<DeliveryRow | 'disabled'>(db, id, by, (row) => {
    if (!row.enabled) return nothing('disabled' as const)
    const type: WebhookEvent = 'webhook.test'
    const delivery = deliveryTo(row, type, { endpointId: id }, by.at, eventId)
    const { webhookDelivery } = db.tables
    return {
      ...act(by, 'webhook_endpoint.test', id, { eventId }),
      statements: (orm) => [orm.insert(webhookDelivery).values(delivery).onConflictDoNothing()],
      result: { ...delivery, status: 'pending' as DeliveryStatus, attempts: 0, lastStatus: null, lastError: null },
    }
  })
}

/** Undefined when there is no such delivery. */
export async function resend(
  db: Database,
  id: string,
  by: By,
): Promise<DeliveryRow | 'endpoint_missing' | 'endpoint_disabled' | undefined> {
  const { owner, mode, at } = by
  return changeEndpoints<DeliveryRow | 'endpoint_missing' | 'endpoint_disabled' | undefined>(db, by, async () => {
    const row = await getDelivery(db, owner, mode, id)
    if (row === undefined) return nothing(undefined)
    const endpoint = await Endpoints.getEndpoint(db, owner, mode, row.endpointId)
    if (endpoint === undefined) return nothing('endpoint_missing' as const)
    if (!endpoint.enabled) return nothing('endpoint_disabled' as const)
    return {
      ...act(by, 'webhook_delivery.resend', id, { endpoint: endpoint.id }),
      statements: (orm) => resendStatements(db, orm, id, at),
      result: { ...row, status: 'pending', attempts: 0, nextAt: at, lastStatus: null, lastError: null, updatedAt: at },
    }
  })
}

type Step<T> = Omit<Plan<T>, 'statements'> & { statements(orm: Orm): Statement[] }

function changeEndpoints<T>(db: Database, { owner, mode }: By, plan: () => Promise<Step<T>>): Promise<T> {
  return change(db, chainOf(owner, mode), plan)
}

function changeOne<T>(db: Database, id: string, by: By, plan: (row: EndpointRow) => Step<T>): Promise<T | undefined> {
  return changeEndpoints<T | undefined>(db, by, async () => {
    const row = await Endpoints.getEndpoint(db, by.owner, by.mode, id)
    return row === undefined ? nothing(undefined) : plan(row)
  })
}

/** What of a URL is written down: its path may be a secret of the one who gave it. */
function hostOf(url: string): string {
  return new URL(url).host
}

function act({ actor, at }: By, action: string, subject: string, detail: Record<string, unknown>) {
  return { acts: [{ actor, action, subject, detail, at }] }
}

function nothing<T>(result: T): Step<T> {
  return { acts: [], statements: () => [], result }
}
