/**
 * The money of one channel: an immutable record, pure transitions, and the invariants that hold after each of them.
 *
 * Amounts are bigint in atomic units of the channel's token. A transition returns `{ channel }`, or `{ refused }` with
 * the reason when the rules do not allow it; it throws only when an invariant would break, which is a bug.
 * Rules: design README §4 (money) and protocol "Which voucher pays".
 */
import type { ChannelConfig } from './ChannelConfig.ts'
import type { Hex } from './Hex.ts'
import type { ChannelNumbers, ChannelView, RefundOrder, VerifiedVoucher } from './message/Session.ts'

/**
 * How many vouchers a channel keeps. Always the highest, and the highest that is used up (its maximum at or below
 * `spent`); else the lowest, so that claims publish little.
 */
export const VOUCHERS_MAX = 8

/** A claim that was handed to settlement and is not answered yet. */
export type Claiming = { readonly total: bigint; readonly max: bigint; readonly signature: Hex }

/**
 * A refund that was handed to settlement and is not answered yet. `at` in Unix milliseconds. `amount` 0: something else
 * took its nonce on chain, and what that moved the next look will show.
 */
export type RefundInFlight = {
  readonly refundId: string
  readonly amount: bigint
  readonly nonce: bigint
  readonly at: number
}

export type Channel = Readonly<ChannelNumbers> & {
  readonly channelId: Hex
  readonly config: ChannelConfig
  /** At most one claim of a channel is in flight. */
  readonly claiming: Claiming | undefined
  /** Vouchers that may still be claimed, `max` ascending: at most the first is below `spent`. */
  readonly vouchers: readonly VerifiedVoucher[]
  /** Unix seconds; 0 when no withdrawal is pending. */
  readonly withdrawRequestedAt: number
  /** Nonce of the next refund on chain. */
  readonly refundNonce: bigint
  /** While it stands the channel takes no new charges. */
  readonly refund: RefundInFlight | undefined
  /** The earliest stop of the session key that governs the channel, Unix seconds, perhaps ahead; 0: none is known. */
  readonly keyStoppedAt: number
  /** The stop has bitten at depth k: the contract records nothing for this channel any more, unless it is lifted. */
  readonly keyOver: boolean
  /**
   * What was seen in an older block says nothing about now: the newest block that anything was reported in, or the next
   * after the newest that was looked at. Of two looks at one height that differ, nobody can say which fork is left.
   */
  readonly seenBlock: number
  /** Rises with every change. */
  readonly revision: number
}

/** The channel as the chain has it. `balance` counts deposits less refunds and withdrawals; claims leave it alone. */
export type Observation = {
  channelId: Hex
  config: ChannelConfig
  balance: bigint
  totalClaimed: bigint
  withdrawRequestedAt: number
  refundNonce: bigint
  /** See `Channel`. Absent: no key governs the channel, or nothing is known of it. */
  keyStoppedAt?: number
  keyOver?: boolean
  /** The block that was looked at; absent: not known, taken for the newest. */
  block?: number
}

export type Refusal =
  | 'stale'
  | 'short'
  | 'exceeds_hold'
  | 'not_held'
  | 'nothing_to_claim'
  | 'claim_in_flight'
  | 'refund_in_flight'
  | 'refund_no_balance'
  | 'refund_amount_invalid'

export type Result = { readonly channel: Channel } | { readonly refused: Refusal }

/** Deposits less refunds and withdrawals, those not yet at confirmation depth included. */
export function funds(channel: ChannelNumbers): bigint {
  return channel.deposited + channel.provisional - channel.returned
}

/** What the next voucher starts from: `spent + reserved`. */
export function base(channel: ChannelNumbers): bigint {
  return channel.spent + channel.reserved
}

/** What may still be reserved under the vouchers and the money at hand. Negative after a loss. */
export function room(channel: ChannelNumbers): bigint {
  return min(channel.accepted, funds(channel)) - base(channel)
}

/** What a claim may take now: all that is spent, as far as the channel's money goes and its key's stop lets it. */
export function claimable(channel: Channel): bigint {
  return channel.keyOver ? channel.claimed : min(channel.spent, funds(channel))
}

/** What is recorded on chain and not known to have been paid out. What was booked lost is not counted again. */
export function unpaid(channel: ChannelNumbers): bigint {
  return max(payable(channel, channel.claimed) - channel.settled, 0n)
}

