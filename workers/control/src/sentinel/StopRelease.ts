/**
 * Ends of stops. It is written down first who lets a key go on and why, then its object is told: what is cut off in
 * between is repeated, and is one release there.
 */
import type { Releaser, Scope, StopRow } from '@pbstream/core/message/Sentinel'
import type { SessionRef } from '@pbstream/core/message/Session'
import * as Audit from '@pbstream/db/Audit'
import type { Database, Orm, Statement } from '@pbstream/db/Database'
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'
import { inObject } from './Objects.ts'

export type Released = {
  env: Env
  database: Database
  /** The chain of the audit, and who. */
  chain: string
  actor: string
  by: Releaser
  reason: string
  snoozeSeconds: number
  /** Uses up the signature that it was allowed by, in the step in which it is written down. */
  consent?: ((orm: Orm) => Statement[]) | undefined
}

/**
 * Releases stops of one key, and closes its money breakers of some scopes. One that was released meanwhile, or is gone, is
 * as good. Answers how the stops are then.
 */
export async function release(
  order: Released,
  ref: SessionRef,
  stops: readonly StopRow[],
  breakers: readonly Scope[] = [],
): Promise<StopRow[]> {
  if (stops.length + breakers.length === 0) return []
  await noted(order, ref, stops, breakers)
  const { by, reason, snoozeSeconds } = order
  for (const scope of breakers) {
    await inObject(order.env, ref, (object) => object.closeBreaker(1, ref, { scope, by, reason }))
  }
  return Promise.all(
    stops.map(async (stop) => {
      const reply = await inObject(order.env, ref, (object) =>
        object.releaseStop(1, ref, { id: stop.id, by, reason, snoozeSeconds }),
      )
      if (reply.kind === 'not_found') throw new Refusal('not_found')
      return reply.stop
    }),
  )
}

async function noted(
  order: Released,
  ref: SessionRef,
  stops: readonly StopRow[],
  breakers: readonly Scope[],
): Promise<void> {
  const { database, chain, actor, by, reason, snoozeSeconds, consent } = order
  const at = new Date()
  const signed = consent !== undefined
  await Audit.change(database, chain, () =>
    Promise.resolve({
      acts: [
        ...stops.map(({ id, scope, kind, rule, version }) => ({
          ...{ actor, action: 'sentinel_stop.release', subject: id, at },
          detail: { scope, kind, rule, version, by, reason, snoozeSeconds, signed },
        })),
        ...breakers.map((scope) => ({
          ...{ actor, action: 'breaker.close', subject: `key:${ref.payerAuthorizer}`, at },
          detail: { scope, by, reason, signed },
        })),
      ],
      statements: (orm: Orm) => consent?.(orm) ?? [],
      result: undefined,
    }),
  )
}
