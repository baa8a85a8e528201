/**
 * Freezes keys on chain that the platform's or the owner's rules froze at the edge: keys that name our freezer in what
 * their account signed. Only the account can take that back.
 */
import type { SessionEvent } from '@pbstream/core/message/Event'
import type { SentinelSessionApi } from '@pbstream/core/message/Sentinel'
import { lower } from '@pbstream/core/Hex'
import type { Database } from '@pbstream/db/Database'
import { rowOfSession } from '@pbstream/db/SessionKeys'
import { type Env, log } from './Env.ts'
import { nameOfSession } from './Scopes.ts'

/** A stop that is heard of later is old news: the edge holds, and somebody has seen it. */
const LATE_MS = 3_600_000
const WAIT_MS = 10_000

/** Fails when it has to be tried again. */
export async function freeze(env: Env, db: Database, event: SessionEvent): Promise<void> {
  if (env.FREEZE_ON_CHAIN !== 'true' || env.KEY_RELAY === undefined) return
  const since = Date.now() - LATE_MS
  const stops = (event.sentinel?.stops ?? []).filter(
    ({ kind, scope, at, releasedAt }) =>
      kind === 'frozen' && (scope === 'platform' || scope === 'owner') && releasedAt === undefined && at > since,
  )
  if (stops.length === 0) return
  const session = nameOfSession(event.session)
  const keyId = (await rowOfSession(db, session))?.keyId
  // A key of the canonical contract, or one that nobody manages: nothing on chain is ours to freeze.
  if (keyId === null || keyId === undefined) return
  const { chainId } = event.session
  const [{ freezer }, known] = await Promise.all([
    env.KEY_RELAY.addresses(1),
    env.KEY_RELAY.keyState(1, { chainId, keyId }),
  ])
  if (known.kind === 'refused' && known.code === 'temporarily_unavailable') throw new Error('the chain is away')
  if (known.kind !== 'known' || freezer === undefined || lower(known.key.freezer) !== lower(freezer)) return
  if (known.key.frozenAt !== 0 || known.key.revokedAt !== 0) return
  // Somebody may have released it while this was on its way.
  const object = env.STREAM_SESSION.getByName(session) as unknown as Pick<SentinelSessionApi, 'sentinel'>
  const standing = await object.sentinel(1)
  if (!stops.some(({ id }) => standing.stops.some((open) => open.id === id))) return
  const reply = await env.KEY_RELAY.freezeAsFreezer(1, { chainId, keyId, waitMs: WAIT_MS })
  if (reply.kind !== 'refused') return log('frozen_on_chain', { stop: stops[0]!.id, kind: reply.kind })
  if (reply.code === 'temporarily_unavailable') throw new Error('the chain is away')
  log('not_frozen_on_chain', { stop: stops[0]!.id, code: reply.code })
}
