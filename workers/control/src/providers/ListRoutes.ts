/** What a provider sold, was paid, and should look at: read from the projections, never from other providers' rows. */
import type { Hex } from '@pbstream/core/Hex'
import { providerOf } from '@pbstream/db/Providers'
import * as Lists from '@pbstream/db/ProvidersLists'
import { routeOf } from '@pbstream/db/ProvidersRoutes'
import { operation } from '../api/Operation.ts'
import { type Key, page, pageOf, pageQuery } from '../api/Page.ts'
import { address, answer, bytes32, idParam, time, z } from '../api/Parts.ts'
import { type Api, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { judged } from './Making.ts'

const TAGS = ['Provider reports']

const period = {
  since: z.iso.datetime().optional().openapi({ description: 'From this time on.' }),
  until: z.iso.datetime().optional().openapi({ description: 'Before this time.' }),
}

const Payment = z
  .object({
    session: z.string(),
    seq: z.number().int(),
    channelId: z.string(),
    routeId: z.string().nullable(),
    rateVersion: z.number().int().nullable(),
    requestId: z.string().nullable(),
    amount: z.string(),
    cumulative: z.string().nullable(),
    at: time,
  })
  .openapi('Payment')

const Channel = z
  .object({
    id: z.string(),
    session: z.string(),
    chainId: z.number().int(),
    receiver: z.string(),
    token: z.string(),
    deposited: z.string(),
    provisional: z.string(),
    returned: z.string(),
    spent: z.string(),
    claimed: z.string(),
    settled: z.string(),
    lost: z.string(),
  })
  .openapi('Channel')

const Settlement = z
  .object({
    channelId: z.string(),
    session: z.string(),
    seq: z.number().int(),
    amount: z.string(),
    transaction: z.string().nullable(),
    at: time,
  })
  .openapi('Settlement')

const Incident = z
  .object({
    id: z.string(),
    what: z.string(),
    channelId: z.string(),
    detail: z.record(z.string(), z.string()),
    at: time,
    resolvedAt: time.nullable(),
  })
  .openapi('Incident')

const payments = operation({
  method: 'get',
  path: '/providers/{id}/payments',
  operationId: 'listPayments',
  summary: 'Charges, newest first',
  tags: TAGS,
  access: 'providers:read',
  request: {
    params: idParam,
    query: z.strictObject({ ...pageQuery, ...period, route: z.string().max(64).optional() }),
  },
  responses: { 200: answer(pageOf(Payment), 'A page of payments.') },
})

const channels = operation({
  method: 'get',
  path: '/providers/{id}/channels',
  operationId: 'listChannels',
  summary: 'Channels that paid the provider, with their sessions, by id',
  tags: TAGS,
  access: 'providers:read',
  request: {
    params: idParam,
    query: z.strictObject({
      ...pageQuery,
      receiver: address.optional(),
      chainId: z
        .string()
        .regex(/^[1-9][0-9]{0,14}$/)
        .transform(Number)
        .optional()
        .openapi({ type: 'integer', minimum: 1 }),
    }),
  },
  responses: { 200: answer(pageOf(Channel), 'A page of channels.') },
})

const settlements = operation({
  method: 'get',
  path: '/providers/{id}/settlements',
  operationId: 'listSettlements',
  summary: 'Payouts of those channels, by channel and then by time',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: z.strictObject({ ...pageQuery, ...period, channel: bytes32.optional() }) },
  responses: { 200: answer(pageOf(Settlement), 'A page of payouts.') },
})

const incidents = operation({
  method: 'get',
  path: '/providers/{id}/incidents',
  operationId: 'listIncidents',
  summary: 'What somebody should look at in those channels',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: z.strictObject({ ...pageQuery, status: z.enum(['open', 'all']).optional() }) },
  responses: { 200: answer(pageOf(Incident), 'A page of incidents.') },
})

export function listRoutes(api: Api): void {
  salesAndChannels(api)
  payoutsAndIncidents(api)
}

function salesAndChannels(api: Api): void {
  api.openapi(payments, async (c) => {
    const { database } = c.var
    const { id } = c.req.valid('param')
    const query = c.req.valid('query')
    await judged(() => providerOf(database, callerOf(c), id))
    // A route tells its provider; one of another provider is not there, whosever it is.
    if (query.route !== undefined) {
      const route = await judged(() => routeOf(database, callerOf(c), query.route ?? ''))
      if (route.providerId !== id) throw new Refusal('not_found')
    }
    const filter = { routeId: query.route, ...between(query) }
    const shown = await page(
      c,
      query,
      (after, limit) =>
        Lists.paymentsOf(
          database,
          id,
          filter,
          after && { at: timeOf(after), session: String(after[1]), seq: Number(after[2]) },
          limit,
        ),
      (row) => [row.at.getTime(), row.session, row.seq],
      ({ session, seq, channelId, routeId, rateVersion, requestId, amount, cumulative, at }) => {
        return { session, seq, channelId, routeId, rateVersion, requestId, amount, cumulative, at: at.toISOString() }
      },
    )
    return c.json(shown, 200)
  })

  api.openapi(channels, async (c) => {
    const { id } = c.req.valid('param')
    const query = c.req.valid('query')
    await judged(() => providerOf(c.var.database, callerOf(c), id))
    const shown = await page(
      c,
      query,
      (after, limit) => Lists.channelsOf(c.var.database, id, query, String(after?.[0] ?? ''), limit),
      ({ channel }) => [channel.id],
      ({ channel: row }) => {
        const { revision: _revision, accepted: _accepted, ...shownRow } = row
        return shownRow
      },
    )
    return c.json(shown, 200)
  })
}

function payoutsAndIncidents(api: Api): void {
  api.openapi(settlements, async (c) => {
    const { id } = c.req.valid('param')
    const query = c.req.valid('query')
    await judged(() => providerOf(c.var.database, callerOf(c), id))
    const filter = { channelId: query.channel as Hex | undefined, ...between(query) }
    const shown = await page(
      c,
      query,
      (after, limit) =>
        Lists.settlementsOf(
          c.var.database,
          id,
          filter,
          after && { channelId: String(after[1]), at: timeOf(after), seq: Number(after[2]) },
          limit,
        ),
      ({ movement }) => [movement.at.getTime(), movement.channelId, movement.seq],
      ({ movement: { channelId, session, seq, amount, transaction, at } }) => {
        return { channelId, session, seq, amount, transaction, at: at.toISOString() }
      },
    )
    return c.json(shown, 200)
  })

  api.openapi(incidents, async (c) => {
    const { id } = c.req.valid('param')
    const query = c.req.valid('query')
    await judged(() => providerOf(c.var.database, callerOf(c), id))
    const shown = await page(
      c,
      query,
      (after, limit) =>
        Lists.incidentsOf(
          c.var.database,
          id,
          { open: query.status !== 'all' },
          after && { channelId: String(after[0]), id: String(after[1]) },
          limit,
        ),
      ({ channelId, incident }) => [channelId, incident.id],
      ({ channelId, incident: { id: incidentId, what, detail, at, resolvedAt } }) => {
        const resolved = resolvedAt?.toISOString() ?? null
        return { id: incidentId, what, channelId, detail, at: at.toISOString(), resolvedAt: resolved }
      },
    )
    return c.json(shown, 200)
  })
}

function between({ since, until }: { since?: string | undefined; until?: string | undefined }): Lists.Period {
  return {
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(until === undefined ? {} : { until: new Date(until) }),
  }
}

/** The first part of a key: Unix milliseconds. */
function timeOf(after: Key): Date {
  return new Date(Number(after[0]))
}
