/**
 * Upstreams that fail are not called for a while, and no money is held for calls to them. Each isolate judges by what it
 * sees, at once; what all of them see together, and what a person has opened, comes with the catalog.
 */
import * as Breaker from '@pbstream/core/Breaker'
import { Lru } from '../Lru.ts'
import { Window } from './Window.ts'

/** Breakers that are not closed, by subject: when probes begin (Unix milliseconds), or null while a person holds it open. */
export type Open = ReadonlyMap<string, number | null>

/** A call that wants to pass. */
export type Passing = {
  /** Names it among the calls of this isolate. */
  id: string
  routeId: string
  providerId: string
  isPaid: boolean
  /** False: its upstream is called by somebody else, and how that went is not seen here. */
  isOurs: boolean
  shared: Open
}

/** How the upstream did. `unknown`: it was the caller, or we, that ended it. */
export type Health = 'good' | 'bad' | 'unknown'

const OPTIONS: Breaker.Options = { openMs: 5_000, maxOpenMs: 60_000, probes: 1, probeMs: 30_000, calmMs: 60_000 }
const HEALTH: Breaker.HealthOptions = { volume: 10, badFrom: 500, goodUpTo: 100 }
/** A caller that makes an upstream fail pays nothing: alone it closes the way for itself only. */
const ALONE_MAX = HEALTH.volume / 2
/** Of a breaker that others keep, this isolate lets one call through in so long to see. */
const SHARED_PROBE_MS = 5_000
/** What callers are told of one that a person holds open. */
const HELD_MS = 60_000
const LINES_MAX = 4_096

type Line = { state: Breaker.State; window: Window }

export class Breakers {
  readonly #now: () => number
  readonly #lines = new Lru<string, Line>(LINES_MAX)
  readonly #sharedProbes = new Lru<string, number>(LINES_MAX)
  /** Calls on their way to an upstream, with the probes that they are. */
  readonly #passing = new Lru<string, { caller: string; probes: [line: Line, probe: number][] }>(2 * LINES_MAX)

  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether a call may go on to be paid for, by `caller`, or '' where that is not known; seconds until it is worth another try, if not. Takes nothing. */
  check(call: Passing, caller: string): number | undefined {
    const now = this.#now()
    const waits = [...this.#sharedWaits(call, now), ...this.#ownWaits(call, caller, now)]
    return waits.length === 0 ? undefined : Math.max(1, Math.ceil(Math.max(...waits) / 1_000))
  }

  /** As `check`, right before the upstream is called: of one that is half open, this call is the probe. */
  begin(call: Passing, caller: string): number | undefined {
    const wait = this.check(call, caller)
    if (wait !== undefined) return wait
    const now = this.#now()
    for (const [subject] of openOf(call)) this.#sharedProbes.set(subject, now)
    if (!call.isOurs) return undefined
    const probes: [Line, number][] = []
    for (const name of namesOf(call, caller)) {
      const line = this.#lines.get(name)
      if (line?.state.open === undefined) continue
      const { state, probe } = Breaker.admit(line.state, now, OPTIONS)
      line.state = state
      if (probe !== undefined) probes.push([line, probe])
    }
    this.#passing.set(call.id, { caller, probes })
    return undefined
  }

  /** The upstream has answered, or not. Calls that did not begin here change nothing. */
  ended({ id, routeId }: Pick<Passing, 'id' | 'routeId'>, health: Health): void {
    const passing = this.#passing.get(id)
    if (passing === undefined) return
    this.#passing.delete(id)
    if (health === 'unknown') return
    const isGood = health === 'good'
    const now = this.#now()
    for (const [line, probe] of passing.probes) {
      const before = line.state
      line.state = Breaker.answer(before, now, OPTIONS, probe, isGood)
      // What was seen before it opened says nothing about an upstream that is back.
      if (line.state !== before && line.state.open === undefined) line.window.clear()
    }
    const { caller } = passing
    for (const name of namesOf({ routeId }, caller))
      this.#count(name, caller, isGood, now, name === routeId ? ALONE_MAX : Infinity)
  }

  #count(name: string, caller: string, isGood: boolean, now: number, perCaller: number): void {
    let line = this.#lines.get(name)
    // Nothing is kept of those that never fail.
    if (line === undefined && isGood && perCaller === Infinity) return
    if (line === undefined) {
      line = { state: Breaker.closed, window: new Window(perCaller) }
      this.#lines.set(name, line)
    }
    line.window.count(caller, isGood, now)
    if (isGood || line.state.open !== undefined) return
    const { calls, failures } = line.window.totals(now)
    if (Breaker.health(calls, failures, HEALTH) === 'bad')
      line.state = Breaker.trip(line.state, now, OPTIONS, 'failures')
  }

  #sharedWaits(call: Passing, now: number): number[] {
    return openOf(call).flatMap(([subject, until]) => {
      if (until === null) return [HELD_MS]
      if (now < until) return [until - now]
      const next = (this.#sharedProbes.get(subject) ?? Number.NEGATIVE_INFINITY) + SHARED_PROBE_MS
      return now < next ? [next - now] : []
    })
  }

  #ownWaits(call: Passing, caller: string, now: number): number[] {
    if (!call.isOurs) return []
    return namesOf(call, caller).flatMap((name) => {
      const line = this.#lines.get(name)
      if (line === undefined || Breaker.admit(line.state, now, OPTIONS).isAllowed) return []
      return [Math.max(0, Breaker.opensUntil(line.state, OPTIONS) - now)]
    })
  }
}

/** The breaker of the route, and that of its caller; of callers that nobody can tell apart, none gets one of its own. */
function namesOf({ routeId }: Pick<Passing, 'routeId'>, caller: string): string[] {
  return caller === '' ? [routeId] : [routeId, `${routeId} ${caller}`]
}

/** Money stops where everything, or this provider, is stopped; a failing upstream is spared by everybody. */
function openOf({ shared, routeId, providerId, isPaid }: Passing): [subject: string, until: number | null][] {
  if (shared.size === 0) return []
  const subjects = [`upstream:${routeId}`, ...(isPaid ? ['global', `provider:${providerId}`] : [])]
  return subjects.flatMap((subject) => {
    const until = shared.get(subject)
    return until === undefined ? [] : [[subject, until] as [string, number | null]]
  })
}