/** What is left for a claim to do: record more, or pay out what is recorded. */
export function outstanding(channel: Channel): bigint {
  return claimable(channel) - channel.claimed + unpaid(channel)
}

/** Whether the key that governs the channel has stopped by `now`, Unix seconds: then nothing new is charged. */
export function isStopped(channel: Channel, now: number): boolean {
  return channel.keyStoppedAt !== 0 && now >= channel.keyStoppedAt
}

/** True when claims have shown this maximum to everybody, so holding it proves nothing about the caller. */
export function isPublic(channel: ChannelNumbers, max: bigint): boolean {
  return max <= channel.published
}

/** A channel as it is first seen: what was claimed before our time counts as spent and settled. */
export function open(seen: Observation): Channel {
  const { totalClaimed } = seen
  return checked({
    channelId: seen.channelId,
    config: seen.config,
    provisional: 0n,
    // The contract keeps totalClaimed within the balance; the larger of both keeps I1 if a node answers nonsense.
    deposited: max(seen.balance, totalClaimed),
    returned: 0n,
    accepted: totalClaimed,
    spent: totalClaimed,
    claimed: totalClaimed,
    settled: totalClaimed,
    lost: 0n,
    published: totalClaimed,
    reserved: 0n,
    claiming: undefined,
    vouchers: [],
    withdrawRequestedAt: seen.withdrawRequestedAt,
    refundNonce: seen.refundNonce,
    refund: undefined,
    keyStoppedAt: seen.keyStoppedAt ?? 0,
    keyOver: seen.keyOver ?? false,
    seenBlock: afterLook(seen),
    revision: 1,
  })
}

/**
 * Brings a known channel in line with a later look at the chain. Money that our own reports do not explain was
 * deposited directly; `pending` is what deposits under way may still explain. A balance that fell while a withdrawal
 * was pending was withdrawn; so is confirmed money that is gone, since a whole withdrawal fits between two looks.
 * Provisional money may only be unknown to a node that lags. Observations of an older block than was told of are ignored
 * (`seenBlock`), and so are those from before the last refund when their block is not known; in a newer block a refund
 * that is not there was reorganised away: its money shows as a surplus, and should it be mined again, it is reported
 * again. While a refund is in flight, the report says what moved: under its nonce, one that was reorganised away or a
 * withdrawal may have come first, with another amount. Ignored are also those that show less money than is recorded as
 * claimed, which no contract allows.
 *
 * A stop of the key that has bitten makes what is not claimed lost; a stop that was lifted lets it be claimed again.
 */
export function reconcile(channel: Channel, seen: Observation, pending: bigint): Channel {
  const unplaced = seen.block === undefined && seen.refundNonce < channel.refundNonce
  if (unplaced || seen.balance < channel.claimed || (seen.block ?? Infinity) < channel.seenBlock) return channel
  // Once a stop has bitten at depth k, so has everything that was claimed before it.
  let next = seen.keyOver === true ? claimConfirmed(channel, seen.totalClaimed, false) : channel
  const waits = seen.refundNonce > channel.refundNonce && awaitsReport(next)
  // A refund that was reported is not there.
  if (seen.refundNonce < channel.refundNonce) next = change(next, { refundNonce: seen.refundNonce, refund: undefined })
  else if (seen.refundNonce > channel.refundNonce && !waits) next = refundSeen(next, seen)
  const surplus = seen.balance - funds(next)
  if (next.refund === undefined && surplus > pending) {
    next = change(next, { deposited: next.deposited + surplus - pending })
  } else if (next.refund === undefined && surplus < 0n) {
    const missing = channel.withdrawRequestedAt !== 0 ? -surplus : channel.deposited - channel.returned - seen.balance
    if (missing > 0n) next = change(next, { returned: next.returned + missing })
  }
  const { withdrawRequestedAt, keyStoppedAt = next.keyStoppedAt, keyOver = next.keyOver } = seen
  const same = next.withdrawRequestedAt === withdrawRequestedAt && next.keyStoppedAt === keyStoppedAt
  const told = same && next.keyOver === keyOver ? next : change(next, { withdrawRequestedAt, keyStoppedAt, keyOver })
  // Only when something else has changed: a look that shows nothing new is no change. And a report that this look was
  // ahead of still counts.
  if (told === channel || waits) return told
  return { ...told, seenBlock: Math.max(told.seenBlock, afterLook(seen)) }
}

