/**
 * Sentinel in the histories: sets that change, stops that are released, and what rules of limits mean for the calls that
 * were granted, by sums of its own.
 */
import type { RulesetSnapshot, Scope } from '@pbstream/core/message/Sentinel'
import type { RuleInput } from '@pbstream/core/Rule'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Book } from '../src/Book.ts'
import { KEY, Memory, REFUSED_MAX } from '../src/sentinel/Memory.ts'
import { Draft } from '../src/Draft.ts'
import type { Store } from '../src/Store.ts'
import type { channelOf } from './fixtures.ts'

type Action = RuleInput['action']
type Kind = 'none' | 'calls' | 'amount' | 'sum' | 'alert' | 'budget'

export type GuardStep =
  | { do: 'rules'; scope: Scope; kind: Kind; limit: number; action: Action; again: boolean }
  | { do: 'release'; snooze: boolean }
  | { do: 'broken' }

export const guardSteps: { weight: number; arbitrary: fc.Arbitrary<GuardStep> }[] = [
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rules'),
      scope: fc.constantFrom<Scope>('platform', 'owner', 'provider:provider', 'provider:other'),
      kind: fc.constantFrom<Kind>('none', 'none', 'none', 'calls', 'amount', 'sum', 'alert', 'budget'),
      limit: fc.integer({ min: 2, max: 9 }),
      action: fc.constantFrom<Action>('throttle', 'block', 'block', 'require_signature', 'freeze'),
      again: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('release'), snooze: fc.nat({ max: 3 }).map((n) => n === 0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('broken') }) },
] as { weight: number; arbitrary: fc.Arbitrary<GuardStep> }[]

export type GuardWorld = {
  channel: ReturnType<typeof channelOf>
  book(): Book
  now(): number
  reach(what: string): void
}

const breaker = { windowMs: 60_000, badFrom: 1_000, goodUpTo: 500, openMs: 1_000, maxOpenMs: 8_000 } as const
const slack = { probes: 1, probeMs: 1_000, calmMs: 1_000 } as const

export class GuardModel {
  readonly #world: GuardWorld
  #revision = 0

  constructor(world: GuardWorld) {
    this.#world = world
  }

  step(step: GuardStep): void {
    const { book, now, reach, channel } = this.#world
    switch (step.do) {
      case 'rules': {
        const snapshot = this.#snapshot(step)
        const reply = book().setRules(channel.session, [snapshot])
        expect(reply, 'a newer set is applied').toEqual({
          applied: [step.scope],
          held: { [step.scope]: snapshot.revision },
          refused: [],
        })
        if (step.again) {
          const older = { ...snapshot, revision: snapshot.revision - 1, rules: [] }
          const repeated = book().setRules(channel.session, [snapshot, older])
          expect(repeated, 'an older set, or the same again, changes nothing').toMatchObject({ applied: [] })
        }
        return reach(`rules ${step.kind}`)
      }
      case 'release': {
        const [stop] = book().sentinel(now()).stops
        if (stop === undefined) return
        const order = { id: stop.id, by: 'owner', reason: 'a test', snoozeSeconds: step.snooze ? 60 : 0 } as const
        expect(book().releaseStop(channel.session, order, now()).kind).toBe('released')
        expect(book().releaseStop(channel.session, order, now()).kind, 'released once').toBe('repeated')
        return reach(`released ${stop.kind}`)
      }
      case 'broken': {
        const before = book().sentinel(now()).sets
        const snapshot = { scope: 'platform', revision: 1_000_000, rules: [{ when: 'no' }], lists: [] }
        expect(book().setRules(channel.session, [snapshot]).refused, 'a set that cannot be read').toHaveLength(1)
        return expect(book().sentinel(now()).sets, 'never half a set').toEqual(before)
      }
    }
  }

  /** Whether isolates may go on under leases: nothing is stopped now. */
  get isStopped(): boolean {
    const { stops, throttles, breakers } = this.#world.book().sentinel(this.#world.now())
    const isOpen = breakers.some(({ scope, phase }) => mayMatter(scope) && phase === 'open')
    return isOpen || [...stops, ...throttles].some(({ scope }) => mayMatter(scope))
  }

