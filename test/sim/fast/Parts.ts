/** The parts that a world may have in two forms: fast and synchronous, or the real ones. */
import type { RefundOrder } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'

export interface LanePort {
  readonly isOpen: boolean
  /** Reports that nobody has taken yet. */
  readonly unsaid: number
  /** How many nonces were given out. */
  readonly nonces: number
  tick(): unknown
}

export interface SettlementPort {
  readonly queued: number
  readonly dead: number
  /** When the next message may be delivered; undefined when there is none. */
  readonly dueAt: number | undefined
  /** False: the sender must take it as not sent. */
  enqueue(body: ClaimMessage): boolean
  consume(): unknown
  bury(): unknown
  deposit(depositId: string, channel: number, amount: bigint, authorization: string): unknown
  refund(channel: number, order: RefundOrder): unknown
  observe(channel: number): unknown
  /** Whether the transaction of a deposit is still under way. */
  isWaiting(depositId: string): boolean
  /** An invariant broke where a handler would catch it; `idle` throws it. */
  broken(error: Error): void
  /** Until all that was begun has ended. */
  idle(): Promise<void> | undefined
}

export type Parts = { lane: LanePort; settlement: SettlementPort }
