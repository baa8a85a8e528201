/** Budgets of a key, as its payer sees them: what it may spend in a while, and what has become of it. */
import { providerOf, type SentinelStanding } from '@pbstream/core/message/Sentinel'
import { time, z } from '../api/Parts.ts'
import { PHASES } from './Breakers.ts'

export const MoneyBreaker = z
  .object({
    scope: z.string().openapi({ description: 'Whose budget it is: `platform`, `owner` or `provider:<id>`.' }),
    phase: z.enum(PHASES).openapi({ description: 'Open: calls are refused. Half open: some are let through to see.' }),
    until: time.nullable().openapi({ description: 'Of an open one: when calls are let through to see.' }),
    cause: z.string().nullable(),
    spent: z.string().nullable().openapi({ description: 'Atomic units in the window; null where it is a provider’s.' }),
    budget: z.string().nullable(),
  })
  .openapi('MoneyBreaker')

/** A provider's budgets are nothing to the keys that they bound, until one is overspent. */
export function showMoneyBreaker({
  scope,
  phase,
  until,
  cause,
  spent,
  budget,
}: SentinelStanding['breakers'][number]): z.infer<typeof MoneyBreaker>[] {
  const hidden = providerOf(scope) !== undefined
  if (hidden && phase === 'closed') return []
  const ends = until === undefined || !Number.isFinite(until) ? null : new Date(until).toISOString()
  return [
    {
      ...{ scope, phase, until: ends, cause: hidden ? null : (cause ?? null) },
      ...{ spent: hidden ? null : spent, budget: hidden ? null : budget },
    },
  ]
}
