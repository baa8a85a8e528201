/**
 * The life of a transaction in a nonce lane, as pure decisions: given an item and what was just seen of the chain,
 * what is to be done next. No I/O, no clock.
 *
 *   open ──receipt──▶ mined ──depth k──▶ confirmed (went through)
 *    ▲                  │        └─────▶ failed    (reverted, replaced by a filler, or its nonce was taken)
 *    └──receipt gone────┘
 *
 * A nonce is given out once and to one item for good: whatever happens, the same nonce is filled by the item's own
 * bytes, by its own bytes at a higher fee, or by an empty transaction to ourselves (a filler) once a node has said
 * that it will not take them.
 */
import type { Hex } from '@pbstream/core/Hex'
import type { Log, Market, Receipt } from './ChainRpc.ts'

/** One set of bytes for an item's nonce. `raw` and `hash` are absent until it is signed. */
export type Attempt = {
  n: number
  /** An empty transaction to the signer itself, to use up the nonce. */
  filler: boolean
  /** Wei per gas. */
  maxFee: bigint
  priorityFee: bigint
  raw?: Hex
  hash?: Hex
  createdAt: number
  /** When it last went out; absent: never. */
  sentAt?: number
  /** How often a node refused it for good reasons, and in which words. */
  refusals: number
  refusal?: string
  /** The last answer of a node was that its fee is too low. */
  underpriced: boolean
  /** The last answer to it was that the signer cannot pay for it: the node that was asked does not have it. */
  unpaid: boolean
  /** When a node said that it has it, and the newest block by then; absent: never, or it is unpaid since. */
  takenAt?: number
  takenHead?: number
}

export type State = 'open' | 'mined' | 'confirmed' | 'failed'

/** Where a transaction is mined; its logs are looked at once, when it is final, and not kept. */
export type Mined = Omit<Receipt, 'logs'> & { filler: boolean }

/** What decisions look at; the journal holds more. Attempts in order, at least one. */
export type Item = {
  nonce: number
  state: State
  attempts: readonly Attempt[]
  mined?: Mined
  /** Since when the nonce is used up at depth k with none of our transactions to show for it. */
  missingSince?: number
}

/** What was just seen of the chain. */
export type View = {
  /** Unix milliseconds. */
  now: number
  /** Newest block. Read before the rest, so that depths are never overstated. */
  head: number
  /** Transactions of the signer mined by `head`. */
  count: number
  /** The same at depth k; read only when needed. */
  deepCount?: number
  /** What a new transaction has to offer; read only when needed. */
  market?: Market
  /** By hash, for all attempts that went out. */
  receipts: ReadonlyMap<Hex, Receipt>
}

export type Policy = {
  /** Depth at which a transaction is final; 1 = in the newest block. */
  confirmations: number
  /** Milliseconds after which bytes that are not mined go out again. */
  rebroadcastMs: number
  /** Milliseconds without a block for the first transaction in line until its fee is raised. */
  stallMs: number
  /** Wei per gas that no transaction goes above. */
  maxFeeCap: bigint
  /** Milliseconds that a used nonce may stay without a receipt before the item counts as failed. */
  lostMs: number
  /** Refusals by nodes until the nonce is filled instead. */
  maxRefusals: number
}

export type Step =
  | { do: 'sign'; attempt: Attempt }
  | { do: 'send'; attempt: Attempt }
  /** Same nonce, same bytes but for another fee. */
  | { do: 'bump'; from: Attempt; fees: Fees }
  | { do: 'fill'; from: Attempt; fees: Fees }
  | { do: 'mined'; mined: Mined }
  | { do: 'confirmed'; mined: Mined; logs: readonly Log[] }
  | { do: 'failed'; mined?: Mined; error: string }
  /** A reorganisation took the block away. */
  | { do: 'reopen' }
  | { do: 'missing'; since: number | undefined }
  | { do: 'rest' }

