/** The management API, typed by its own document. Requests go to this origin with its cookie, and nowhere else. */
import createClient, { type Client } from 'openapi-fetch'
import { mode } from '../Mode.ts'
import { ApiProblem } from './Problem.ts'
import type { paths } from './Schema.d.ts'
import { send } from './Send.ts'

export { ApiProblem } from './Problem.ts'

/** Headers are filled in by the client (mode, Idempotency-Key), so none has to be given. */
type Eased<P> = {
  [Path in keyof P]: {
    [Method in keyof P[Path]]: P[Path][Method] extends { parameters: infer Parameters }
      ? Omit<P[Path][Method], 'parameters'> & {
          parameters: Omit<Parameters, 'header'> & { header?: Record<string, string> }
        }
      : P[Path][Method]
  }
}

/** A full address, because a `Request` outside a browser takes no other. */
const origin = globalThis.location?.origin ?? 'http://localhost'

/** What is done when an answer says that there is no session. True: there is one again. */
let renew: () => Promise<boolean> = async () => false

/** They ask whether there is a session, or end it. */
const OF_SESSION = /\/v1\/(?:me|sign-out)$/

/** Tells who keeps the session when an answer says that there is none; the request waits for what becomes of it. */
export function onSessionEnd(tell: typeof renew): void {
  renew = tell
}

/** A request whose session has ended waits until there is one again, and is then made once more, with the same key. */
async function sendInSession(request: Request): Promise<Response> {
  if (OF_SESSION.test(new URL(request.url).pathname)) return send(request)
  const again = request.clone()
  const answer = await send(request)
  if (answer.status !== 401 || (await codeOf(answer.clone())) !== 'credentials_invalid') return answer
  return (await renew()) ? send(again) : answer
}

async function codeOf(answer: Response): Promise<unknown> {
  const body = (await answer.json().catch(() => undefined)) as { code?: unknown } | undefined
  return body?.code
}

export const api: Client<Eased<paths>> = createClient<Eased<paths>>({
  baseUrl: `${origin}/v1`,
  credentials: 'same-origin',
  fetch: sendInSession,
})

api.use({
  onRequest({ request }) {
    request.headers.set('PBStream-Mode', mode.value)
    const changes = request.method !== 'GET' && request.method !== 'HEAD'
    if (changes && !request.headers.has('Idempotency-Key')) {
      request.headers.set('Idempotency-Key', crypto.randomUUID())
    }
    return request
  },
})

type Answer<T> = Promise<{ data?: T; error?: unknown; response: Response }>

/**
 * The body of an answer.
 *
 * @throws {ApiProblem} when the API refused, or answered nothing.
 */
export async function data<T>(answer: Answer<T>): Promise<T> {
  return (await settled(answer)).data
}

/** The body and its `ETag`, for the `If-Match` of a change. @throws {ApiProblem} */
export async function dataAndEtag<T>(answer: Answer<T>): Promise<{ data: T; etag: string }> {
  const { data: body, response } = await settled(answer)
  return { data: body, etag: response.headers.get('etag') ?? '' }
}

async function settled<T>(answer: Answer<T>): Promise<{ data: T; response: Response }> {
  const { data: body, error, response } = await answer
  if (error !== undefined || !response.ok) throw ApiProblem.of(response, error)
  return { data: body as T, response }
}
