/** Calls and the breakers in their way: asked before money is held, begun when it is, and told how the upstream did. */
import type { Call, PaidCall } from '../Call.ts'
import { problemWith } from '../Problem.ts'
import type { Outcome } from '../Upstream.ts'
import type { Health, Passing } from './Breakers.ts'

/** A call, and who makes it: the name of its session, the address that pays, or its place. */
export type Passer = { call: Call & Partial<Pick<PaidCall, 'price' | 'granted'>>; caller: string }

/** Answers a call whose upstream is not to be called now; undefined: it may go on to be paid for. */
export function barred({ call, caller }: Passer): Response | undefined {
  return refused(call, call.gateway.breakers.check(passing(call), caller))
}

/** As `barred`, with the money held: from here on the call counts. */
export function begin({ call, caller }: Passer): Response | undefined {
  return refused(call, call.gateway.breakers.begin(passing(call), caller))
}

/** The upstream of a call that has begun has done its part. */
export function ended({ gateway, id, route }: Call, outcome: Outcome): void {
  gateway.breakers.ended({ id, routeId: route.id }, healthOf(outcome))
}

/** Whether the upstream itself has failed: no answer, or one that says so. What a caller got wrong is no failure of it. */
export function hasFailed(outcome: Outcome): boolean {
  return healthOf(outcome) === 'bad'
}

function healthOf(outcome: Outcome): Health {
  if (outcome.kind === 'unreachable') return 'bad'
  if (outcome.kind !== 'answered') return 'unknown'
  const { status } = outcome.response
  // 501 and 505 are about the request.
  return status >= 500 && status !== 501 && status !== 505 ? 'bad' : 'good'
}

function passing({ id, route, sentinel, price, granted }: Passer['call']): Passing {
  return {
    id,
    routeId: route.id,
    providerId: route.providerId,
    isPaid: price !== undefined,
    isOurs: granted === undefined,
    shared: sentinel.breakers,
  }
}

function refused(call: Call, wait: number | undefined): Response | undefined {
  return wait === undefined ? undefined : problemWith('upstream_breaker_open', call.id, { retryAfter: wait })
}
