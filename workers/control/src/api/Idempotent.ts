/** Changes with an Idempotency-Key: a repeat gets the answer of the first, for 24 hours. */
import { canonical, sha256 } from '@pbstream/db/Canonical'
import { type Answer, begin, finish, forget, type Name } from '@pbstream/db/Idempotency'
import { createMiddleware } from 'hono/factory'
import { log } from '../Log.ts'
import { Refusal } from '../Problem.ts'
import { announce } from '../webhooks/Announce.ts'
import { later } from './Later.ts'
import { type ApiContext, type ApiEnv, callerOf } from './Types.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
/** Headers of an answer that a repeat gets too. */
const KEPT = ['content-type', 'etag', 'location']

/**
 * Runs after the caller is known. Only an answer that says the change is made is kept: a refusal changed nothing, and the
 * key may be used again. A request that was cut off after its change is made again, so a handler must find what it made
 * (`newId`) or refuse by revision (`requireMatch`).
 */
export const idempotent = createMiddleware<ApiEnv>(async (c, next) => {
  const key = c.req.header('idempotency-key')
  if (key === undefined || !KEY.test(key)) throw new Refusal('idempotency_key_missing')
  const { owner, mode } = callerOf(c)
  const name: Name = { owner, mode, key }
  const begun = await begin(c.var.database, name, await digestOf(c), new Date())
  if (begun.kind === 'running') throw new Refusal('idempotency_in_progress')
  if (begun.kind === 'other') throw new Refusal('idempotency_key_reused')
  if (begun.kind === 'done') return replay(begun.answer)
  c.set('seed', begun.seed)
  await next()
  await conclude(c, name, begun.at)
  return undefined
})

/** Says that these members of the answer are shown once: a repeat gets null. */
export function once(c: ApiContext, ...members: string[]): void {
  c.set('once', members)
}

async function conclude(c: ApiContext, name: Name, at: Date): Promise<void> {
  const { database } = c.var
  try {
    if (c.res.ok) {
      await finish(database, name, at, await keep(c))
      // What was written for webhooks with the change is sent now rather than by the clock.
      await later(c, () => announce(c.env, database))
    } else await forget(database, name, at)
  } catch (error) {
    // The change is made: to fail now would tell the caller that it is not.
    log('idempotency_failed', { error: error instanceof Error ? error.name : 'unknown' })
  }
}

async function keep(c: ApiContext): Promise<Answer> {
  const headers: Record<string, string> = {}
  for (const header of KEPT) {
    const value = c.res.headers.get(header)
    if (value !== null) headers[header] = value
  }
  const body = await c.res.clone().text()
  return { status: c.res.status, headers, body: withoutSecrets(body, c.var.once ?? []) }
}

function withoutSecrets(body: string, members: string[]): string {
  if (members.length === 0) return body
  const parsed = JSON.parse(body) as Record<string, unknown>
  return JSON.stringify({ ...parsed, ...Object.fromEntries(members.map((member) => [member, null])) })
}

function replay({ status, headers, body }: Answer): Response {
  const empty = status === 204
  return new Response(empty ? null : body, {
    status,
    headers: { ...headers, 'cache-control': 'no-store', 'idempotent-replayed': 'true' },
  })
}

/** Everything that makes the request what it is. The body as JSON: a client may spell it in another order. */
async function digestOf(c: ApiContext): Promise<string> {
  const text = await c.req.text()
  const { pathname, search } = new URL(c.req.url)
  const match = c.req.header('if-match') ?? null
  return sha256(canonical([c.req.method, pathname + search, match, parsed(text)]))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
