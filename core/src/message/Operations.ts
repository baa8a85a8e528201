/**
 * What operators and the reconciliation ask: of a StreamSession (`SessionOperationsApi`), of a lane
 * (`LaneOperationsApi`), of settlement by service binding (`OperationsApi`), and of the objects that keep dead letters.
 * Every call can be repeated. Amounts are bigint atomic units, times Unix milliseconds unless said otherwise.
 */
import type { ChannelConfig } from '../ChannelConfig.ts'
import type { Address, Hex } from '../Hex.ts'
import type { ChannelSnapshot } from './Event.ts'
import type { RefundOrder, SessionRef } from './Session.ts'

/** A channel and the name of the session that it belongs to. */
export type ChannelRef = { session: string; channelId: Hex }

/** Everything that a session knows of a channel and what is under way in it; no voucher. */
export type ChannelStanding = {
  snapshot: ChannelSnapshot
  config: ChannelConfig
  /** Unix seconds; 0 when none is pending. */
  withdrawRequestedAt: number
  refundNonce: bigint
  refundInFlight: boolean
  /** With a refund in flight: since when. */
  refundSince?: number
  /** The refund in flight, once nobody has reported it for `REFUND_LOST_MS` by the session's clock. */
  refundUnheard?: { refundId: string; amount: bigint; nonce: bigint }
  /** The claim in flight, and how often it was handed to the queue. */
  claim?: { total: bigint; sends: number }
  /** Claims that failed since the last success. */
  attempt: number
  /** Deposits that settlement was asked for and has not reported. */
  depositsWanted: bigint
  /** When the reservation that is to end first does. */
  nextExpiry?: number
}

/** `sent`: a claim of `total` is on its way, and `rest` more can be claimed when it is confirmed. */
export type DrainReply =
  | { kind: 'sent'; total: bigint; rest: bigint }
  /** Everything that can be claimed is. */
  | { kind: 'drained' }
  | { kind: 'refund_in_flight' }
  | { kind: 'unknown_channel' }

/** The terms that a provider has now: channels with these stay. `withdrawDelay` in seconds. */
export type TermsInForce = { receiver: Address; withdrawDelay: number }

/** What a session does to close a channel whose terms are no longer in force. */
export type CloseStep =
  /** Nothing is owed on it any more, or only what its payer is withdrawing. */
  | { kind: 'closed' }
  /** Its terms are in force. */
  | { kind: 'kept' }
  /** Something is under way that has to end first. */
  | { kind: 'waiting'; why: 'charges' | 'claim' | 'deposit' | 'refund' | 'withdrawal' }
  /** All that is charged is claimed and paid, and the rest goes back to the payer: for settlement to submit. */
  | { kind: 'refund'; session: SessionRef; config: ChannelConfig; order: RefundOrder }
  | { kind: 'unknown_channel' }

/** The same as whoever asked settlement sees it. */
export type CloseReply = Exclude<CloseStep, { kind: 'refund' }>

export interface SessionOperationsApi {
  standing(v: 1, channelId: Hex): Promise<ChannelStanding | undefined>
  /** Claims everything that can be claimed, now; a claim in flight is sent again. */
  drain(v: 1, channelId: Hex): Promise<DrainReply>
  /** One step towards an empty channel: a claim of everything, or a refund of all that is left. */
  close(v: 1, channelId: Hex, keep: TermsInForce): Promise<CloseStep>
}

/** A channel as the chain has it: in the newest block, and how much was claimed at confirmation depth. */
export type ChainStanding = {
  balance: bigint
  totalClaimed: bigint
  finalClaimed: bigint
  withdrawRequestedAt: number
  refundNonce: bigint
}

/** `session` was read before `chain`. Either is absent when it does not know the channel, or did not answer. */
export type Comparison = {
  channel: ChannelRef
  session?: ChannelStanding
  /** False: the session could not be asked; its absence means nothing. */
  answered: boolean
  chain?: ChainStanding
}

export type LaneState = {
  chainId: number
  signer: Address
  paused: boolean
  /** Transactions under way, lowest nonce first; at most 100. */
  items: LaneItemState[]
}
export type LaneItemState = {
  id: string
  purpose: string
  nonce: number
  state: string
  transaction?: Hex
  attempts: number
  createdAt: number
  /** The last words of a node that refused it. */
  refusal?: string
  /** Since when a higher fee waits for a day whose gas budget pays for it. */
  heldSince?: number
}

export interface LaneOperationsApi {
  /** A paused lane takes on nothing new and sees what it has to its end. Stays so until it is resumed. */
  pause(v: 1, on: boolean): Promise<void>
  overview(v: 1): Promise<Omit<LaneState, 'chainId' | 'signer'>>
}

/** A message that no retry could deal with. */
export type DeadLetter = {
  id: string
  /** What it was, as far as that is known. */
  kind: 'claim' | 'unknown'
  /** Free of vouchers and payers. */
  detail: Record<string, string>
  at: number
}

export interface DeadLettersApi {
  /** Keeps a message; again under the same id is once. `body` is JSON. */
  put(v: 1, letter: DeadLetter, body: string): Promise<void>
  list(v: 1, limit: number): Promise<{ letters: DeadLetter[]; depth: number }>
  get(v: 1, id: string): Promise<{ letter: DeadLetter; body: string } | undefined>
  remove(v: 1, id: string): Promise<void>
}

/** The name of the one object that keeps dead letters in a Worker. */
export const deadLettersName = 'all'

export type ReplayReply =
  /** It was dealt with, and is kept no longer. */
  | { kind: 'replayed'; detail: Record<string, string> }
  /** It is not there: dealt with before, or never a dead letter. */
  | { kind: 'not_found' }
  /** It is kept: nothing can be done with it yet. */
  | { kind: 'kept'; why: string }

/** A view of a contract that somebody wants read: at most 4 KiB of calldata. */
export type ViewCall = { chainId: number; contract: Address; data: Hex }

export type ViewReply =
  /** What it returned, of this block; at most 4 KiB. */
  | { kind: 'returned'; data: Hex; block: number }
  /** The contract refuses, is not there, or returns nothing or too much. */
  | { kind: 'reverted' }
  /** The chain is not one of settlement's, or its node does not answer. */
  | { kind: 'unavailable' }

/** The RPC surface of workers/settlement for workers/control (entrypoint `Operations`). */
export interface OperationsApi {
  /** At most 50. */
  compare(v: 1, channels: ChannelRef[]): Promise<Comparison[]>
  /** Has a session look at the chain. */
  observe(v: 1, channel: ChannelRef, config: ChannelConfig): Promise<{ ok: boolean }>
  drain(v: 1, channel: ChannelRef): Promise<DrainReply>
  /**
   * One step towards an empty channel whose terms are no longer in force; ask again until it is `closed` or `kept`.
   * `withdrawDelay: null` is the default of the chain.
   */
  close(v: 1, channel: ChannelRef, keep: { receiver: Address; withdrawDelay: number | null }): Promise<CloseReply>
  lanes(v: 1): Promise<LaneState[]>
  /** `false`: there is no such lane. */
  pauseLane(v: 1, chainId: number, signer: Address, on: boolean): Promise<boolean>
  /** Lets go of letters whose claim has been settled since, and lists those that are left. */
  deadLetters(v: 1, limit: number): Promise<{ letters: DeadLetter[]; depth: number; settled: string[] }>
  replay(v: 1, id: string): Promise<ReplayReply>
  /** Reads a view at the depth at which a transaction is final: what a reorg could take back is not believed. */
  view(v: 1, call: ViewCall): Promise<ViewReply>
}
