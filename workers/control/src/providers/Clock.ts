/** What becomes due by time: payout changes take effect, and drains go on. Every run can be repeated. */
import type { OperationsApi } from '@pbstream/core/message/Operations'
import { type Database, open } from '@pbstream/db/Database'
import * as Providers from '@pbstream/db/Providers'
import * as Drains from '@pbstream/db/ProvidersDrain'
import { publishCatalog } from '../cache/Publish.ts'
import type { Env } from '../Env.ts'
import { log } from '../Log.ts'
import { announce } from '../webhooks/Announce.ts'

const PAYOUTS = 20
/** Channels that one run takes a step with: each is a call of an object. */
const CHANNELS = 40
/**
 * The last round of a drain begins so long after the change: until then a gateway may still have sold under the old terms,
 * and a deposit may have been on its way.
 */
const SETTLED_MS = 180_000

/** @returns how many payout changes took effect, and how many channels a step was taken with. */
export async function everyMinute(env: Env, now = new Date()): Promise<{ payouts: number; steps: number }> {
  const db = open(env)
  let payouts = 0
  for (const { id } of await Providers.duePayouts(db, now, PAYOUTS))
    if (await tried('payout', () => Providers.applyPayout(db, id, now))) payouts++
  if (payouts > 0) {
    await publishCatalog(env, db)
    await announce(env, db, { now })
  }
  const steps = env.OPERATIONS === undefined ? 0 : await goOn(db, env.OPERATIONS, now)
  return { payouts, steps }
}

async function goOn(db: Database, settlement: OperationsApi, now: Date): Promise<number> {
  let steps = 0
  for (const row of await Drains.goingOn(db, now, CHANNELS)) {
    if (steps >= CHANNELS) break
    steps += (await tried('drain', () => advance(db, settlement, row, CHANNELS - steps, now))) ?? 0
  }
  return steps
}

/** Goes on with the round of a drain. */
async function advance(db: Database, settlement: OperationsApi, row: Drains.DrainRow, most: number, now: Date) {
  const rows = await Drains.channelsOf(db, row.providerId, row.cursor, most)
  const mine = rows.map(({ channel }) => channel).filter(({ receiver }) => receiver === row.receiver)
  const keep = await termsOf(db, row)
  const shared = await sharedWith(db, row, mine)
  const first = row.cursor === ''
  let { open: left, closed } = first ? { open: 0, closed: 0 } : row
  // A round is as old as its first page.
  const roundAt = first ? now : row.roundAt
  for (const { id, session, chainId } of mine) {
    if (shared.has(id)) continue
    const reply = await settlement.close(1, { session, channelId: id }, keep)
    if (reply.kind === 'closed') closed++
    if (reply.kind === 'waiting') left++
    if (reply.kind === 'unknown_channel') log('drain_unknown_channel', { channel: id, chain: String(chainId) })
  }
  const cursor = rows.at(-1)?.channel.id ?? row.cursor
  if (rows.length === most) await Drains.advance(db, row.id, { cursor, open: left, closed, roundAt })
  else if (left > 0 || roundAt.getTime() < row.requestedAt.getTime() + SETTLED_MS)
    await Drains.advance(db, row.id, { cursor: '', open: left, closed, roundAt: now })
  else await Drains.finish(db, row, closed, now)
  return mine.length
}

/** What the provider's channels have to be like now. */
async function termsOf(db: Database, { providerId, owner, mode }: Drains.DrainRow) {
  const { payTo, withdrawDelay } = await Providers.providerOf(db, { owner, mode }, providerId)
  return { receiver: payTo, withdrawDelay }
}

/**
 * Channels that another provider with the same receiver sells on: they are its channels as much, and its terms still stand.
 * So nobody can close another's channels by naming his address.
 */
async function sharedWith(db: Database, row: Drains.DrainRow, channels: Drains.ChannelRow[]): Promise<Set<string>> {
  if (channels.length === 0) return new Set()
  const others = await Drains.othersOn(
    db,
    channels.map(({ id }) => id),
  )
  return new Set(
    others
      .filter(({ providerId, payTo }) => providerId !== row.providerId && payTo === row.receiver)
      .map(({ channelId }) => channelId),
  )
}

async function tried<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    log('job_failed', { job: what, error: error instanceof Error ? error.name : 'unknown' })
    return undefined
  }
}
