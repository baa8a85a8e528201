/** `/routes/{id}/rate-cards`: prices, version by version. None is ever changed: a charge names the one it was made under. */
import { cardsOf, publishCard, withdrawCard } from '@pbstream/db/ProvidersCards'
import * as Routes from '@pbstream/db/ProvidersRoutes'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, idParam, json, z } from '../api/Parts.ts'
import { type Api, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { judged, made, revisionOf, tag, whoOf } from './Making.ts'
import * as Schemas from './Schemas.ts'

const TAGS = ['Rate cards']

const list = operation({
  method: 'get',
  path: '/routes/{id}/rate-cards',
  operationId: 'listRateCards',
  summary: 'Every rate card that a route had, oldest first',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: z.strictObject(pageQuery) },
  responses: { 200: answer(pageOf(Schemas.RateCard), 'A page of rate cards.') },
})

const publish = operation({
  method: 'post',
  path: '/routes/{id}/rate-cards',
  operationId: 'publishRateCard',
  summary: 'Publish a price: in force now, or from effectiveAt on',
  tags: TAGS,
  access: 'providers:write',
  request: { params: idParam, body: json(Schemas.NewRateCard) },
  responses: { 201: answer(Schemas.Published, 'The card, and the revision of the route.') },
})

const versionParam = idParam.extend({
  version: z.string().openapi({ param: { name: 'version', in: 'path' }, type: 'integer', minimum: 1 }),
})

const get = operation({
  method: 'get',
  path: '/routes/{id}/rate-cards/{version}',
  operationId: 'getRateCard',
  summary: 'One rate card',
  tags: TAGS,
  access: 'providers:read',
  request: { params: versionParam },
  responses: { 200: answer(Schemas.RateCard, 'The card.') },
})

const withdraw = operation({
  method: 'post',
  path: '/routes/{id}/rate-cards/{version}/withdraw',
  operationId: 'withdrawRateCard',
  summary: 'Take back a card that comes in more than a minute; needs If-Match',
  tags: TAGS,
  access: 'providers:write',
  request: { params: versionParam },
  responses: { 200: answer(Schemas.Published, 'The card, withdrawn, and the revision of the route.') },
})

export function cardRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const { id } = c.req.valid('param')
    await judged(() => Routes.routeOf(c.var.database, callerOf(c), id))
    const shown = await page(
      c,
      c.req.valid('query'),
      (after, limit) => cardsOf(c.var.database, id, Number(after?.[0] ?? 0), limit),
      (row) => [row.version],
      Schemas.showCard,
    )
    return c.json(shown, 200)
  })

  api.openapi(publish, async (c) => {
    const { id } = c.req.valid('param')
    const { rule, effectiveAt } = c.req.valid('json')
    const from = effectiveAt === undefined ? undefined : new Date(effectiveAt)
    const revision = revisionOf(c)
    const { row, card } = await made(c, () => publishCard(c.var.database, whoOf(c), id, revision, rule, from))
    const shown = { routeId: id, revision: row.revision, rateCard: card === null ? null : Schemas.showCard(card) }
    return c.json(shown, 201, tag(row))
  })

  api.openapi(get, async (c) => {
    const { id, version } = c.req.valid('param')
    await judged(() => Routes.routeOf(c.var.database, callerOf(c), id))
    const wanted = numberOf(version)
    const [card] = await cardsOf(c.var.database, id, wanted - 1, 1)
    if (card?.version !== wanted) throw new Refusal('not_found')
    return c.json(Schemas.showCard(card), 200)
  })

  api.openapi(withdraw, async (c) => {
    const { id, version } = c.req.valid('param')
    const revision = revisionOf(c)
    const { row, card } = await made(c, async () =>
      withdrawCard(c.var.database, whoOf(c), id, revision, numberOf(version)),
    )
    return c.json({ routeId: id, revision: row.revision, rateCard: Schemas.showCard(card) }, 200, tag(row))
  })
}

/** @throws {Refusal} not_found for what is no version. */
function numberOf(version: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(version)) throw new Refusal('not_found')
  return Number(version)
}
