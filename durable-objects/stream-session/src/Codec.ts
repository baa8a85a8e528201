/** Wide rows as SQL values in the order of their columns, and back. */
import type { Hex } from '@pbstream/core/Hex'
import { assertValid, type Channel, type Claiming, type RefundInFlight } from '@pbstream/core/Ledger'
import type { Counts } from '@pbstream/core/message/Counts'
import type { JournalRow } from '@pbstream/core/message/Event'
import type { Origin } from '@pbstream/core/message/Sentinel'
import type { VerifiedVoucher } from '@pbstream/core/message/Session'
import * as Policy from '@pbstream/core/Policy'
import type { Plan } from './Plan.ts'
import type { Asked } from './sentinel/Rows.ts'
import type { ChannelRow, Count, LeaseRow, Metered, PolicyRow, Reservation } from './Rows.ts'

export type Value = string | number | null
export type Row = Record<string, SqlStorageValue>

/** Columns of `channel` that never change, and those that do; the key goes before them. */
export const fixedColumns = 'payer payer_authorizer receiver receiver_authorizer token withdraw_delay salt'.split(' ')
export const changingColumns = [
  ...'provisional deposited returned accepted spent claimed settled lost published vouchers'.split(' '),
  ...'claiming_total claiming_max claiming_signature withdraw_requested_at refund_nonce'.split(' '),
  ...'refund_id refund_amount refund_at refunded_at observed_at'.split(' '),
  ...'charges since reason attempt sends due_at revision key_stopped_at key_over seen_block settle_amount settle_age_ms'.split(
    ' ',
  ),
  ...['session_epoch', 'session_until', 'provider_id'],
]

/**
 * What never changes of a channel (its key left out), and what does. `reserved` is the sum of the reservations and of what
 * leases have left.
 */
export function encodeChannel({
  channel,
  plan,
  refundedAt,
  observedAt,
  epoch,
  openUntil,
  providerId,
}: ChannelRow): [fixed: Value[], changing: Value[]] {
  const { config, claiming, refund } = channel
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt } = config
  const { provisional, deposited, returned, accepted, spent, claimed, settled, lost, published } = channel
  return [
    [payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt],
    [
      ...[provisional, deposited, returned, accepted, spent, claimed, settled, lost, published].map(String),
      channel.vouchers.map(({ max, signature }) => `${max}:${signature}`).join(','),
      ...(claiming === undefined
        ? [null, null, null]
        : [String(claiming.total), String(claiming.max), claiming.signature]),
      channel.withdrawRequestedAt,
      String(channel.refundNonce),
      ...(refund === undefined ? [null, null, null] : [refund.refundId, String(refund.amount), refund.at]),
      refundedAt,
      observedAt,
      plan.charges,
      plan.since,
      plan.reason,
      plan.attempt,
      plan.sends,
      plan.dueAt,
      channel.revision,
      channel.keyStoppedAt,
      channel.keyOver ? 1 : 0,
      channel.seenBlock,
      plan.settle?.amount === undefined ? null : String(plan.settle.amount),
      plan.settle?.ageMs ?? null,
      epoch,
      openUntil,
      providerId ?? null,
    ],
  ]
}

/**
 * A channel as it was written.
 *
 * @throws {InvariantError} when the row cannot be: nothing is charged on numbers that do not add up.
 */
export function decodeChannel(row: Row, reserved: bigint): ChannelRow {
  const amount = (column: string): bigint => BigInt(String(row[column]))
  const channel: Channel = {
    channelId: row['id'] as Hex,
    config: {
      payer: row['payer'] as Hex,
      payerAuthorizer: row['payer_authorizer'] as Hex,
      receiver: row['receiver'] as Hex,
      receiverAuthorizer: row['receiver_authorizer'] as Hex,
      token: row['token'] as Hex,
      withdrawDelay: Number(row['withdraw_delay']),
      salt: row['salt'] as Hex,
    },
    provisional: amount('provisional'),
    deposited: amount('deposited'),
    returned: amount('returned'),
    accepted: amount('accepted'),
    spent: amount('spent'),
    claimed: amount('claimed'),
    settled: amount('settled'),
    lost: amount('lost'),
    published: amount('published'),
    reserved,
    claiming: decodeClaiming(row),
    vouchers: decodeVouchers(String(row['vouchers'])),
    withdrawRequestedAt: Number(row['withdraw_requested_at']),
    refundNonce: amount('refund_nonce'),
    refund: decodeRefund(row),
    keyStoppedAt: Number(row['key_stopped_at']),
    keyOver: row['key_over'] === 1,
    seenBlock: Number(row['seen_block']),
    revision: Number(row['revision']),
  }
  assertValid(channel)
  const plan: Plan = {
    charges: Number(row['charges']),
    since: Number(row['since']),
    reason: row['reason'] as Plan['reason'],
    attempt: Number(row['attempt']),
    sends: Number(row['sends']),
    dueAt: Number(row['due_at']),
    ...decodeSettle(row),
  }
  return {
    channel,
    plan,
    refundedAt: Number(row['refunded_at']),
    observedAt: Number(row['observed_at']),
    epoch: Number(row['session_epoch']),
    openUntil: Number(row['session_until']),
    providerId: typeof row['provider_id'] === 'string' ? row['provider_id'] : undefined,
  }
}

