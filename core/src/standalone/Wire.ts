/**
 * The stand-alone deployment on the wire: a provider's own server asks the gateway to authorise the payment that a
 * caller brought, does the work, and captures what it cost. JSON over HTTPS, with an API key of the provider's owner.
 *
 * Amounts are decimal strings of atomic units, times Unix seconds. Problems are those of `Errors`.
 */

/** `authorize`, `capture`, `mark` and `void` lie below, each a POST. */
export const PAYMENTS_PATH = '/.well-known/pbstream/payments'

/** The scope of an API key that may do this. */
export const PAYMENTS_SCOPE = 'payments:write'

/** The caller's headers that the gateway needs; no other is sent on. Lower case. */
export const PAYMENT_HEADERS = [
  'payment-signature',
  'x-payment',
  'idempotency-key',
  'pbstream-session',
  'pbstream-max-price',
  'pbstream-lease',
  'pbstream-voucher',
  'signature',
  'signature-input',
  'content-digest',
] as const
export type PaymentHeader = (typeof PAYMENT_HEADERS)[number]

/** An authorised payment ends when nothing is heard of it for so long, in seconds. */
export const AUTHORIZED_SECONDS = 90

/** The name of what is sold, when it is no route of the catalog. */
export const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export type AuthorizeBody = {
  v: 1
  /** Needed when the owner has several providers in the key's mode. */
  provider?: string
  /** A label, or the id of a route of the provider. */
  route: string
  method: string
  /** As the caller sees it. */
  url: string
  /** SHA-256 of the body, 0x and 64 hex digits; left out: there is none. */
  bodyDigest?: string
  /** The most that will be charged. */
  price: string
  headers: Partial<Record<PaymentHeader, string>>
  /** Give a `PBStream-Payment` token too. */
  token?: boolean
}

export type AuthorizeReply =
  | {
      kind: 'authorized'
      /** Captures, marks and voids it; good for a day, for keys of the same owner and mode. */
      id: string
      payer: string
      /** The name of the session that orders this payer's charges. */
      session: string
      /** CAIP-2. */
      network: string
      /** The most that can be captured. */
      ceiling: string
      /** When it ends if nothing is heard of it. */
      expiresAt: number
      /** For the caller's answer, from its first byte on. */
      headers: Record<string, string>
      token?: string
    }
  /** What the caller gets instead, as it is: the offers, an earlier answer, a refusal. */
  | { kind: 'response'; status: number; headers: Record<string, string>; body: string }

/** The answer is 2xx, and cost so much. */
export type CaptureBody = { v: 1; id: string; amount: string }
export type CaptureReply = {
  kind: 'captured'
  amount: string
  receipt: string
  /** For the caller's answer, if its headers are not out yet: PAYMENT-RESPONSE, PBStream-Receipt. */
  headers: Record<string, string>
}

/** So much is used by now, and the work goes on. */
export type MarkBody = { v: 1; id: string; amount: string }
export type MarkReply = { kind: 'marked'; expiresAt: number }

/** Nothing is charged. `freesId`: the request was certainly not served, and its id may be used again. */
export type VoidBody = { v: 1; id: string; freesId: boolean }
export type VoidReply = { kind: 'voided' }
