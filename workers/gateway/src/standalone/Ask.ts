/** One request of a provider's own server, and what it is answered. */
import * as Schema from '@pbstream/core/standalone/Schema'
import type { ProviderKey } from '@pbstream/db/ProviderKeys'
import type { Gateway } from '../Call.ts'
import type { Snapshot } from '../Catalog.ts'
import { problemResponse } from '../Problem.ts'

export type Ask = {
  gateway: Gateway
  snapshot: Snapshot
  request: Request
  /** The gateway's own. */
  origin: string
  path: string
  id: string
  keep(work: Promise<unknown>): void
}

/** What an operation does with the JSON of a known caller: it answers JSON, or a problem. */
export type Operation = (ask: Ask, key: ProviderKey, body: unknown) => Promise<Response>

/** Reads a body by its schema; a response when it does not fit. */
export function read<K extends keyof Schema.Read>(ask: Ask, kind: K, body: unknown): Schema.Read[K] | Response {
  const read_ = Schema.read(kind, body)
  return read_.ok ? read_.value : problemResponse('malformed_body', ask.id, read_.detail)
}

export function json(ask: Ask, reply: object): Response {
  return Response.json(reply, { headers: { 'cache-control': 'no-store', 'pbstream-request-id': ask.id } })
}
