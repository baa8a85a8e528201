/** `/providers/{id}/channels/{channel}`: one channel that the provider sold on, and what happened on it. */
import type { Hex } from '@pbstream/core/Hex'
import type { ChannelStanding, SessionOperationsApi } from '@pbstream/core/message/Operations'
import { parseSessionName, type SessionRef } from '@pbstream/core/message/Session'
import * as Timeline from '@pbstream/db/ChannelTimeline'
import { providerOf } from '@pbstream/db/Providers'
import { operation } from '../api/Operation.ts'
import { page, pageOf } from '../api/Page.ts'
import { answer, type z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import type { Env } from '../Env.ts'
import { asked } from '../keys/Edge.ts'
import { Refusal } from '../Problem.ts'
import { judged } from '../providers/Making.ts'
import { ChannelDetail, channelParams, TAGS, TimelineEntry, timelineQuery } from './ProviderSchemas.ts'

const get = operation({
  method: 'get',
  path: '/providers/{id}/channels/{channel}',
  operationId: 'getChannel',
  summary: 'One channel that paid the provider, and what is under way on it',
  tags: TAGS,
  access: 'providers:read',
  request: { params: channelParams },
  responses: { 200: answer(ChannelDetail, 'The channel.') },
})

const timeline = operation({
  method: 'get',
  path: '/providers/{id}/channels/{channel}/timeline',
  operationId: 'getChannelTimeline',
  summary: 'What happened on a channel, newest first: money on chain, your charges by the minute, your stops',
  tags: TAGS,
  access: 'providers:read',
  request: { params: channelParams, query: timelineQuery },
  responses: { 200: answer(pageOf(TimelineEntry), 'A page of the timeline.') },
})

export function timelineRoutes(api: Api): void {
  api.openapi(get, async (c) => {
    const { id, channel } = c.req.valid('param')
    const row = await soldOn(c, id, channel)
    return c.json(await shown(c, id, row), 200)
  })

  api.openapi(timeline, async (c) => {
    const { id, channel } = c.req.valid('param')
    const row = await soldOn(c, id, channel)
    const entries = await page(
      c,
      c.req.valid('query'),
      (after, limit) => {
        const place = after && { at: new Date(Number(after[0])), id: String(after[1]) }
        return Timeline.timelineOf(c.var.database, { providerId: id, channel: row }, place, limit)
      },
      ({ at, id: entryId }) => [at.getTime(), entryId],
      showEntry,
    )
    return c.json(entries, 200)
  })
}

/** @throws {Refusal} not_found, for a channel that the provider sold nothing on as for one that is not there. */
export async function soldOn(c: ApiContext, id: string, channel: Hex): Promise<Timeline.ProviderChannel> {
  await judged(() => providerOf(c.var.database, callerOf(c), id))
  const row = await Timeline.channelOf(c.var.database, id, channel)
  if (row === undefined) throw new Refusal('not_found')
  return row
}

async function shown(c: ApiContext, id: string, row: Timeline.ProviderChannel): Promise<z.infer<typeof ChannelDetail>> {
  const ref = parseSessionName(row.session)
  if (ref === undefined) throw new TypeError('not the name of a session')
  const [times, standing] = await Promise.all([
    Timeline.timesOf(c.var.database, id, row.id),
    standingOf(c.env, ref, row.id),
  ])
  const { revision: _revision, accepted: _accepted, ...numbers } = row
  const unsettled = BigInt(row.spent) - BigInt(row.settled) - BigInt(row.lost)
  return {
    ...numbers,
    contract: ref.contract,
    payer: ref.payer,
    key: ref.payerAuthorizer,
    unsettled: String(unsettled > 0n ? unsettled : 0n),
    openedAt: times.openedAt?.toISOString() ?? null,
    lastChargeAt: times.lastChargeAt?.toISOString() ?? null,
    live: standing ?? null,
  }
}

type Live = NonNullable<z.infer<typeof ChannelDetail>['live']>
type Object = Pick<SessionOperationsApi, 'standing'> & {
  view(v: 1, channelId: Hex): Promise<{ reserved: bigint } | undefined>
}

/** Undefined for a session that does not answer, or does not know the channel. */
async function standingOf(env: Env, ref: SessionRef, channelId: Hex): Promise<Live | undefined> {
  try {
    const [view, standing] = await asked<[{ reserved: bigint } | undefined, ChannelStanding | undefined], Object>(
      env,
      ref,
      (object) => Promise.all([object.view(1, channelId), object.standing(1, channelId)]),
    )
    if (view === undefined || standing === undefined) return undefined
    const { claim, refundInFlight, withdrawRequestedAt } = standing
    return {
      reserved: String(view.reserved),
      claiming: claim === undefined ? null : String(claim.total),
      refundInFlight,
      withdrawalRequestedAt: withdrawRequestedAt === 0 ? null : new Date(withdrawRequestedAt * 1_000).toISOString(),
    }
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function showEntry(entry: Timeline.TimelineEntry): z.infer<typeof TimelineEntry> {
  const { id, at, kind } = entry
  const common = { id, at: at.toISOString(), kind, amount: null, count: null, transaction: null, detail: {} }
  switch (entry.kind) {
    case 'charges':
      return { ...common, amount: String(entry.amount), count: entry.payments }
    case 'incident':
      return { ...common, detail: { ...entry.incident.detail, what: entry.incident.what } }
    case 'stop':
    case 'release': {
      const { id: stop, rule, kind: action, reason } = entry.stop
      const isOver = entry.kind === 'release' && reason !== null
      return { ...common, detail: { stop, rule, action, ...(isOver ? { reason } : {}) } }
    }
    default:
      return { ...common, amount: String(entry.amount), transaction: entry.transaction }
  }
}
