/**
 * What happened, for projections (db) and Sentinel: the events queue. JSON; amounts are decimal strings of atomic
 * units. Charges are keyed by (session, seq) and channel numbers are cumulative, so repeats and reordering change
 * nothing.
 */
import * as z from 'zod'
import { isCounts, isPeriod } from './Counts.ts'
import { sentinelNews } from './Sentinel.ts'

const hex = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]*$/)])
const amount = z.string().regex(/^(0|[1-9][0-9]{0,38})$/)
const counts = z.record(z.string(), z.string()).refine(isCounts, 'not counts of units')

/** One double-entry movement of a session's journal: `debit` gives, `credit` receives. */
export const journalRow = z.object({
  /** Position in the session's journal, from 1, without gaps. */
  seq: z.number().int().positive(),
  kind: z.enum(['deposit', 'charge', 'claim', 'settle', 'refund', 'loss']),
  channelId: hex,
  debit: z.string(),
  credit: z.string(),
  amount,
  /** For a charge: its reservation id, request id if any, route, provider and rate-card version. */
  reservationId: z.string().optional(),
  requestId: z.string().optional(),
  providerId: z.string().optional(),
  routeId: z.string().optional(),
  rateVersion: z.number().int().optional(),
  /** For a charge: channel total after it. */
  cumulative: amount.optional(),
  /** For a charge that was metered: the units it is the price of. Its amount may be 0. */
  usage: counts.optional(),
  /** For a charge: where the call came from, as far as that is known (`Sentinel.Origin`). */
  country: z.string().optional(),
  place: z.string().optional(),
  /** For a movement on chain. */
  transaction: hex.optional(),
  /** For earned money that is lost: what took it. */
  why: z.enum(['key_stopped', 'withdrawal', 'reorg', 'uncovered']).optional(),
  /** Unix milliseconds. */
  at: z.number().int(),
})
export type JournalRow = z.infer<typeof journalRow>

/** The cumulative numbers of one channel when the event was made. */
export const channelSnapshot = z.object({
  channelId: hex,
  receiver: hex,
  token: hex,
  provisional: amount,
  deposited: amount,
  returned: amount,
  accepted: amount,
  spent: amount,
  claimed: amount,
  settled: amount,
  lost: amount,
  /** Rises with every change of the channel: the newest snapshot wins. */
  revision: z.number().int().nonnegative(),
})
export type ChannelSnapshot = z.infer<typeof channelSnapshot>

/** All that the session has counted of one route in one period of its card: cumulative. */
export const usageTotal = z.object({
  routeId: z.string(),
  period: z.string().refine(isPeriod, 'not a period'),
  units: counts,
  charged: amount,
  /** Rises with every charge that is counted: the newest wins. */
  revision: z.number().int().nonnegative(),
})
export type UsageTotal = z.infer<typeof usageTotal>

export const sessionEvent = z.object({
  v: z.literal(1),
  kind: z.literal('session'),
  session: z.object({ chainId: z.number().int().positive(), contract: hex, payer: hex, payerAuthorizer: hex }),
  channels: z.array(channelSnapshot).max(100),
  rows: z.array(journalRow).max(100),
  usage: z.array(usageTotal).max(100).optional(),
  /** What Sentinel decided: there may be this and no rows. */
  sentinel: sentinelNews.optional(),
})

/** One transaction of a nonce lane, each time its state changes. */
export const transactionEvent = z.object({
  v: z.literal(1),
  kind: z.literal('transaction'),
  chainId: z.number().int().positive(),
  signer: hex,
  /** Lane item id: unique per chain and signer. */
  itemId: z.string(),
  purpose: z.enum(['claim', 'deposit', 'refund', 'exact', 'facilitator', 'key']),
  nonce: z.number().int().nonnegative().optional(),
  transaction: hex.optional(),
  status: z.enum(['submitted', 'mined', 'confirmed', 'failed']),
  /** Later states have higher numbers: the newest wins. */
  revision: z.number().int().nonnegative(),
  channels: z.number().int().nonnegative(),
  amount,
  gasUsed: amount.optional(),
  /** Wei per gas that it paid. */
  gasPrice: amount.optional(),
  /** How many transactions were signed for its nonce: the first, and replacements. */
  attempts: z.number().int().positive().optional(),
  error: z.string().optional(),
  at: z.number().int(),
})

/** What the reconciliation finds: database, session and chain disagree, or work of a channel does not get on. */
export const differenceKinds = [
  'projection_behind',
  'projection_differs',
  'charges_differ',
  'session_missing',
  'session_behind',
  'session_ahead',
  'claimed_beyond_charges',
  'claim_stuck',
  'reservation_stuck',
] as const

/**
 * Money that needs a person: earned and no longer claimable (`why` is that of its journal row); a signer's ether that is
 * running out; the gas of a day, which does not pay for what there is to do; a receiver that its token refuses to pay, for
 * whom what is claimed waits in the contract.
 */
export const lossKinds = ['money_lost', 'gas_low', 'gas_budget', 'receiver_blocked'] as const

/** An oracle from which nothing has come for too long: prices go by its fallback. `detail` names it and its provider. */
export const oracleKinds = ['oracle_stale'] as const

/** A claim that ran out of retries; a person should look. */
export const incidentEvent = z.object({
  v: z.literal(1),
  kind: z.literal('incident'),
  id: z.string(),
  what: z.enum([
    'claim_dead_letter',
    'deposit_reorged',
    'lane_reorged',
    'withdrawal_lost',
    'unknown_message',
    ...differenceKinds,
    'event_dead_letter',
    ...lossKinds,
    ...oracleKinds,
  ]),
  detail: z.record(z.string(), z.string()),
  at: z.number().int(),
})

/**
 * How often a gateway's isolate (`source`) has answered 402, by route and hour (UTC, Unix milliseconds of its start), from
 * the beginning of the source: the largest count of a source, route and hour wins.
 */
export const challengesEvent = z.object({
  v: z.literal(1),
  kind: z.literal('challenges'),
  source: z.string().min(1).max(64),
  counts: z
    .array(
      z.object({
        providerId: z.string().max(64),
        routeId: z.string().max(256),
        hour: z.number().int().nonnegative(),
        count: z.number().int().positive(),
      }),
    )
    .max(250),
})

export const pbEvent = z.discriminatedUnion('kind', [sessionEvent, transactionEvent, incidentEvent, challengesEvent])
export type PbEvent = z.infer<typeof pbEvent>
export type SessionEvent = z.infer<typeof sessionEvent>
export type TransactionEvent = z.infer<typeof transactionEvent>
export type IncidentEvent = z.infer<typeof incidentEvent>
export type ChallengesEvent = z.infer<typeof challengesEvent>
