/** What callers see and say of stops: keys that Sentinel has refused to serve until somebody says why not. */
import { releasers, type StopRow, stopKinds } from '@pbstream/core/message/Sentinel'
import { parseSessionName } from '@pbstream/core/message/Session'
import type { StopRow as StopRecord } from '@pbstream/db/Stops'
import { pageQuery } from '../api/Page.ts'
import { text, time, z } from '../api/Parts.ts'
import { whoseQuery } from './Whose.ts'

/** So long a rule does not act on a key after its stop was released; else the same call would be stopped again. */
export const SNOOZE_SECONDS = 3_600
const SNOOZE_MAX = 7 * 86_400

const snoozeSeconds = z.number().int().min(0).max(SNOOZE_MAX).optional().openapi({
  description: 'So long the rule does not act on this key; 3,600 if left out, 0: at once again.',
})
export const reason = text(500).openapi({
  description: 'Why. It is written into the audit.',
  example: 'It was our batch.',
})

export const Release = z.strictObject({ reason, snoozeSeconds }).openapi('StopRelease')
export const Confirmation = z.strictObject({ reason: reason.optional(), snoozeSeconds }).openapi('StopConfirmation')

export const Stop = z
  .object({
    id: z.string().openapi({ example: 'st_0123456789abcdefghjkmnpq' }),
    scope: z.string().openapi({
      description: '`platform` and `owner` stop the whole key, `provider:<id>` its calls to that provider.',
    }),
    kind: z.enum(stopKinds).openapi({
      description: '`signature`: until it is confirmed. `frozen`: until it is released; sessions have ended.',
    }),
    rule: z.string().nullable().openapi({ description: 'Which rule; null where it is not yours or the platform’s.' }),
    version: z.number().int().nullable(),
    decision: z.string().nullable().openapi({ description: 'The decision that it began with.' }),
    cause: z.string().nullable(),
    at: time,
    releasedAt: time.nullable(),
    releasedBy: z.enum(releasers).nullable(),
    reason: z.string().nullable(),
  })
  .openapi('Stop')

/** As lists show it: with the key that it is about. */
export const StopOfKey = Stop.extend({
  session: z.string(),
  chainId: z.number().int(),
  payer: z.string(),
  key: z.string(),
}).openapi('StopOfKey')

export const listQuery = z.strictObject({
  ...whoseQuery,
  ...pageQuery,
  open: z.enum(['true', 'false']).optional().openapi({ description: '`true`: those that hold.' }),
  kind: z.enum(stopKinds).optional(),
  session: z.string().min(1).max(256).optional(),
})

/** `side`: who looks. What a provider's rules are is nothing to the keys that they stop. */
export type Side = 'payer' | 'provider' | 'operator'

export function showStop(stop: StopRow, side: Side): z.infer<typeof Stop> {
  const hidden = side === 'payer' && stop.scope.startsWith('provider:')
  const iso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString())
  return {
    id: stop.id,
    scope: stop.scope,
    kind: stop.kind,
    rule: hidden ? null : stop.rule,
    version: hidden ? null : stop.version,
    decision: hidden ? null : stop.decision,
    cause: hidden ? null : (stop.cause ?? null),
    at: new Date(stop.at).toISOString(),
    releasedAt: iso(stop.releasedAt),
    releasedBy: stop.releasedBy ?? null,
    reason: hidden ? null : (stop.reason ?? null),
  }
}

/** A row as the stop that it tells of. */
export function stopOf(row: StopRecord): StopRow {
  const { id, scope, kind, rule, version, decisionId, cause, at, releasedAt, releasedBy, reason: why } = row
  return {
    ...{ id, scope: scope as StopRow['scope'], kind, rule, version, at: at.getTime(), decision: decisionId },
    ...(cause === null ? {} : { cause }),
    ...(releasedAt === null ? {} : { releasedAt: releasedAt.getTime() }),
    ...(releasedBy === null ? {} : { releasedBy }),
    ...(why === null ? {} : { reason: why }),
  }
}

export function showRow(row: StopRecord, side: Side, stop = stopOf(row)): z.infer<typeof StopOfKey> {
  const { session, chainId, payer, key } = row
  return { ...showStop(stop, side), session, chainId, payer, key }
}

/** @throws {Error} for a name that is none: rows have no such. */
export function refOfStop({ session }: Pick<StopRecord, 'session'>) {
  const ref = parseSessionName(session)
  if (ref === undefined) throw new Error('the session of a stop has no name of one')
  return ref
}
