/**
 * Calls on an `ExactClaim` object, one per (chain, token, from): it makes sure that an EIP-3009 authorisation pays
 * for one request only. By Workers RPC.
 *
 * Whoever is given an authorisation gets an `attempt` number with it and names it in each later call. After `holdMs`
 * another caller may take over under a higher number; from then on the calls of the first one answer false, so two
 * callers never both deliver for one payment.
 */
import type { Address, Hex } from '../Hex.ts'
import type { StoredAnswer } from './Session.ts'
import type { Authorization } from './Settlement.ts'

export function exactClaimName(chainId: number, token: Address, from: Address): string {
  return `${chainId}:${token}:${from}`
}

export type TakeExact = {
  v: 1
  authorization: Authorization
  /** SHA-256 over method, normalised target and content: what the authorisation pays for. */
  digest: Hex
  /** `Idempotency-Key` or x402 `payment-identifier`. */
  requestId?: string
  /**
   * The id of the quote that the caller echoed. Once submitted, an authorisation can be read from the chain by
   * everybody; this cannot. Whoever comes back for what was paid under an id has to name it.
   */
  callId?: string
  /** How long this caller keeps it when it is not heard of again, in milliseconds. */
  holdMs: number
  /** False: too close to its end to be submitted; this call can only join what is under way or done. */
  fresh: boolean
}

/** What the caller holds now. `nonce` is that of the first authorisation when a request id was sent before. */
export type Held = { nonce: Hex; attempt: number }

export type TakeReply =
  /** This call serves it: call the upstream, then submit. `beside`: what this payer's other open authorisations ask for. */
  | ({ kind: 'taken'; beside: bigint } & Held)
  /** Another call is serving it now. */
  | { kind: 'in_flight' }
  /** The upstream has answered 2xx and the transfer was submitted, but not yet seen mined: join it. */
  | ({ kind: 'submitted'; transaction: Hex | undefined; authorization: Authorization } & Held)
  /** Mined, and its answer is kept. */
  | ({ kind: 'mined'; transaction: Hex; answer: StoredAnswer } & Held)
  /** Mined and nothing was delivered: this call may call the upstream once more, at no further charge. */
  | ({ kind: 'mined_undelivered'; transaction: Hex } & Held)
  /** Mined and delivered: it has paid for its request. */
  | { kind: 'used'; transaction: Hex }
  /** The authorisation was taken by another request. */
  | { kind: 'digest_mismatch' }
  /** The request id was served before and its answer is kept: replay it. */
  | { kind: 'replay'; answer: StoredAnswer }
  /** The request id was served before, or may have been, and no answer is kept. */
  | { kind: 'duplicate'; receipt?: string }
  /** The request id stands for another request. */
  | { kind: 'id_mismatch' }
  /** Not `fresh`, and nothing is known of it. */
  | { kind: 'expired' }

export interface ExactClaimApi {
  take(command: TakeExact): Promise<TakeReply>
  /** Still at work: keeps it for another `holdMs`. False: another caller has taken over. */
  hold(v: 1, held: Held, holdMs: number): Promise<boolean>
  /**
   * The upstream answered 2xx: the transfer is about to be submitted. Called again with the answer when all of it is
   * there and the transfer is still pending. False: another caller has taken over; submit and deliver nothing.
   */
  submitting(v: 1, held: Held, holdMs: number, answer?: StoredAnswer): Promise<boolean>
  /**
   * The transfer has this hash. `mined` false: the caller stops waiting, and the next one may join. Answers what is
   * kept to be delivered.
   */
  submitted(v: 1, held: Held, transaction: Hex, mined: boolean): Promise<StoredAnswer | undefined>
  /** The answer is about to leave for the caller. False: another caller delivers it; deliver nothing. */
  delivered(v: 1, held: Held, receipt?: string): Promise<boolean>
  /** The answer of a delivered request that had an id, to be replayed. */
  keep(v: 1, nonce: Hex, answer: StoredAnswer): Promise<void>
  /**
   * Nothing was submitted, it reverted, or a second upstream call failed: the authorisation may be used again.
   * `freesId` false: what the upstream did is unknown, and the request id stays taken.
   */
  release(v: 1, held: Held, freesId: boolean): Promise<void>
}
