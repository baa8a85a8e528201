/** Statements of the reports of payers and providers, and the indexes by which they must find their rows. */
import { challengesQuery } from '../src/Challenges.ts'
import * as Timeline from '../src/ChannelTimeline.ts'
import { keyByIdQuery } from '../src/Grants.ts'
import * as PayerChannels from '../src/PayerChannels.ts'
import { movesQuery } from '../src/PayerClaims.ts'
import * as PayerPayments from '../src/PayerPayments.ts'
import * as Summary from '../src/ProviderSummary.ts'
import { db } from './database.ts'
import { hex } from './events.ts'

export type Query = { toSQL(): { sql: string; params: unknown[] } }
/** A name, the statement, and the index by SQLite's name and by Postgres' name. */
export type Plan = [string, () => Query, sqlite: RegExp, postgres: RegExp]

const channelId = hex('a1', 32)
export const whose = { payer: hex('a1', 20), chainIds: [84532] }

/** The name of a session of `whose`. */
export function paying(n: number): string {
  return `84532:${hex('c0', 20)}:${hex('a1', 20)}:0x${String(n).padStart(40, '0')}`
}
const narrow = { session: paying(7), route: 'r', provider: 'x7' }

const placeOfPayment = { at: new Date(40_000_000), session: paying(7), seq: 40_000 }

