/**
 * The breakers of a scope: of the upstream of each route, by its health; of a provider or of everything, which a rule
 * across keys or a person opens. The truth of them is in the object's storage; phases follow from its times.
 */
import * as Breaker from '@pbstream/core/Breaker'
import type { BreakerNews } from './Port.ts'
import type { Store } from './Store.ts'

/** Calls of a payer that ended at a time, and how many of them the upstream failed. */
type Ended = readonly [payer: string, at: number, calls: number, failures: number]
type Kept = { state: Breaker.State; revision: number; ended?: readonly Ended[] }

/** Of an upstream. */
export const UPSTREAM: Breaker.Options = {
  openMs: 10_000,
  maxOpenMs: 300_000,
  probes: 3,
  probeMs: 30_000,
  calmMs: 600_000,
}
/** Of a provider, and of everything: opened by a rule. */
export const WHOLE: Breaker.Options = {
  openMs: 60_000,
  maxOpenMs: 3_600_000,
  probes: 5,
  probeMs: 60_000,
  calmMs: 3_600_000,
}
export const HEALTH: Breaker.HealthOptions = { volume: 20, badFrom: 500, goodUpTo: 100 }
const MINUTE = 60_000
/** Of one payer at most half of what it takes: nobody opens a breaker for all by himself. */
const SAY = HEALTH.volume / 2
/** Entries of a minute; of more, the oldest are left out. */
const ENDED_MAX = 500

const fresh: Kept = { state: Breaker.closed, revision: 0 }

export class Breakers {
  readonly #store: Store
  readonly #scope: string

  constructor(store: Store, scope: string) {
    this.#store = store
    this.#scope = scope
  }

  /** The subject that stands for all of the scope. An owner has none: his keys are stopped one by one. */
  static wholeOf(scope: string): string | undefined {
    if (scope === 'platform') return 'global'
    return scope.startsWith('provider:') ? scope : undefined
  }

  /** Whether this scope has such a breaker. */
  static has(scope: string, subject: string): boolean {
    if (subject === Breakers.wholeOf(scope)) return true
    return scope.startsWith('provider:') && /^upstream:.{1,200}$/.test(subject)
  }

  phase(subject: string, now: number): Breaker.Phase {
    return Breaker.phase(this.#of(subject).state, now, optionsOf(subject))
  }

  /** Calls of a route ended: what that does to the breaker of its upstream, if anything. */
  ended(route: string, payer: string, calls: number, failures: number, now: number): BreakerNews | undefined {
    const subject = `upstream:${route}`
    const kept = this.#of(subject)
    const phase = Breaker.phase(kept.state, now, UPSTREAM)
    if (phase === 'open') return undefined
    if (phase === 'half-open') return this.#probed(subject, kept, calls - failures, failures, now)
    const recent = (kept.ended ?? []).filter(([, at]) => at > now - MINUTE)
    const ended = [...recent, [payer, now, calls, failures] as const].slice(-ENDED_MAX)
    const { all, failed } = weighed(ended)
    if (Breaker.health(all, failed, HEALTH) !== 'bad') {
      this.#store.putBreaker(subject, { ...kept, ended })
      return undefined
    }
    const state = Breaker.trip(kept.state, now, UPSTREAM, `${failed} of ${all} calls failed within a minute`)
    return this.#put(subject, kept, state, 'sentinel', now)
  }

  /** Calls of the scope went well while its own breaker is half open. */
  wentWell(subject: string, calls: number, now: number): BreakerNews | undefined {
    const kept = this.#of(subject)
    if (Breaker.phase(kept.state, now, optionsOf(subject)) !== 'half-open') return undefined
    return this.#probed(subject, kept, calls, 0, now)
  }

  /** A rule opens it: nothing while it is open already. */
  trip(subject: string, cause: string, now: number): BreakerNews | undefined {
    const kept = this.#of(subject)
    const state = Breaker.trip(kept.state, now, optionsOf(subject), cause)
    return state === kept.state ? undefined : this.#put(subject, kept, state, 'sentinel', now)
  }

  /** A person opens it, until a person closes it. */
  hold(subject: string, reason: string, now: number): BreakerNews | undefined {
    const kept = this.#of(subject)
    const state = Breaker.trip(kept.state, now, optionsOf(subject), reason, true)
    return state === kept.state ? undefined : this.#put(subject, kept, state, 'person', now)
  }

  close(subject: string, reason: string, now: number): BreakerNews | undefined {
    const kept = this.#of(subject)
    if (kept.state.open === undefined) return undefined
    return this.#put(subject, kept, Breaker.release(kept.state, now, reason), 'person', now, reason)
  }

  #probed(subject: string, kept: Kept, good: number, bad: number, now: number): BreakerNews | undefined {
    const options = optionsOf(subject)
    let { state } = kept
    const outcomes = [...Array.from({ length: Math.min(bad, 1) }, () => false), ...times(good, options.probes)]
    for (const isGood of outcomes) {
      const { state: admitted, probe } = Breaker.admit(state, now, options)
      if (probe === undefined) break
      state = Breaker.answer(admitted, now, options, probe, isGood)
      if (Breaker.phase(state, now, options) !== 'half-open') break
    }
    if (Breaker.phase(state, now, options) !== 'half-open') return this.#put(subject, kept, state, 'sentinel', now)
    this.#store.putBreaker(subject, { ...kept, state })
    return undefined
  }

  /** What opens or closes begins a new minute: the failures of before are judged. */
  #put(
    subject: string,
    { revision }: Kept,
    state: Breaker.State,
    by: 'sentinel' | 'person',
    now: number,
    why?: string,
  ): BreakerNews {
    const next = { state, revision: revision + 1 } satisfies Kept
    this.#store.putBreaker(subject, next)
    const until = Breaker.opensUntil(state, optionsOf(subject))
    return {
      scope: this.#scope,
      subject,
      phase: Breaker.phase(state, now, optionsOf(subject)),
      state,
      cause: why ?? state.open?.cause ?? 'calls went well again',
      until: until === 0 || until === Infinity ? null : until,
      by,
      at: now,
      revision: next.revision,
    }
  }

  #of(subject: string): Kept {
    return this.#store.breaker<Kept>(subject) ?? fresh
  }
}

/** Calls and failures of all, those of a payer beyond his say scaled down to it. */
function weighed(ended: readonly Ended[]): { all: number; failed: number } {
  let [all, failed] = [0, 0]
  for (const of of Map.groupBy(ended, ([payer]) => payer).values()) {
    const calls = of.reduce((sum, [, , each]) => sum + each, 0)
    const failures = of.reduce((sum, [, , , each]) => sum + each, 0)
    const weight = Math.min(1, SAY / calls)
    all += calls * weight
    failed += failures * weight
  }
  return { all: Math.round(all), failed: Math.round(failed) }
}

function optionsOf(subject: string): Breaker.Options {
  return subject.startsWith('upstream:') ? UPSTREAM : WHOLE
}

function times(count: number, most: number): boolean[] {
  return Array.from({ length: Math.min(count, most) }, () => true)
}