/** The next thing to do for an item; `rest` when there is nothing before the next look at the chain. */
export function next(item: Item, view: View, policy: Policy): Step {
  if (item.state === 'confirmed' || item.state === 'failed') return { do: 'rest' }
  const unsigned = item.attempts.find((attempt) => attempt.raw === undefined)
  if (unsigned !== undefined) return { do: 'sign', attempt: unsigned }
  const found = minedOf(item, view)
  if (found !== undefined) return seen(item, found, view, policy)
  if (item.state === 'mined') return { do: 'reopen' }
  if (view.count > item.nonce) return vanished(item, view, policy)
  if (item.missingSince !== undefined) return { do: 'missing', since: undefined }
  return push(item, view, policy)
}

/** True when `next` needs `deepCount` to decide. */
export function needsDeepCount(item: Item, view: View): boolean {
  return item.state === 'open' && view.count > item.nonce && minedOf(item, view) === undefined
}

function seen(item: Item, { mined, logs }: Found, view: View, policy: Policy): Step {
  if (view.head - mined.block + 1 >= policy.confirmations) {
    if (mined.filler) return { do: 'failed', mined, error: lastRefusal(item) }
    return mined.success ? { do: 'confirmed', mined, logs } : { do: 'failed', mined, error: 'reverted' }
  }
  const known = item.mined
  if (item.state === 'mined' && known?.hash === mined.hash && known.blockHash === mined.blockHash) return { do: 'rest' }
  return { do: 'mined', mined }
}

/** The nonce is used and no receipt of ours is known: the node lags behind itself, or somebody else has the key. */
function vanished(item: Item, view: View, policy: Policy): Step {
  const final = view.deepCount !== undefined && view.deepCount > item.nonce
  if (!final) return item.missingSince === undefined ? { do: 'rest' } : { do: 'missing', since: undefined }
  if (item.missingSince === undefined) return { do: 'missing', since: view.now }
  if (view.now - item.missingSince < policy.lostMs) return { do: 'rest' }
  return { do: 'failed', error: 'nonce_taken' }
}

/** Not mined: get the bytes into a block. */
function push(item: Item, view: View, policy: Policy): Step {
  const attempt = last(item)
  if (attempt.sentAt === undefined) return { do: 'send', attempt }
  const why = whyOther(item, view, policy)
  if (why !== undefined && view.market !== undefined) {
    if (why === 'refused') return { do: 'fill', from: attempt, fees: replacing(attempt, view.market, policy.maxFeeCap) }
    const find = why === 'unpaid' ? lowered : bumped
    const other = find(attempt, view.market, policy.maxFeeCap)
    if (other !== undefined) return { do: 'bump', from: attempt, fees: other }
  }
  const again = toResend(item)
  return view.now - (again.sentAt ?? 0) >= policy.rebroadcastMs ? { do: 'send', attempt: again } : { do: 'rest' }
}

/** True when `next` needs `market` to decide. */
export function needsMarket(item: Item, view: View, policy: Policy): boolean {
  if (item.state !== 'open' || view.count > item.nonce || item.missingSince !== undefined) return false
  if (item.attempts.some(({ raw }) => raw === undefined)) return false
  return last(item).sentAt !== undefined && whyOther(item, view, policy) !== undefined
}

/**
 * Why an item that went out may need other bytes. Time alone is no reason: what no node has is held up by no fee, and
 * while the chain stands still no fee helps.
 */
function whyOther(item: Item, view: View, policy: Policy): 'refused' | 'unpaid' | 'stalled' | 'outbid' | undefined {
  const attempt = last(item)
  const { takenAt, takenHead, sentAt = 0 } = attempt
  if (!attempt.filler && refusals(item) >= policy.maxRefusals) return 'refused'
  if (view.now - sentAt < policy.rebroadcastMs) return undefined
  // Only the first in line can be held up by its own fee; the others wait for it.
  const first = item.nonce === view.count
  if (attempt.unpaid) return first && item.attempts.every(({ unpaid }) => unpaid) ? 'unpaid' : undefined
  if (attempt.underpriced) return 'outbid'
  if (takenAt === undefined || takenHead === undefined || !first) return undefined
  return view.now - takenAt >= policy.stallMs && view.head > takenHead ? 'stalled' : undefined
}

