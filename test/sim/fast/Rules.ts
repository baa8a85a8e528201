/** Whoever makes rules: puts limits in force, again and out of order, and releases what they stopped. */
import type { Refused } from '@pbstream/stream-session/sentinel/Guard'
import { Draft } from '@pbstream/stream-session/Draft'
import { KEY, Memory, REFUSED_MAX } from '@pbstream/stream-session/sentinel/Memory'
import type { RulesetSnapshot, Scope } from '@pbstream/core/message/Sentinel'
import type { RuleInput } from '@pbstream/core/Rule'
import { session as ref } from '../support/fixtures.ts'
import { demand } from '../support/Violation.ts'
import type { World } from './World.ts'

const breaker = { windowMs: 60_000, badFrom: 1_000, goodUpTo: 500, openMs: 1_000, maxOpenMs: 8_000 } as const
const slack = { probes: 1, probeMs: 1_000, calmMs: 1_000 } as const

export class Rules {
  /** Every third history has rules; in the others nothing is asked. */
  readonly isThere: boolean
  readonly #world: World
  readonly #sent: RulesetSnapshot[] = []

  constructor(world: World) {
    this.isThere = world.seed % 3 === 0
    this.#world = world
  }

  act(): void {
    const { random, session } = this.#world
    if (random.below(3) > 0) return this.#release()
    const again = this.#sent.length > 0 && random.below(4) === 0
    const snapshot = again ? random.pick(this.#sent) : this.#another()
    if (!again) this.#sent.push(snapshot)
    session.call({
      apply: (book) => void book.setRules(ref, [snapshot]),
      settle: () => this.#world.reach('rules', snapshot.scope),
      failed: () => undefined,
    })
  }

  /** A call was refused: its decision was on disk before its reply left, and so was what stops the calls after it. */
  refused({ code, sentinel }: Pick<Refused, 'code' | 'sentinel'>): void {
    const { disk } = this.#world.session
    const decisions = [...disk.decisions.values()]
    const isWritten = decisions.some(({ row }) => row.id === sentinel.decision)
    demand(isWritten, 'sentinel', `${code} without a decision`)
    if (sentinel.stop !== undefined) demand(disk.stops.has(sentinel.stop), 'sentinel', `${code} without its stop`)
  }

  /** What is remembered is what a restart would make of it; but for the signs of a flood, which are not all written. */
  check(): void {
    const { session } = this.#world
    const made = new Memory(new Draft(), session.disk.memory)
    for (const name of [KEY, 'provider:provider'] as const) {
      const [kept, found] = [session.book.remembered(name), made.state(name)].map((state) => state?.toJSON())
      const isFlood = kept !== undefined && kept.watch.seen > Math.max(REFUSED_MAX, found?.watch.seen ?? 0)
      const without = isFlood ? { watch: undefined } : {}
      const [one, other] = [kept, found].map((state) => JSON.stringify(state && { ...state, ...without }))
      demand(one === other, 'sentinel', `memory and disk differ on ${name}`)
    }
  }

  #release(): void {
    const { random, session } = this.#world
    const open = [...session.disk.stops.values()].find(({ row }) => row.releasedAt === undefined)
    if (open === undefined) return
    const { id, kind } = open.row
    const order = { id, by: 'owner', reason: 'a test', snoozeSeconds: random.pick([0, 5, 600]) } as const
    session.call({
      apply: (book, now) => void book.releaseStop(ref, order, now),
      settle: () => this.#world.reach('released', kind),
      failed: () => undefined,
    })
  }

  #another(): RulesetSnapshot {
    const { random } = this.#world
    const limit = 2 + random.below(8)
    const action = random.pick<RuleInput['action']>(['alert', 'throttle', 'block', 'require_signature', 'freeze'])
    const rule: RuleInput = {
      ...{ id: 'limit', version: 1, name: 'A limit', severity: 'high', fail: 'open', action },
      when: random.pick([`count.minute > ${limit}`, `amount > ${limit}`, `sum.hour > ${limit * 5}`]),
      ...(action === 'throttle' ? { seconds: limit } : {}),
    }
    const scope = random.pick<Scope>(['platform', 'owner', 'provider:provider'])
    const budget = { breaker: { budget: String(limit * 4), ...breaker, ...slack } }
    const rules = random.below(3) === 0 ? [] : [rule]
    return { scope, revision: this.#sent.length + 1, rules, lists: [], ...(random.below(4) === 0 ? budget : {}) }
  }
}
