/**
 * The stand-alone deployment: this server is its own paywall, and asks the gateway to authorise and capture what its
 * callers pay. Needs nothing but `fetch`.
 */
import type { Hex } from '@pbstream/core/Hex'
import {
  type AuthorizeBody,
  type AuthorizeReply,
  type CaptureBody,
  type CaptureReply,
  type MarkBody,
  type MarkReply,
  PAYMENT_HEADERS,
  PAYMENTS_PATH,
  type VoidBody,
} from '@pbstream/core/standalone/Wire'
import { again, type CallerHeaders, gatewayCalls, paymentHeaders, unreadable } from './GatewayCall.ts'

export { type CallerHeaders, StandaloneError } from './GatewayCall.ts'
export { PAYMENT_HEADERS }

export type StandaloneOptions = {
  /** The gateway's origin, `https://…`. */
  gateway: string
  /** `pb_live_…` or `pb_test_…` with the scope `payments:write`. */
  apiKey: string
  /** Needed when the key's owner has several providers. */
  provider?: string
  fetch?: typeof fetch
  /** How long an answer may take, in milliseconds: 75,000 for `authorize`, which may wait for a deposit to be mined; else 10,000. */
  timeoutMs?: { authorize?: number; finish?: number }
}

export type PaymentAsk = {
  /** What is sold: a label of this server's choice, or the id of a route of the provider. */
  route: string
  method: string
  /** As the caller sees it. */
  url: string
  /** SHA-256 of the body, 0x and 64 hex digits; left out: there is none. */
  bodyDigest?: Hex
  /** The most that will be charged, in atomic units; more than 0. */
  price: bigint
  headers: CallerHeaders
  /** Give a `PBStream-Payment` token too. */
  token?: boolean
  signal?: AbortSignal
}

export type Verdict =
  | {
      kind: 'authorized'
      id: string
      payer: Hex
      /** The name of the session that orders this payer's charges. */
      session: string
      /** CAIP-2. */
      network: string
      /** The most that can be captured. */
      ceiling: bigint
      /** When it ends if nothing is heard of it, Unix seconds. */
      expiresAt: number
      /** For the answer, from its first byte on. */
      headers: Record<string, string>
      token?: string
    }
  /** What the caller gets instead, as it is. */
  | { kind: 'response'; status: number; headers: Record<string, string>; body: string }

/** `headers`: for the answer, if its own are not out yet. */
export type Captured = { amount: bigint; receipt: string; headers: Record<string, string> }

export type Standalone = {
  authorize(ask: PaymentAsk): Promise<Verdict>
  /** The answer was 2xx and cost so much. The same again changes nothing. */
  capture(id: string, amount: bigint): Promise<Captured>
  /** So much is used by now: within each 90 s while the work goes on. */
  mark(id: string, amount: bigint): Promise<{ expiresAt: number }>
  /** Nothing is charged. `freesId`: the request was certainly not served, and its id may be used again. */
  void(id: string, freesId: boolean): Promise<void>
}

const AUTHORIZE_MS = 75_000
const FINISH_MS = 10_000
/** @throws {TypeError} when the options cannot be used. */
export function createStandalone(options: StandaloneOptions): Standalone {
  const { provider, timeoutMs = {} } = options
  const post = gatewayCalls(options, PAYMENTS_PATH)
  const finish = <T>(operation: string, body: object): Promise<T> =>
    again(() => post<T>(operation, body, timeoutMs.finish ?? FINISH_MS))
  return {
    async authorize({ price, headers, signal, ...ask }) {
      const given = paymentHeaders(headers)
      const body: AuthorizeBody = {
        v: 1,
        ...ask,
        ...(provider === undefined ? {} : { provider }),
        price: price.toString(),
        headers: given,
      }
      return toVerdict(await post<AuthorizeReply>('authorize', body, timeoutMs.authorize ?? AUTHORIZE_MS, signal))
    },
    async capture(id, amount) {
      const body: CaptureBody = { v: 1, id, amount: amount.toString() }
      const reply = await finish<CaptureReply>('capture', body)
      if (reply.kind !== 'captured') throw unreadable()
      return { amount: BigInt(reply.amount), receipt: reply.receipt, headers: reply.headers }
    },
    async mark(id, amount) {
      const body: MarkBody = { v: 1, id, amount: amount.toString() }
      const reply = await finish<MarkReply>('mark', body)
      if (reply.kind !== 'marked') throw unreadable()
      return { expiresAt: reply.expiresAt }
    },
    async void(id, freesId) {
      const body: VoidBody = { v: 1, id, freesId }
      await finish('void', body)
    },
  }
}

function toVerdict(reply: AuthorizeReply): Verdict {
  if (reply.kind === 'response') return reply
  if (reply.kind !== 'authorized' || typeof reply.id !== 'string' || !/^[0-9]{1,39}$/.test(reply.ceiling)) {
    throw unreadable()
  }
  return { ...reply, payer: reply.payer as Hex, ceiling: BigInt(reply.ceiling) }
}
