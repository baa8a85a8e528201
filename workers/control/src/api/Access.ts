/**
 * Who calls: a cookie of a wallet that signed in, or an API key. Found out before anything of the request is read, and
 * held against what the operation is for.
 */
import { apiKeyByHash, isStale, touch } from '@pbstream/db/ApiKeys'
import { sha256 } from '@pbstream/db/Canonical'
import type { Mode } from '@pbstream/db/Mode'
import { open } from '@pbstream/db/Database'
import { signedIn } from '@pbstream/db/Owners'
import { createMiddleware } from 'hono/factory'
import { readApiKey } from '@pbstream/db/ApiKeyText'
import { readCookie } from '../auth/Cookie.ts'
import { Refusal } from '../Problem.ts'
import { hasSecret } from './Mac.ts'
import { later } from './Later.ts'
import { requireOwnOrigin } from './Origin.ts'
import { addressKey, limited } from './RateLimit.ts'
import type { Access, ApiContext, ApiEnv, Caller, Scope } from './Types.ts'

/** Lets through whom the operation is for, as `c.var.caller`. */
export function access(to: Access) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (!hasSecret(c.env)) throw new Refusal('not_found')
    await limited(c.env, to === 'public' ? 'sign_in' : 'api', addressKey(c.req.raw))
    c.set('database', open(c.env))
    if (to !== 'public' && to !== 'message' && to !== 'grant') {
      const caller = await identify(c)
      await limited(c.env, 'api', `caller:${caller.actor}`)
      admit(caller, to)
      c.set('caller', caller)
    }
    await next()
  })
}

/** @throws {Refusal} scope_missing */
function admit(caller: Caller, to: Exclude<Access, 'public' | 'message' | 'grant'>): void {
  if (to === 'any_caller' || caller.scopes === 'all') return
  if (to === 'cookie') throw new Refusal('scope_missing', { detail: 'no API key can do this' })
  if (!caller.scopes.has(to)) throw new Refusal('scope_missing', { detail: `this needs the scope ${to}` })
}

async function identify(c: ApiContext): Promise<Caller> {
  const authorization = c.req.header('authorization')
  // Whoever sends a key means the key: a cookie that the browser adds never takes its place.
  return authorization === undefined ? byCookie(c) : byApiKey(c, authorization)
}

async function byApiKey(c: ApiContext, authorization: string): Promise<Caller> {
  const given = await readApiKey(/^Bearer +(\S{1,128})$/i.exec(authorization)?.[1])
  if (given === undefined) throw new Refusal('credentials_invalid')
  const { database } = c.var
  const now = new Date()
  const found = await apiKeyByHash(database, given.hash)
  if (found === undefined) throw new Refusal('credentials_invalid')
  const { key, address, chainId } = found
  const ended = key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)
  if (ended || key.mode !== given.mode) throw new Refusal('credentials_invalid')
  const asked = askedMode(c)
  if (asked !== undefined && asked !== key.mode) throw new Refusal('mode_mismatch')
  if (isStale(key.lastUsedAt, now)) await later(c, () => touch(database, key.id, now))
  const scopes = new Set(key.scopes as Scope[])
  return { owner: key.owner, address, chainId, mode: key.mode, scopes, actor: key.id, via: 'key' }
}

async function byCookie(c: ApiContext): Promise<Caller> {
  const cookie = readCookie(c.req.header('cookie'))
  if (cookie === undefined) throw new Refusal('credentials_invalid')
  requireOwnOrigin(c)
  const owner = await signedIn(c.var.database, await sha256(cookie), new Date())
  if (owner === undefined) throw new Refusal('credentials_invalid')
  const { id, address, chainId } = owner
  return { owner: id, address, chainId, mode: askedMode(c) ?? 'live', scopes: 'all', actor: id, via: 'cookie' }
}

function askedMode(c: ApiContext): Mode | undefined {
  const asked = c.req.header('pbstream-mode')
  if (asked === undefined || asked === 'live' || asked === 'test') return asked
  throw new Refusal('mode_mismatch')
}
