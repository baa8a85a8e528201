/** How a key stands with Sentinel: what is in force now. */
import * as Breaker from '@pbstream/core/Breaker'
import type { SentinelStanding } from '@pbstream/core/message/Sentinel'
import type { State } from '../State.ts'
import * as Decisions from './Decisions.ts'
import { stateName } from './Guard.ts'
import * as Sets from './Sets.ts'
import * as Spending from './Spending.ts'

/** A look at what was spent, with no call. */
const nothing = { amount: 0n, route: '', payee: '', place: '', country: '' }
const calm = { score: 0, signs: { pace: 0, price: 0, place: 0, country: 0, rhythm: 0, beat: 0 } }

export function of(state: State, now: number): SentinelStanding {
  const standing: SentinelStanding = { sets: [], stops: [], snoozes: [], throttles: [], breakers: [] }
  for (const [scope, row] of state.sets.entries()) {
    const { set, breaker } = Sets.read(row)
    standing.sets.push({ scope, revision: row.revision, rules: set.rules.length })
    if (breaker === undefined) continue
    const held = Spending.stateOf(state, scope)
    const phase = Breaker.phase(held, now, breaker)
    const view = state.memory.state(stateName(scope))?.view({ ...nothing, at: now }, calm)
    standing.breakers.push({
      scope,
      phase,
      ...(phase === 'closed' ? {} : { until: Spending.untilOf(held, breaker, now), cause: held.open!.cause }),
      spent: String(view === undefined ? 0n : Spending.spent(view, breaker)),
      budget: breaker.budget,
    })
  }
  for (const [, { row }] of state.stops.entries()) if (row.releasedAt === undefined) standing.stops.push(row)
  for (const [, snooze] of state.snoozes.entries()) if (now < snooze.until) standing.snoozes.push(snooze)
  for (const [scope, { throttle }] of state.scopes.entries()) {
    if (throttle === undefined || now >= throttle.until) continue
    const { rule, version, number, until } = throttle
    standing.throttles.push({ scope, rule, version, decision: Decisions.idOf(state, number) ?? '', until })
  }
  return standing
}
