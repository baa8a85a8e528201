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

export const api: Client<Eased<paths>> = createClient<Eased<paths>>({
  baseUrl: `${origin}/v1`,
  credentials: 'same-origin',
  fetch: send,
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

/** What `unauthorised` is told of: the session has ended. */
let ended: () => void = () => {}

/** Tells who keeps the session when an answer says that there is none. */
export function onSessionEnd(tell: () => void): void {
  ended = tell
}

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
  if (error !== undefined || !response.ok) {
    const problem = ApiProblem.of(response, error)
    if (problem.status === 401) ended()
    throw problem
  }
  return { data: body as T, response }
}
