/** How far leases may go: no call under one is to pass a rule that would have stopped it. */
import { providerScope } from '@pbstream/core/message/Sentinel'
import * as Rule from '@pbstream/core/Rule'
import type { State } from '../State.ts'
import { askOf, type Call, stateName } from './Guard.ts'
import { KEY, type Name } from './Memory.ts'
import * as Sets from './Sets.ts'
import * as Spending from './Spending.ts'
import * as Stops from './Stops.ts'

/** Calls that may still be reported under a lease. */
type Out = { count: number; amount: bigint; route: string; payee: string; place: string; country: string }

/**
 * For how many calls like this one a lease is good, up to `wished`. They are judged up to `until`, when the last of them
 * may be reported.
 */
export function count(state: State, call: Call, wished: number, until: number): number {
  let most = wished
  for (const set of Sets.inForce(state, call.providerId)) {
    if (most <= 0) return 0
    const name = stateName(set.scope)
    const known = state.memory.peek(name)
    // A key that nobody has asked about here yet is asked first.
    if (known === undefined) return 0
    const { keyState, view } = known
    const out = leasesOut(state, name)
    const leeway = Spending.leeway(state, set, view)
    if (leeway !== undefined) most = least(most, (leeway - worth(out)) / call.amount)
    if (most <= 0) return 0
    if (!Rule.stops(set.set)) continue
    most = Rule.leaseCount(set.set, set.lists, Stops.snoozes(state, set.scope), keyState, {
      ask: withLeases(state, name, askOf(state, call, name)),
      anomaly: view.anomaly,
      until,
      count: most,
      out,
      inFlight: inFlight(state, name),
    })
  }
  return Math.max(0, most)
}

function leasesOut(state: State, name: Name): Out[] {
  const out: Out[] = []
  for (const [, { providerId, channelId, origin, ...lease }] of state.leases.entries()) {
    if (!isOf(name, providerId)) continue
    const payee = state.row(channelId).channel.config.receiver
    const { place = '', country = '' } = origin ?? {}
    out.push({ count: lease.count, amount: lease.perRequestMax, route: lease.routeId, payee, place, country })
  }
  return out
}

/** What was granted and has not ended: it may be taken back. */
function inFlight(state: State, name: Name): { count: number; amount: bigint } {
  let [count, amount] = [0, 0n]
  for (const [, { asked, providerId }] of state.reservations.entries()) {
    if (asked === undefined || !isOf(name, providerId)) continue
    if (!(name === KEY ? asked.key : asked.provider)) continue
    count += 1
    amount += asked.amount
  }
  return { count, amount }
}

/** The balance as if nothing were leased: what leases may take is told beside it. */
function withLeases(state: State, name: Name, ask: Rule.Ask): Rule.Ask {
  if (ask.balance === undefined) return ask
  let { left } = ask.balance
  for (const [, lease] of state.leases.entries()) if (isOf(name, lease.providerId)) left += lease.left
  return { ...ask, balance: { ...ask.balance, left } }
}

function isOf(name: Name, providerId: string): boolean {
  return name === KEY || name === providerScope(providerId)
}

function worth(out: readonly Out[]): bigint {
  return out.reduce((sum, { count: calls, amount }) => sum + amount * BigInt(calls), 0n)
}

function least(most: number, leeway: bigint): number {
  if (leeway <= 0n) return 0
  return leeway < BigInt(most) ? Number(leeway) : most
}
