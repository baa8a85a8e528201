/** What a lane is asked to do, and what it answers: the types of its RPC surface. */
import type { Address, Hex } from '@pbstream/core/Hex'
import type { TransactionEvent } from '@pbstream/core/message/Event'
import type { ChainEvent } from '@pbstream/core/message/Session'
import type { State } from './Lane.ts'
import { nothing, type Recorded, recordedUpTo } from './Recorded.ts'

export type Purpose = TransactionEvent['purpose']

/** Whom to tell about an item, and what: the state and the hash are filled in when they are known. */
export type LaneAck = { session: string; event: AckEvent }

export type AckEvent =
  | { kind: 'deposit'; channelId: Hex; depositId: string; amount: bigint }
  /** `partial`: the transaction may go through and record less of it, or nothing (`settleBatch`): its logs tell. */
  | { kind: 'claim'; channelId: Hex; total: bigint; settled: boolean; partial?: true }
  /** What a refund's transaction claims and pays out on the way: told when it is final, not missed when it fails. */
  | { kind: 'payout'; channelId: Hex; total: bigint }
  | { kind: 'refund'; channelId: Hex; refundId: string; amount: bigint; claimed: bigint; nonce: bigint }

/**
 * A view call whose answer, a uint256 above `above`, shows that the item's effect is on chain although its own
 * transaction reverted: somebody copied it out of the pool and was first.
 */
export type Proof = { to: Address; data: Hex; above: bigint }

export type LaneOrder = {
  chainId: number
  /** Lower case; the lane is named after it. */
  signer: Address
  /** Orders with the same id are one transaction, however often they are submitted. */
  id: string
  purpose: Purpose
  to: Address
  data: Hex
  acks: LaneAck[]
  /** What the item covers, piece by piece, so that a later order can leave it out (`covered`). */
  keys: string[]
  proof?: Proof
  /** More gas than this is refused: a payer that is a contract decides how much its signature check burns. */
  maxGas: bigint
  /** For the transaction event: how many channels, and how much money, atomic units. */
  channels: number
  amount: bigint
}

/** How an item stands. */
export type LaneItem = {
  id: string
  state: State
  nonce: number
  /** The mined transaction, or the newest one sent; absent until it is signed. */
  transaction?: Hex
  /** With `mined`, `confirmed`, `failed`: whether the transaction went through. */
  success?: boolean
  error?: string
}

export type LaneReply =
  /** Journaled, now or before. It will be seen to its end whether or not anyone asks again. */
  | { kind: 'accepted'; item: LaneItem }
  /** It would revert; nothing was journaled. `proven`: its effect is on chain already. */
  | { kind: 'reverted'; message: string; proven: boolean }
  /** The gas that this lane may spend in a day is used up; nothing was journaled. */
  | { kind: 'over_budget' }
  /** The chain does not answer, the lane is paused, or the order was given up; nothing was journaled. */
  | { kind: 'unavailable'; message: string }

export interface NonceLaneApi {
  submit(v: 1, order: LaneOrder): Promise<LaneReply>
  /** Looks at the chain for this item now, and reports to its sessions before it answers. */
  poke(v: 1, id: string): Promise<LaneItem | undefined>
  status(v: 1, id: string): Promise<LaneItem | undefined>
  /**
   * The same, for somebody who has waited long enough. What is journaled goes on; undefined: it is not, and an order of
   * this id that comes later is not taken on (`unavailable`). So undefined is final.
   */
  giveUp(v: 1, id: string): Promise<LaneItem | undefined>
  /** Those of `keys` that an item covers which has not failed. At most 1,000. */
  covered(v: 1, keys: string[]): Promise<string[]>
}

/** The name of the lane of one signer on one chain. */
export function laneName(chainId: number, signer: Address): string {
  return `${chainId}:${signer}`
}

/**
 * All that a session is told when an item reaches a state, mined in `block` if it is. Of a claim that its transaction
 * may have recorded in part, what was recorded is confirmed and the rest has failed: in this order, so that no claim is
 * left in flight.
 */
export function chainEvents(
  ack: AckEvent,
  state: State,
  transaction: Hex | undefined,
  recorded: Recorded = nothing,
  block?: number,
): ChainEvent[] {
  if (ack.kind !== 'claim' || ack.partial !== true || state !== 'confirmed') {
    const event = chainEvent(ack, state, transaction)
    const placed = event?.kind === 'deposit' || event?.kind === 'refund'
    if (placed && block !== undefined) return [{ ...event, block }]
    return event === undefined ? [] : [event]
  }
  const { channelId, settled } = ack
  const hash = transaction === undefined ? {} : { transaction }
  const total = recordedUpTo(recorded, channelId, ack.total)
  const events: ChainEvent[] = []
  if (total > 0n) events.push({ kind: 'claim', channelId, total, settled, status: 'confirmed', ...hash })
  if (total < ack.total) {
    events.push({ kind: 'claim', channelId, total: ack.total, settled: false, status: 'failed', ...hash })
  }
  return events
}

/** What a session is told when an item reaches a state; undefined: nothing. */
export function chainEvent(ack: AckEvent, state: State, transaction: Hex | undefined): ChainEvent | undefined {
  const hash = transaction === undefined ? {} : { transaction }
  if (state === 'open') return undefined
  switch (ack.kind) {
    case 'deposit':
      return { ...ack, status: state, ...hash }
    case 'claim': {
      const { partial: _, ...claim } = ack
      return state === 'mined' ? undefined : { ...claim, status: state, ...hash }
    }
    case 'payout':
      if (state !== 'confirmed') return undefined
      return { kind: 'claim', channelId: ack.channelId, total: ack.total, settled: true, status: state, ...hash }
    case 'refund':
      // The session books a refund once, when it is first seen: there is no third state to report.
      return { ...ack, status: state === 'failed' ? 'failed' : 'mined', ...hash }
  }
}

/**
 * What a session is told when another transaction took the place of an item. A refund's nonce is used up by copies of it,
 * by other refunds and by withdrawals: how much went back, and whether anything was claimed, is not proven by that.
 */
export function eventByAnother(ack: AckEvent): ChainEvent | undefined {
  return ack.kind === 'refund' ? { ...ack, claimed: 0n, status: 'overtaken' } : undefined
}