function afterLook({ block }: Observation): number {
  return block === undefined ? 0 : block + 1
}

/** Money went back that nobody reported: the balance says how much. */
function refundSeen(channel: Channel, { refundNonce, balance }: Observation): Channel {
  const { returned, claimed } = channel
  const back = max(funds(channel) - max(balance, claimed), 0n)
  return change(channel, { refundNonce, refund: undefined, returned: returned + back })
}

function awaitsReport({ refund }: Channel): boolean {
  return refund !== undefined && refund.amount > 0n
}

export type Verdict = 'right' | 'short' | 'stale'

/**
 * Whether a voucher with this maximum pays for a hold. `asked`: what the 402 asked for, given only when the caller
 * holds the turn. `short` means that the voucher is right but the channel's money does not cover it.
 * Nothing marks a voucher as used: after a void or a smaller charge the same bytes are right again.
 */
export function judge(channel: ChannelNumbers, maximum: bigint, hold: bigint, asked?: bigint): Verdict {
  const needed = base(channel) + hold
  if (maximum < needed) return 'stale'
  if (maximum <= channel.accepted && maximum !== needed && maximum !== asked) return 'stale'
  return needed <= funds(channel) ? 'right' : 'short'
}

/** Takes the voucher and sets `hold` aside. Refused as `judge` says. */
export function reserve(channel: Channel, voucher: VerifiedVoucher, hold: bigint, asked?: bigint): Result {
  if (channel.refund !== undefined) return { refused: 'refund_in_flight' }
  const verdict = judge(channel, voucher.max, hold, asked)
  if (verdict !== 'right') return { refused: verdict }
  return {
    channel: change(channel, {
      accepted: max(channel.accepted, voucher.max),
      reserved: channel.reserved + hold,
      vouchers: keep([...channel.vouchers, voucher], channel.spent),
    }),
  }
}

/**
 * Takes a voucher for later: what it covers may then be held without one (session mode). It never lowers what was
 * accepted; one that is not higher changes nothing.
 */
export function accept(channel: Channel, voucher: VerifiedVoucher): Result {
  if (channel.refund !== undefined) return { refused: 'refund_in_flight' }
  if (voucher.max <= channel.accepted) return { channel }
  const vouchers = keep([...channel.vouchers, voucher], channel.spent)
  return { channel: change(channel, { accepted: voucher.max, vouchers }) }
}

/** Sets `amount` aside under what is accepted and funded, without a voucher (session mode). Ended by `post`. */
export function hold(channel: Channel, amount: bigint): Result {
  if (channel.refund !== undefined) return { refused: 'refund_in_flight' }
  if (amount < 0n || amount > room(channel)) return { refused: 'short' }
  return { channel: change(channel, { reserved: channel.reserved + amount }) }
}

/**
 * Makes a hold larger: `to`, or as far towards it as the room goes (session mode). One that is as large is left as it is.
 */
export function grow(
  channel: Channel,
  hold: bigint,
  to: bigint,
): { readonly channel: Channel; readonly hold: bigint } | { readonly refused: Refusal } {
  if (channel.refund !== undefined) return { refused: 'refund_in_flight' }
  if (hold > channel.reserved) return { refused: 'not_held' }
  const more = min(to - hold, room(channel))
  if (more <= 0n) return { channel, hold }
  return { channel: change(channel, { reserved: channel.reserved + more }), hold: hold + more }
}

/** Ends a hold by charging `amount` of it; the rest is free again. */
export function post(channel: Channel, hold: bigint, amount: bigint): Result {
  if (hold > channel.reserved) return { refused: 'not_held' }
  if (amount > hold || amount < 0n) return { refused: 'exceeds_hold' }
  const spent = channel.spent + amount
  return {
    channel: change(channel, { spent, reserved: channel.reserved - hold, vouchers: keep(channel.vouchers, spent) }),
  }
}

/** Ends a hold without a charge. */
export function release(channel: Channel, hold: bigint): Result {
  return post(channel, hold, 0n)
}

/** What a reservation has to show for itself: its hold and the progress that expiry will charge. */
export type Hold = { readonly hold: bigint; readonly marked: bigint }

