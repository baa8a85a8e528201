/** How a rental stands after its session was told of it: enough is set aside for what comes, or it ends. */
import * as Amount from '@pbstream/core/Amount'
import type { EndReason, RentalState } from '@pbstream/core/rental/Wire'
import { AHEAD_MS, LONGEST_MS, SILENCE_MS } from '@pbstream/core/rental/Wire'
import { due, paidUntil, useOf } from '@pbstream/core/rental/Due'
import { bill, countsOf } from '../Bill.ts'
import { problemResponse } from '../Problem.ts'
import type { Ask } from '../standalone/Ask.ts'
import { charge } from './Charge.ts'
import { grow, type Heard, heard, type Rental, say } from './Rental.ts'

/**
 * The state of a rental that goes on: what it costs so far is marked, and its hold grows for the time to come. One that
 * has used up all that it may hold is stopped and charged.
 */
export async function standing(ask: Ask, rental: Rental, known: Heard): Promise<RentalState | Response> {
  const { claims, priced } = rental
  const { times, running } = known
  const spent = due(priced, times)
  let { hold } = known
  let limit: string = 'hold_used_up' satisfies EndReason
  const now = times.at(-1)?.[1] ?? 0
  if (running) {
    const wanted = Amount.min(due(priced, times, [now, now + AHEAD_MS]), BigInt(claims.max))
    if (claims.grows && wanted > hold) {
      const grown = await grow(ask, rental, wanted)
      if (grown === undefined) return problemResponse('temporarily_unavailable', ask.id)
      hold = grown.hold ?? hold
      limit = grown.refused ?? limit
    }
    const isUsedUp = spent > hold || (spent === hold && due(priced, times, [now, now + 1_000]) > hold)
    if (isUsedUp) return stop(ask, rental, limit)
  }
  const { amount, usage } = bill(priced, useOf(times), hold)
  const marked = await say(ask, rental, {
    kind: 'mark',
    reservationId: claims.by.rid,
    amount,
    usage: countsOf(usage),
  })
  if (marked === undefined) return problemResponse('temporarily_unavailable', ask.id)
  return {
    kind: running ? 'running' : 'paused',
    amount: amount.toString(),
    milliseconds: times.reduce((sum, [from, to]) => sum + to - from, 0),
    hold: hold.toString(),
    ...(running ? { paidUntil: paidUntil(priced, times, [now, now + AHEAD_MS], hold) } : {}),
    expiresAt: ask.gateway.ports.now() + SILENCE_MS,
  }
}

/** Stops the clock and charges what is proven. */
export async function stop(ask: Ask, rental: Rental, reason: string): Promise<RentalState | Response> {
  const reply = await say(ask, rental, { kind: 'time', reservationId: rental.claims.by.rid, op: 'stop' })
  if (reply === undefined) return problemResponse('temporarily_unavailable', ask.id)
  const known = heard(reply)
  if (known === undefined) return problemResponse('payment_ended', ask.id)
  return charge(ask, rental, known, reason)
}

/** Whether it has lasted as long as any may. */
export function isTooLong({ gateway }: Ask, { claims }: Rental): boolean {
  return gateway.ports.now() >= claims.iat * 1_000 + LONGEST_MS
}
