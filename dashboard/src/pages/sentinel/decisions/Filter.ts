/** Filters of decisions between the address of the page and the API. Pure. */
import type { DecisionFilter } from '../Calls.ts'
import { ACTIONS, EFFECTS } from '../Types.ts'

export const NAMES = ['rule', 'action', 'effect', 'session', 'since', 'until'] as const
export type Asked = Partial<Record<(typeof NAMES)[number], string>>

const DAY_MS = 86_400_000

export function isAsked(asked: Asked): boolean {
  return NAMES.some((name) => asked[name] !== undefined)
}

/** What an address says and the API would refuse is left out. Days are of UTC, the last one whole. */
export function filterOf({ rule, action, effect, session, since, until }: Asked): DecisionFilter {
  const from = dayOf(since)
  const to = dayOf(until)
  return {
    ...(rule === undefined ? {} : { rule: rule.slice(0, 64) }),
    ...(isOf([...ACTIONS, 'breaker'] as const, action) ? { action } : {}),
    ...(isOf(EFFECTS, effect) ? { effect } : {}),
    ...(session === undefined ? {} : { session: session.slice(0, 256) }),
    ...(from === undefined ? {} : { since: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { until: new Date(to + DAY_MS).toISOString() }),
  }
}

function isOf<T extends string>(all: readonly T[], value: string | undefined): value is T {
  return all.some((each) => each === value)
}

function dayOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const at = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(at) ? undefined : at
}
