import type { Hex } from '@pbstream/core/Hex'
import type { SessionRef, VerifiedVoucher } from '@pbstream/core/message/Session'
import type { ErrorCode } from '@pbstream/core/Errors'
import type * as Rate from '@pbstream/core/Rate'
import type { Snapshot } from '../Catalog.ts'
import type { Gateway, PaidCall } from '../Call.ts'
import type { Chain } from '../Chains.ts'

/** What the token and the signature of a request have shown. */
export type Authorised = {
  ref: SessionRef
  /** `sessionName` of `ref`. */
  name: string
  chain: Chain
  channelId: Hex
  /** Who is paid by the channel. */
  receiver: Hex
  epoch: number
  requestId: string
  /** The most that the caller pays for this request, in atomic units. */
  maxPrice: bigint
  /** What `Content-Digest` says; absent: the body is to be empty. */
  digest?: Hex
  /** `PBStream-Lease`: the lease that the request names. */
  lease?: string
  /** Raises what is accepted; signed by the session key. */
  voucher?: VerifiedVoucher
}

/** A call that is paid in session mode. */
export type SessionCall = PaidCall & {
  requestId: string
  session: Authorised
  /** On what the price depends for this payer, the most that the call costs it, and what is set aside of that first. */
  own: Rate.Terms
  ceiling: bigint
  hold: bigint
}

/** A request to one of the session endpoints. */
export type EndpointCall = {
  gateway: Gateway
  snapshot: Snapshot
  request: Request
  keep(work: Promise<unknown>): void
  /** `PBStream-Request-Id`. */
  id: string
  /** The origin that the caller sees. */
  origin: string
  path: string
}

/** Why a request does not do. `detail` holds nothing secret. */
export type Refusal = { code: ErrorCode; detail?: string }
