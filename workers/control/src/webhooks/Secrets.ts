/** Secrets of endpoints: made here, shown once, sealed at rest under the Worker secret `WEBHOOK_SECRET`. */
import * as Seal from '@pbstream/core/Seal'
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import type { EndpointRow } from '@pbstream/db/WebhookEndpoints'
import type { Env } from '../Env.ts'

const BYTES = 32
const PURPOSE = 'pbstream webhook secret v1'

/** A new secret: as its owner sees it, once, and as it is kept. */
export async function makeSecret(env: Env, endpointId: string): Promise<{ shown: string; sealed: string }> {
  const shown = WebhookSignature.formatSecret(crypto.getRandomValues(new Uint8Array(BYTES)))
  return { shown, sealed: await Seal.seal(crypto, placeOf(env, endpointId), shown) }
}

/** What signs for an endpoint: its secret, and for a day the one before it. Without those that cannot be opened. */
export async function secretsOf(env: Env, endpoint: EndpointRow, now: number): Promise<Uint8Array[]> {
  const { id, secretSealed, previousSecretSealed, previousUntil } = endpoint
  const before = previousUntil !== null && previousUntil.getTime() > now ? previousSecretSealed : null
  const sealed = before === null ? [secretSealed] : [secretSealed, before]
  const opened = await Promise.all(sealed.map((each) => Seal.open(crypto, placeOf(env, id), each)))
  return opened.flatMap((text) => (text === undefined ? [] : (WebhookSignature.parseSecret(text) ?? [])))
}

function placeOf(env: Env, endpointId: string): Seal.Place {
  if (env.WEBHOOK_SECRET === undefined) throw new TypeError('there is no WEBHOOK_SECRET')
  return { secret: env.WEBHOOK_SECRET, purpose: PURPOSE, place: endpointId }
}
