/** Which provider's server asks: by an API key with the scope for it, found out before anything else is read. */
import { addressBucket } from '@pbstream/core/AddressBucket'
import { isEqual } from '@pbstream/core/ConstantTime'
import type { ErrorCode } from '@pbstream/core/Errors'
import { PAYMENTS_SCOPE } from '@pbstream/core/standalone/Wire'
import { readApiKey } from '@pbstream/db/ApiKeyText'
import type { ProviderKey } from '@pbstream/db/ProviderKeys'
import type { Gateway } from '../Call.ts'

const encoder = new TextEncoder()

/**
 * The key that a request brings, if it counts now and may take payments; else why not.
 *
 * @throws when the database does not answer and the key is not known.
 */
export async function identify(request: Request, gateway: Gateway): Promise<ProviderKey | ErrorCode> {
  const { env, ports, providerKeys } = gateway
  const text = /^Bearer +(\S{1,128})$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const given = await readApiKey(text)
  if (given === undefined) return 'credentials_invalid'
  // Only who sends keys that nobody has asked for is counted: a server at work is not held up.
  if (env.PAYMENTS_LIMIT !== undefined && !providerKeys.isKnown(given.hash)) {
    const { success } = await env.PAYMENTS_LIMIT.limit({ key: addressBucket(request.headers.get('cf-connecting-ip')) })
    if (!success) return 'rate_limited'
  }
  const key = await providerKeys.of(given.hash)
  if (key === undefined || !isEqual(encoder.encode(key.hash), encoder.encode(given.hash))) return 'credentials_invalid'
  const ended = key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= ports.now())
  if (ended || key.mode !== given.mode) return 'credentials_invalid'
  return key.scopes.includes(PAYMENTS_SCOPE) ? key : 'scope_missing'
}
