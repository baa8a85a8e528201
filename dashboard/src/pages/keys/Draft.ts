/** The form of a new key as it is being filled in, what is wrong with it, and the request that it becomes. */
import { MAX_PAYEES, MAX_ROUTES } from '@pbstream/core/Policy'
import type { components } from '../../api/Schema.d.ts'
import { isAddress } from '../../format/Address.ts'
import type { Terms } from './Sentence.ts'
import { draftWords as w } from './newWords.ts'

export type Draft = {
  name: string
  chainId: number
  contract: 'escrow' | 'canonical'
  maker: 'service' | 'own'
  key: string
  /** One a line. */
  payees: string
  anyRoute: boolean
  /** Ids, one a line. */
  routes: string
  /** Atomic units; undefined while nothing, or nothing readable, is typed. */
  spendCap: bigint | undefined
  /** Seconds; 0: no period. */
  periodDuration: number
  periodAmount: bigint | undefined
  /** Off: no limit for one payment. Said by itself, so that an amount that cannot be read is never taken for none. */
  limitPayment: boolean
  perPaymentMax: bigint | undefined
  /** Unix milliseconds; undefined: at once. */
  start: number | undefined
  /** Seconds from the start, or a time of its own in Unix milliseconds. */
  expiry: { after: number } | { at: number | undefined }
}

export type Field =
  | 'name'
  | 'key'
  | 'payees'
  | 'routes'
  | 'spendCap'
  | 'periodAmount'
  | 'perPaymentMax'
  | 'start'
  | 'expiry'
export type Errors = Partial<Record<Field, string>>
type Body = components['schemas']['NewSessionKey']

const MAX_NAME = 100

/** Tight limits to begin with: what most agents need for a month. */
export function begin(chainId: number, contract: Draft['contract']): Draft {
  return {
    ...{ name: '', chainId, contract, maker: 'service', key: '', payees: '', anyRoute: true, routes: '' },
    ...{ spendCap: 50_000_000n, periodDuration: 86_400, periodAmount: 5_000_000n },
    ...{ limitPayment: true, perPaymentMax: 100_000n, start: undefined, expiry: { after: 30 * 86_400 } },
  }
}

/** The same terms again: a key like one that there is. The secret and its address are never the same. */
export function like(key: components['schemas']['SessionKey'], nowS: number): Draft {
  const amount = (atomic: string) => (atomic === '0' ? undefined : BigInt(atomic))
  return {
    ...{ name: key.name, chainId: key.chainId, contract: key.contract, maker: 'service', key: '' },
    ...{ payees: key.payees.join('\n'), anyRoute: key.routes === null, routes: (key.routes ?? []).join('\n') },
    ...{ spendCap: amount(key.spendCap), periodDuration: key.periodDuration, periodAmount: amount(key.periodAmount) },
    ...{ limitPayment: key.perPaymentMax !== '0', perPaymentMax: amount(key.perPaymentMax), start: undefined },
    expiry: { after: Math.max(86_400, key.expiry - Math.max(key.start, nowS)) },
  }
}

/** The entries of a field that has one a line; commas and spaces part them too. */
export function list(text: string): string[] {
  return text
    .split(/[\s,;，；、]+/u)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** What the form says, as far as it says it. An amount that is missing counts as 0: `errorsOf` tells of it. */
export function termsOf(draft: Draft, nowS: number): Terms {
  const start = draft.start === undefined ? nowS : Math.floor(draft.start / 1_000)
  const { expiry } = draft
  const end = 'after' in expiry ? start + expiry.after : Math.floor((expiry.at ?? 0) / 1_000)
  const windowed = draft.periodDuration > 0
  return {
    spendCap: draft.spendCap ?? 0n,
    periodAmount: windowed ? (draft.periodAmount ?? 0n) : 0n,
    periodDuration: draft.periodDuration,
    perPaymentMax: draft.limitPayment ? (draft.perPaymentMax ?? 0n) : 0n,
    start,
    expiry: end,
  }
}

/** What has to be put right, by field. */
export function errorsOf(draft: Draft, nowS: number): Errors {
  const errors: Errors = {}
  const terms = termsOf(draft, nowS)
  const name = draft.name.trim()
  if (name === '') errors.name = w.nameMissing()
  else if ([...name].length > MAX_NAME) errors.name = w.nameLong({ max: MAX_NAME })
  if (draft.maker === 'own' && !isAddress(draft.key.trim())) errors.key = w.keyAddress()
  Object.assign(errors, listErrors(draft))
  if (terms.spendCap === 0n) errors.spendCap = w.amountNeeded()
  if (draft.periodDuration > 0 && terms.periodAmount === 0n) errors.periodAmount = w.amountNeeded()
  if (draft.limitPayment && terms.perPaymentMax === 0n) errors.perPaymentMax = w.amountNeeded()
  if ((terms.start ?? nowS) < nowS - 300) errors.start = w.startPast()
  if ('at' in draft.expiry && draft.expiry.at === undefined) errors.expiry = w.expiryMissing()
  else if (terms.expiry <= Math.max(nowS, terms.start ?? nowS)) errors.expiry = w.expiryPast()
  return errors
}

function listErrors(draft: Draft): Errors {
  const errors: Errors = {}
  const payees = list(draft.payees)
  const bad = payees.find((payee) => !isAddress(payee))
  if (payees.length === 0) errors.payees = w.payeesMissing()
  else if (bad !== undefined) errors.payees = w.payeeBad({ payee: bad })
  else if (payees.length > MAX_PAYEES) errors.payees = w.payeesMany({ max: MAX_PAYEES })
  if (draft.anyRoute) return errors
  const routes = list(draft.routes)
  if (routes.length === 0) errors.routes = w.routesMissing()
  else if (routes.length > MAX_ROUTES) errors.routes = w.routesMany({ max: MAX_ROUTES })
  return errors
}

/** The body of `POST /session-keys`; only of a draft without errors. */
export function toBody(draft: Draft, nowS: number): Body {
  const { spendCap, periodAmount, periodDuration, perPaymentMax, start, expiry } = termsOf(draft, nowS)
  return {
    name: draft.name.trim(),
    chainId: draft.chainId,
    contract: draft.contract,
    ...(draft.maker === 'own' ? { key: draft.key.trim().toLowerCase() } : { make: 'service' as const }),
    payees: unique(list(draft.payees).map((payee) => payee.toLowerCase())),
    routes: draft.anyRoute ? null : unique(list(draft.routes)),
    spendCap: spendCap.toString(),
    periodAmount: periodAmount.toString(),
    periodDuration,
    perPaymentMax: perPaymentMax.toString(),
    ...(draft.start === undefined || start === undefined ? {} : { start }),
    expiry,
  }
}

function unique(entries: string[]): string[] {
  return [...new Set(entries)]
}
