/** The digest that a request names for its own content: `Content-Digest` (RFC 9530). */
import * as Base64 from '@pbstream/core/Base64'
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import type { Facts } from './Deployment.ts'

/** Stands for the digest of a streamed body that its sender did not name. */
export const UNNAMED: Hex = `0x${'0'.repeat(64)}`

/** The SHA-256 that is named, if one is. */
export function namedDigest(facts: Pick<Facts, 'header'>): Hex | undefined {
  const match = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/=]+):/.exec(facts.header('content-digest') ?? '')
  const bytes = match === null ? undefined : Base64.decode(match[1] as string)
  return bytes?.length === 32 ? fromBytes(bytes) : undefined
}