/** Notes progress. Never falls, and never passes the hold. */
export function mark<H extends Hold>(held: H, amount: bigint): H {
  return { ...held, marked: max(held.marked, min(amount, held.hold)) }
}

/** A deposit was mined, in `block` if that is known: its money may be spent, though it can still be lost to a reorganisation. */
export function depositMined(channel: Channel, amount: bigint, block = 0): Channel {
  const seenBlock = Math.max(channel.seenBlock, block)
  return change(channel, { provisional: channel.provisional + amount, seenBlock })
}

/** A deposit reached depth k. `mined`: how much of it is provisional until now (0 when the report came first). */
export function depositConfirmed(channel: Channel, amount: bigint, mined: bigint, block = 0): Channel {
  const [provisional, deposited] = [channel.provisional - mined, channel.deposited + amount]
  return change(channel, { provisional, deposited, seenBlock: Math.max(channel.seenBlock, block) })
}

/** A mined deposit vanished. What is spent beyond the rest of the money is lost. */
export function depositReorged(channel: Channel, amount: bigint): Channel {
  return change(channel, { provisional: channel.provisional - amount })
}

/**
 * Starts a claim. With `all` it takes everything claimable, under the smallest kept voucher that covers it. Otherwise it
 * takes what the highest used-up voucher covers, if that is most of it: then what becomes public lies at or below
 * what is spent, and no voucher that a caller may still have to sign. A refund in flight claims by itself; `besideRefund`:
 * nobody has heard of it for so long that this claim does not wait for it. Both may be mined: neither takes the other's.
 */
export function claimStart(channel: Channel, all: boolean, besideRefund = false): Result {
  if (channel.claiming !== undefined) return { refused: 'claim_in_flight' }
  if (channel.refund !== undefined && !besideRefund) return { refused: 'refund_in_flight' }
  const claiming = claimFor(channel, all)
  return claiming === undefined ? { refused: 'nothing_to_claim' } : { channel: change(channel, { claiming }) }
}

/** The claim is about to leave: from now on its maximum counts as public. */
export function claimSent(channel: Channel): Channel {
  const { claiming, published } = channel
  return claiming === undefined || claiming.max <= published ? channel : change(channel, { published: claiming.max })
}

/**
 * A claim up to `total` reached depth k; `paid`: the receiver got the money in the same transaction. Idempotent. What
 * was booked lost and is claimed after all counts as claimed, and not a second time as settled.
 */
export function claimConfirmed(channel: Channel, total: bigint, paid: boolean): Channel {
  const claimed = max(channel.claimed, min(total, channel.spent))
  const settled = paid ? max(channel.settled, payable(channel, min(total, claimed))) : channel.settled
  const done = channel.claiming !== undefined && channel.claiming.total <= claimed
  if (claimed === channel.claimed && settled === channel.settled && !done) return channel
  return change(channel, { claimed, settled, ...(done ? { claiming: undefined } : {}) })
}

/** The claim up to `total` failed: its money is unclaimed again, exactly as before; its voucher stays public. */
export function claimFailed(channel: Channel, total: bigint): Channel {
  return channel.claiming?.total === total ? change(channel, { claiming: undefined }) : channel
}

/**
 * Starts a refund of `amount` (absent: all that is left) to the payer, asked for with a voucher for exactly what is
 * charged. What is spent but not claimed is claimed with it.
 */
export function refundStart(
  channel: Channel,
  request: { refundId: string; voucher: VerifiedVoucher; amount: bigint | undefined; at: number },
): { readonly channel: Channel; readonly order: RefundOrder } | { readonly refused: Refusal } {
  if (channel.refund !== undefined) return { refused: 'refund_in_flight' }
  if (request.voucher.max !== base(channel)) return { refused: 'stale' }
  const left = funds(channel) - base(channel)
  if (left <= 0n) return { refused: 'refund_no_balance' }
  const amount = request.amount ?? left
  if (amount <= 0n || amount > left) return { refused: 'refund_amount_invalid' }
  return refunding(channel, keep([...channel.vouchers, request.voucher], channel.spent), { ...request, amount })
}

/** The same by the authorizer, of all that is left: no voucher is needed, and nothing may be held. */
export function closeStart(
  channel: Channel,
  request: { refundId: string; at: number },
): ReturnType<typeof refundStart> {
  if (channel.refund !== undefined) return { refused: 'refund_in_flight' }
  if (channel.reserved > 0n) return { refused: 'not_held' }
  const amount = funds(channel) - channel.spent
  if (amount <= 0n) return { refused: 'refund_no_balance' }
  return refunding(channel, channel.vouchers, { ...request, amount })
}

