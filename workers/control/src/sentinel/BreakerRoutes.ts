/** `/breakers`: what is not called for a while, because it fails, earns too oddly, or because somebody said so. */
import { chainOf } from '@pbstream/db/Audit'
import { breakersOf } from '@pbstream/db/Breakers'
import { routeOf } from '@pbstream/db/ProvidersRoutes'
import { operation } from '../api/Operation.ts'
import { answer, json, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { judged } from '../providers/Making.ts'
import { Refusal } from '../Problem.ts'
import * as Breakers from './Breakers.ts'
import { whoseOf } from './Whose.ts'

const TAGS = ['Sentinel breakers']
/** Routes of a provider, and itself. */
const MOST = 501

const list = operation({
  method: 'get',
  path: '/breakers',
  operationId: 'listBreakers',
  summary: 'Breakers of a provider of yours and of its routes; one that never opened is not listed',
  tags: TAGS,
  access: 'sentinel:read',
  request: { query: z.strictObject({ provider: z.string().min(1).max(64) }) },
  responses: { 200: answer(z.object({ data: z.array(Breakers.Breaker) }), 'All of them, by subject.') },
})

const by = (act: 'open' | 'close', summary: string) =>
  operation({
    method: 'post',
    path: `/breakers/{subject}/${act}`,
    operationId: `${act}Breaker`,
    summary,
    tags: TAGS,
    access: 'sentinel:write',
    request: { params: Breakers.subjectParam, body: json(Breakers.Reason) },
    responses: { 200: answer(Breakers.Changed, 'How it is now. Gateways follow within seconds.') },
  })

const open = by('open', 'Refuse calls of a provider or a route of yours until you close it')
const close = by('close', 'Let calls of a provider or a route of yours through again')

export function breakerRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const { stored } = await whoseOf(c, c.req.valid('query'))
    const rows = await breakersOf(c.var.database, [stored], MOST)
    const now = new Date()
    return c.json({ data: rows.map((row) => Breakers.showBreaker(row, now)) }, 200)
  })

  api.openapi(open, async (c) => {
    const { reason } = c.req.valid('json')
    return c.json(await acted(c, c.req.valid('param').subject, 'open', reason), 200)
  })

  api.openapi(close, async (c) => {
    const { reason } = c.req.valid('json')
    return c.json(await acted(c, c.req.valid('param').subject, 'close', reason), 200)
  })
}

async function acted(c: ApiContext, subject: string, act: 'open' | 'close', reason: string) {
  const scope = await scopeOf(c, subject)
  const { owner, mode, actor } = callerOf(c)
  const by_ = { env: c.env, database: c.var.database, chain: chainOf(owner, mode), actor }
  return Breakers.act(by_, { scope, subject, act, reason })
}

/** The scope of a breaker of the caller's. @throws {Refusal} not_found */
async function scopeOf(c: ApiContext, subject: string): Promise<string> {
  const [, kind, id] = /^(provider|upstream):(.{1,128})$/.exec(subject) ?? []
  if (kind === undefined || id === undefined) throw new Refusal('not_found')
  if (kind === 'provider') return (await whoseOf(c, { provider: id })).stored
  const route = await judged(() => routeOf(c.var.database, callerOf(c), id))
  return `provider:${route.providerId}`
}