  /** The sets that govern the calls of the histories, by name: a restart may list them in another order. */
  get sets(): string {
    const { sets, snoozes } = this.#world.book().sentinel(this.#world.now())
    const governing = sets.filter(({ scope }) => mayMatter(scope))
    return JSON.stringify([governing.toSorted((a, b) => (a.scope < b.scope ? -1 : 1)), snoozes])
  }

  /** Limits that a call which was just granted has to be within, as the object's own state counts. */
  granted(hold: bigint): void {
    const { reach } = this.#world
    expect(this.isStopped, 'nothing is granted while a stop, a throttle or a breaker holds').toBe(false)
    for (const [scope, { body }] of this.#world.book().held.sets) {
      if (!mayMatter(scope)) continue
      const { rules } = JSON.parse(body) as RulesetSnapshot
      const { when, action } = rules[0] ?? {}
      const limit = /^amount > (.*)$/.exec(when ?? '')?.[1]
      const isAsleep = this.#world
        .book()
        .sentinel(this.#world.now())
        .snoozes.some((each) => each.scope === scope)
      if (limit === undefined || action === 'alert' || isAsleep) continue
      reach('granted within a limit')
      expect(hold <= BigInt(limit), 'a call beyond the limit of a rule is not granted').toBe(true)
    }
  }

  /**
   * After a commit: what is remembered is what a restart would make of the snapshot and the log; but for the signs of a
   * flood, which are not all written.
   */
  audit(store: Store): void {
    const { held } = this.#world.book()
    if (held.sets.length === 0) return
    const fresh = new Memory(new Draft(), store.memory)
    for (const name of [KEY, 'provider:provider', 'provider:other'] as const) {
      const [kept, found] = [this.#world.book().remembered(name), fresh.state(name)].map((state) => state?.toJSON())
      const isFlood = kept !== undefined && kept.watch.seen > Math.max(REFUSED_MAX, found?.watch.seen ?? 0)
      const without = isFlood ? { watch: undefined } : {}
      const [one, other] = [found, kept].map((state) => JSON.stringify(state && { ...state, ...without }))
      expect(one, `what is remembered of ${name}`).toBe(other)
      if (kept !== undefined) this.#world.reach(`remembered ${name}`)
    }
    if (held.decisions === 0) return
    const told = store.memory.news(0, 10_000)?.news.decisions ?? []
    expect(told.length, 'decisions are numbered without gaps').toBe(held.decisions)
    const ids = new Set(told.map(({ id }) => id))
    for (const [, { row }] of held.stops) {
      expect(ids.has(row.decision), 'a stop and its decision are written together').toBe(true)
    }
  }

  #snapshot({ scope, kind, limit, action }: Extract<GuardStep, { do: 'rules' }>): RulesetSnapshot {
    const when = { calls: `count.minute > ${limit}`, amount: `amount > ${limit}`, sum: `sum.hour > ${limit * 5}` }
    const limited: Omit<RuleInput, 'action'> = {
      ...{ id: 'limit', version: 1, name: 'A limit' },
      ...({ severity: 'high', fail: 'open' } as const),
      when: kind in when ? when[kind as keyof typeof when] : 'amount > 3',
    }
    const rule: RuleInput = { ...limited, action, ...(action === 'throttle' ? { seconds: limit } : {}) }
    const rules = {
      none: [],
      budget: [],
      alert: [{ ...limited, action: 'alert' as const }],
      calls: [rule],
      amount: [rule],
      sum: [rule],
    }[kind]
    const revision = (this.#revision += 2)
    const budget = { budget: String(limit * 4), ...breaker, ...slack }
    return { scope, revision, rules, lists: [], ...(kind === 'budget' ? { breaker: budget } : {}) }
  }
}

function mayMatter(scope: Scope): boolean {
  return scope !== 'provider:other'
}
