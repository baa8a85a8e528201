/**
 * Watches all charges of a scope: rules that look across keys, and the breakers of its upstreams and of the whole of it.
 * What follows is written down together with what it follows from, and told by alarm until it was heard: by who hosts the
 * class.
 */
import { DurableObject } from 'cloudflare:workers'
import type { BreakerAct, BreakerReply } from '@pbstream/core/message/AlertChannels'
import { Breakers } from './Breakers.ts'
import { type Found, Judge } from './Judge.ts'
import type { AlertTotals, BreakerNews, News, Observed, ScopeCharge, SentinelScopeApi } from './Port.ts'
import { Store } from './Store.ts'

/** Told at once; of more, the rest follows. */
const NEWS_AT_ONCE = 50
const FIRST_DELAY = 1_000
const LONGEST_DELAY = 300_000
const HOUR = 3_600_000
/** Charges that are older are in no window: they only say that their key is not new. */
const OLD_MS = 86_400_000
const REASON_MAX = 500

export abstract class SentinelScope<Env = unknown> extends DurableObject<Env> implements SentinelScopeApi {
  readonly #store: Store
  #judge: Judge | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new Store(ctx.storage.sql)
  }

  /** Told in order, at least once each. What it throws has it told again later. */
  protected abstract tell(scope: string, news: readonly News[]): Promise<void>

  protected now(): number {
    return Date.now()
  }

  /** When an alarm that is wanted at a time is set to. */
  protected at(time: number): number {
    return time
  }

  async observe(v: 1, scope: string, what: Observed): Promise<void> {
    check(v)
    try {
      this.ctx.storage.transactionSync(() => this.#observe(scope, what))
    } catch (error) {
      // What is in memory may be ahead of what is stored.
      this.#judge = undefined
      throw error
    }
    await this.#wake()
  }

  async breaker(v: 1, { scope, subject, act, reason }: BreakerAct): Promise<BreakerReply> {
    check(v)
    if (!Breakers.has(scope, subject) || reason.trim() === '') return { kind: 'unknown' }
    const now = this.now()
    const phase = this.ctx.storage.transactionSync(() => {
      this.#store.keep('scope', scope)
      const breakers = new Breakers(this.#store, scope)
      const why = reason.slice(0, REASON_MAX)
      this.#add(act === 'open' ? breakers.hold(subject, why, now) : breakers.close(subject, why, now))
      return breakers.phase(subject, now)
    })
    try {
      await this.#tellAll()
    } finally {
      // What could not be told is told by alarm.
      await this.#wake()
    }
    return { kind: 'done', phase }
  }

  async count(v: 1, channel: string, totals: AlertTotals): Promise<void> {
    check(v)
    this.#store.putTotals(channel, totals)
  }

  async counted(v: 1): Promise<AlertTotals> {
    check(v)
    const all = { sent: 0, failed: 0, dead: 0, deadKept: 0 }
    for (const each of this.#store.totals()) {
      for (const name of ['sent', 'failed', 'dead', 'deadKept'] as const) all[name] += each[name]
    }
    return all
  }

  override async alarm(): Promise<void> {
    const now = this.now()
    this.ctx.storage.transactionSync(() => {
      this.#store.forget(now)
      const scope = this.#store.kept<string>('scope')
      if (scope !== undefined)
        this.#judgeOf(scope)
          .tick(now)
          .forEach((each) => this.#follow(scope, each, now))
      this.#judge?.save()
    })
    try {
      await this.#tellAll()
      this.#store.keep('failed', 0)
    } catch {
      this.#store.keep('failed', (this.#store.kept<number>('failed') ?? 0) + 1)
    }
    await this.#wake()
  }

  #observe(scope: string, { set, charges, failures }: Observed): void {
    const now = this.now()
    if (this.#store.kept('scope') === undefined) this.#store.keep('scope', scope)
    const judge = this.#judgeOf(scope)
    if (set !== undefined) judge.replace(set)
    const breakers = new Breakers(this.#store, scope)
    const whole = Breakers.wholeOf(scope)
    let good = 0
    for (const each of failures) {
      const added = this.#store.added(each, now)
      if (added === undefined) continue
      judge.ended(now, added.calls, added.failures)
      // Everything is no upstream.
      if (scope.startsWith('provider:')) {
        this.#add(breakers.ended(each.routeId, payerOf(each.session), added.calls, added.failures, now))
      }
      good += added.calls - added.failures
    }
    for (const [session, of] of bySession(charges)) this.#charges(scope, session, of, now)
    if (whole !== undefined && good > 0) this.#add(breakers.wentWell(whole, good, now))
    judge.save()
  }

  /** Those of a session that were not seen before. */
  #charges(scope: string, session: string, charges: readonly ScopeCharge[], now: number): void {
    const { seen, isNew } = this.#store.seen(session)
    let isFirst = isNew
    for (const charge of charges.toSorted((a, b) => a.seq - b.seq)) {
      if (!seen.add(charge.seq) || charge.at <= now - OLD_MS) continue
      // A clock that is ahead of ours does not move windows on.
      const at = Math.min(charge.at, now)
      for (const each of this.#judgeOf(scope).charge({ ...charge, at }, isFirst, now)) this.#follow(scope, each, now)
      isFirst = false
    }
    this.#store.saw(session, seen, now)
  }

  /** What a decision orders. */
  #follow(scope: string, { decision, session, isNew, isTold }: Found, now: number): void {
    if (isTold) this.#store.addNews({ kind: 'decision', decision, ...(session === undefined ? {} : { session }) })
    if (decision.effect !== 'done') return
    const cause = decision.cause ?? decision.rule
    const whole = Breakers.wholeOf(scope)
    if (decision.action === 'block' && whole !== undefined)
      this.#add(new Breakers(this.#store, scope).trip(whole, cause, now))
    const isStop = decision.action === 'freeze' || (decision.action === 'block' && whole === undefined)
    if (!isStop || !isNew || session === undefined) return
    const { rule, version, id: decisionId } = decision
    const order = { scope: decision.scope, kind: 'frozen' as const, rule, version, cause, decisionId }
    this.#store.addNews({ kind: 'stop', session, order })
  }

  #add(breaker: BreakerNews | undefined): void {
    if (breaker !== undefined) this.#store.addNews({ kind: 'breaker', breaker })
  }

  #judgeOf(scope: string): Judge {
    this.#judge ??= new Judge(this.#store, scope)
    return this.#judge
  }

  /** One teller at a time: what two tell would be told out of order. */
  #telling: Promise<void> = Promise.resolve()

  async #tellAll(): Promise<void> {
    const mine = this.#telling.catch(() => {}).then(() => this.#tellRest())
    this.#telling = mine
    await mine
  }

  async #tellRest(): Promise<void> {
    for (;;) {
      const some = this.#store.news(NEWS_AT_ONCE)
      const last = some.at(-1)
      if (last === undefined) return
      await this.tell(
        this.#store.kept<string>('scope')!,
        some.map(({ news }) => news),
      )
      this.#store.removeNews(last.number)
    }
  }

  /** At once when there is something to tell, later when that failed; else when five minutes are over, for who asks. */
  async #wake(): Promise<void> {
    const now = this.now()
    const failed = this.#store.kept<number>('failed') ?? 0
    const hasNews = this.#store.news(1).length > 0
    const delay = failed === 0 ? 0 : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(failed - 1, 20))
    const tick = this.#judge?.nextTick(now) ?? now + HOUR
    const at = this.at(hasNews ? now + delay : tick)
    const set = await this.ctx.storage.getAlarm()
    if (set === null || at < set) await this.ctx.storage.setAlarm(at)
  }
}

/** A session is named by chain, contract, payer and key: somebody can have as many keys as he likes. */
function payerOf(session: string): string {
  return session.split(':')[2] ?? session
}

function bySession(charges: readonly ScopeCharge[]): Map<string, ScopeCharge[]> {
  return Map.groupBy(charges, ({ session }) => session)
}

function check(v: number): void {
  if (v !== 1) throw new Error('unknown version of the scope')
}
