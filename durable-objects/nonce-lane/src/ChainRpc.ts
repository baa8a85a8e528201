/** What the lane and its Worker need of a chain: one port, so that tests can put any behaviour behind it. */
import type { Address, Hex } from '@pbstream/core/Hex'

/** `gas`: what the call may take at most. */
export type Call = { from?: Address; to: Address; data: Hex; gas?: bigint }

/** A block by number, or the newest. */
export type At = number | 'latest'

/** What a contract wrote down in a transaction. Hex in lower case. */
export type Log = { address: Address; topics: readonly Hex[]; data: Hex }

export type Receipt = {
  hash: Hex
  block: number
  blockHash: Hex
  /** False: the transaction was mined and reverted. */
  success: boolean
  gasUsed: bigint
  /** Wei per gas that it paid. */
  gasPrice: bigint
  logs: readonly Log[]
}

/** What a transaction has to offer now, in wei per gas. */
export type Market = { baseFee: bigint; priority: bigint }

/** What a node says to a raw transaction. Silence (a timeout) is `RpcUnavailable`, and means nothing. */
export type SendReply =
  /** In the pool, now or already before. */
  | { kind: 'accepted' }
  /** The nonce is used: by this transaction or by another. */
  | { kind: 'nonce_too_low' }
  /** The fee does not reach the pool's floor, the base fee, or what a replacement must add. */
  | { kind: 'underpriced' }
  /** The signer cannot pay the gas. */
  | { kind: 'no_funds' }
  /** Something else is wrong with it. */
  | { kind: 'refused'; message: string }

export type Reverted = { kind: 'reverted'; message: string; data?: Hex }
export type EstimateReply = { kind: 'gas'; gas: bigint } | Reverted
export type CallReply = { kind: 'returned'; data: Hex } | Reverted

/** The chain did not answer, or not with sense: nothing is known. */
export class RpcUnavailable extends Error {
  override readonly name = 'RpcUnavailable'
}

/** Every method throws `RpcUnavailable` when the node gives no usable answer in time. */
export interface ChainRpc {
  sendRaw(raw: Hex): Promise<SendReply>
  receipt(hash: Hex): Promise<Receipt | undefined>
  blockNumber(): Promise<number>
  /** Unix seconds of the newest block: the clock that contracts go by. */
  time(): Promise<number>
  /** How many transactions of `address` were mined up to that block: its next nonce. */
  transactionCount(address: Address, at: At): Promise<number>
  /** Gas that the call would take on the newest state; `reverted` when it would not go through. */
  estimateGas(call: Call & { from: Address }): Promise<EstimateReply>
  market(): Promise<Market>
  call(call: Call, at?: At): Promise<CallReply>
}
