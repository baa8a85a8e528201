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

/** The market and the block that it is of, the newest. */
export type MarketNow = Market & { block: number }

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

/** A block: its place, name, parent and time (Unix seconds). */
export type Block = { number: number; hash: Hex; parent: Hex; time: number }

/** A log and the block that it stands in. */
export type PlacedLog = Log & { block: number; blockHash: Hex }

/** `range`: the node does not look through so many blocks, or finds too much in them, at once: ask for fewer. */
export type LogsReply = { kind: 'logs'; logs: PlacedLog[] } | { kind: 'range' }

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
  market(): Promise<MarketNow>
  call(call: Call, at?: At): Promise<CallReply>
}

/** What else those need who follow a chain, and not only their own transactions. */
export interface ChainReader extends ChainRpc {
  /** Undefined when the node has no such block. */
  block(at: At): Promise<Block | undefined>
  /** All logs of these contracts, from block to block, both included. */
  logs(filter: { addresses: readonly Address[]; from: number; to: number }): Promise<LogsReply>
  /** Wei of ether that an account has. */
  balance(address: Address): Promise<bigint>
}
