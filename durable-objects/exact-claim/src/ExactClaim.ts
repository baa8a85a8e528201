import { DurableObject } from 'cloudflare:workers'
import type { Hex } from '@pbstream/core/Hex'
import type { ExactClaimApi, Held, TakeExact, TakeReply } from '@pbstream/core/message/ExactClaim'
import type { StoredAnswer } from '@pbstream/core/message/Session'
import { Claims } from './Claims.ts'

/**
 * Makes sure that an EIP-3009 authorisation pays for one request only: one object per (chain, token, from), called by
 * the gateway. The rules are in `Claims`; here each call becomes one transaction, and the alarm throws out old rows.
 */
export class ExactClaim extends DurableObject implements ExactClaimApi {
  readonly #claims: Claims
  #alarmAt: number | undefined

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env)
    this.#claims = new Claims(ctx.storage.sql)
  }

  async take(command: TakeExact): Promise<TakeReply> {
    const reply = this.#step((now) => this.#claims.take(command, now))
    if (reply.kind === 'taken') await this.#arm()
    return reply
  }

  async hold(_: 1, held: Held, holdMs: number): Promise<boolean> {
    return this.#step((now) => this.#claims.hold(held, holdMs, now))
  }

  async submitting(_: 1, held: Held, holdMs: number, answer?: StoredAnswer): Promise<boolean> {
    return this.#step((now) => this.#claims.submitting(held, holdMs, answer, now))
  }

  async submitted(_: 1, held: Held, transaction: Hex, mined: boolean): Promise<StoredAnswer | undefined> {
    return this.#step((now) => this.#claims.submitted(held, transaction, mined, now))
  }

  async delivered(_: 1, held: Held, receipt?: string): Promise<boolean> {
    const done = this.#step((now) => this.#claims.delivered(held, receipt, now))
    await this.#arm()
    return done
  }

  async keep(_: 1, nonce: Hex, answer: StoredAnswer): Promise<void> {
    this.#step((now) => this.#claims.keep(nonce, answer, now))
    await this.#arm()
  }

  async release(_: 1, held: Held, freesId: boolean): Promise<void> {
    this.#step(() => this.#claims.release(held, freesId))
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    this.#step((now) => this.#claims.prune(now))
    await this.#arm()
  }

  /** A throw rolls the whole step back: in SQLite objects only `transactionSync` does that. */
  #step<T>(run: (now: number) => T): T {
    return this.ctx.storage.transactionSync(() => run(Date.now()))
  }

  async #arm(): Promise<void> {
    const due = this.#claims.nextPrune()
    if (due === undefined || (this.#alarmAt !== undefined && this.#alarmAt <= due)) return
    this.#alarmAt = due
    await this.ctx.storage.setAlarm(due)
  }
}
