/** The session endpoint of a gateway: requests to it are signed as paid ones are, and cost nothing. */
import * as Base64 from '@pbstream/core/Base64'
import { fromBytes } from '@pbstream/core/Hex'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import { NoUsableOfferError } from '../errors/Payer.ts'
import { type Context, errorOf } from './Context.ts'
import { signedHeaders, type SignRequest } from './RequestSigner.ts'
import type { SessionRecord } from './Session.ts'

type Signer = { record: SessionRecord; sign: SignRequest }

const encoder = new TextEncoder()

/**
 * What the gateway of an origin says of its sessions, with a fresh nonce.
 *
 * @throws {NoUsableOfferError} when it has none, or names another gateway.
 */
export async function info({ send }: Context, origin: string): Promise<OpenSession.Info> {
  const response = await send(OpenSession.endpoint(origin))
  if (!response.ok) throw await errorOf(response)
  const said = OpenSession.parseInfo(await response.json().catch(() => undefined))
  if (said === undefined || said.gateway !== origin) throw new NoUsableOfferError(`${origin} offers no sessions`)
  return said
}

/** Sends a signed request below the endpoint. A clock that is wrong is corrected, once. */
export async function call(
  context: Context,
  { record, sign }: Signer,
  method: 'GET' | 'POST',
  path: string,
  json?: object,
): Promise<Response> {
  const targetUri = OpenSession.endpoint(record.origin) + path
  const body = json === undefined ? undefined : new Uint8Array(encoder.encode(JSON.stringify(json)))
  for (let corrected = false; ; corrected = true) {
    const parts: HttpSignature.Parts = {
      method,
      targetUri,
      ...(body === undefined ? {} : { contentDigest: await digestOf(body) }),
      idempotencyKey: randomId(),
      maxPrice: '0',
      session: record.token,
    }
    const headers = await signedHeaders(parts, sign, record.algorithm, context.clock.now())
    const response = await context.send(targetUri, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    })
    if (response.ok || corrected) return response
    const { code } = await errorOf(response)
    if (code !== 'session_signature_expired' || !context.clock.correct(response)) return response
  }
}

/** A request id that nobody else has. */
export function randomId(): string {
  return Base64.encodeUrl(crypto.getRandomValues(new Uint8Array(18)))
}

async function digestOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  return HttpSignature.contentDigest(fromBytes(new Uint8Array(await crypto.subtle.digest('SHA-256', body))))
}
