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
  /** Made when it is needed: an object without rows has no tables either. */
  #claims: Claims | undefined
  #alarmAt: number | undefined

  async take(command: TakeExact): Promise<TakeReply> {
    const reply = this.#step((claims, now) => claims.take(command, now))
    if (reply.kind === 'taken') await this.#arm()
    else if (reply.kind === 'expired') await this.#tidy()
    return reply
  }

  async hold(_: 1, held: Held, holdMs: number): Promise<boolean> {
    return this.#step((claims, now) => claims.hold(held, holdMs, now))
  }

  async submitting(_: 1, held: Held, holdMs: number, answer?: StoredAnswer): Promise<boolean> {
    return this.#step((claims, now) => claims.submitting(held, holdMs, answer, now))
  }

  async submitted(_: 1, held: Held, transaction: Hex, mined: boolean): Promise<StoredAnswer | undefined> {
    return this.#step((claims, now) => claims.submitted(held, transaction, mined, now))
  }

  async delivered(_: 1, held: Held, receipt?: string): Promise<boolean> {
    const done = this.#step((claims, now) => claims.delivered(held, receipt, now))
    await this.#arm()
    return done
  }

  async keep(_: 1, nonce: Hex, answer: StoredAnswer): Promise<void> {
    this.#step((claims, now) => claims.keep(nonce, answer, now))
    await this.#arm()
  }

  async release(_: 1, held: Held, freesId: boolean): Promise<void> {
    this.#step((claims) => claims.release(held, freesId))
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    this.#step((claims, now) => claims.prune(now))
    await this.#tidy()
  }

  /** A throw rolls the whole step back: in SQLite objects only `transactionSync` does that. */
  #step<T>(run: (claims: Claims, now: number) => T): T {
    this.#claims ??= new Claims(this.ctx.storage.sql)
    const claims = this.#claims
    return this.ctx.storage.transactionSync(() => run(claims, Date.now()))
  }

  /** Anybody can have an object made by signing with a new key: one that nothing is left of goes altogether. */
  async #tidy(): Promise<void> {
    if (this.#step((claims) => claims.nextPrune()) !== undefined) return this.#arm()
    this.#claims = undefined
    // The alarm goes with the rest.
    this.#alarmAt = undefined
    await this.ctx.storage.deleteAll()
  }

  async #arm(): Promise<void> {
    const due = this.#step((claims) => claims.nextPrune())
    if (due === undefined || (this.#alarmAt !== undefined && this.#alarmAt <= due)) return
    this.#alarmAt = due
    await this.ctx.storage.setAlarm(due)
  }
}
