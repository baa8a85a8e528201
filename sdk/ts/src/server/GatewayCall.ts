/** Calls of a provider's own server to the gateway: JSON with an API key, and what is wrong with the answers. */
import { type AuthorizeBody, PAYMENT_HEADERS } from '@pbstream/core/standalone/Wire'

/** Headers of a request, as any server has them. */
export type CallerHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

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

/** Pauses before what has an id is tried again. */
const PAUSES_MS = [200, 1_000]
/** More than any payment needs; the gateway would refuse it. */
const MAX_HEADERS = 24 * 1024

/** Posts to what lies below `path` at the gateway. `ms`: how long the answer may take. */
export type Post = <T>(operation: string, body: object, ms: number, signal?: AbortSignal) => Promise<T>

/** @throws {TypeError} when the options cannot be used. */
export function gatewayCalls(
  { gateway, apiKey, fetch: given }: { gateway: string; apiKey: string; fetch?: typeof fetch },
  path: string,
): Post {
  const base = new URL(path, gateway).href
  if (!/^pb_(?:live|test)_[0-9A-Za-z]{49}$/.test(apiKey)) throw new TypeError('apiKey is not an API key')
  const send = given ?? fetch
  return (operation, body, ms, signal) =>
    postJson(send, { url: `${base}/${operation}`, apiKey, body, ms, ...(signal === undefined ? {} : { signal }) })
}

/** @throws {StandaloneError} `header_too_large`. */
export function paymentHeaders(headers: CallerHeaders): AuthorizeBody['headers'] {
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

export function unreadable(): StandaloneError {
  return new StandaloneError('gateway_unreadable', 0, false)
}

/** Twice more, where the same call may succeed: what has an id happens once, however often it is asked for. */
export async function again<T>(work: () => Promise<T>): Promise<T> {
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

type Posted = { url: string; apiKey: string; body: object; ms: number; signal?: AbortSignal }

/** @throws {StandaloneError} for everything but an answer in JSON: whoever calls serves nothing then. */
async function postJson<T>(send: typeof fetch, { url, apiKey, body, ms, signal }: Posted): Promise<T> {
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
