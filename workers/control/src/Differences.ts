/**
 * What one channel's row, its session and the chain disagree about, and what of its work does not get on. Pure.
 *
 * Each was read after the one before: row, session, chain. So whoever is *ahead* of what was read later contradicts it.
 * Whoever is *behind* may only be late: that counts when it has not moved for a while (`mark`).
 */
import { keccak256 } from '@pbstream/core/Eip712'
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import type { ChannelSnapshot, differenceKinds, IncidentEvent } from '@pbstream/core/message/Event'
import type { ChainStanding, ChannelStanding, Comparison } from '@pbstream/core/message/Operations'
import { REFUND_LOST_MS } from '@pbstream/core/message/Session'
import type { ChannelRow } from '@pbstream/db/Reconciliation'
import type { Flaw } from './ReconcileCharges.ts'

export type Kind = (typeof differenceKinds)[number]

export type Finding = {
  what: Kind
  channelId: Hex
  /** The numbers in question. No payer, no voucher. */
  detail: Record<string, string>
  /** What the difference is told from another of the same kind by: the numbers that one side gets wrong. */
  key: string
  /** Absent: it counts at once. Else it counts when it is found again with the same mark. */
  mark?: string
  /** What is derivable: the row from the session, the session from the chain. */
  repair?: 'project' | 'observe' | 'observe_and_claim'
}

/** Numbers that change with a journal row, so that each of their changes is an event. */
const JOURNALED = ['provisional', 'deposited', 'returned', 'spent', 'claimed', 'settled', 'lost'] as const
/** Numbers that never decrease. */
const CUMULATIVE = ['deposited', 'returned', 'accepted', 'spent', 'claimed', 'settled', 'lost'] as const
/** A claim is handed over for the sixth time after five minutes, and for the seventh after ten. */
const STUCK_SENDS = 7
const STUCK_ATTEMPTS = 4
const STUCK_RESERVATION_MS = 120_000

/**
 * What there is to say of a channel, with what is wrong with the rows of its charges; undefined when its session did not
 * answer, and nothing can be said.
 */
export function findings(row: ChannelRow, seen: Comparison, now: number, flaw?: Flaw): Finding[] | undefined {
  if (!seen.answered) return undefined
  const channelId = row.id
  const { session, chain } = seen
  if (session === undefined) {
    const detail = { channelId, chainId: String(row.chainId), 'database.spent': row.spent }
    return [{ what: 'session_missing', channelId, detail, key: '' }]
  }
  return [
    ...projection(row, session.snapshot),
    ...charges(row, flaw),
    ...(chain === undefined ? [] : onChain(row, session, chain, now)),
    ...stuck(row, session, now),
  ]
}

/** One incident for one difference, however often it is found. */
export function incident({ what, channelId, detail, key }: Finding, repaired: string, at: number): IncidentEvent {
  const hash = fromBytes(keccak256(new TextEncoder().encode(key))).slice(2, 18)
  return { v: 1, kind: 'incident', id: `${what}:${channelId}:${hash}`, what, detail: { ...detail, repaired }, at }
}

function projection(row: ChannelRow, session: ChannelSnapshot): Finding[] {
  const channelId = row.id
  const above = CUMULATIVE.filter((name) => BigInt(row[name]) > BigInt(session[name]))
  const other = JOURNALED.filter((name) => BigInt(row[name]) !== BigInt(session[name]))
  const contradicts = above.length > 0 || row.revision > session.revision
  if (!contradicts && other.length === 0) return []
  const names = [...new Set([...above, ...other])]
  const detail: Record<string, string> = { channelId, chainId: String(row.chainId) }
  for (const name of ['revision', ...names] as const) {
    detail[`database.${name}`] = String(row[name])
    detail[`session.${name}`] = String(session[name])
  }
  const key = names.map((name) => `${name}=${row[name]}`).join()
  if (contradicts || row.revision === session.revision) return [{ what: 'projection_differs', channelId, detail, key }]
  return [{ what: 'projection_behind', channelId, detail, key, mark: String(row.revision), repair: 'project' }]
}

