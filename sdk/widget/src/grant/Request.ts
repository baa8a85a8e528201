/** What a site asks for, as it writes it, and the same as terms with units. */
import { type Address, isAddress, lower, zeroAddress } from '@pbstream/core/Hex'
import { Failure } from '../Failure.ts'
import { oneLine } from '../format/Line.ts'
import { parseAmount, type Token } from '../format/Money.ts'

/** A span by its name, or in seconds. */
export type Span = 'hour' | 'day' | 'week' | 'month' | number

/** Amounts are decimal strings in units of the token, such as `"5"` or `"$0.10"`; times are Unix seconds. */
export type GrantRequest = {
  /** The site's service, as people know it. */
  name: string
  /** Why it is needed, in the site's words. */
  reason?: string
  chainId: number
  /** The only receivers: 1 to 32. */
  payees: readonly string[]
  /** Ids of the only routes; `null` or left out: any. */
  routes?: readonly string[] | null
  /** The most that the key may ever spend. */
  spendCap: string
  /** The most in a period; left out: no such limit. */
  periodAmount?: string
  /** A day if left out. */
  period?: Span
  /** The most for one payment; left out: no limit. */
  perPaymentMax?: string
  /** Now if left out. */
  start?: number
  /** When the key ends; or `lifetime`. */
  expiry?: number
  /** For how long from now; 30 days if neither is there. */
  lifetime?: Span
  /** The token's address; the first that the service knows on the chain if left out. */
  token?: string
  /** The agent's key. Left out: one is made in the page, and its secret is in the event `granted`. */
  key?: string
  /** What the person may change before granting; everything if left out. Stricter is meant, unless `most` says more. */
  adjust?: 'all' | 'none' | readonly Field[]
  /** How far the person may go beyond what is asked for. */
  most?: { spendCap?: string; periodAmount?: string; perPaymentMax?: string; expiry?: number }
}

/** Limits that are amounts. */
export type AmountField = 'spendCap' | 'periodAmount' | 'perPaymentMax'
/** The limits that a person can change. */
export type Field = AmountField | 'periodDuration' | 'expiry' | 'payees' | 'routes'
/** In the order in which they are shown. */
export const FIELDS: readonly Field[] = [
  'periodAmount',
  'periodDuration',
  'perPaymentMax',
  'spendCap',
  'expiry',
  'payees',
  'routes',
]

/** Limits in atomic units, seconds and Unix seconds; zero in `periodAmount` and `perPaymentMax`: no such limit. */
export type Amounts = Record<AmountField, bigint> & { periodDuration: number; expiry: number }

/** What a person grants. `routes`: ids of the only ones; null: any of the payees. */
export type Limits = Amounts & { payees: readonly Address[]; routes: readonly string[] | null }

export type Terms = Limits & {
  name: string
  reason: string
  chainId: number
  token: Token
  start: number
  key: Address | undefined
  adjustable: readonly Field[]
  /** Zero where a limit may be left away; `periodAmount` is for a period of `periodDuration`. */
  most: Amounts
}

export const SPANS = { hour: 3_600, day: 86_400, week: 604_800, month: 2_592_000 } as const
const MAX_PAYEES = 32
const MAX_NAME = 100
const MAX_REASON = 300

/**
 * Reads what a site asks for.
 *
 * @param now Unix seconds, by the clock of the service.
 * @throws {Failure} `configuration` with the member that is wrong: a mistake of the site, which its developer reads.
 */
export function termsOf(request: GrantRequest, token: Token, now: number): Terms {
  const amount = (field: AmountField, text: string | undefined) => {
    if (text === undefined || text === '') return 0n
    const value = parseAmount(text, token.decimals)
    if (value === undefined || value === 0n) throw wrong(field, `${text} is no amount of ${token.symbol} above zero`)
    return value
  }
  const spendCap = amount('spendCap', request.spendCap)
  if (spendCap === 0n) throw wrong('spendCap', 'is missing')
  const periodAmount = amount('periodAmount', request.periodAmount)
  const perPaymentMax = amount('perPaymentMax', request.perPaymentMax)
  const periodDuration = seconds(request.period ?? 'day', 'period')
  const expiry = request.expiry ?? now + seconds(request.lifetime ?? 'month', 'lifetime')
  const start = request.start ?? now
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(expiry) || expiry <= Math.max(now, start)) {
    throw wrong('expiry', 'is not after start and now')
  }
  const { most = {}, adjust = 'all' } = request
  const name = oneLine(request.name, MAX_NAME)
  if (name === '') throw wrong('name', 'is missing')
  const widest = (asked: bigint, more: bigint) => (asked === 0n || more === 0n || asked > more ? asked : more)
  return {
    name,
    reason: oneLine(request.reason, MAX_REASON),
    chainId: request.chainId,
    token,
    payees: payeesOf(request.payees),
    routes: request.routes?.length ? [...new Set(request.routes.map(String))] : null,
    spendCap,
    periodAmount,
    periodDuration,
    perPaymentMax,
    start,
    expiry,
    key: request.key === undefined || request.key === '' ? undefined : party(request.key, 'key'),
    adjustable: adjust === 'all' ? FIELDS : adjust === 'none' ? [] : FIELDS.filter((field) => adjust.includes(field)),
    most: {
      spendCap: widest(spendCap, amount('spendCap', most.spendCap)),
      periodAmount: widest(periodAmount, amount('periodAmount', most.periodAmount)),
      periodDuration,
      perPaymentMax: widest(perPaymentMax, amount('perPaymentMax', most.perPaymentMax)),
      expiry: Math.max(expiry, most.expiry ?? 0),
    },
  }
}

/** A span in seconds. @throws {Failure} `configuration` */
export function seconds(span: string | number, field: string): number {
  const value = Object.hasOwn(SPANS, span) ? SPANS[span as keyof typeof SPANS] : Number(span)
  if (!Number.isSafeInteger(value) || value <= 0)
    throw wrong(field, `${span} is neither hour, day, week, month nor seconds`)
  return value
}

function payeesOf(list: readonly string[]): Address[] {
  const payees = [...new Set(list.map((payee) => party(payee, 'payees')))]
  if (payees.length === 0 || payees.length > MAX_PAYEES) throw wrong('payees', `are not 1 to ${MAX_PAYEES}`)
  return payees
}

function party(text: string, field: string): Address {
  if (!isAddress(text)) throw wrong(field, `${text} is no address`)
  const address = lower(text)
  if (address === zeroAddress) throw wrong(field, 'is the zero address')
  return address
}

function wrong(field: string, what: string): Failure {
  return new Failure('configuration', { detail: `${field}: ${what}`.slice(0, 200) })
}
