/** Every minute: oracles that are due are read, and those that have been silent for too long are noted. */
import { open, type Database } from '@pbstream/db/Database'
import { dueOracles, oracleById, silentOracles, sourceOf } from '@pbstream/db/OracleRows'
import { failed } from '@pbstream/db/OracleValues'
import type { Env } from '../Env.ts'
import { log } from '../Log.ts'
import { announce } from '../webhooks/Announce.ts'
import { silence, take } from './News.ts'
import { read } from './Read.ts'
import { openHeader } from './Secrets.ts'

/** A Worker may make so many requests in one run; and as many at once as it may have connections. */
const READS = 40
const AT_ONCE = 5
const NOTED = 100

/** @returns how many were read, and how many fell silent. */
export async function everyMinute(env: Env, now = new Date()): Promise<{ read: number; silent: number }> {
  const db = open(env)
  const due = await dueOracles(db, now, READS)
  for (let at = 0; at < due.length; at += AT_ONCE)
    await Promise.all(
      due.slice(at, at + AT_ONCE).map(({ id }) => tried('oracle_read', () => readOne(env, db, id, now))),
    )
  let silent = 0
  for (const { id } of await silentOracles(db, now, NOTED))
    if ((await tried('oracle_silence', () => silence(db, id, now))) === true) silent++
  if (silent > 0) await announce(env, db, { now })
  return { read: due.length, silent }
}

async function readOne(env: Env, db: Database, id: string, now: Date): Promise<void> {
  const found = await oracleById(db, id)
  if (found === undefined || !found.oracle.enabled) return
  const { oracle, provider } = found
  const source = sourceOf(oracle)
  if (source.kind === 'push') return
  const sealed = oracle.secretSealed
  const header = sealed === null ? undefined : await openHeader(env, id, sealed)
  const answer = await read(env, source, header)
  const at = new Date(Math.max(Date.now(), now.getTime()))
  const nextAt = new Date(now.getTime() + source.everySeconds * 1000)
  if ('error' in answer) {
    log('oracle_unread', { oracle: id, error: answer.error })
    return failed(db, id, answer.error, at, nextAt)
  }
  const { value, raw, source: from } = answer
  await take(db, provider, id, { raw, value, source: from, messageId: null, sentAt: at, at, nextAt })
}

async function tried<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    log('job_failed', { job: what, error: error instanceof Error ? error.name : 'unknown' })
    return undefined
  }
}