/** Rows may come late, and in any order: it counts when the same is wrong again. No one side can write them anew. */
function charges(row: ChannelRow, flaw: Flaw | undefined): Finding[] {
  if (flaw === undefined) return []
  const { missing, twice, recorded, spent, mark } = flaw
  const detail = {
    channelId: row.id,
    chainId: String(row.chainId),
    ...(missing !== '' && { 'journal.missing': missing }),
    ...(twice !== '' && { 'journal.twice': twice }),
    ...(recorded !== undefined && { 'charges.recorded': String(recorded) }),
    ...(spent !== undefined && { 'charges.spent': String(spent) }),
  }
  return [{ what: 'charges_differ', channelId: row.id, detail, key: mark, mark }]
}

function onChain(row: ChannelRow, session: ChannelStanding, chain: ChainStanding, now: number): Finding[] {
  const channelId = row.id
  const { snapshot, claim } = session
  const [spent, claimed] = [BigInt(snapshot.spent), BigInt(snapshot.claimed)]
  const detail = {
    channelId,
    chainId: String(row.chainId),
    'session.spent': snapshot.spent,
    'session.claimed': snapshot.claimed,
    'session.funds': String(fundsOf(snapshot)),
    'session.refundNonce': String(session.refundNonce),
    'session.withdrawRequestedAt': String(session.withdrawRequestedAt),
    'chain.balance': String(chain.balance),
    'chain.claimed': String(chain.totalClaimed),
    'chain.finalClaimed': String(chain.finalClaimed),
    'chain.refundNonce': String(chain.refundNonce),
    'chain.withdrawRequestedAt': String(chain.withdrawRequestedAt),
  }
  const common = { channelId, detail, mark: String(snapshot.revision) }
  const found: Finding[] = []
  if (claimed > chain.totalClaimed || session.refundNonce > chain.refundNonce) {
    found.push({ ...common, what: 'session_ahead', key: `${snapshot.claimed},${session.refundNonce}` })
  }
  if (chain.totalClaimed > spent) {
    found.push({ ...common, what: 'claimed_beyond_charges', key: String(chain.totalClaimed) })
  }
  const unclaimed = chain.finalClaimed > claimed && chain.finalClaimed > (claim?.total ?? 0n)
  const late = unclaimed || lateOnMoney(session, chain, now)
  const key = `${chain.finalClaimed},${chain.balance},${chain.withdrawRequestedAt},${chain.refundNonce}`
  const repair = unclaimed ? ('observe_and_claim' as const) : ('observe' as const)
  return late ? [...found, { ...common, what: 'session_behind', key, repair }] : found
}

/** Whether the chain shows deposits, refunds or withdrawals that nothing under way explains. */
function lateOnMoney(session: ChannelStanding, chain: ChainStanding, now: number): boolean {
  if (session.withdrawRequestedAt !== chain.withdrawRequestedAt) return true
  // A refund explains a balance while it is on its way; unreported for long, it is what there is to find out about.
  if (session.refundInFlight) return session.refundSince !== undefined && session.refundSince < now - REFUND_LOST_MS
  const { deposited, returned } = session.snapshot
  const more = chain.balance > fundsOf(session.snapshot) + session.depositsWanted
  const less = chain.balance < BigInt(deposited) - BigInt(returned)
  return more || less || chain.refundNonce > session.refundNonce
}

function fundsOf({ deposited, provisional, returned }: ChannelSnapshot): bigint {
  return BigInt(deposited) + BigInt(provisional) - BigInt(returned)
}

function stuck(row: ChannelRow, { claim, attempt, nextExpiry }: ChannelStanding, now: number): Finding[] {
  const channelId = row.id
  const base = { channelId, chainId: String(row.chainId) }
  const found: Finding[] = []
  const sends = claim?.sends ?? 0
  if (sends >= STUCK_SENDS || attempt >= STUCK_ATTEMPTS) {
    const total = String(claim?.total ?? '')
    const detail = { ...base, total, sends: String(sends), attempt: String(attempt) }
    // One incident until it is settled, however often it is sent.
    found.push({ what: 'claim_stuck', channelId, detail, key: row.settled })
  }
  if (nextExpiry !== undefined && nextExpiry < now - STUCK_RESERVATION_MS) {
    const detail = { ...base, dueAt: new Date(nextExpiry).toISOString() }
    found.push({ what: 'reservation_stuck', channelId, detail, key: String(nextExpiry) })
  }
  return found
}
