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

/** Headers of a request, as any server has them. */
export type CallerHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

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

/** The gateway did not authorise, capture or void anything that it says. `code` is one of its problems, or `gateway_unreachable`. */
export class StandaloneError extends Error {
  override readonly name = 'StandaloneError'
  readonly code: string
  /** Of the gateway's answer; 0: there was none. */
  readonly status: number
  readonly retryable: boolean
  constructor(code: string, status: number, retryable: boolean, options?: ErrorOptions) {
    super(`the payment gateway answers ${code}`, options)
    this.code = code
    this.status = status
    this.retryable = retryable
  }
}

const AUTHORIZE_MS = 75_000
const FINISH_MS = 10_000
/** Pauses before what has an id is tried again. */
const PAUSES_MS = [200, 1_000]
/** More than any payment needs; the gateway would refuse it. */
const MAX_HEADERS = 24 * 1024

/** @throws {TypeError} when the options cannot be used. */
export function createStandalone(options: StandaloneOptions): Standalone {
  const { apiKey, provider, timeoutMs = {} } = options
  const base = new URL(PAYMENTS_PATH, options.gateway).href
  if (!/^pb_(?:live|test)_[0-9A-Za-z]{49}$/.test(apiKey)) throw new TypeError('apiKey is not an API key')
  const send = options.fetch ?? fetch
  const post = <T>(operation: string, body: object, ms: number, signal?: AbortSignal): Promise<T> =>
    postJson<T>(send, { url: `${base}/${operation}`, apiKey, body, ms, ...(signal === undefined ? {} : { signal }) })
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

/** @throws {StandaloneError} `header_too_large`. */
function paymentHeaders(headers: CallerHeaders): AuthorizeBody['headers'] {
  const get = reader(headers)
  const given: AuthorizeBody['headers'] = {}
  let size = 0
  for (const name of PAYMENT_HEADERS) {
    const value = get(name)
    if (value === undefined) continue
    size += value.length
    given[name] = value
  }
  if (size > MAX_HEADERS) throw new StandaloneError('header_too_large', 431, false)
  return given
}

/** Takes the `Headers` of another realm or library too. One that came several times is joined, and then is no payment. */
function reader(headers: CallerHeaders): (name: string) => string | undefined {
  if (isHeaders(headers)) return (name) => headers.get(name) ?? undefined
  const known = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return (name) => {
    const value = known.get(name)
    return typeof value === 'string' || value === undefined ? value : value.join(', ')
  }
}

function isHeaders(headers: CallerHeaders): headers is Headers {
  return typeof (headers as { get?: unknown }).get === 'function'
}

function toVerdict(reply: AuthorizeReply): Verdict {
  if (reply.kind === 'response') return reply
  if (reply.kind !== 'authorized' || typeof reply.id !== 'string' || !/^[0-9]{1,39}$/.test(reply.ceiling)) {
    throw unreadable()
  }
  return { ...reply, payer: reply.payer as Hex, ceiling: BigInt(reply.ceiling) }
}

function unreadable(): StandaloneError {
  return new StandaloneError('gateway_unreadable', 0, false)
}

/** Twice more, where the same call may succeed: what has an id happens once, however often it is asked for. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StandaloneError) || !error.retryable) throw error
    }
    await new Promise((done) => setTimeout(done, pause))
  }
  return work()
}

type Post = { url: string; apiKey: string; body: object; ms: number; signal?: AbortSignal }

/** @throws {StandaloneError} for everything but an answer in JSON: whoever calls serves nothing then. */
async function postJson<T>(send: typeof fetch, { url, apiKey, body, ms, signal }: Post): Promise<T> {
  const late = AbortSignal.timeout(ms)
  let response: Response
  let json: unknown
  try {
    response = await send(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // Not followed: the key goes to the gateway only.
      redirect: 'manual',
      signal: signal === undefined ? late : AbortSignal.any([late, signal]),
    })
    json = await response.json()
  } catch (error) {
    throw new StandaloneError('gateway_unreachable', 0, true, { cause: error })
  }
  if (typeof json !== 'object' || json === null) throw unreadable()
  if (response.ok) return json as T
  const { code, retryable } = json as { code?: unknown; retryable?: unknown }
  if (typeof code === 'string') throw new StandaloneError(code, response.status, retryable === true)
  throw new StandaloneError('gateway_unreadable', response.status, response.status >= 500)
}
