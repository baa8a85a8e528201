/** `/alert-channels`: where people want to be told of what Sentinel sees. */
import { chainOf } from '@pbstream/db/Audit'
import { channelRow } from '@pbstream/db/AlertChannelChanges'
import { channelsOf } from '@pbstream/db/AlertChannels'
import { etag, requireMatch } from '../api/Etag.ts'
import { once } from '../api/Idempotent.ts'
import { newId } from '../api/Ids.ts'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, idParam, json, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { showChannel, showDelivery } from './ChannelModel.ts'
import * as Channels from './Channels.ts'
import * as Schemas from './ChannelSchemas.ts'
import { ownerScope, whoseOf, whoseQuery } from './Whose.ts'

const TAGS = ['Sentinel alerts']
const PATH = '/alert-channels'
const ONE = '/alert-channels/{id}'

const list = operation({
  method: 'get',
  path: PATH,
  operationId: 'listAlertChannels',
  summary: 'Alert channels of yours, or of a provider of yours',
  tags: TAGS,
  access: 'sentinel:read',
  request: { query: z.strictObject({ ...whoseQuery, ...pageQuery }) },
  responses: { 200: answer(pageOf(Schemas.Channel), 'A page of channels.') },
})

const create = operation({
  method: 'post',
  path: PATH,
  operationId: 'createAlertChannel',
  summary: 'Make an alert channel; the secret of a webhook is shown once',
  tags: TAGS,
  access: 'sentinel:write',
  request: { query: z.strictObject(whoseQuery), body: json(Schemas.NewChannel) },
  responses: { 201: answer(Schemas.ChannelWithSecret, 'The channel; one of e-mail is off until it is confirmed.') },
})

const get = operation({
  method: 'get',
  path: ONE,
  operationId: 'getAlertChannel',
  summary: 'One alert channel',
  tags: TAGS,
  access: 'sentinel:read',
  request: { params: idParam },
  responses: { 200: answer(Schemas.Channel, 'The channel.') },
})

const edit = operation({
  method: 'patch',
  path: ONE,
  operationId: 'editAlertChannel',
  summary: 'Change where, when and what is told, or switch it off and on; needs If-Match',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params: idParam, body: json(Schemas.ChannelEdit) },
  responses: { 200: answer(Schemas.Channel, 'The channel as it is now.') },
})

const rotate = operation({
  method: 'post',
  path: '/alert-channels/{id}/rotate-secret',
  operationId: 'rotateAlertChannelSecret',
  summary: 'A new secret for a webhook, in force at once; needs If-Match',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params: idParam },
  responses: { 200: answer(Schemas.ChannelWithSecret, 'The channel with its new secret.') },
})

const remove = operation({
  method: 'delete',
  path: ONE,
  operationId: 'deleteAlertChannel',
  summary: 'Delete an alert channel with all that waits on it',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params: idParam },
  responses: { 204: { description: 'It is gone.' } },
})

const test = operation({
  method: 'post',
  path: '/alert-channels/{id}/test',
  operationId: 'testAlertChannel',
  summary: 'Send a test message now; to an address that is not confirmed, its code',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params: idParam },
  responses: { 200: answer(Schemas.Delivery, 'How it went.') },
})

const confirm = operation({
  method: 'post',
  path: '/alert-channels/{id}/confirm',
  operationId: 'confirmAlertChannel',
  summary: 'Confirm an e-mail address with the code that was sent there',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params: idParam, body: json(Schemas.Code) },
  responses: { 200: answer(Schemas.Channel, 'The channel, switched on.') },
})

const MESSAGE = /^[1-9][0-9]{0,14}$/
const message = z.string().regex(MESSAGE).transform(Number)

const deliveries = operation({
  method: 'get',
  path: '/alert-channels/{id}/deliveries',
  operationId: 'listAlertDeliveries',
  summary: 'The last 200 messages of a channel, the newest first',
  tags: TAGS,
  access: 'sentinel:read',
  request: { params: idParam, query: z.strictObject(pageQuery) },
  responses: { 200: answer(pageOf(Schemas.Delivery), 'A page of messages.') },
})

