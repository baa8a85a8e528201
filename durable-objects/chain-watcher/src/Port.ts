/** What a watcher is told and asked, and what it needs of the Worker that hosts it. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Address, Hex } from '@pbstream/core/Hex'
import type { SessionRef } from '@pbstream/core/message/Session'

/** A channel whose session wants to hear what happens to it on chain. */
export type Watched = { session: SessionRef; channelId: Hex; config: ChannelConfig }

/** A block: its place, name and time (Unix seconds). */
export type Block = { number: number; hash: Hex; time: number }

/** What a contract wrote down, and where. Hex in lower case. */
export type Log = { address: Address; topics: readonly Hex[]; data: Hex; block: number; blockHash: Hex }

/** `range`: the node does not look through so many blocks at once. */
export type LogsReply = { kind: 'logs'; logs: readonly Log[] } | { kind: 'range' }

/** The chain as a watcher sees it. Every method throws when the node gives no usable answer in time. */
export interface WatchedChain {
  block(at: number | 'latest'): Promise<Block | undefined>
  /** All logs of these contracts, from block to block, both included. */
  logs(filter: { addresses: readonly Address[]; from: number; to: number }): Promise<LogsReply>
}

/** What a look at a channel has shown. */
export type Seen = {
  /** Nothing is in it that is not claimed. */
  empty: boolean
  /** Something was put into it at some time. */
  funded: boolean
  /** Its receiver has money recorded that the contract has not paid out. */
  awaitsPayout: boolean
  /** Chain time, Unix seconds, from which it has to be looked at although no log speaks of it. */
  lookAt?: number
}

/** Everything outside the watcher. */
export type Ports = {
  chain: WatchedChain
  /**
   * Reads these channels from the chain and tells their sessions how they stand. Answers for each what was seen;
   * undefined when its session has not taken the news. Throws when the chain does not answer.
   */
  observe(channels: readonly Watched[]): Promise<(Seen | undefined)[]>
  /** Unix milliseconds. */
  now(): number
  /** For operators: one line a trouble, without secrets. */
  log(event: string, detail: Record<string, string | number>): void
}

export type Config = {
  /** The contracts that hold channels. */
  contracts: readonly Address[]
  /** Depth at which a block is final; 1 = the newest. */
  confirmations: number
  /** Milliseconds between looks at the chain. */
  pollMs: number
}

/** How a watcher stands, for operators. `place`: the last block whose logs were read. */
export type WatchState = {
  channels: number
  place: number | undefined
  /** Channels that are to be read and were not yet. */
  waiting: number
  /** Unix milliseconds of the last look that the chain answered. */
  lookedAt: number | undefined
}

export interface ChainWatcherApi {
  /** Follow these channels, if they are not followed yet. */
  watch(v: 1, chainId: number, channels: Watched[]): Promise<void>
  /** Makes sure that the watcher works: for a watchdog that asks from time to time. */
  ensure(v: 1, chainId: number): Promise<WatchState>
}

/** The name of the watcher of a chain. */
export function watcherName(chainId: number): string {
  return String(chainId)
}
