/** API keys as the page shows them. Pure. */
import type { components } from '../../api/Schema.d.ts'
import { toMs } from '../../format/Time.ts'

export type ApiKey = components['schemas']['ApiKey']
export type Scope = components['schemas']['NewApiKey']['scopes'][number]

export const SCOPES = [
  'session_keys:read',
  'session_keys:write',
  'providers:read',
  'providers:write',
  'payments:write',
  'webhooks:read',
  'webhooks:write',
  'audit:read',
  'exports:read',
  'sentinel:read',
  'sentinel:write',
] as const satisfies readonly Scope[]

export type KeyState = 'active' | 'expired' | 'revoked'

export function stateOf({ revokedAt, expiresAt }: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, now: number): KeyState {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && toMs(expiresAt) <= now ? 'expired' : 'active'
}
