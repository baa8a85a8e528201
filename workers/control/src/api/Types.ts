/** Who calls, and what a handler of the API finds in its context. */
import type { Address } from '@pbstream/core/Hex'
import type { Database } from '@pbstream/db/Database'
import type { Mode } from '@pbstream/db/Mode'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Env } from '../Env.ts'

/** What an API key may do. Whoever signed in with a wallet may do all of it, and what no key can. */
export const SCOPES = [
  'session_keys:read',
  'session_keys:write',
  'providers:read',
  'providers:write',
  // Not of this API: the gateway asks for it where a provider's own server takes payments.
  'payments:write',
  'webhooks:read',
  'webhooks:write',
  'audit:read',
  'exports:read',
  'sentinel:read',
  'sentinel:write',
] as const
export type Scope = (typeof SCOPES)[number]

/**
 * Whom an operation is for: everybody, callers with a scope, or people who signed in with a wallet (`cookie`). `message`:
 * who sends it is shown by the signature of the request, which the handler looks at. `grant`: by a signature of a wallet, or a
 * token for one key, which the handler looks at; cookies count for nothing.
 */
export type Access = Scope | 'cookie' | 'any_caller' | 'public' | 'message' | 'grant'

export type Caller = {
  /** The lower-case address, or `<chainId>:<address>` of an account that is a contract. */
  owner: string
  address: Address
  /** The chain on which the contract is the owner; null: an account with a key, the same on every chain. */
  chainId: number | null
  mode: Mode
  scopes: ReadonlySet<Scope> | 'all'
  /** What the audit calls it: the owner who signed in, or the id of the API key. */
  actor: string
  via: 'cookie' | 'key'
}

export type ApiEnv = {
  Bindings: Env
  Variables: {
    database: Database
    caller?: Caller
    /** Random for each change, and the same when it is repeated after a crash. */
    seed?: string
    /** Members of the answer that are shown once and not kept for a repeat. */
    once?: string[]
  }
}
export type Api = OpenAPIHono<ApiEnv>
export type ApiContext = Context<ApiEnv>

/** The caller of an operation that is not public. */
export function callerOf(c: Context<ApiEnv>): Caller {
  const { caller } = c.var
  if (caller === undefined) throw new Error('the operation is public: it has no caller')
  return caller
}
