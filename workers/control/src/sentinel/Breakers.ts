/** Breakers that a person opens and closes: who may is judged before; what came of it is written down. */
import type { BreakerAct } from '@pbstream/core/message/AlertChannels'
import * as Audit from '@pbstream/db/Audit'
import type { BreakerRow } from '@pbstream/db/Breakers'
import type { Database } from '@pbstream/db/Database'
import { text, time, z } from '../api/Parts.ts'
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'
import { sentinel } from './Sentinel.ts'
import { reason } from './StopSchemas.ts'

export const PHASES = ['closed', 'open', 'half-open'] as const

export const Reason = z.strictObject({ reason }).openapi('BreakerReason')

export const Breaker = z
  .object({
    subject: z.string().openapi({
      description: '`provider:<id>`, or `upstream:<route>`.',
      example: 'upstream:route_0123456789abcdefghjkmnpq',
    }),
    phase: z.enum(PHASES).openapi({ description: 'Half open: some calls are let through to see.' }),
    cause: z.string().nullable(),
    until: time
      .nullable()
      .openapi({ description: 'When probes begin; null: closed, or open until a person closes it.' }),
    at: time.openapi({ description: 'Since when it is so.' }),
  })
  .openapi('Breaker')

export const Changed = z.object({ subject: z.string(), phase: z.enum(PHASES) }).openapi('BreakerChanged')

/** A breaker of a route's upstream, of a provider, or of everything. */
export const subjectParam = z.object({
  subject: text(160).openapi({ param: { name: 'subject', in: 'path' } }),
})

/** Half open follows from the time. */
export function showBreaker({ subject, phase, cause, until, at }: BreakerRow, now: Date): z.infer<typeof Breaker> {
  const probes = phase === 'open' && until !== null && until <= now
  return {
    subject,
    phase: probes ? 'half-open' : phase,
    cause: phase === 'closed' ? null : cause,
    until: phase === 'closed' ? null : (until?.toISOString() ?? null),
    at: at.toISOString(),
  }
}

export type Actor = { env: Env; database: Database; chain: string; actor: string }

/**
 * Opens or closes one. It is written down first: who stops a service, or lets it go on, is known whatever becomes of it.
 *
 * @throws {Refusal} not_found, temporarily_unavailable
 */
export async function act({ env, database, chain, actor }: Actor, order: BreakerAct): Promise<z.infer<typeof Changed>> {
  const { scope, subject, reason: why } = order
  const detail = { scope, reason: why }
  await Audit.record(database, { actor, action: `breaker.${order.act}`, subject, detail, at: new Date() }, chain)
  const reply = await sentinel(env, (operations) => operations.breaker(1, order))
  if (reply.kind === 'unknown') throw new Refusal('not_found')
  return { subject, phase: reply.phase }
}
