/**
 * Session mode on a `StreamSession`: sessions are opened once with a signature of the key, and every request after that
 * holds money without one, out of the room that the highest voucher leaves. Edge leases give a slice of that room to one
 * gateway isolate for a few seconds. Amounts are atomic units; times Unix milliseconds unless said otherwise.
 *
 * Whoever calls has verified what callers signed (session token, request signature, vouchers, nonce): the object decides
 * on money, epochs, single use and limits. `room` = min(accepted, funds) − spent − reserved; leases are in `reserved`.
 */
import type { ChannelConfig } from '../ChannelConfig.ts'
import type { ErrorCode } from '../Errors.ts'
import type { Hex } from '../Hex.ts'
import type { Facts } from '../Policy.ts'
import type { CountedPosition, Counts } from './Counts.ts'
import type { Origin, RuleRevisions, Scope, SentinelRefusal } from './Sentinel.ts'
import type { ChannelView, Report, SessionRef, SettlementPolicy, StoredAnswer, VerifiedVoucher } from './Session.ts'

/** No lease is served from for longer. */
export const LEASE_MS = 5_000
/** So long after its end a lease's charges may still be reported; then the rest of its slice is free again. */
export const LEASE_GRACE_MS = 30_000

/** Asks of a session: its channel, and the epoch that its token names. Another epoch: `session_ended`. */
export type SessionAsk = { v: 1; session: SessionRef; channelId: Hex; epoch: number }

export type SessionOpen = {
  v: 1
  session: SessionRef
  channelId: Hex
  config: ChannelConfig
  voucher: VerifiedVoucher
  /** Of the offer, in the signed `OpenSession`. It is used up when the reply is `opened`, and not before. */
  nonce: Hex
  nonceExpiresAt: number
  /** When the session's token ends. While one is open, an x402 voucher pays only if it raises what is accepted. */
  expiresAt: number
  /** What the caller sent along to deposit. Left out when asking again after `deposit`. */
  deposit?: { amount: bigint }
  /** As in `Reserve`: kept with the channel. Absent: left as it is. */
  settle?: SettlementPolicy
}

/** A higher voucher for a session. One that raises nothing changes nothing. */
export type SessionRaise = SessionAsk & {
  voucher: VerifiedVoucher
  /** As in `SessionOpen`. */
  deposit?: { amount: bigint }
}

/** Of a channel, beside its view: the highest voucher's maximum, and what may be held now (0 after a loss). */
export type SessionRoom = { channel: ChannelView; accepted: bigint; room: bigint }

/** Replies to `openSession` and `raise`. */
export type SessionOpened =
  | ({
      kind: 'opened'
      epoch: number
      /** The version of the key's policy; absent: nobody manages the key. */
      keyVersion?: number
      /** Unix seconds from when on the key charges nothing new, as far as is known: no token is good for longer. */
      stopsAt?: number
    } & SessionRoom)
  /** Have settlement read the chain (`observe`), then ask again. */
  | { kind: 'unknown_channel' }
  /** Have settlement submit the deposit, then ask again without it. */
  | { kind: 'deposit'; depositId: string }
  /** The voucher leaves no room: this is what the next one starts from. */
  | { kind: 'corrective'; channel: ChannelView; voucher?: VerifiedVoucher }
  | { kind: 'refused'; code: ErrorCode; facts?: Facts; sentinel?: SentinelRefusal }

/** A request for money under a session. */
export type SessionReserve = SessionAsk & {
  /** The most this request can cost. */
  hold: bigint
  /** `Idempotency-Key`. One that names a lease (`session/Lease`) is refused `lease_elsewhere`, unless it was served. */
  requestId: string
  /** SHA-256 over method, normalised target and content: what `requestId` stands for. */
  digest: Hex
  /** For the journal: which route and card priced it. */
  providerId: string
  routeId: string
  rateVersion: number
  /** As in `Reserve`. */
  period?: string
  /** Raises what is accepted, before the hold. */
  voucher?: VerifiedVoucher
  settle?: SettlementPolicy
  /** As in `Reserve`. A lease is for the origin of the request that it comes with. */
  rules?: RuleRevisions
  origin?: Origin
  /** The isolate would serve further requests of this channel and route from a lease. */
  lease?: LeaseWish
}