export const plans: Plan[] = [
  [
    'charges of a payer',
    () => PayerPayments.paymentsOf(db, whose, {}, placeOfPayment, 20),
    /micro_payment USING INDEX micro_payment_payer_at \(<expr>=\? AND /,
    /Backward using micro_payment_payer_at/,
  ],
  [
    'charges of a payer in a time',
    () => PayerPayments.paymentsOf(db, whose, { since: new Date(5) }, placeOfPayment, 20),
    /micro_payment USING INDEX micro_payment_payer_at \(<expr>=\? AND at>\? AND /,
    /Backward using micro_payment_payer_at/,
  ],
  [
    'charges of a key of a payer',
    () => PayerPayments.paymentsOf(db, whose, { session: paying(7) }, placeOfPayment, 20),
    /micro_payment USING INDEX sqlite_autoindex_micro_payment_1 \(session=\? AND seq<\?\)/,
    /Backward using micro_payment_session_seq_pk/,
  ],
  [
    'a charge of a payer',
    () => PayerPayments.paymentQuery(db, whose, paying(7), 7),
    /micro_payment USING INDEX sqlite_autoindex_micro_payment_1 \(session=\? AND seq=\?\)/,
    /using micro_payment_session_seq_pk/,
  ],
]

/** Of these PostgreSQL may find so few rows that it takes whichever index, and sorts them. */
export const few: Plan[] = [
  [
    'charges of a payer for a route, of a provider, by a key in a time',
    () => PayerPayments.paymentsOf(db, whose, { ...narrow, since: new Date(5) }, placeOfPayment, 20),
    /micro_payment USING INDEX micro_payment_payer_at \(<expr>=\? AND at>\? AND /,
    /(using|Index Scan on) micro_payment_/,
  ],
  [
    'charges of a key of a payer for a route',
    () => PayerPayments.paymentsOf(db, whose, narrow, placeOfPayment, 20),
    /micro_payment USING INDEX sqlite_autoindex_micro_payment_1 \(session=\? AND seq<\?\)/,
    /(using|Index Scan on) micro_payment_/,
  ],
  [
    'what was claimed on a channel since',
    () => movesQuery(db, channelId, new Date(5)),
    /movement USING INDEX movement_channel_at \(channel_id=\? AND at>\?\)/,
    /movement_channel_at/,
  ],
  [
    'what moved on a channel before',
    () => Timeline.movementsQuery(db, channelId, new Date(40_000_000), 20),
    /movement USING INDEX movement_channel_at \(channel_id=\? AND at<\?\)/,
    /movement_channel_at/,
  ],
  [
    'the nth charge of a channel',
    () => Timeline.nthCharge(db, channelId, new Date(40_000_000), 20),
    /micro_payment USING (COVERING )?INDEX micro_payment_channel_at \(channel_id=\? AND at<\?\)/,
    /micro_payment_channel_at/,
  ],
  [
    'what to look at on a channel',
    () => Timeline.incidentsQuery(db, channelId, new Date(40_000_000), 20),
    /sentinel_event USING INDEX sentinel_event_subject_at \(subject=\? AND at<\?\)/,
    /sentinel_event_subject/,
  ],
  [
    'a key by its id',
    () => keyByIdQuery(db, 'sk_7'),
    /session_key USING INDEX session_key_public_id \(public_id=\?\)/,
    /session_key_public_id/,
  ],
  [
    'channels of a payer',
    () => PayerChannels.channelsOf(db, whose, {}, channelId, 20),
    /channel USING INDEX channel_payer \(<expr>=\? AND id>\?\)/,
    /(using|Index Scan on) channel_p/,
  ],
  [
    'channels of a key of a payer',
    () => PayerChannels.channelsOf(db, whose, { session: paying(7) }, undefined, 20),
    /channel USING INDEX channel_payer \(<expr>=\?\)/,
    /(using|Index Scan on) channel_/,
  ],
]

const while_ = { since: new Date(5), until: new Date(40_000_000) }

/** Of rows that are added up: those of the provider, of the time or of the channel, and no others. */
export const sums: [string, () => Query, sqlite: RegExp][] = [
  [
    'hours of a provider by route',
    () => Summary.countedByRoute(db, 'p1', while_),
    /route USING (COVERING )?INDEX route_provider \(provider_id=\?\)[^]*usage_hour USING INDEX sqlite_autoindex_usage_hour_1 \(route_id=\? AND hour>\? AND hour<\?\)/,
  ],
  [
    'hours of a provider by hour',
    () => Summary.countedByHour(db, 'p1', while_),
    /route USING (COVERING )?INDEX route_provider \(provider_id=\?\)[^]*usage_hour USING INDEX sqlite_autoindex_usage_hour_1 \(route_id=\? AND hour>\? AND hour<\?\)/,
  ],
  [
    'charges of a provider that are not counted yet',
    () => Summary.freshQuery(db, 'p1', while_),
    /micro_payment USING INDEX micro_payment_provider_at \(provider_id=\? AND at>\? AND at<\?\)/,
  ],
  [
    'what channels of a provider owe',
    () => Summary.channelSum(db, 'p1', db.tables.channel.spent),
    /provider_channel USING (COVERING )?INDEX [^]*channel USING INDEX sqlite_autoindex_channel_1 \(id=\?\)/,
  ],
  [
    'how long payouts had waited',
    () => Summary.payoutsQuery(db, 'p1', while_),
    /movement USING INDEX movement_channel_at \(channel_id=\? AND at>\? AND at<\?\)[^]*p USING (COVERING )?INDEX micro_payment_channel_at \(channel_id=\? AND at>\? AND at<\?\)/,
  ],
  [
    'answers 402 of a provider',
    () => challengesQuery(db, 'p1', while_.since, while_.until),
    /challenge_hour USING INDEX sqlite_autoindex_challenge_hour_1 \(provider_id=\? AND hour>\? AND hour<\?\)/,
  ],
  [
    'the last charge of a provider on a channel',
    () => Timeline.lastCharge(db, 'p1', channelId),
    /micro_payment USING INDEX micro_payment_channel_at \(channel_id=\?\)/,
  ],
  [
    'minutes of a channel',
    () => Timeline.minutesQuery(db, 'p1', channelId, while_.since, while_.until),
    /micro_payment USING INDEX micro_payment_channel_at \(channel_id=\? AND at>\? AND at<\?\)/,
  ],
]
