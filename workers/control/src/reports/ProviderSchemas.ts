/** What providers are told of their sales and channels. Amounts are decimal strings of atomic units of the token. */
import { pageQuery } from '../api/Page.ts'
import { bytes32, time, z } from '../api/Parts.ts'

export const TAGS = ['Provider reports']

const id = z.string().openapi({ param: { name: 'id', in: 'path' } })
export const channelParams = z.object({
  id,
  channel: bytes32.openapi({ param: { name: 'channel', in: 'path' }, type: 'string', pattern: '^0x[0-9a-fA-F]{64}$' }),
})

export const period = {
  from: z.iso.datetime().optional().openapi({ description: 'From the beginning of its hour (UTC) on.' }),
  to: z.iso.datetime().optional().openapi({ description: 'To the end of its hour (UTC); now if left out.' }),
}

export const periodQuery = z.strictObject(period)
export const seriesQuery = z.strictObject({
  ...period,
  step: z.enum(['hour', 'day']).optional().openapi({ description: '`day` if left out. Days are those of UTC.' }),
})

const counted = {
  revenue: z.string().openapi({ description: 'Charged on channels and in sessions; `exact` payments are not in it.' }),
  requests: z.number().int().openapi({ description: 'How many calls were charged.' }),
  challenges: z.number().int().openapi({ description: 'How many calls were answered 402.' }),
}

const Lag = z.object({ p50: z.number().int().nullable(), max: z.number().int().nullable() }).openapi({
  description:
    'How long the oldest charge of each payout had waited, in milliseconds: of the newest 200 payouts on 2,000 channels at most; null: there was none.',
})

const Totals = z
  .object({
    from: time,
    to: time,
    ...counted,
    paidRate: z.number().min(0).max(1).nullable().openapi({
      description: 'Charged calls among those that were charged or answered 402; null where there were none.',
    }),
    settlementLagMs: Lag,
  })
  .openapi('ProviderTotals')

const RouteTotals = z
  .object({
    routeId: z.string(),
    path: z.string().nullable().openapi({ description: 'At the gateway.' }),
    ...counted,
  })
  .openapi('RouteTotals')

export const ProviderSummary = Totals.extend({
  unsettled: z.string().openapi({
    description: 'Now: charged on the channels that this provider sold on, and not paid out yet.',
  }),
  topRoutes: z.array(RouteTotals).openapi({ description: 'Five at most, by revenue.' }),
  previous: Totals.openapi({ description: 'The period of the same length before.' }),
}).openapi('ProviderSummary')

export const Revenue = z
  .object({
    from: time,
    to: time,
    step: z.enum(['hour', 'day']),
    points: z
      .array(z.object({ at: time, ...counted }))
      .openapi({ description: 'Each step, also those without sales.' }),
  })
  .openapi('ProviderRevenue')

const Live = z.object({
  reserved: z.string().openapi({ description: 'Held for calls that are being served, by whichever provider.' }),
  claiming: z.string().nullable().openapi({ description: 'The total of the claim on its way to the chain.' }),
  refundInFlight: z.boolean(),
  withdrawalRequestedAt: time.nullable(),
})

export const ChannelDetail = z
  .object({
    id: z.string(),
    session: z.string(),
    chainId: z.number().int(),
    contract: z.string(),
    payer: z.string(),
    key: z.string().openapi({ description: 'The address that signs its vouchers.' }),
    receiver: z.string(),
    token: z.string(),
    provisional: z.string(),
    deposited: z.string(),
    returned: z.string(),
    spent: z.string(),
    claimed: z.string(),
    settled: z.string(),
    lost: z.string(),
    unsettled: z.string().openapi({ description: 'Spent, and neither settled nor lost.' }),
    openedAt: time.nullable(),
    lastChargeAt: time.nullable().openapi({ description: 'Of this provider.' }),
    live: Live.nullable().openapi({ description: 'What is under way; null: its session does not answer now.' }),
  })
  .openapi('ChannelDetail')

export const TimelineEntry = z
  .object({
    id: z.string(),
    at: time.openapi({ description: 'Of charges: the beginning of their minute.' }),
    kind: z
      .enum(['deposit', 'charges', 'claim', 'settle', 'refund', 'loss', 'stop', 'release', 'incident'])
      .openapi({ description: '`charges`: those of this provider in one minute. `stop`, `release`: of its rules.' }),
    amount: z.string().nullable(),
    count: z.number().int().nullable().openapi({ description: 'How many charges.' }),
    transaction: z.string().nullable(),
    detail: z.record(z.string(), z.string()).openapi({
      description:
        'Of a stop `stop`, `rule`, `action` and, when it was released, `reason`; of an incident `what` and more.',
    }),
  })
  .openapi('ChannelTimelineEntry')

export const timelineQuery = z.strictObject(pageQuery)

export const Settling = z
  .object({
    status: z.enum(['sent', 'drained', 'refund_in_flight']).openapi({
      description:
        '`sent`: a claim is on its way. `drained`: all that can be claimed is. `refund_in_flight`: a refund brings the claim with it.',
    }),
    total: z.string().nullable().openapi({ description: 'What the claim on its way comes to, cumulative.' }),
    rest: z.string().nullable().openapi({ description: 'What can be claimed after that one.' }),
  })
  .openapi('ChannelSettling')
