/** A key that a call is about: one that the caller manages or pays with, or one that paid the provider. */
import { parseSessionName, type SessionRef } from '@pbstream/core/message/Session'
import { payments } from '@pbstream/db/Exports'
import { decisionsOf } from '@pbstream/db/Decisions'
import { keyOf, rowOfSession } from '@pbstream/db/SessionKeys'
import { type ApiContext, callerOf } from '../api/Types.ts'
import { refOf } from '../keys/Model.ts'
import { Refusal } from '../Problem.ts'
import { chainIdsOf, type Whose } from './Whose.ts'

/**
 * By the public id of a managed key, or by its session.
 *
 * @throws {Refusal} not_found for one that is not the caller's to see.
 */
export async function sessionOf(
  c: ApiContext,
  { scope }: Whose,
  named: string,
): Promise<{ session: string; ref: SessionRef }> {
  if (scope === 'owner' && named.startsWith('sk_')) {
    const row = await keyOf(c.var.database, callerOf(c), named)
    if (row === undefined) throw new Refusal('not_found')
    return { session: row.session, ref: refOf(row) }
  }
  const ref = parseSessionName(named)
  if (ref === undefined) throw new Refusal('not_found')
  const known = scope === 'owner' ? isPayers(c, ref) && (await isThere(c, named)) : await paid(c, scope, named)
  if (!known) throw new Refusal('not_found')
  return { session: named, ref }
}

function isPayers(c: ApiContext, { payer, chainId }: SessionRef): boolean {
  return payer === callerOf(c).address && chainIdsOf(c).includes(chainId)
}

/** An object is not made by whoever thinks of a name. */
async function isThere(c: ApiContext, session: string): Promise<boolean> {
  return (await rowOfSession(c.var.database, session)) !== undefined
}

async function paid(c: ApiContext, scope: string, session: string): Promise<boolean> {
  const { database } = c.var
  const provider = scope.slice('provider:'.length)
  const [payment] = await payments(database, 'provider', provider, { session }, undefined, 1)
  if (payment !== undefined) return true
  const [decision] = await decisionsOf(database, { scope }, { session }, undefined, 1)
  return decision !== undefined
}