/** `isolate`: random, one for each isolate. `perSecond`: such requests as it has seen lately. `price`: of one, at most. */
export type LeaseWish = { isolate: string; perSecond: number; price: bigint }

/** A slice of the room, reserved durably for one channel, route, origin, epoch and isolate. */
export type Lease = {
  /** See `session/Lease`: requests under it are `<id>.<n>`, with `n` from 1 to `count`. */
  id: string
  /** All that its requests may cost together. */
  amount: bigint
  count: number
  /** What one request may cost. */
  perRequestMax: bigint
  /** Nothing is begun under it from then on. */
  expiresAt: number
  keyVersion?: number
}

export type SessionReply =
  /** Money is set aside, to be ended by `report` as any other reservation. The numbers count this hold, and the lease. */
  | ({
      kind: 'granted'
      reservationId: string
      keyVersion?: number
      lease?: Lease
      /** As in `ReserveReply`. */
      position?: CountedPosition
    } & SessionRoom)
  /** The room is too small; a voucher for `channel.chargedCumulative + hold` or more, within the funds, makes room. */
  | ({ kind: 'short' } & SessionRoom)
  /** As in `ReserveReply`. */
  | { kind: 'replay'; answer: StoredAnswer; receipt?: string }
  | { kind: 'duplicate'; receipt?: string }
  | { kind: 'in_flight' }
  /** As in `ReserveReply`. */
  | { kind: 'rules'; wanted: Scope[] }
  | { kind: 'unknown_channel' }
  | { kind: 'refused'; code: ErrorCode; facts?: Facts; sentinel?: SentinelRefusal }

/** One request that was served from a lease. `at`: when it began, by the isolate's clock; ascending within a report. */
export type LeaseCharge = { n: number; digest: Hex; amount: bigint; at?: number; receipt?: string; usage?: Counts }

/** One that is still being served when its lease ends: it goes on as a reservation of its own, `<lease id>.<n>`. */
export type LeaseKept = { n: number; digest: Hex; hold: bigint }

/**
 * What became of a lease since the last report. `final`: nothing more comes, and what is neither charged nor kept is free
 * again. Requests are told apart by `n`: repeats change nothing. What was begun before a freeze may still be reported.
 */
export type LeaseReport = {
  leaseId: string
  charges: LeaseCharge[]
  /** Ended by `report` as any other reservation; their ids are in flight until then. */
  kept?: LeaseKept[]
  /** How many of its requests the upstream has failed since the lease began. */
  failed?: number
  final: boolean
  /** For another lease of the same channel, route, epoch and isolate, while this one is open. */
  wish?: LeaseWish
}

/**
 * `ended`: begin nothing more under it (it is over, or its epoch is, or its key has another policy). `taken`: how many of its charges and `kept` stand, by
 * this report or an earlier one; the others came too late, or passed the lease's limits. The numbers are absent when the
 * lease is not known any more.
 */
export type LeaseReply = { kind: 'open' | 'ended'; taken: number; lease?: Lease } & Partial<SessionRoom>

/** `epoch`: the one that sessions are opened in from now on. Of an epoch that is over, nothing changes. */
export type SessionsEnded =
  | ({ kind: 'ended'; epoch: number } & SessionRoom)
  | { kind: 'unknown_channel' }
  | { kind: 'refused'; code: ErrorCode }

/** `unknown`: no request of this id was charged or is being served; under a lease, also once that is over. */
export type ReceiptReply =
  | { kind: 'done'; receipt?: string }
  | { kind: 'in_flight' }
  | { kind: 'unknown' }
  | { kind: 'refused'; code: ErrorCode }

/** The RPC surface of session mode. Calls of one group share one commit, whichever they are. */
export interface PaidSessionApi {
  openSession(command: SessionOpen): Promise<SessionOpened>
  /** `reports` and `leases` travel along and are applied first, in the same group. */
  pay(command: SessionReserve, reports?: Report[], leases?: LeaseReport[]): Promise<SessionReply>
  raise(command: SessionRaise): Promise<SessionOpened>
  /** One reply for each report. Rejects when they could not be written: send them again. */
  leased(v: 1, reports: LeaseReport[]): Promise<LeaseReply[]>
  /** Ends all sessions of the channel: the epoch rises. */
  endSessions(command: SessionAsk): Promise<SessionsEnded>
  receipt(command: SessionAsk & { requestId: string }): Promise<ReceiptReply>
}
