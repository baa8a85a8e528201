/** `/ops/alert-channels`: where operators are told of what concerns the platform. Each act is in the platform's audit. */
import { PLATFORM } from '@pbstream/db/Audit'
import { channelsOf } from '@pbstream/db/AlertChannels'
import { open } from '@pbstream/db/Database'
import { type Context, Hono } from 'hono'
import { etag } from '../api/Etag.ts'
import { base32 } from '../api/Ids.ts'
import type { Env } from '../Env.ts'
import { Refusal, refuse } from '../Problem.ts'
import { showChannel, showDelivery } from './ChannelModel.ts'
import * as Channels from './Channels.ts'
import * as Schemas from './ChannelSchemas.ts'
import { answering, json, read } from './OperatorRules.ts'

type App = { Bindings: Env }

const SCOPE = 'platform'
const DELIVERIES_MAX = 100

/** Mounted behind the bearer key of operators. */
export const operatorChannels = new Hono<App>()

operatorChannels.get('/alert-channels', async (c) => {
  const rows = await channelsOf(open(c.env), SCOPE, undefined, 100)
  return json(c, { channels: rows.map((row) => ({ ...showChannel(row), revision: row.revision })) })
})

/** The secret of a webhook is shown this once. */
operatorChannels.post('/alert-channels', async (c) =>
  answering(async () => {
    const { row, secret } = await Channels.create(by(c), newId('alc'), await read(c, Schemas.NewChannel))
    return c.json({ ...showChannel(row), secret }, 201, { 'cache-control': 'no-store', etag: etag(row.revision) })
  }),
)

/** `If-Match` names the revision that it starts from. */
operatorChannels.patch('/alert-channels/:id', async (c) =>
  answering(async () => {
    const given = c.req.header('if-match')
    if (given === undefined) throw new Refusal('precondition_required')
    const row = await Channels.edit(by(c), c.req.param('id'), await read(c, Schemas.ChannelEdit), ({ revision }) => {
      if (given !== etag(revision)) throw new Refusal('precondition_failed')
    })
    return c.json(showChannel(row), 200, { 'cache-control': 'no-store', etag: etag(row.revision) })
  }),
)

operatorChannels.delete('/alert-channels/:id', async (c) =>
  answering(async () => {
    await Channels.remove(by(c), c.req.param('id'))
    return json(c, { id: c.req.param('id'), deleted: true })
  }),
)

/** A message now; to an e-mail address that is not confirmed, its code. */
operatorChannels.post('/alert-channels/:id/test', async (c) =>
  answering(async () => json(c, showDelivery(await Channels.test(by(c), c.req.param('id'), newId('alt'))))),
)

operatorChannels.post('/alert-channels/:id/confirm', async (c) =>
  answering(async () => {
    const { code } = await read(c, Schemas.Code)
    return json(c, showChannel(await Channels.confirm(by(c), c.req.param('id'), code)))
  }),
)

operatorChannels.get('/alert-channels/:id/deliveries', async (c) =>
  answering(async () => {
    const deliveries = await Channels.deliveries(by(c), c.req.param('id'), undefined, DELIVERIES_MAX)
    return json(c, { deliveries: deliveries.map(showDelivery) })
  }),
)

operatorChannels.post('/alert-channels/:id/deliveries/:delivery/resend', async (c) =>
  answering(async () => {
    const { id, delivery } = c.req.param()
    if (!/^[1-9][0-9]{0,14}$/.test(delivery)) return refuse('not_found')
    return json(c, showDelivery(await Channels.resend(by(c), id, Number(delivery))))
  }),
)

function by(c: Context<App>): Channels.Holder {
  return { env: c.env, database: open(c.env), scope: SCOPE, chain: PLATFORM, actor: 'operator', at: new Date() }
}

function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15))
  return `${prefix}_${base32(bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n))}`
}
