/** Secrets of oracles: what signs pushed values, and headers of URLs that are read. Sealed at rest; shown once or never. */
import * as Seal from '@pbstream/core/Seal'
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import type { OracleRow } from '@pbstream/db/OracleRows'
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'

const BYTES = 32
const PUSH = 'pbstream oracle secret v1'
const HEADER = 'pbstream oracle header v1'

/** A new secret for pushed values: as its owner sees it, once, and as it is kept. */
export async function makeSecret(env: Env, oracleId: string): Promise<{ shown: string; sealed: string }> {
  const shown = WebhookSignature.formatSecret(crypto.getRandomValues(new Uint8Array(BYTES)))
  return { shown, sealed: await Seal.seal(crypto, placeOf(env, PUSH, oracleId), shown) }
}

/** Seals the value of a header. Nobody gets it back from here. */
export async function sealHeader(env: Env, oracleId: string, value: string): Promise<string> {
  return Seal.seal(crypto, placeOf(env, HEADER, oracleId), value)
}

/** Undefined when it cannot be opened. */
export async function openHeader(env: Env, oracleId: string, sealed: string): Promise<string | undefined> {
  return Seal.open(crypto, placeOf(env, HEADER, oracleId), sealed)
}

/** What may have signed a message: the secret in force, and for a day the one before it. */
export async function secretsOf(env: Env, oracle: OracleRow, now: Date): Promise<Uint8Array[]> {
  const { id, secretSealed, previousSecretSealed, previousUntil } = oracle
  const before = previousUntil !== null && previousUntil > now ? previousSecretSealed : null
  const sealed = [secretSealed, before].filter((each) => each !== null)
  const opened = await Promise.all(sealed.map((each) => Seal.open(crypto, placeOf(env, PUSH, id), each)))
  return opened.flatMap((text) => (text === undefined ? [] : (WebhookSignature.parseSecret(text) ?? [])))
}

function placeOf(env: Env, purpose: string, place: string): Seal.Place {
  const secret = env.WEBHOOK_SECRET
  if (secret === undefined) throw new Refusal('temporarily_unavailable', { detail: 'secrets cannot be sealed here' })
  return { secret, purpose, place }
}