function refunding(
  channel: Channel,
  vouchers: Channel['vouchers'],
  { refundId, amount, at }: { refundId: string; amount: bigint; at: number },
): { readonly channel: Channel; readonly order: RefundOrder } {
  const claim = claimFor({ ...channel, vouchers }, true)
  const refund = { refundId, amount, nonce: channel.refundNonce, at }
  const next = change(channel, { vouchers, refund, published: max(channel.published, claim?.max ?? 0n) })
  return { channel: next, order: { refundId, amount, nonce: refund.nonce, ...(claim === undefined ? {} : { claim }) } }
}

/**
 * A refund was mined, and claimed up to `claimed` before it paid back: that counts from depth k on, by a report of its
 * own (`claimConfirmed`). The nonce makes repeats harmless, the block those from before a look that showed that it is
 * not there any more.
 */
export function refundDone(
  channel: Channel,
  done: { amount: bigint; claimed: bigint; nonce: bigint; block?: number },
): Channel {
  if (done.nonce < channel.refundNonce || (done.block ?? Infinity) < channel.seenBlock) return channel
  // The contract pays back no more than is unclaimed, after the claim that came with the refund.
  const claimed = max(channel.claimed, min(done.claimed, channel.spent))
  return change(channel, {
    returned: channel.returned + min(done.amount, max(funds(channel) - claimed, 0n)),
    refundNonce: done.nonce + 1n,
    refund: undefined,
    seenBlock: Math.max(channel.seenBlock, done.block ?? 0),
  })
}

/** The refund failed; nothing moved. */
export function refundFailed(channel: Channel, refundId: string): Channel {
  return channel.refund?.refundId === refundId ? change(channel, { refund: undefined }) : channel
}

/**
 * Something else took the refund's nonce: a copy of it, another refund, or a withdrawal. The channel stays closed to
 * charges until a look has shown how much went back.
 */
export function refundOvertaken(channel: Channel, refundId: string): Channel {
  const { refund } = channel
  return refund?.refundId === refundId && refund.amount > 0n
    ? change(channel, { refund: { ...refund, amount: 0n } })
    : channel
}

/** The voucher that a corrective 402 shows: the highest. Absent as long as none was accepted in our time. */
export function highestVoucher(channel: Channel): VerifiedVoucher | undefined {
  return channel.vouchers.at(-1)
}

/**
 * The smallest kept voucher under which all that is spent can be claimed. Absent only when that was claimed before our
 * time. Its maximum may lie above `spent`, by a hold at most, where no charge has used it up.
 */
export function coveringVoucher(channel: Channel): VerifiedVoucher | undefined {
  return channel.vouchers.find((kept) => kept.max >= channel.spent)
}

/** What the caller may know of the channel. */
export function view(channel: Channel): ChannelView {
  return {
    channelId: channel.channelId,
    balance: funds(channel),
    totalClaimed: channel.claimed,
    chargedCumulative: base(channel),
    withdrawRequestedAt: channel.withdrawRequestedAt,
    refundNonce: channel.refundNonce,
  }
}

/**
 * Checks I1 (order) and what else must be true of a channel on its own. On in production, in every commit.
 *
 * @throws {InvariantError}
 */
export function assertValid(channel: Channel): void {
  const { provisional, deposited, returned, accepted, spent, claimed, settled, lost, published, reserved } = channel
  for (const amount of [provisional, deposited, returned, settled, lost, reserved, published]) {
    if (amount < 0n) throw new InvariantError('I1', 'an amount is negative')
  }
  if (settled > claimed || claimed > spent) throw new InvariantError('I1', 'settled ≤ claimed ≤ spent')
  if (spent + reserved > accepted) throw new InvariantError('I1', 'spent + reserved ≤ accepted')
  if (spent - lost > funds(channel)) throw new InvariantError('I1', 'spent − lost ≤ deposited + provisional − returned')
  if (published > accepted) throw new InvariantError('I4', 'published ≤ accepted')
  const { claiming, vouchers } = channel
  if (claiming !== undefined && (claiming.total > spent || claiming.total > claiming.max || claiming.max > accepted)) {
    throw new InvariantError('I4', 'a claim takes what is spent, under a voucher that was accepted')
  }
  if (vouchers.length > VOUCHERS_MAX) throw new InvariantError('I4', 'too many vouchers')
  for (const [i, voucher] of vouchers.entries()) {
    if (i > 0 && voucher.max < spent) throw new InvariantError('I4', 'a kept voucher covers what is spent')
    if (i > 0 && voucher.max <= vouchers[i - 1]!.max) throw new InvariantError('I4', 'vouchers ascend')
  }
  const highest = vouchers.at(-1)
  if (highest === undefined ? spent + reserved > claimed : highest.max !== accepted) {
    throw new InvariantError('I4', 'the highest voucher is kept')
  }
}

