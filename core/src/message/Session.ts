/**
 * Calls on a `StreamSession`: from the gateway (observe, reserve, report, refund) and from settlement (acknowledge).
 *
 * They travel by Workers RPC, which carries bigint; `v` lets a newer gateway meet an older object for the length of
 * a deployment. Replies are unions with a `kind`, never thrown errors: a class does not survive RPC.
 */
import type { ChannelConfig } from '../ChannelConfig.ts'
import type { ErrorCode } from '../Errors.ts'
import { type Address, type Hex, isAddress } from '../Hex.ts'
import type { Facts, Policy, Usage } from '../Policy.ts'
import type { CountedPosition, Counts } from './Counts.ts'
import type { PaidSessionApi } from './PaidSession.ts'
import type { Origin, RuleRevisions, Scope, SentinelRefusal, SentinelSessionApi } from './Sentinel.ts'

/**
 * When nobody has reported a refund for so long, in milliseconds, settlement is asked what became of it with every look,
 * and claims do not wait for it any more. Its money is waited for as long as it may still be mined.
 */
export const REFUND_LOST_MS = 600_000

/** Which key: the address of a StreamSession. Its name is `sessionName`. */
export type SessionRef = {
  chainId: number
  contract: Address
  payer: Address
  payerAuthorizer: Address
}

/** The name of the Durable Object that orders every charge of this key. */
export function sessionName(ref: SessionRef): string {
  return `${ref.chainId}:${ref.contract}:${ref.payer}:${ref.payerAuthorizer}`
}

/** The key that a `sessionName` names; undefined for any other text. */
export function parseSessionName(name: string): SessionRef | undefined {
  const [chain = '', contract, payer, payerAuthorizer, ...more] = name.split(':')
  if (!/^[1-9][0-9]{0,15}$/.test(chain) || !Number.isSafeInteger(Number(chain)) || more.length > 0) return undefined
  if (!isAddress(contract) || !isAddress(payer) || !isAddress(payerAuthorizer) || name !== name.toLowerCase()) {
    return undefined
  }
  return { chainId: Number(chain), contract, payer, payerAuthorizer }
}

/** A voucher whose signature the gateway has verified against `config.payerAuthorizer`. */
export type VerifiedVoucher = { max: bigint; signature: Hex }

/** What the gateway, the payer's client and settlement may know of a channel. Amounts in atomic units. */
export type ChannelView = {
  channelId: Hex
  /** Money in the channel as the contract counts it: deposits less refunds and withdrawals. */
  balance: bigint
  /** Recorded on chain by claims. */
  totalClaimed: bigint
  /** `spent + reserved`: what the next voucher has to start from. */
  chargedCumulative: bigint
  withdrawRequestedAt: number
  refundNonce: bigint
}

/** A request for money before the upstream is called. */
export type Reserve = {
  v: 1
  session: SessionRef
  channelId: Hex
  config: ChannelConfig
  voucher: VerifiedVoucher
  /** The most this request can cost: the amount of its quote. */
  hold: bigint
  /** Whether the caller sent a deposit authorisation along, and for how much. */
  deposit?: { amount: bigint }
  /** The quote id that the caller echoed: it names the call in turns. Absent when the caller echoed none. */
  callId?: string
  /** `Idempotency-Key` or x402 `payment-identifier`. */
  requestId?: string
  /** SHA-256 over method, normalised target and content: what `requestId` stands for. */
  digest: Hex
  /** For the journal: which route and card priced it. */
  providerId: string
  routeId: string
  rateVersion: number
  /** The period of the card that this call counts in (`Counts.isPeriod`); absent: calls are not counted together. */
  period?: string
  /** When the provider wants its channels claimed, where that is not as the deployment says. Kept with the channel. */
  settle?: SettlementPolicy
  /** Which rules the gateway knows to be in force; absent: those that the object has are asked. */
  rules?: RuleRevisions
  /** Where the call came from; absent: it is not known. */
  origin?: Origin
}

/** Unclaimed atomic units, and age of the oldest unclaimed charge in milliseconds, at which a channel is claimed. */
export type SettlementPolicy = { amount?: bigint; ageMs?: number }

