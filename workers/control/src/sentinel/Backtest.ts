/** Recorded payments of somebody, for a backtest. */
import type { Hex } from '@pbstream/core/Hex'
import type * as Rule from '@pbstream/core/Rule'
import type { Database } from '@pbstream/db/Database'
import * as Exports from '@pbstream/db/Exports'
import { heldStops, paymentsBetween, receiversOf, type Whose } from '@pbstream/db/Recorded'

/** A time in which the payments of a key were abuse, as somebody says. Unix milliseconds. */
export type Mark = { session: string; since: number; until: number }

const PAGE = 1_000
const PARTS = 100
const STOPS_MAX = 1_000

export type Asked = {
  since: Date
  until: Date
  /** Payments at most. */
  limit: number
  marks: readonly Mark[]
  /** Payments of this time before a stop that nobody released count as abuse; 0: none do. */
  stopMs: number
}

export type Side =
  | { side: 'provider'; provider: string }
  | { side: 'payer'; whose: Exports.Whose }
  /** Everybody's: for operators. */
  | { side: 'all' }
export type Found = {
  /** Of each key in order of time. */
  payments: Map<string, Rule.Recorded[]>
  marked: number
  /** False: there were more. `until`: what came from here on is left out, of a payer the last keys. */
  complete: boolean
  until: Date
}

export async function recorded(db: Database, side: Side, whose: Whose, asked: Asked): Promise<Found> {
  const { limit, until } = asked
  const rows: Row[] = []
  for await (const page of pages(db, side, asked)) {
    rows.push(...page)
    if (rows.length > limit) break
  }
  const kept = rows.slice(0, limit)
  const complete = kept.length === rows.length
  const marks = [...asked.marks, ...(await stopMarks(db, whose, asked))]
  const receivers = await receiversOf(db, [...new Set(kept.map(({ channelId }) => channelId))])
  const payments = new Map<string, Rule.Recorded[]>()
  let marked = 0
  for (const row of kept) {
    const payment = toPayment(row, receivers, marks)
    if (payment.isAbuse === true) marked++
    const known = payments.get(row.session)
    if (known === undefined) payments.set(row.session, [payment])
    else known.push(payment)
  }
  const last = side.side !== 'payer' && !complete ? kept.at(-1)?.at : undefined
  return { payments, marked, complete, until: last ?? until }
}

type Row = Awaited<ReturnType<typeof Exports.payments>>[number]

async function* pages(db: Database, side: Side, { since, until }: Asked): AsyncGenerator<Row[]> {
  const filter = { since, until }
  if (side.side === 'provider') {
    yield* pagesOf(db, side.side, side.provider, filter)
    return
  }
  if (side.side === 'all') {
    yield* pagesOfAll(db, { since, until })
    return
  }
  let from = ''
  for (;;) {
    const parts = (await Exports.partsOf(db, 'payer', side.whose, filter, from, PARTS)).filter(({ id }) => id !== from)
    for (const { id } of parts) yield* pagesOf(db, 'payer', id, filter)
    const last = parts.at(-1)
    // The part that was asked from is among those that came back.
    if (last === undefined || parts.length < PARTS - 1) return
    from = last.id
  }
}

async function* pagesOf(db: Database, side: Exports.Side, part: string, filter: Exports.Filter): AsyncGenerator<Row[]> {
  let after: Exports.Place | undefined
  for (;;) {
    const rows: Row[] = await Exports.payments(db, side, part, filter, after, PAGE)
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = { at: last.at.getTime(), of: last.session, seq: last.seq }
  }
}

async function* pagesOfAll(db: Database, between: { since: Date; until: Date }): AsyncGenerator<Row[]> {
  let last: Row | undefined
  for (;;) {
    const rows: Row[] = await paymentsBetween(db, between, last, PAGE)
    if (rows.length > 0) yield rows
    last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
  }
}

async function stopMarks(db: Database, whose: Whose, { since, until, stopMs }: Asked): Promise<Mark[]> {
  if (stopMs === 0) return []
  const stops = await heldStops(db, whose, since, new Date(until.getTime() + stopMs), STOPS_MAX)
  return stops.map(({ session, at }) => ({ session, since: at.getTime() - stopMs, until: at.getTime() + 1 }))
}

/** What was held is not recorded: what was charged stands for it. Balances are not known. */
function toPayment(row: Row, receivers: Map<Hex, string>, marks: readonly Mark[]): Rule.Recorded {
  const at = row.at.getTime()
  const amount = BigInt(row.amount)
  return {
    at,
    amount,
    charged: amount,
    key: row.session,
    route: row.routeId ?? '',
    payee: receivers.get(row.channelId) ?? '',
    place: row.place ?? '',
    country: row.country ?? '',
    isAbuse: marks.some(({ session, since, until }) => session === row.session && since <= at && at < until),
  }
}
