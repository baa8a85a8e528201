/** What Sentinel keeps a managed key from, as its owner sees and ends it with the key itself. */
import { providerOf, type Scope, type SentinelStanding, type StopRow } from '@pbstream/core/message/Sentinel'
import { chainOf } from '@pbstream/db/Audit'
import type { ManagedKey } from '@pbstream/db/SessionKeys'
import { type ApiContext, callerOf } from '../api/Types.ts'
import type { Env } from '../Env.ts'
import type { Consent } from '../keys/Acts.ts'
import { refOf } from '../keys/Model.ts'
import { inObject } from './Objects.ts'
import { release } from './StopRelease.ts'
import { SNOOZE_SECONDS } from './StopSchemas.ts'

export type Said = { reason?: string | undefined; snoozeSeconds?: number | undefined }

/** All that holds now, from the object itself: a row comes a moment later. */
export function heldOf(env: Env, row: ManagedKey): Promise<Pick<SentinelStanding, 'stops' | 'breakers'>> {
  return inObject(env, refOf(row), (object) => object.sentinel(1))
}

/** `breakers`: scopes whose money breaker is not closed. */
export type Held = { stops: StopRow[]; breakers: Scope[] }

/** What the owner ends: a provider's is the provider's. */
export async function heldToEnd(env: Env, row: ManagedKey): Promise<Held> {
  const { stops, breakers } = await heldOf(env, row)
  const open = breakers.filter(({ phase }) => phase !== 'closed').map(({ scope }) => scope)
  return {
    stops: stops.filter(({ scope }) => providerOf(scope) === undefined),
    breakers: open.filter((scope) => providerOf(scope) === undefined),
  }
}

export function isFree({ stops, breakers }: Held): boolean {
  return stops.length + breakers.length === 0
}

export function said({ reason = 'unfrozen by its owner', snoozeSeconds = SNOOZE_SECONDS }: Said) {
  return { reason, snoozeSeconds }
}

/** Lets a key go on with its unfreezing. */
export async function letGo(
  c: ApiContext,
  row: ManagedKey,
  held: Held,
  { consent, ...rest }: Said & { consent: Consent | undefined },
): Promise<void> {
  const { owner, mode, actor } = callerOf(c)
  const who = { env: c.env, database: c.var.database, chain: chainOf(owner, mode), actor, by: 'owner' as const }
  await release({ ...who, ...said(rest), consent }, refOf(row), held.stops, held.breakers)
}
