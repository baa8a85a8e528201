/** `/channels`: where the caller's money lies, and what it takes to get it back on chain. */
import type { Hex } from '@pbstream/core/Hex'
import { page, pageOf } from '../api/Page.ts'
import { channelsOf, type PayerChannel } from '@pbstream/db/PayerChannels'
import { operation } from '../api/Operation.ts'
import { answer, type z } from '../api/Parts.ts'
import type { Api, ApiContext } from '../api/Types.ts'
import { type Standing, standingOf } from './ChannelStanding.ts'
import { kindOf, namesOf, payerOf, sessionAsked, TAGS } from './Payer.ts'
import * as Schemas from './PayerSchemas.ts'
import { withdrawalOf } from './Withdrawal.ts'

const list = operation({
  method: 'get',
  path: '/channels',
  operationId: 'listPayerChannels',
  summary: 'Channels of your keys, by id',
  tags: TAGS,
  access: 'session_keys:read',
  request: { query: Schemas.channelsQuery },
  responses: { 200: answer(pageOf(Schemas.PayerChannel), 'A page of channels.') },
})

export function payerChannelRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const query = c.req.valid('query')
    const session = await sessionAsked(c, query.key)
    const found = await page(
      c,
      query,
      (after, limit) => channelsOf(c.var.database, payerOf(c), { session }, after && (String(after[0]) as Hex), limit),
      ({ channel }) => [channel.id],
      (row) => row,
    )
    const data = await Promise.all(found.data.map((row) => shown(c, row)))
    return c.json({ ...found, data }, 200)
  })
}

async function shown(c: ApiContext, row: PayerChannel): Promise<z.infer<typeof Schemas.PayerChannel>> {
  const standing = await standingOf(c.env, row.channel)
  const { ref, numbers, config } = standing
  const { revision: _revision, accepted: _accepted, ...of } = row.channel
  const kind = kindOf(c, ref.chainId, ref.contract)
  return {
    ...of,
    ...namesOf(c, row.key),
    key: ref.payerAuthorizer,
    contract: ref.contract,
    kind,
    config: config ?? null,
    ...decimal(standing),
    pendingWithdrawal: await withdrawalOf(c.env, standing, kind, new Date()),
    closed: standing.left === 0n && (numbers.reserved ?? 0n) === 0n,
    live: config !== undefined,
  }
}

function decimal({ numbers, free }: Standing) {
  const { provisional, deposited, returned, spent, claimed, settled, lost, reserved } = numbers
  return {
    provisional: String(provisional),
    deposited: String(deposited),
    returned: String(returned),
    spent: String(spent),
    claimed: String(claimed),
    settled: String(settled),
    lost: String(lost),
    held: reserved === undefined ? null : String(reserved),
    free: free === undefined ? null : String(free),
  }
}
