/** `/providers/{id}/customers`: what single payers have been promised. Cards are public; this is not. */
import { isLevel, isMultiplier } from '@pbstream/core/Rate'
import * as Terms from '@pbstream/db/CustomerTerms'
import { providerOf } from '@pbstream/db/Providers'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { address, answer, idParam, json, time, z } from '../api/Parts.ts'
import { type Api, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { judged, revisionOf, tag, whoOf } from '../providers/Making.ts'

const TAGS = ['Customers']
const ONE = '/providers/{id}/customers/{payer}'

const terms = {
  level: z
    .string()
    .refine((value) => isLevel(value), 'letters, digits, - and _, at most 64')
    .nullable()
    .openapi({
      example: 'vip1',
      description: 'What the cards call it; a card that does not know it goes by the list price.',
    }),
  multiplier: z
    .string()
    .refine((value) => isMultiplier(value), 'a decimal number such as "0.9": below a million, at most 6 decimals')
    .nullable()
    .openapi({ example: '0.9', description: 'Every price is multiplied by it, beside that of the level.' }),
}
const CustomerTerms = z
  .strictObject({ level: terms.level.optional(), multiplier: terms.multiplier.optional() })
  .openapi('CustomerTerms')
const Customer = z
  .object({ payer: z.string(), ...terms, revision: z.number().int(), createdAt: time, updatedAt: time })
  .openapi('Customer')

const params = idParam.extend({ payer: address.openapi({ param: { name: 'payer', in: 'path' } }) })

const list = operation({
  method: 'get',
  path: '/providers/{id}/customers',
  operationId: 'listCustomers',
  summary: 'Payers with terms of their own, by address',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: z.strictObject(pageQuery) },
  responses: { 200: answer(pageOf(Customer), 'A page of customers.') },
})

const get = operation({
  method: 'get',
  path: ONE,
  operationId: 'getCustomer',
  summary: 'The terms of a payer',
  tags: TAGS,
  access: 'providers:read',
  request: { params },
  responses: { 200: answer(Customer, 'The terms.') },
})

const put = operation({
  method: 'put',
  path: ONE,
  operationId: 'setCustomer',
  summary: 'Give a payer a level or a multiplier; needs If-Match where it has terms',
  tags: TAGS,
  access: 'providers:write',
  request: { params, body: json(CustomerTerms) },
  responses: { 200: answer(Customer, 'The terms as they are now.') },
})

const remove = operation({
  method: 'delete',
  path: ONE,
  operationId: 'removeCustomer',
  summary: 'Take the terms of a payer away: the list price again',
  tags: TAGS,
  access: 'providers:write',
  request: { params },
  responses: { 204: { description: 'They are gone.' } },
})

export function customerRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const { id } = c.req.valid('param')
    await judged(() => providerOf(c.var.database, callerOf(c), id))
    const shown = await page(
      c,
      c.req.valid('query'),
      (after, limit) => Terms.customersOf(c.var.database, id, String(after?.[0] ?? ''), limit),
      (row) => [row.payer],
      show,
    )
    return c.json(shown, 200)
  })

  api.openapi(get, async (c) => {
    const { id, payer } = c.req.valid('param')
    await judged(() => providerOf(c.var.database, callerOf(c), id))
    const [row] = await Terms.termsOf(c.var.database, id, payer)
    if (row === undefined) throw new Refusal('not_found')
    return c.json(show(row), 200, tag(row))
  })

  api.openapi(put, async (c) => {
    const { id, payer } = c.req.valid('param')
    const { level = null, multiplier = null } = c.req.valid('json')
    const revision = c.req.header('if-match') === undefined ? null : revisionOf(c)
    const change = { level, multiplier }
    const row = await judged(() => Terms.setTerms(c.var.database, whoOf(c), id, payer, revision, change))
    return c.json(show(row), 200, tag(row))
  })

  api.openapi(remove, async (c) => {
    const { id, payer } = c.req.valid('param')
    const gone = await judged(() => Terms.removeTerms(c.var.database, whoOf(c), id, payer))
    if (!gone) throw new Refusal('not_found')
    return c.body(null, 204)
  })
}

function show({ payer, level, multiplier, revision, createdAt, updatedAt }: Terms.TermsRow): z.infer<typeof Customer> {
  return { payer, level, multiplier, revision, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() }
}