export function encodeJournal(row: JournalRow): Value[] {
  const { seq, kind, channelId, debit, credit, amount, reservationId, requestId, providerId, routeId } = row
  const { rateVersion, cumulative, transaction, at, why, usage, country, place } = row
  return [
    ...[seq, kind, channelId, debit, credit, amount],
    ...[reservationId ?? null, requestId ?? null, providerId ?? null, routeId ?? null],
    ...[rateVersion ?? null, cumulative ?? null, transaction ?? null, at, why ?? null],
    usage === undefined ? null : JSON.stringify(usage),
    ...[country ?? null, place ?? null],
  ]
}

export function decodeJournal(row: Row): JournalRow {
  const { reservation_id, request_id, provider_id, route_id, rate_version, cumulative, tx, usage, country, place } = row
  return {
    seq: Number(row['seq']),
    kind: row['kind'] as JournalRow['kind'],
    channelId: row['channel_id'] as Hex,
    debit: String(row['debit']),
    credit: String(row['credit']),
    amount: String(row['amount']),
    ...(typeof reservation_id === 'string' ? { reservationId: reservation_id } : {}),
    ...(typeof request_id === 'string' ? { requestId: request_id } : {}),
    ...(typeof provider_id === 'string' ? { providerId: provider_id } : {}),
    ...(typeof route_id === 'string' ? { routeId: route_id } : {}),
    ...(typeof rate_version === 'number' ? { rateVersion: rate_version } : {}),
    ...(typeof cumulative === 'string' ? { cumulative } : {}),
    ...(typeof usage === 'string' ? { usage: JSON.parse(usage) as Counts } : {}),
    ...(typeof country === 'string' ? { country } : {}),
    ...(typeof place === 'string' ? { place } : {}),
    ...(typeof tx === 'string' ? { transaction: tx as Hex } : {}),
    at: Number(row['at']),
    ...(typeof row['why'] === 'string' ? { why: row['why'] as NonNullable<JournalRow['why']> } : {}),
  }
}

export function encodeReservation(id: string, row: Reservation): Value[] {
  const { channelId, hold, marked, expiresAt, requestId, providerId, routeId, rateVersion, period, epoch, metered } =
    row
  return [
    ...[id, channelId, String(hold), String(marked), expiresAt, requestId ?? null, providerId, routeId, rateVersion],
    ...[period ?? null, epoch ?? null, metered === undefined ? null : JSON.stringify(metered)],
    encodeAsked(row.asked),
  ]
}

/** What changes of a reservation: its hold, mark, expiry, window, what is counted of it and what Sentinel knows. */
export function encodeProgress({ hold, marked, expiresAt, period, metered, asked }: Reservation): Value[] {
  const counted = metered === undefined ? null : JSON.stringify(metered)
  return [String(hold), String(marked), expiresAt, period ?? null, counted, encodeAsked(asked)]
}

export function decodeReservation(row: Row): [id: string, Reservation] {
  const { metered, asked } = row
  return [
    String(row['id']),
    {
      channelId: row['channel_id'] as Hex,
      hold: BigInt(String(row['hold'])),
      marked: BigInt(String(row['marked'])),
      expiresAt: Number(row['expires_at']),
      requestId: row['request_id'] === null ? undefined : String(row['request_id']),
      providerId: String(row['provider_id']),
      routeId: String(row['route_id']),
      rateVersion: Number(row['rate_version']),
      period: row['period'] === null ? undefined : Number(row['period']),
      epoch: row['epoch'] === null ? undefined : Number(row['epoch']),
      metered: typeof metered === 'string' ? (JSON.parse(metered) as Metered) : undefined,
      asked: typeof asked === 'string' ? decodeAsked(asked) : undefined,
    },
  ]
}

