/** Every metric there is: its name, what it says, and where its samples come from. Names are stable. */
import { type Family, type Sample, seconds } from './Exposition.ts'
import { BUCKETS } from './Lag.ts'
import type { Sql } from './Sql.ts'

/** Families that are sums as they stand: name, type, help, family in the table. */
const SUMS = [
  ['authorised_atomic_total', 'counter', 'Highest vouchers taken, atomic units of the token.', 'accepted'],
  ['metered_atomic_total', 'counter', 'Posted charges, atomic units of the token.', 'spent'],
  ['claimed_atomic_total', 'counter', 'Recorded on chain at confirmation depth, atomic units.', 'claimed'],
  ['settled_atomic_total', 'counter', 'Moved to receivers at confirmation depth, atomic units.', 'settled'],
  ['lost_atomic_total', 'counter', 'What can no longer be claimed, atomic units.', 'lost'],
  ['deposited_atomic_total', 'counter', 'Deposits at confirmation depth, gross, atomic units.', 'deposited'],
  ['returned_atomic_total', 'counter', 'Refunds and withdrawals, atomic units.', 'returned'],
  ['provisional_atomic', 'gauge', 'Deposits mined and not yet at confirmation depth, atomic units.', 'provisional'],
  ['charges_total', 'counter', 'Charges posted.', 'charges'],
  ['channels', 'gauge', 'Channels that have ever been seen.', 'channels'],
  ['sessions', 'gauge', 'Session keys that have ever been seen.', 'sessions'],
  ['claims_failing', 'gauge', 'Channels whose last claim failed.', 'claims_failing'],
  ['claim_retries', 'gauge', 'Claims that failed since the last success, over all channels.', 'claim_retries'],
  ['lane_items', 'gauge', 'Transactions under way, by state.', 'lane_items'],
  ['transactions_total', 'counter', 'Transactions that came to their end.', 'transactions'],
  [
    'transaction_attempts_total',
    'counter',
    'Signed transactions: the first of each item and its replacements.',
    'attempts',
  ],
  ['gas_spent_wei_total', 'counter', 'Paid for gas by transactions that came to their end.', 'gas'],
  ['incidents_total', 'counter', 'Incidents, each counted once.', 'incidents'],
  ['incidents_open', 'gauge', 'Incidents that still hold.', 'incidents_open'],
  ['sentinel_decisions_total', 'counter', 'Decisions of Sentinel, each counted once; repeats are not.', 'decisions'],
  ['sentinel_stops_open', 'gauge', 'Session keys or parts of them that a rule has stopped.', 'stops_open'],
  [
    'sentinel_breakers_open',
    'gauge',
    'Breakers of upstreams, providers and everything that are not closed.',
    'breakers_open',
  ],
  ['alerts_total', 'counter', 'Alert messages that came to an end or failed on the way, by how they went.', 'alerts'],
  ['alerts_dead', 'gauge', 'Alert messages that were given up and are kept.', 'alerts_dead'],
  ['dead_letters', 'gauge', 'Messages that no retry could deal with, waiting for an operator.', 'dead_letters'],
  ['events_projected_total', 'counter', 'Events written to the database, repeats included.', 'projected'],
  ['projection_failures_total', 'counter', 'Events that the database did not take at once.', 'failures'],
] as const satisfies [string, Family['type'], string, string][]

/** All families, in the order in which they are shown. `now` in Unix milliseconds. */
export function families(sql: Sql, now: number): Family[] {
  const sums = SUMS.map(([name, type, help, family]): Family => ({ name, type, help, samples: samples(sql, family) }))
  return [...sums, held(sql), unclaimed(sql, now), lag(sql), reconciled(sql)]
}

function samples(sql: Sql, family: string): Sample[] {
  const rows = sql('SELECT labels, value FROM total WHERE family = ? ORDER BY labels', family)
  return rows.map(({ labels, value }) => ({ labels: labels as string, value: value as string }))
}

function sums(sql: Sql, family: string): Map<string, bigint> {
  return new Map(samples(sql, family).map(({ labels, value }) => [labels, BigInt(value)]))
}

/** Conservation: what is metered is settled, lost, or held for the next settlement. */
function held(sql: Sql): Family {
  const [settled, lost] = [sums(sql, 'settled'), sums(sql, 'lost')]
  return {
    name: 'held_atomic',
    type: 'gauge',
    help: 'Metered and neither settled nor lost yet, atomic units.',
    samples: [...sums(sql, 'spent')].map(([labels, spent]) => ({
      labels,
      value: String(spent - (settled.get(labels) ?? 0n) - (lost.get(labels) ?? 0n)),
    })),
  }
}

function unclaimed(sql: Sql, now: number): Family {
  const oldest = new Map(
    sql('SELECT labels, min(oldest_at) AS at FROM channel WHERE oldest_at IS NOT NULL GROUP BY labels').map((row) => [
      row['labels'] as string,
      row['at'] as number,
    ]),
  )
  return {
    name: 'oldest_unclaimed_charge_seconds',
    type: 'gauge',
    help: 'Age of the oldest charge that is not claimed; 0 when there is none.',
    samples: samples(sql, 'channels').map(({ labels }) => {
      const age = Math.max(0, now - (oldest.get(labels) ?? now))
      return { labels, value: seconds(BigInt(age)) }
    }),
  }
}

function lag(sql: Sql): Family {
  const buckets = sums(sql, 'lag_bucket')
  const time = sums(sql, 'lag_ms')
  return {
    name: 'settlement_lag_seconds',
    type: 'histogram',
    help: 'From a charge to the event that shows it settled, a sample a charge.',
    samples: samples(sql, 'lag_count').flatMap(({ labels, value }) => {
      let below = 0n
      const cumulative = [...BUCKETS, '+Inf'].map((bound): Sample => {
        const at = `${labels},le="${bound}"`
        below += buckets.get(at) ?? 0n
        return { suffix: '_bucket', labels: at, value: String(below) }
      })
      const sum: Sample = { suffix: '_sum', labels, value: seconds(time.get(labels) ?? 0n) }
      return [...cumulative, sum, { suffix: '_count', labels, value } as const]
    }),
  }
}

function reconciled(sql: Sql): Family {
  return {
    name: 'reconciled_timestamp_seconds',
    type: 'gauge',
    help: 'When every channel had last been compared with its session and the chain, Unix time.',
    samples: samples(sql, 'reconciled').map(({ labels, value }) => ({ labels, value: seconds(BigInt(value)) })),
  }
}
