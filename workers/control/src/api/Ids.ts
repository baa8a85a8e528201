/** Ids of what the API makes: a prefix and 24 characters of base 32, 120 bits. */
import { sha256 } from '@pbstream/db/Canonical'
import type { ApiContext } from './Types.ts'

/**
 * The id of what this change makes. The same when the change is repeated after a crash: look whether the row is there
 * before inserting it. `nth` when one change makes several of a kind.
 */
export async function newId(c: ApiContext, prefix: string, nth = 0): Promise<string> {
  const { seed } = c.var
  if (seed === undefined) throw new Error('not an operation with an Idempotency-Key')
  const digest = await sha256(`${seed} ${prefix} ${nth}`)
  return `${prefix}_${base32(BigInt(`0x${digest}`) >> 136n)}`
}

/** 120 bits as 24 characters; without letters that look like others. */
export function base32(bits: bigint): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
  let text = ''
  for (let i = 0n; i < 24n; i++) text = (alphabet[Number((bits >> (i * 5n)) & 31n)] ?? '') + text
  return text
}