function encodeAsked(asked: Asked | undefined): string | null {
  return asked === undefined ? null : JSON.stringify({ ...asked, amount: String(asked.amount) })
}

function decodeAsked(text: string): Asked {
  const asked = JSON.parse(text) as Omit<Asked, 'amount'> & { amount: string }
  return { ...asked, amount: BigInt(asked.amount) }
}

export function encodeCount(routeId: string, { period, units, charged, revision }: Count): Value[] {
  return [routeId, period, JSON.stringify(units), String(charged), revision]
}

export function decodeCount(row: Row): [routeId: string, Count] {
  const count = {
    period: String(row['period']),
    units: JSON.parse(String(row['units'])) as Counts,
    charged: BigInt(String(row['charged'])),
    revision: Number(row['revision']),
  }
  return [String(row['route_id']), count]
}

export function encodeLease(id: string, row: LeaseRow): Value[] {
  const { channelId, isolate, epoch, left, count, perRequestMax, expiresAt } = row
  return [
    ...[id, channelId, isolate, epoch, String(left), count, String(perRequestMax), expiresAt],
    ...[row.providerId, row.routeId, row.rateVersion, row.period ?? null, row.keyVersion ?? null],
    ...[row.origin === undefined ? null : JSON.stringify(row.origin), row.rules, row.failed],
  ]
}

export function decodeLease(row: Row): [id: string, LeaseRow] {
  return [
    String(row['id']),
    {
      channelId: row['channel_id'] as Hex,
      isolate: String(row['isolate']),
      epoch: Number(row['epoch']),
      left: BigInt(String(row['remaining'])),
      count: Number(row['requests']),
      perRequestMax: BigInt(String(row['per_request_max'])),
      expiresAt: Number(row['expires_at']),
      providerId: String(row['provider_id']),
      routeId: String(row['route_id']),
      rateVersion: Number(row['rate_version']),
      period: row['period'] === null ? undefined : Number(row['period']),
      keyVersion: row['key_version'] === null ? undefined : Number(row['key_version']),
      origin: typeof row['origin'] === 'string' ? (JSON.parse(row['origin']) as Origin) : undefined,
      rules: String(row['rules']),
      failed: Number(row['failed']),
    },
  ]
}

export function encodePolicy({ policy, period, periodStart, periodBase }: PolicyRow): Value[] {
  return [JSON.stringify(Policy.toJson(policy)), period, periodStart, String(periodBase)]
}

/**
 * The policy as it was written.
 *
 * @throws {InvalidPolicyError} when the row cannot be: nothing is charged under limits that are not understood.
 */
export function decodePolicy(row: Row): PolicyRow {
  return {
    policy: Policy.parse(JSON.parse(String(row['body']))),
    period: Number(row['period']),
    periodStart: Number(row['period_start']),
    periodBase: BigInt(String(row['period_base'])),
  }
}

function decodeSettle(row: Row): Pick<Plan, 'settle'> {
  const { settle_amount: amount, settle_age_ms: ageMs } = row
  if (amount === null && ageMs === null) return {}
  return {
    settle: {
      ...(amount === null ? {} : { amount: BigInt(String(amount)) }),
      ...(ageMs === null ? {} : { ageMs: Number(ageMs) }),
    },
  }
}

function decodeClaiming(row: Row): Claiming | undefined {
  if (row['claiming_total'] === null) return undefined
  const total = BigInt(String(row['claiming_total']))
  return { total, max: BigInt(String(row['claiming_max'])), signature: row['claiming_signature'] as Hex }
}

function decodeRefund(row: Row): RefundInFlight | undefined {
  if (row['refund_id'] === null) return undefined
  const [refundId, amount] = [String(row['refund_id']), BigInt(String(row['refund_amount']))]
  // A refund in flight has the nonce that is next on chain.
  return { refundId, amount, nonce: BigInt(String(row['refund_nonce'])), at: Number(row['refund_at']) }
}

function decodeVouchers(text: string): VerifiedVoucher[] {
  if (text === '') return []
  return text.split(',').map((voucher) => {
    const [max, signature] = voucher.split(':') as [string, Hex]
    return { max: BigInt(max), signature }
  })
}