export type ReserveReply =
  /** Money is set aside. `chargedCumulative` counts this hold, and so is what a fixed price's receipt says. */
  | {
      kind: 'granted'
      reservationId: string
      channel: ChannelView
      /** The version of the key's policy that let it pass; absent: nobody manages the key. */
      keyVersion?: number
      /** With `period`: what this key has used and paid of the route in it. Calls in flight are not in it. */
      position?: CountedPosition
    }
  /** The object does not know this channel: have settlement read the chain (`observe`), then ask again. */
  | { kind: 'unknown_channel' }
  /** The caller's deposit is wanted and its call holds the turn: have settlement submit it, then ask again. */
  | { kind: 'deposit'; depositId: string }
  /** Corrective 402. `voucher` is absent for a public voucher, and then so is `channel`. */
  | { kind: 'corrective'; channel?: ChannelView; voucher?: VerifiedVoucher }
  /** The id was served before and its answer is kept: replay it, charge nothing. */
  | { kind: 'replay'; answer: StoredAnswer; receipt?: string }
  /** The id was served before and its answer is not kept. */
  | { kind: 'duplicate'; receipt?: string }
  /** The same id is being served now. */
  | { kind: 'in_flight' }
  /** The object is behind with these sets: hand them over (`setRules`), then ask again. */
  | { kind: 'rules'; wanted: Scope[] }
  /** `facts`: the numbers of the limit of the key that it would pass. `sentinel`: it was Sentinel's decision. */
  | { kind: 'refused'; code: ErrorCode; facts?: Facts; sentinel?: SentinelRefusal }

/** An answer of at most 256 KiB that was not streamed, kept for 10 minutes. */
export type StoredAnswer = { status: number; headers: [string, string][]; body: Uint8Array }

/** What became of a reservation. Reports of one isolate for one object travel together. */
export type Report =
  /** Charge `amount` (at most the hold) and release the rest. `usage`: what that is the price of. */
  | { kind: 'post'; reservationId: string; amount: bigint; receipt?: string; usage?: Counts }
  /**
   * Nothing was sold. `freesId`: there was a definite answer other than 2xx, so the request id may be used again. `failed`:
   * the upstream itself has failed (no answer, or a 5xx); a request that it refuses is none.
   */
  | { kind: 'void'; reservationId: string; freesId: boolean; failed?: true }
  /** So much is used by now; expiry will post this, with its usage. */
  | { kind: 'mark'; reservationId: string; amount: bigint; usage?: Counts }
  /**
   * The hold is to be `to`. Only for what `pay` has granted, while its session goes on: it passes the same checks as a
   * request for that much, and grows as far as they let it. It counts as a progress mark.
   */
  | { kind: 'grow'; reservationId: string; to: bigint }
  /** Time that is paid for, by this object's clock: see `TimeOp`. It counts as a progress mark. */
  | { kind: 'time'; reservationId: string; op: TimeOp }
  /** The answer to a request with an id, to be replayed. Comes after its post. */
  | { kind: 'answer'; reservationId: string; answer: StoredAnswer }

/**
 * What became of a reservation that had a request id. `charged`: with the receipt that came with the charge. `ended`: it
 * was voided or has expired (what it was marked at is charged), or nothing is known of it any more.
 */
export type Outcome = { kind: 'open' } | { kind: 'charged'; receipt?: string } | { kind: 'ended' }

/**
 * What the clock of a rental is told. `resume` starts it, first and after a `pause`; `beat` says that it still runs, and
 * only what lies before a beat, a pause or a stop is proven; after `stop` it never runs again.
 */
export type TimeOp = 'beat' | 'pause' | 'resume' | 'stop'

/** Spans that are proven, Unix milliseconds, ascending and apart from each other. At most `TIMES_MAX`. */
export type Times = readonly (readonly [from: number, to: number])[]

/** A rental that was resumed so often is not resumed again. */
export const TIMES_MAX = 200

/** Per report: the channel after it, or why nothing was done (unknown or already ended reservation: not an error). */
export type ReportReply = {
  done: boolean
  channel?: ChannelView
  /** After `grow`: what is held now. Done: that is `to` at least. */
  hold?: bigint
  /**
   * After `grow`: what keeps it from being `to`. Absent with `done`, and where only the room is short. After `time`: why
   * the clock was stopped. After `mark`: the channel's money is about to leave. What was marked stands, and its
   * reservation gets no more time: it is to be posted now.
   */
  refused?: ErrorCode
  /** After `grow` and `time`: settlement should look at this channel on chain; where `grow` was not done, ask again then. */
  observe?: ChannelConfig
  /** After `time`: all that is proven of this reservation, and whether its clock runs. */
  times?: Times
  running?: boolean
}

/** A payer asks for unspent money back with a voucher for exactly what is charged. */
export type RefundRequest = {
  v: 1
  session: SessionRef
  channelId: Hex
  config: ChannelConfig
  voucher: VerifiedVoucher
  /** Absent: everything that is left. */
  amount?: bigint
  callId?: string
}

export type RefundReply =
  /** The channel takes no new charges until settlement has reported; submit this. */
  | { kind: 'granted'; refund: RefundOrder }
  | { kind: 'unknown_channel' }
  | { kind: 'corrective'; channel?: ChannelView; voucher?: VerifiedVoucher }
  | { kind: 'refused'; code: ErrorCode }

/** A refund for settlement to sign and submit; `claim` is what must be claimed first, if anything. */
export type RefundOrder = {
  refundId: string
  amount: bigint
  nonce: bigint
  claim?: { max: bigint; total: bigint; signature: Hex }
}

