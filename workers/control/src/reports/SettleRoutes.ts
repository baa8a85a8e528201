/** `POST /providers/{id}/channels/{channel}/settle`: what the channel owes is claimed now, before it would be by itself. */
import * as Audit from '@pbstream/db/Audit'
import { operation } from '../api/Operation.ts'
import { answer } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { by } from '../keys/Common.ts'
import { count } from '../keys/OnChain.ts'
import { Refusal } from '../Problem.ts'
import { channelParams, Settling, TAGS } from './ProviderSchemas.ts'
import { soldOn } from './TimelineRoutes.ts'

const settle = operation({
  method: 'post',
  path: '/providers/{id}/channels/{channel}/settle',
  operationId: 'settleChannel',
  summary: 'Have what a channel owes claimed and paid now; again changes nothing',
  tags: TAGS,
  access: 'providers:write',
  request: { params: channelParams },
  responses: { 200: answer(Settling, 'What was started.') },
})

export function settleRoutes(api: Api): void {
  api.openapi(settle, async (c) => {
    const { id, channel } = c.req.valid('param')
    const row = await soldOn(c, id, channel)
    // A payout of what has been claimed goes by itself; only what is yet to be claimed costs a transaction of ours.
    if (BigInt(row.spent) > BigInt(row.claimed) + BigInt(row.lost)) await count(by(c))
    const reply = await operationsOf(c).drain(1, { session: row.session, channelId: row.id })
    if (reply.kind === 'unknown_channel') throw new Refusal('not_found')
    const { total, rest } = reply.kind === 'sent' ? reply : { total: null, rest: null }
    const shown = {
      status: reply.kind,
      total: total === null ? null : String(total),
      rest: rest === null ? null : String(rest),
    }
    if (reply.kind === 'sent') await noted(c, id, { channelId: row.id, total: String(total) })
    return c.json(shown, 200)
  })
}

async function noted(c: ApiContext, subject: string, detail: Record<string, unknown>): Promise<void> {
  const { owner, mode, actor } = callerOf(c)
  const act = { actor, action: 'channel.settle', subject, detail, at: new Date() }
  await Audit.record(c.var.database, act, Audit.chainOf(owner, mode))
}

function operationsOf({ env }: ApiContext) {
  if (env.OPERATIONS === undefined) throw new Refusal('relay_unavailable')
  return env.OPERATIONS
}