const resend = operation({
  method: 'post',
  path: '/alert-channels/{id}/deliveries/{delivery}/resend',
  operationId: 'resendAlertDelivery',
  summary: 'Try a dead message again, under the id that it had',
  tags: TAGS,
  access: 'sentinel:write',
  request: {
    params: idParam.extend({
      delivery: message.openapi({ type: 'integer', minimum: 1, param: { name: 'delivery', in: 'path' } }),
    }),
  },
  responses: { 202: answer(Schemas.Delivery, 'The message, on its way again.') },
})

export function alertChannelRoutes(api: Api): void {
  reading(api)
  writing(api)

  api.openapi(test, async (c) => {
    const { id } = c.req.valid('param')
    const testId = await newId(c, 'alt')
    return c.json(showDelivery(await Channels.test(await holderOf(c, id), id, testId)), 200)
  })

  api.openapi(confirm, async (c) => {
    const { id } = c.req.valid('param')
    const row = await Channels.confirm(await holderOf(c, id), id, c.req.valid('json').code)
    return c.json(showChannel(row), 200, { etag: etag(row.revision) })
  })

  api.openapi(deliveries, async (c) => {
    const { id } = c.req.valid('param')
    const by = await holderOf(c, id)
    const shown = await page(
      c,
      c.req.valid('query'),
      (after, limit) => Channels.deliveries(by, id, after?.[0] as number | undefined, limit),
      (row) => [row.id],
      showDelivery,
    )
    return c.json(shown, 200)
  })

  api.openapi(resend, async (c) => {
    const { id, delivery } = c.req.valid('param')
    return c.json(showDelivery(await Channels.resend(await holderOf(c, id), id, delivery)), 202)
  })
}

function reading(api: Api): void {
  api.openapi(list, async (c) => {
    const query = c.req.valid('query')
    const { stored } = await whoseOf(c, query)
    const shown = await page(
      c,
      query,
      (after, limit) => channelsOf(c.var.database, stored, after?.[0] as string | undefined, limit),
      (row) => [row.id],
      showChannel,
    )
    return c.json(shown, 200)
  })

  api.openapi(get, async (c) => {
    const { id } = c.req.valid('param')
    const row = await Channels.mine(await holderOf(c, id), id)
    return c.json(showChannel(row), 200, { etag: etag(row.revision) })
  })
}

function writing(api: Api): void {
  api.openapi(create, async (c) => {
    const { stored } = await whoseOf(c, c.req.valid('query'))
    const { row, secret } = await Channels.create(by(c, stored), await newId(c, 'alc'), c.req.valid('json'))
    once(c, 'secret')
    return c.json({ ...showChannel(row), secret }, 201, { etag: etag(row.revision) })
  })

  api.openapi(edit, async (c) => {
    const { id } = c.req.valid('param')
    const match = (old: { revision: number }) => requireMatch(c, old.revision)
    const row = await Channels.edit(await holderOf(c, id), id, c.req.valid('json'), match)
    return c.json(showChannel(row), 200, { etag: etag(row.revision) })
  })

  api.openapi(rotate, async (c) => {
    const { id } = c.req.valid('param')
    const match = (old: { revision: number }) => requireMatch(c, old.revision)
    const { row, secret } = await Channels.rotate(await holderOf(c, id), id, match)
    once(c, 'secret')
    return c.json({ ...showChannel(row), secret }, 200, { etag: etag(row.revision) })
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    await Channels.remove(await holderOf(c, id), id)
    return c.body(null, 204)
  })
}

function by(c: ApiContext, scope: string): Channels.Holder {
  const { owner, mode, actor } = callerOf(c)
  return { env: c.env, database: c.var.database, scope, chain: chainOf(owner, mode), actor, at: new Date() }
}

/** The caller as the one whose channel it is. @throws {Refusal} not_found */
async function holderOf(c: ApiContext, id: string): Promise<Channels.Holder> {
  const row = await channelRow(c.var.database, id)
  if (row === undefined) throw new Refusal('not_found')
  const provider = row.scope.startsWith('provider:') ? row.scope.slice('provider:'.length) : undefined
  if (provider !== undefined) await whoseOf(c, { provider })
  else if (row.scope !== ownerScope(callerOf(c))) throw new Refusal('not_found')
  return by(c, row.scope)
}