/** What settlement tells the object. Repeats and late arrivals change nothing: numbers are cumulative or keyed by id. */
export type ChainEvent =
  /**
   * The channel as the chain has it. The first one opens it; later ones bring it in line (`Ledger.reconcile`).
   * `keyStoppedAt`: the earliest stop of the session key that governs it (expiry, freeze, revocation), Unix seconds,
   * perhaps ahead. `keyOver`: the chain at depth k has passed that by the withdraw delay. Absent: nothing is known.
   */
  | {
      kind: 'observed'
      channelId: Hex
      config: ChannelConfig
      balance: bigint
      totalClaimed: bigint
      withdrawRequestedAt: number
      refundNonce: bigint
      keyStoppedAt?: number
      keyOver?: boolean
      /** The block that was read. One that is older than what the session was told of before changes nothing. */
      block?: number
    }
  /** A deposit was mined (`provisional`), confirmed at depth k, or will never be. */
  | {
      kind: 'deposit'
      channelId: Hex
      depositId: string
      amount: bigint
      status: 'mined' | 'confirmed' | 'failed'
      transaction?: Hex
      /** Where it is mined. */
      block?: number
    }
  /**
   * A claim up to `total` was confirmed at depth k; or failed and is rolled back to unclaimed; or was put off because it
   * is not worth its gas now: unclaimed too, to be asked for again after `waitMs`, and no failure.
   */
  | {
      kind: 'claim'
      channelId: Hex
      total: bigint
      status: 'confirmed' | 'failed' | 'deferred'
      /** With `deferred`: milliseconds. */
      waitMs?: number
      transaction?: Hex
      /** With `confirmed`: the receiver was paid in the same transaction. */
      settled: boolean
    }
  | {
      kind: 'refund'
      channelId: Hex
      refundId: string
      amount: bigint
      /** What the refund's own transaction claimed before it paid back; that counts by a report of its own at depth k. */
      claimed: bigint
      nonce: bigint
      /** `overtaken`: something else took its nonce on chain, and moved what the next look will show. */
      status: 'mined' | 'failed' | 'overtaken'
      transaction?: Hex
      /** Where it is mined. */
      block?: number
    }

/** What the receiver of a channel has earned and was not paid, and the voucher that gets it on chain. */
export type OwedChannel = {
  channelId: Hex
  config: ChannelConfig
  spent: bigint
  claimed: bigint
  settled: bigint
  lost: bigint
  /** Covers `spent`. Absent when all of it is claimed, and only the payout is missing. */
  voucher?: VerifiedVoucher
}

/** How a managed key stands. `freezing`: isolates may still begin requests under leases from before. */
export type KeyStatus = Policy['status'] | 'freezing'

/** The policy that is in force now, and since before this answer left. */
export type SetPolicyReply = {
  /** False: a newer policy, another one of this version, or a revocation is in force, and stays so. */
  applied: boolean
  status: KeyStatus
  version: number
  /** Requests that began before and are being served: each may still be charged, up to its hold. */
  inFlight: number
  /** Unix milliseconds up to which isolates may begin requests under leases from before; 0: there are none. */
  leasedUntil: number
}

export type PolicyStanding = {
  policy: Policy
  status: KeyStatus
  inFlight: number
  /** See `SetPolicyReply`. */
  leasedUntil: number
  /** In the window of now. */
  usage: Usage
}

/** The RPC surface of a StreamSession. */
export interface StreamSessionApi extends PaidSessionApi, SentinelSessionApi {
  /** `reports` travel along and are applied first, in the same group. */
  reserve(command: Reserve, reports?: Report[]): Promise<ReserveReply>
  report(v: 1, reports: Report[]): Promise<ReportReply[]>
  outcome(v: 1, reservationId: string, requestId: string): Promise<Outcome>
  refund(request: RefundRequest): Promise<RefundReply>
  acknowledge(v: 1, events: ChainEvent[]): Promise<void>
  /** Those of the channels named (at most 1,000) that pay `receiver` and are not settled: what it takes to claim them. */
  vouchers(v: 1, receiver: Address, channelIds: Hex[]): Promise<OwedChannel[]>
  /** The numbers of one channel, for status pages and tests. */
  view(v: 1, channelId: Hex): Promise<ChannelNumbers | undefined>
  /**
   * Puts a policy in force on all channels of the key. Versions only rise, the same policy again changes nothing, and a
   * revocation is for good.
   */
  setPolicy(v: 1, session: SessionRef, policy: Policy): Promise<SetPolicyReply>
  /** The policy in force and what is used of it; undefined: nobody manages the key. */
  policy(v: 1): Promise<PolicyStanding | undefined>
}

/** The eight cumulative numbers of a channel and what stands beside them; atomic units. */
export type ChannelNumbers = {
  provisional: bigint
  deposited: bigint
  returned: bigint
  accepted: bigint
  spent: bigint
  claimed: bigint
  settled: bigint
  lost: bigint
  published: bigint
  reserved: bigint
}