/**
 * Checks I3 (monotone) between two states of one channel. Deposits may only fall while they are provisional.
 *
 * @throws {InvariantError}
 */
export function assertStep(before: Channel, after: Channel): void {
  const names = ['deposited', 'returned', 'accepted', 'spent', 'claimed', 'settled', 'lost', 'published'] as const
  for (const name of names) if (after[name] < before[name]) throw new InvariantError('I3', `${name} fell`)
  if (after !== before && after.revision <= before.revision) throw new InvariantError('I3', 'revision did not rise')
  const twice = (channel: Channel): boolean => channel.settled + channel.lost > channel.spent
  if (twice(after) && !twice(before)) throw new InvariantError('I13', 'settled + lost ≤ spent')
}

/** An invariant of the design (I1, I3, I4 …) would break. Always a bug, never a caller's fault. */
export class InvariantError extends Error {
  override readonly name = 'Ledger.InvariantError'
  readonly invariant: string
  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`)
    this.invariant = invariant
  }
}

/**
 * The next state: numbers changed, revision raised, what can no longer be claimed booked as lost.
 *
 * Lost is what is spent beyond the channel's money; and, once the key's stop has bitten and no claim is under way any
 * more, all that is not claimed. It never falls: what turns up later is claimed for the receiver, and stays lost in the
 * books (`payable`). A claim at depth k proves that its money was there, whatever was reported of deposits.
 */
function change(channel: Channel, patch: Partial<Channel>): Channel {
  const next = { ...channel, ...patch, revision: channel.revision + 1 }
  const proven = max(next.claimed - funds(next), 0n)
  const ended = next.keyOver && next.claiming === undefined ? next.spent - next.claimed : 0n
  const lost = max(next.lost, max(next.spent - funds(next) - proven, ended))
  return checked({ ...next, deposited: next.deposited + proven, lost })
}

/** How much of a running total may count as settled: what was booked lost does not. */
function payable({ spent, lost }: ChannelNumbers, total: bigint): bigint {
  return min(total, max(spent - lost, 0n))
}

function checked(channel: Channel): Channel {
  assertValid(channel)
  return channel
}

function claimFor(channel: Channel, all: boolean): Claiming | undefined {
  const { claimed, vouchers } = channel
  const total = max(claimable(channel), claimed)
  if (outstanding(channel) <= 0n) return undefined
  const [usedUp] = vouchers
  if (
    !all &&
    total > claimed &&
    usedUp !== undefined &&
    usedUp.max <= total &&
    usedUp.max - claimed > total - usedUp.max
  ) {
    return { total: usedUp.max, max: usedUp.max, signature: usedUp.signature }
  }
  const voucher = vouchers.find((kept) => kept.max >= total)
  return voucher === undefined ? undefined : { total, max: voucher.max, signature: voucher.signature }
}

/** The vouchers worth keeping: see `VOUCHERS_MAX`. */
function keep(vouchers: readonly VerifiedVoucher[], spent: bigint): readonly VerifiedVoucher[] {
  if (vouchers.length === 1) return vouchers
  const kept: VerifiedVoucher[] = []
  for (const voucher of [...vouchers].sort((a, b) => (a.max < b.max ? -1 : a.max > b.max ? 1 : 0))) {
    if (voucher.max <= spent) kept.length = 0
    if (kept.at(-1)?.max !== voucher.max) kept.push(voucher)
  }
  return kept.length <= VOUCHERS_MAX ? kept : [...kept.slice(0, VOUCHERS_MAX - 1), kept.at(-1)!]
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
