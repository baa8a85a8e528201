/** `/oracles/{id}/values`: what an oracle has said, and signed values from its provider. */
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import { everOracleOf, oracleById } from '@pbstream/db/OracleRows'
import { valueByMessage, valueBySeq, type ValueRow, valuesOf } from '@pbstream/db/OracleValues'
import { ORACLE_VALUE_STATUSES } from '@pbstream/db/Mode'
import { later } from '../api/Later.ts'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, idParam, json, z } from '../api/Parts.ts'
import { limited } from '../api/RateLimit.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { judged } from '../providers/Making.ts'
import { announce } from '../webhooks/Announce.ts'
import { take } from './News.ts'
import * as Schemas from './Schemas.ts'
import { secretsOf } from './Secrets.ts'

const TAGS = ['Oracles']

const list = operation({
  method: 'get',
  path: '/oracles/{id}/values',
  operationId: 'listOracleValues',
  summary: 'Every value that came, newest first; of a deleted oracle too',
  tags: TAGS,
  access: 'providers:read',
  request: {
    params: idParam,
    query: z.strictObject({
      ...pageQuery,
      since: z.iso.datetime().optional().openapi({ description: 'From this time on.' }),
      until: z.iso.datetime().optional().openapi({ description: 'Before this time.' }),
      status: z.enum(ORACLE_VALUE_STATUSES).optional(),
    }),
  },
  responses: { 200: answer(pageOf(Schemas.Value), 'A page of values.') },
})

const push = operation({
  method: 'post',
  path: '/oracles/{id}/values',
  operationId: 'pushOracleValue',
  summary: 'Send a value, signed by Standard Webhooks with the secret of the oracle; one a second',
  tags: TAGS,
  access: 'message',
  // `webhook-id` is the key: the same message again is the same value.
  idempotent: false,
  request: { params: idParam, body: json(Schemas.Push) },
  responses: { 200: answer(Schemas.Value, 'What was made of it.') },
})

export function valueRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const { id } = c.req.valid('param')
    const query = c.req.valid('query')
    await judged(() => everOracleOf(c.var.database, callerOf(c), id))
    const { status, since, until } = query
    const filter = { status, since: dateOf(since), until: dateOf(until) }
    const found = await page(
      c,
      query,
      (after, limit) =>
        valuesOf(c.var.database, id, filter, after && { at: new Date(Number(after[0])), seq: Number(after[1]) }, limit),
      (row) => [row.at.getTime(), row.seq],
      Schemas.showValue,
    )
    return c.json(found, 200)
  })

  api.openapi(push, async (c) => {
    const { database } = c.var
    const { id } = c.req.valid('param')
    await limited(c.env, 'api', `oracle:${id}`)
    const { found, message, at } = await verified(c, id)
    const { oracle, provider } = found
    const known = await valueByMessage(database, id, message.id)
    if (known !== undefined) return c.json(shown(known), 200)
    // One a second is enough for prices, and bounds the history of an oracle. What the clock or an edit wrote is no push.
    const last = await valueBySeq(database, id, oracle.lastSeq)
    if (last?.source === 'push' && Math.abs(at.getTime() - last.at.getTime()) < MIN_GAP_MS)
      throw new Refusal('rate_limited', { detail: 'one value a second', headers: { 'retry-after': '1' } })
    const { value } = c.req.valid('json')
    const sentAt = new Date(message.timestamp * 1000)
    const incoming = { raw: String(value), value: BigInt(value), source: 'push', messageId: message.id, sentAt, at }
    const written = await take(database, provider, id, incoming)
    if (written === undefined) throw new Refusal('message_refused', { detail: 'the oracle is switched off' })
    await later(c, () => announce(c.env, database))
    return c.json(shown(written.row), 200)
  })
}

const MIN_GAP_MS = 1_000

/** @throws {Refusal} value_refused: it is kept, and changes nothing. */
function shown(row: ValueRow) {
  if (row.status === 'refused') throw new Refusal('value_refused', { detail: row.error ?? 'refused' })
  return Schemas.showValue(row)
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}

/**
 * Who sends shows by the signature that he has the secret. Whatever is wrong is answered alike: nobody learns which
 * oracles there are.
 *
 * @throws {Refusal} message_refused
 */
async function verified(c: ApiContext, id: string) {
  const at = new Date()
  const found = await oracleById(c.var.database, id)
  const given = (name: string) => c.req.header(name) ?? ''
  const headers = {
    'webhook-id': given('webhook-id'),
    'webhook-timestamp': given('webhook-timestamp'),
    'webhook-signature': given('webhook-signature'),
  }
  if (found?.oracle.kind !== 'push') throw new Refusal('message_refused')
  const body = await c.req.text()
  const seconds = Math.floor(at.getTime() / 1000)
  const secrets = await secretsOf(c.env, found.oracle, at)
  if (!secrets.some((secret) => WebhookSignature.verify(secret, headers, body, seconds).ok))
    throw new Refusal('message_refused')
  return { found, message: { id: headers['webhook-id'], timestamp: Number(headers['webhook-timestamp']) }, at }
}
