/** A caller in session mode against `world`. */
import * as OpenSession from '@pbstream/core/session/OpenSession'
import {
  type Asked,
  opened,
  opening,
  type Opening,
  type RequestKey,
  type Session,
  signedHeaders,
} from '../../../../test/support/SessionCaller.ts'
import { config, sessionKey } from './payer.ts'
import { chain, CONTRACT, ORIGIN, route, START, type World, world } from './world.ts'

export const ENDPOINT = OpenSession.PATH
/** Unix seconds. */
export const NOW = START / 1000
const SECRET = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE'
export const SESSION_MASTER = JSON.stringify([{ kid: 'm1', secret: SECRET }])

/** `world` with sessions. */
export const sessionWorld = (routes: Parameters<typeof world>[0] = [route()], more: Parameters<typeof world>[1] = {}) =>
  world(routes, { SESSION_MASTER, ...more })

export async function infoOf(at: World): Promise<OpenSession.Info> {
  const info = OpenSession.parseInfo(await (await at.send(ENDPOINT)).json())
  if (info === undefined) throw new Error('no sessions are offered')
  return info
}

/** The body that opens a session, with a fresh nonce. */
export async function openBody(at: World, more: Partial<Opening> = {}): Promise<Record<string, unknown>> {
  const { nonce, gateway } = await infoOf(at)
  const publicKey = OpenSession.HMAC_PUBLIC_KEY
  const usual = { config, signer: sessionKey, gateway, nonce, publicKey, expires: NOW + 3600, max: 100_000n }
  return opening({ chainId: chain.chainId, contract: CONTRACT, ...usual, ...more })
}

export const post = (at: World, body: unknown, path = ENDPOINT): Promise<Response> =>
  at.send(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })

export async function openSession(at: World, more: Partial<Opening> = {}, key?: RequestKey): Promise<Session> {
  const publicKey = key === undefined ? {} : { publicKey: key.publicKey }
  return opened(await post(at, await openBody(at, { ...publicKey, ...more })), key)
}

let ids = 0

export type Ask = Partial<Asked> & { headers?: Record<string, string> }

/** A signed request as a caller sends it. `headers` come on top. */
export async function signed(session: Session, path: string, ask: Ask = {}): Promise<Request> {
  const { headers, ...more } = ask
  const asked = { url: ORIGIN + path, id: `request-${++ids}`, created: NOW, ...more }
  const all = new Headers(await signedHeaders(session, asked))
  for (const [name, value] of Object.entries(headers ?? {})) all.set(name, value)
  return new Request(ORIGIN + path, {
    method: asked.method ?? 'GET',
    headers: all,
    ...(asked.body === undefined ? {} : { body: asked.body }),
  })
}

export async function problem(response: Response): Promise<[number, string]> {
  const { code } = (await response.json()) as { code: string }
  return [response.status, code]
}
