/** What every change of a provider has in common: who makes it, from which revision, and who is told afterwards. */
import type { Orm, Statement } from '@pbstream/db/Database'
import { Refused, type Who } from '@pbstream/db/ProvidersScope'
import { etag } from '../api/Etag.ts'
import { later } from '../api/Later.ts'
import { type ApiContext, callerOf } from '../api/Types.ts'
import { publishCatalog } from '../cache/Publish.ts'
import { Refusal } from '../Problem.ts'
import { announce } from '../webhooks/Announce.ts'

/** The caller as the author of a change, now. `also`: what has to be written with it, or not at all. */
export function whoOf(c: ApiContext, also?: (orm: Orm) => Statement[]): Who {
  const { owner, mode, actor } = callerOf(c)
  return { owner, mode, actor, at: new Date(), ...(also === undefined ? {} : { also }) }
}

/**
 * The revision that an edit starts from; the change itself compares.
 *
 * @throws {Refusal} precondition_required, precondition_failed
 */
export function revisionOf(c: ApiContext): number {
  const given = c.req.header('if-match')
  if (given === undefined) throw new Refusal('precondition_required')
  const digits = /^"([1-9][0-9]{0,14})"$/.exec(given)?.[1]
  if (digits === undefined) throw new Refusal('precondition_failed')
  return Number(digits)
}

/** Runs what the database judges; its refusals are the answer. */
export async function judged<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw new Refusal(error.code, error.detail === undefined ? {} : { detail: error.detail })
  }
}

/** A change of what is sold: gateways and webhooks are told when it is made. */
export async function made<T>(c: ApiContext, work: () => Promise<T>): Promise<T> {
  const result = await judged(work)
  await later(c, async () => {
    await publishCatalog(c.env, c.var.database)
    await announce(c.env, c.var.database)
  })
  return result
}

export function tag(row: { revision: number }): { etag: string } {
  return { etag: etag(row.revision) }
}
