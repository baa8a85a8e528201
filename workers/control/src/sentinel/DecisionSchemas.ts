/** Decisions of Sentinel as they are shown: who was judged by which rule, what it saw, and what each part came to. */
import type { DecisionRecord as Row } from '@pbstream/db/Decisions'
import { text, time, z } from '../api/Parts.ts'

export const ACTIONS = ['allow', 'alert', 'throttle', 'require_signature', 'block', 'freeze', 'breaker'] as const
export const EFFECTS = ['done', 'shadow', 'snoozed', 'failed'] as const

export const filters = {
  rule: text(64).optional(),
  action: z.enum(ACTIONS).optional(),
  effect: z.enum(EFFECTS).optional(),
  session: text(256).optional().openapi({ description: 'Of one key: its session, as in exports of payments.' }),
  since: z.iso.datetime().optional().openapi({ description: 'From this time on.' }),
  until: z.iso.datetime().optional().openapi({ description: 'Before this time.' }),
}

const summary = {
  id: z.string().openapi({ example: 'dec_0123456789abcdefghjkmnpq' }),
  scope: z.string().openapi({ description: 'Whose rules: `platform`, `owner` or `provider:<id>`.' }),
  session: z.string(),
  at: time,
  action: z.string(),
  effect: z.string().openapi({ description: '`done`, or what it would have been: `shadow`, `snoozed`, `failed`.' }),
  rule: z.string().nullable(),
  version: z.number().int().nullable(),
  severity: z.string().nullable(),
  granted: z
    .boolean()
    .nullable()
    .openapi({ description: 'Whether the call got its money; null: it was about no call.' }),
  provider: z.string().nullable(),
  route: z.string().nullable(),
  amount: z.string().nullable(),
  country: z.string().nullable(),
  repeats: z.number().int().openapi({ description: 'How often the same was decided again, up to lastAt.' }),
  lastAt: time,
  stop: z.string().nullable().openapi({ description: 'The stop that began with it.' }),
  until: time.nullable().openapi({ description: 'Until when calls are refused: a throttle, an open breaker.' }),
  cause: z.string().nullable(),
}
export const Decision = z.object(summary).openapi('SentinelDecision')

const step = z.object({
  text: z.string(),
  start: z.number(),
  end: z.number(),
  type: z.string(),
  value: z.string().optional(),
  error: z.string().optional(),
})
const hit = z.object({
  rule: z.string(),
  version: z.number().int(),
  action: z.string(),
  severity: z.string(),
  effect: z.string(),
  inputs: z.record(z.string(), z.string()).openapi({ description: 'What it read; lists by their length.' }),
  nodes: z.array(step).openapi({ description: 'The value of each part of the condition, innermost first.' }),
  error: z.string().optional(),
})

export const DecisionDetail = z
  .object({
    ...summary,
    payee: z.string().nullable(),
    hits: z.array(hit),
    cut: z.boolean().openapi({ description: 'Parts were left out: there was too much of it.' }),
    breaker: z.object({ phase: z.string(), spent: z.string(), budget: z.string() }).nullable(),
  })
  .openapi('SentinelDecisionDetail')

export function showDecision(row: Row): z.infer<typeof Decision> {
  const { granted = null, stop = null, until, cause = null } = row.detail
  return {
    ...{ id: row.id, scope: row.scope, session: row.session, at: row.at.toISOString() },
    ...{ action: row.action, effect: row.effect, rule: row.rule, version: row.version, severity: row.severity },
    ...{ granted, provider: row.providerId, route: row.routeId, amount: row.amount, country: row.country },
    ...{ repeats: row.repeats, lastAt: row.lastAt.toISOString(), stop, cause },
    until: until === undefined ? null : new Date(until).toISOString(),
  }
}

export function showDetail(row: Row): z.infer<typeof DecisionDetail> {
  const { payee = null, hits, cut = false, breaker = null } = row.detail
  return { ...showDecision(row), payee, hits: hits as z.infer<typeof hit>[], cut, breaker }
}