/** The newest bytes; while the signer cannot pay for those, those that a node has had as well, in turn. */
function toResend(item: Item): Attempt {
  const newest = last(item)
  if (!newest.unpaid) return newest
  return item.attempts.reduce((oldest, attempt) => {
    return attempt.takenAt !== undefined && (attempt.sentAt ?? 0) < (oldest.sentAt ?? 0) ? attempt : oldest
  }, newest)
}

type Found = { mined: Mined; logs: readonly Log[] }

function minedOf(item: Item, view: View): Found | undefined {
  for (const { hash, filler } of item.attempts) {
    const receipt = hash === undefined ? undefined : view.receipts.get(hash)
    if (receipt === undefined) continue
    const { logs, ...where } = receipt
    return { mined: { ...where, filler }, logs }
  }
  return undefined
}

/** Of all bytes: a higher fee does not make good what a node refuses for another reason. */
function refusals({ attempts }: Item): number {
  return attempts.reduce((sum, attempt) => sum + attempt.refusals, 0)
}

function lastRefusal(item: Item): string {
  return item.attempts.findLast((attempt) => attempt.refusal !== undefined)?.refusal ?? 'refused'
}

/** The newest bytes of an item. */
export function last(item: { attempts: readonly Attempt[] }): Attempt {
  const attempt = item.attempts.at(-1)
  if (attempt === undefined) throw new Error('an item without an attempt')
  return attempt
}

/** EIP-7825: no transaction has a higher gas limit than this. */
export const MAX_GAS_LIMIT = 16_777_216n

/** The gas limit of a call that a node estimates at `estimate`: a quarter more, for what changes until it is mined. */
export function gasLimit(estimate: bigint): bigint {
  return least((estimate * 5n) / 4n + 10_000n, MAX_GAS_LIMIT)
}

export type Fees = { maxFee: bigint; priorityFee: bigint }

/** The fee of a new transaction: good for a base fee that doubles. */
export function fees(market: Market, cap: bigint): Fees {
  const maxFee = least(2n * market.baseFee + market.priority, cap)
  return { maxFee, priorityFee: least(market.priority, maxFee) }
}

/** How many times what a new transaction offers its replacements offer at most. */
const MOST = 4n

/**
 * The fee of a replacement for bytes that a node may have: at least an eighth more, which is what nodes ask for, and what
 * the market asks now. Undefined: it would pass the cap, or many times what the market asks although the bytes that
 * there are offer enough. Where they do not, say because the base fee has risen, the least that nodes take is offered
 * even if the tip passes that bound: each such step needs a base fee that has doubled.
 */
export function bumped(from: Fees, market: Market, cap: bigint): Fees | undefined {
  const fair = fees(market, cap)
  const other = {
    maxFee: most(raised(from.maxFee), fair.maxFee),
    priorityFee: most(raised(from.priorityFee), fair.priorityFee),
  }
  if (other.maxFee > cap) return undefined
  if (least(from.priorityFee, from.maxFee - market.baseFee) < market.priority) return other
  return other.maxFee <= MOST * fair.maxFee && other.priorityFee <= MOST * fair.priorityFee ? other : undefined
}

/** The fee of what takes the place of bytes that nodes refuse: whatever the market, or the line would wait for good. */
function replacing(from: Fees, market: Market, cap: bigint): Fees {
  const now = fees(market, cap)
  const maxFee = least(most(raised(from.maxFee), now.maxFee), cap)
  return { maxFee, priorityFee: least(most(raised(from.priorityFee), now.priorityFee), maxFee) }
}

/** The fee of bytes in the place of some that no node has: the market's, if it is lower by more than it wavers. */
function lowered(from: Fees, market: Market, cap: bigint): Fees | undefined {
  const now = fees(market, cap)
  return raised(now.maxFee) < from.maxFee ? now : undefined
}

/**
 * The next nonce of a lane: after everything it gave out and everything the chain has seen of its signer.
 *
 * @param journaled highest nonce given out, if any
 */
export function nextNonce(journaled: number | undefined, count: number): number {
  return Math.max(journaled === undefined ? 0 : journaled + 1, count)
}

/** The least that nodes take for a replacement: an eighth more. */
export function raised(fee: bigint): bigint {
  return (fee * 9n + 7n) / 8n + 1n
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
