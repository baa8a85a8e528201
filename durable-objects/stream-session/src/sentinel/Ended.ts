/** What became of a call that was granted: what Sentinel knows of its key follows. */
import { providerScope } from '@pbstream/core/message/Sentinel'
import type { Reservation } from '../Rows.ts'
import type { State } from '../State.ts'
import * as Failures from './Failures.ts'
import { stateName } from './Guard.ts'
import { KEY, type Name } from './Memory.ts'
import * as Sets from './Sets.ts'

type Held = Pick<Reservation, 'asked' | 'providerId' | 'routeId'>

/** `posted`: it was served, perhaps for nothing. `voided`: it was not; `failed`: by the upstream's fault. `lapsed`: nobody knows. */
export type How = 'posted' | 'voided' | 'failed' | 'lapsed'

export function ended(state: State, held: Held, charged: bigint, how: How, now: number): void {
  const { asked } = held
  const names = namesOf(held)
  if (asked === undefined || names.length === 0) return
  for (const name of names) {
    state.memory.settled(name, asked.at, asked.amount, charged, how === 'posted' || charged > 0n)
    if (how === 'failed') state.memory.failed(name, asked.at, now)
  }
  if (how !== 'lapsed') Failures.count(state, held, 1, how === 'failed' ? 1 : 0, now)
}

/** A hold has grown: what the call may cost counts where the call does. */
export function grown(state: State, held: Held, hold: bigint): Reservation['asked'] {
  const { asked } = held
  if (asked === undefined) return undefined
  for (const name of namesOf(held)) state.memory.settled(name, asked.at, asked.amount, hold, true)
  return { ...asked, amount: hold }
}

/** Upstream failures under a lease, which was granted before `now`. */
export function failedUnder(
  state: State,
  ended: Pick<Held, 'providerId' | 'routeId'>,
  more: number,
  now: number,
): void {
  const names = new Set(Sets.inForce(state, ended.providerId).map(({ scope }) => stateName(scope)))
  for (const name of names) for (let i = 0; i < more; i++) state.memory.failed(name, now, now)
  if (names.size > 0) Failures.count(state, ended, more, more, now)
}

/** Where a call came from, as the journal says it. */
export function from(origin: { country: string; place: string } | undefined): { country?: string; place?: string } {
  const { country = '', place = '' } = origin ?? {}
  return { ...(country === '' ? {} : { country }), ...(place === '' ? {} : { place }) }
}

/** The states that have counted the call. */
function namesOf({ asked, providerId }: Held): Name[] {
  const names: Name[] = []
  if (asked?.key === true) names.push(KEY)
  if (asked?.provider === true) names.push(providerScope(providerId))
  return names
}
