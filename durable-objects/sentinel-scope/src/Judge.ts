/** The rules of a scope that look across keys, and what they have to know. Where there are none, nothing is kept. */
import * as Rule from '@pbstream/core/Rule'
import { type DecisionRow, isScope, type Scope } from '@pbstream/core/message/Sentinel'
import type { CrossSet, ScopeCharge } from './Port.ts'
import type { Store } from './Store.ts'

/** `isNew`: decided now; else a repeat, and `isTold` when that is to be heard. `session`: whose charge it was. */
export type Found = {
  readonly decision: DecisionRow
  readonly session?: string
  readonly isNew: boolean
  readonly isTold: boolean
}

/** The same is decided anew after so long; how often it was in between is told so often at most. */
const SAME_MS = 600_000
const RAISE_MS = 60_000
const BUCKET = 300_000

type What = Pick<DecisionRow, 'rule' | 'version' | 'action' | 'effect'>
type Set = { revision: number; rules: Rule.Rules; lists: Rule.Lists }

export class Judge {
  readonly #store: Store
  readonly #scope: string
  #set: Set | undefined
  #state: Rule.ScopeState | undefined
  #isChanged = false

  constructor(store: Store, scope: string) {
    this.#store = store
    this.#scope = scope
    const set = store.kept<CrossSet>('set')
    if (set !== undefined) this.#use(set)
  }

  /** A set that cannot be read leaves the one before in force. */
  replace(set: CrossSet): void {
    if (set.revision <= (this.#set?.revision ?? 0)) return
    this.#use(set)
    if (this.#set?.revision === set.revision) this.#store.keep('set', set)
  }

  ended(at: number, calls: number, failures: number): void {
    if (this.#state === undefined) return
    this.#state.ended(at, calls, failures)
    this.#isChanged = true
  }

  /** `isFirst`: of its key there was none before. */
  charge(charge: ScopeCharge, isFirst: boolean, now: number): Found[] {
    if (this.#state === undefined) return []
    const { at, amount, session, route, payee, place, country } = charge
    const of = { at, amount: BigInt(amount), key: keyOf(session), route, payee, place, country, isNew: isFirst }
    this.#isChanged = true
    return this.#ask(this.#state.ask(of, now), now, charge)
  }

  /** At the end of five minutes: what rules say of a scope in which nothing happens. */
  tick(now: number): Found[] {
    const last = this.#store.kept<number>('tick') ?? 0
    if (this.#state === undefined || Math.floor(now / BUCKET) === last) return []
    this.#store.keep('tick', Math.floor(now / BUCKET))
    this.#isChanged = true
    return this.#ask(this.#state.view(now), now)
  }

  /** When to ask again by the clock; undefined: no rule goes by it. */
  nextTick(now: number): number | undefined {
    return this.#set?.rules.names.has('anomaly.revenue') === true
      ? (Math.floor(now / BUCKET) + 1) * BUCKET + 1
      : undefined
  }

  save(): void {
    if (!this.#isChanged) return
    this.#store.keep('state', this.#state)
    this.#isChanged = false
  }

  #ask(view: Rule.ScopeView, now: number, charge?: ScopeCharge): Found[] {
    const { rules, lists } = this.#set!
    const isNoted = (rule: Rule.CompiledRule, effect: Rule.Effect) => this.#isNoted(rule, effect, now, charge)
    // One decision a rule: all that match are done, the hardest is not instead of the others.
    const { hits } = Rule.evaluateCross(rules, view, lists, {}, isNoted)
    return hits
      .filter(({ effect, action }) => effect !== 'done' || action !== 'allow')
      .map((hit) => this.#found(hit, now, charge))
  }

  #found(hit: Rule.Hit, now: number, charge: ScopeCharge | undefined): Found {
    const name = this.#nameOf(hit, charge)
    const session = charge === undefined ? {} : { session: charge.session }
    const before = this.#store.told<DecisionRow>(name)
    if (before !== undefined && now < before.at + SAME_MS) {
      const decision = { ...before.decision, repeats: before.decision.repeats + 1, lastAt: now }
      const isTold = now >= before.raised + RAISE_MS
      this.#store.tell(name, decision, before.at, isTold ? now : before.raised)
      return { decision, ...session, isNew: false, isTold }
    }
    const decision = this.#decision(hit, now, charge)
    this.#store.tell(name, decision, now, now)
    return { decision, ...session, isNew: true, isTold: true }
  }

  #decision(hit: Rule.Hit, now: number, charge: ScopeCharge | undefined): DecisionRow {
    const { rule: id, version, action, effect } = hit
    const number = (this.#store.kept<number>('decisions') ?? 0) + 1
    this.#store.keep('decisions', number)
    const rule = this.#set!.rules.rules.find((each) => each.id === id)
    return {
      rule: id,
      version,
      action,
      effect,
      number,
      id: `dec_${crypto.randomUUID().replaceAll('-', '')}`,
      scope: scopeOf(this.#scope),
      at: now,
      hits: [{ ...hit, inputs: { ...hit.inputs }, nodes: [...hit.nodes] }],
      ...(rule === undefined ? {} : { cause: rule.name }),
      ...(charge === undefined
        ? {}
        : {
            call: {
              providerId: charge.providerId,
              routeId: charge.route,
              payee: charge.payee,
              amount: charge.amount,
              country: charge.country,
            },
          }),
      repeats: 0,
      lastAt: now,
    }
  }

  /** Under which it is told again, not anew. */
  #nameOf({ rule, version, effect, action }: What, charge: ScopeCharge | undefined): string {
    const session = this.#stopsKeys(action) ? charge?.session : undefined
    return [rule, version, effect, action, session ?? ''].join('|')
  }

  #isNoted(
    { id, version, action }: Rule.CompiledRule,
    effect: Rule.Effect,
    now: number,
    charge?: ScopeCharge,
  ): boolean {
    const before = this.#store.told(this.#nameOf({ rule: id, version, effect, action }, charge))
    return before !== undefined && now < before.at + SAME_MS
  }

  /** Whether an action is about one key, so that each key has a decision of its own. */
  #stopsKeys(action: DecisionRow['action']): boolean {
    return action === 'freeze' || (action === 'block' && scopeOf(this.#scope) === 'owner')
  }

  #use(set: CrossSet): void {
    try {
      const { cross } = Rule.parse(
        set.rules,
        set.lists.map(({ name }) => name),
      )
      const lists = new Rule.Lists(set.lists)
      this.#set = { revision: set.revision, rules: cross, lists }
    } catch (error) {
      if (!(error instanceof Rule.InvalidRuleError)) throw error
      return
    }
    if (this.#set.rules.rules.length === 0) this.#state = undefined
    else this.#state ??= new Rule.ScopeState(this.#store.kept('state'))
  }
}

/** As decisions and stops name it. */
function scopeOf(scope: string): Scope {
  return isScope(scope) ? scope : 'owner'
}

/** The signer of a session's vouchers. */
function keyOf(session: string): string {
  return session.split(':').at(-1)!
}
