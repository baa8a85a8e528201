/** The object of the tests, by RPC and from the inside, and what it has put on the queues. */
import type { SessionOperationsApi } from '@pbstream/core/message/Operations'
import type { SessionReply } from '@pbstream/core/message/PaidSession'
import {
  type Report,
  type ReportReply,
  type ReserveReply,
  sessionName,
  type SessionRef,
  type StreamSessionApi,
} from '@pbstream/core/message/Session'
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { StreamSession } from '../src/StreamSession.ts'
import { channelOf } from './fixtures.ts'
import { received } from './host.ts'

const namespace = (env as unknown as { STREAM_SESSION: DurableObjectNamespace }).STREAM_SESSION
export type Stub = DurableObjectStub & StreamSessionApi & SessionOperationsApi
export const stubOf = (session: SessionRef): Stub => namespace.getByName(sessionName(session)) as unknown as Stub
export const inside = <R>(
  stub: Stub,
  look: (object: StreamSession, state: DurableObjectState) => R | Promise<R>,
): Promise<R> => runInDurableObject(stub as unknown as DurableObjectStub<StreamSession>, look)

/** Files do not meet each other’s payers. */
let payers = Math.floor(Math.random() * 1e9)
export const nextPayer = (): number => ++payers

/** A channel of a payer of its own, with money. */
export async function funded(balance: bigint) {
  const channel = channelOf(nextPayer())
  const stub = stubOf(channel.session)
  await stub.reserve(channel.reserve(1n, 1n))
  await stub.acknowledge(1, [channel.observed(balance)])
  return { channel, stub }
}

export type Granted = Extract<ReserveReply, { kind: 'granted' }>
export function granted(reply: ReserveReply): Granted {
  if (reply.kind !== 'granted')
    throw new Error(`not granted: ${JSON.stringify(reply, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`)
  return reply
}

/** A payment in session mode; throws when it is not granted. */
export async function pay(
  stub: Stub,
  command: ReturnType<ReturnType<typeof channelOf>['pay']>,
): Promise<Extract<SessionReply, { kind: 'granted' }>> {
  const reply = await stub.pay(command)
  if (reply.kind !== 'granted') throw new Error(`not granted: ${reply.kind}`)
  return reply
}

/** What the session answers to one report. */
export const report = async (stub: Stub, said: Report): Promise<ReportReply> => (await stub.report(1, [said]))[0]!

export const later = (ms: number): void => {
  const now = Date.now()
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(now + ms)
}

/** Has the object send its events. */
export const publish = async (stub: Stub): Promise<void> => {
  later(2_000)
  await runDurableObjectAlarm(stub)
}
export const claimsOf = (channelId: string) => received.claims.filter((claim) => claim.channelId === channelId)
/** Losses of a channel, each once: messages may repeat. */
export const lossesOf = (channelId: string) => {
  const own = received.incidents.filter(({ detail }) => detail['channelId'] === channelId)
  return [...new Map(own.map((incident) => [incident.id, incident])).values()]
}

/** What each version of the tables added to those of the one before. */
const added: Record<number, readonly string[]> = {
  2: ['channel key_stopped_at', 'channel key_over', 'channel seen_block', 'journal why'],
  3: ['reservation period', 'channel settle_amount', 'channel settle_age_ms', 'policy'],
  4: ['channel session_epoch', 'channel session_until', 'lease', 'session_nonce'],
  5: ['reservation epoch', 'reservation metered', 'journal usage', 'usage_count'],
  6: [
    ...['channel provider_id', 'reservation asked', 'lease origin', 'lease rules', 'lease failed'],
    ...['journal country', 'journal place', 'sentinel_set', 'sentinel_scope', 'sentinel_snooze', 'sentinel_state'],
    ...['sentinel_log', 'sentinel_decision', 'sentinel_stop', 'sentinel_failure'],
  ],
}

/** Has the tables of an object as an earlier version left them. */
export const downgrade = (stub: Stub, version: number): Promise<void> =>
  inside(stub, (_, { storage: { sql } }) => {
    // The newest first: a table may go that has grown since.
    for (const [later, things] of Object.entries(added).toReversed()) {
      for (const thing of Number(later) > version ? things : []) {
        const [table = '', column] = thing.split(' ')
        sql.exec(column === undefined ? `DROP TABLE ${table}` : `ALTER TABLE ${table} DROP COLUMN ${column}`)
      }
    }
    sql.exec("UPDATE meta SET value = ? WHERE key = 'schema'", String(version))
  })
