/** `/exports/*.csv`: what an owner sold, was paid, paid and did, as files. */
import { chainOf } from '@pbstream/db/Audit'
import * as Exports from '@pbstream/db/Exports'
import { chainsOf } from '../api/Chains.ts'
import { operation } from '../api/Operation.ts'
import { z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import type { Cell } from './Csv.ts'
import { fileOf, type Page } from './Stream.ts'
import { begin, type Cursor, parse, print, ROWS, type Walk } from './Walk.ts'

const TAGS = ['Exports']
/** Of the tokens in which anything is sold: the amounts are of USDC. */
const AMOUNT = 'amount_atomic_units_6_decimals'
const CUMULATIVE = 'cumulative_atomic_units_6_decimals'

const period = {
  since: z.iso.datetime().optional().openapi({ description: 'From this time on.' }),
  until: z.iso.datetime().optional().openapi({ description: 'Before this time.' }),
}
const cursor = z.string().min(1).max(1024).optional().openapi({
  description: 'The last cell of the last line you have: what follows it is sent. A file that has no line is the end.',
})
const id = z.string().min(1).max(256)
const side = z.enum(['provider', 'payer']).optional().openapi({
  description: '`provider`, the default: what you sold. `payer`: what your keys paid.',
})
export const text = z
  .string()
  .refine((value) => value.isWellFormed() && !value.includes('\0'), 'no text that a database takes')
  .pipe(id)

const filters = { ...period, side, provider: text.optional(), session: text.optional(), cursor }
type Query = {
  since?: string | undefined
  until?: string | undefined
  side?: Exports.Side | undefined
  provider?: string | undefined
  session?: string | undefined
  route?: string | undefined
  cursor?: string | undefined
}

export const csv = {
  method: 'get',
  tags: TAGS,
  access: 'exports:read',
  responses: {
    200: {
      description:
        'A CSV file (RFC 4180), sent as it is read. A cell that a spreadsheet could compute begins with an apostrophe.',
      content: { 'text/csv': { schema: z.string() } },
    },
  },
} as const

const payments = operation({
  ...csv,
  path: '/exports/payments.csv',
  operationId: 'exportPayments',
  summary: 'Charges, the oldest first in each provider or session',
  request: { query: z.strictObject({ ...filters, route: text.optional() }) },
})

const settlements = operation({
  ...csv,
  path: '/exports/settlements.csv',
  operationId: 'exportSettlements',
  summary: 'Payouts by channel and time',
  request: { query: z.strictObject(filters) },
})

const movements = operation({
  ...csv,
  path: '/exports/movements.csv',
  operationId: 'exportMovements',
  summary: 'Deposits, claims, payouts, refunds and losses by channel and time',
  request: { query: z.strictObject(filters) },
})

const audit = operation({
  ...csv,
  path: '/exports/audit.csv',
  operationId: 'exportAudit',
  summary: 'The audit of this mode; needs the scope audit:read too',
  request: { query: z.strictObject({ ...period, cursor }) },
})

export function exportRoutes(api: Api): void {
  api.openapi(payments, async (c) => {
    const query = c.req.valid('query')
    const walk = paymentWalk(c, query)
    return file(c, 'payments', PAYMENT, () => begin(walk, cursorOf(query.cursor)))
  })

  api.openapi(settlements, async (c) => {
    const query = c.req.valid('query')
    return file(c, 'settlements', MOVEMENT, () => begin(movementWalk(c, query, true), cursorOf(query.cursor)))
  })

  api.openapi(movements, async (c) => {
    const query = c.req.valid('query')
    return file(c, 'movements', MOVEMENT, () => begin(movementWalk(c, query, false), cursorOf(query.cursor)))
  })

  api.openapi(audit, async (c) => {
    const { owner, mode, scopes } = callerOf(c)
    if (scopes !== 'all' && !scopes.has('audit:read')) {
      throw new Refusal('scope_missing', { detail: 'this needs the scope audit:read too' })
    }
    const query = c.req.valid('query')
    const after = cursorOf(query.cursor)?.place?.seq ?? 0
    return file(c, 'audit', AUDIT, () => auditPage(c, chainOf(owner, mode), between(query), after))
  })
}

const PAYMENT = [
  'time',
  'provider',
  'route',
  'rate_version',
  'session',
  'seq',
  'channel',
  AMOUNT,
  CUMULATIVE,
  'request',
  'reservation',
  'cursor',
]

function paymentWalk(c: ApiContext, query: Query): Walk<Awaited<ReturnType<typeof Exports.payments>>[number]> {
  const { database } = c.var
  const of = query.side ?? 'provider'
  const filter = { ...between(query), route: query.route, session: query.session }
  return {
    parts: partsOf(c, query),
    rows: (part, after, limit) => Promise.resolve(Exports.payments(database, of, part, filter, after, limit)),
    placeOf: ({ at, session, seq }) => ({ at: at.getTime(), of: session, seq }),
    cells: (_, row) => [
      row.at.toISOString(),
      row.providerId,
      row.routeId,
      row.rateVersion,
      row.session,
      row.seq,
      row.channelId,
      row.amount,
      row.cumulative,
      row.requestId,
      row.reservationId,
    ],
  }
}

const MOVEMENT = [
  'time',
  'kind',
  'session',
  'seq',
  'channel',
  'receiver',
  'token',
  'from',
  'to',
  AMOUNT,
  'transaction',
  'cursor',
]

function movementWalk(
  c: ApiContext,
  query: Query,
  settled: boolean,
): Walk<Awaited<ReturnType<typeof Exports.movements>>[number]> {
  const { database } = c.var
  const of = query.side ?? 'provider'
  const filter = { ...between(query), session: query.session, settled }
  return {
    parts: partsOf(c, query),
    rows: (part, after, limit) => Promise.resolve(Exports.movements(database, of, part, filter, after, limit)),
    placeOf: ({ movement: { at, channelId, seq } }) => ({ at: at.getTime(), of: channelId, seq }),
    cells: (_, { movement: row, receiver, token }) => [
      row.at.toISOString(),
      row.kind,
      row.session,
      row.seq,
      row.channelId,
      receiver,
      token,
      row.debit,
      row.credit,
      row.amount,
      row.transaction,
    ],
  }
}

/** The parts of the caller, or the one of them that was asked for. One that is not the caller's has no rows. */
function partsOf(c: ApiContext, query: Query): Walk<never>['parts'] {
  const { owner, mode, address, chainId } = callerOf(c)
  const chainIds = chainsOf(c.env, mode)
    .map((chain) => chain.chainId)
    .filter((each) => chainId === null || each === chainId)
  const of = query.side ?? 'provider'
  const one = of === 'provider' ? query.provider : query.session
  const filter = { ...between(query), session: of === 'payer' ? query.session : undefined }
  return async (from, limit) => {
    if (one !== undefined && one < from) return []
    const whose = { owner, mode, address, chainIds }
    const rows = await Exports.partsOf(c.var.database, of, whose, filter, one ?? from, one === undefined ? limit : 1)
    return rows.map((row) => row.id).filter((each) => one === undefined || each === one)
  }
}

const AUDIT = ['seq', 'time', 'actor', 'action', 'subject', 'detail', 'previous_hash', 'hash', 'cursor']

async function auditPage(
  c: ApiContext,
  chain: string,
  filter: Pick<Exports.Filter, 'since' | 'until'>,
  after: number,
): Promise<Page> {
  const rows = await Exports.auditRows(c.var.database, chain, filter, after, ROWS)
  const lines = rows.map(({ seq, at, actor, action, subject, detail, prev, hash }): Cell[] => {
    const place = print({ part: '', place: { at: at.getTime(), of: '', seq } })
    return [seq, at.toISOString(), actor, action, subject, JSON.stringify(detail), prev, hash, place]
  })
  const last = rows.at(-1)
  const more = rows.length === ROWS && last !== undefined ? () => auditPage(c, chain, filter, last.seq) : undefined
  return { lines, next: more }
}

export async function file(c: ApiContext, name: string, header: string[], first: () => Promise<Page>) {
  const stream = await fileOf(header, first)
  return c.body(stream, 200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="pbstream-${name}.csv"`,
    'cache-control': 'no-store',
  }) as never
}

/** @throws {Refusal} cursor_invalid */
function cursorOf(given: string | undefined): Cursor | undefined {
  if (given === undefined) return undefined
  const found = parse(given)
  if (found === undefined) throw new Refusal('cursor_invalid')
  return found
}

function between({ since, until }: Pick<Query, 'since' | 'until'>): Pick<Exports.Filter, 'since' | 'until'> {
  return {
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(until === undefined ? {} : { until: new Date(until) }),
  }
}
