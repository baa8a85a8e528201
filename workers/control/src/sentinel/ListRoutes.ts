/** `/rule-lists`: what conditions ask about by `list.<name>`. Each change is another set of its scope. */
import type { List } from '@pbstream/core/Rule'
import { operation } from '../api/Operation.ts'
import { answer, json, text, z } from '../api/Parts.ts'
import type { Api } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { changed, TAGS } from './RuleRoutes.ts'
import * as Schemas from './RuleSchemas.ts'
import { entriesOf, showList, type Standing, standingOf } from './RuleSet.ts'
import { whoseOf, whoseQuery } from './Whose.ts'

const query = z.strictObject(whoseQuery)
const params = z.object({ name: Schemas.listName.openapi({ param: { name: 'name', in: 'path' } }) })
const asSet = { 200: answer(Schemas.Ruleset, 'The set with it, in force.') }

const list = operation({
  method: 'get',
  path: '/rule-lists',
  operationId: 'listRuleLists',
  summary: 'Lists that conditions can ask about; expired entries too, until the next change',
  tags: TAGS,
  access: 'sentinel:read',
  request: { query },
  responses: { 200: answer(z.object({ revision: z.number().int(), data: z.array(Schemas.List) }), 'All of them.') },
})

const put = operation({
  method: 'put',
  path: '/rule-lists/{name}',
  operationId: 'setRuleList',
  summary: 'Make a list, or put other entries in the place of all that it has',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params, query, body: json(z.strictObject({ entries: Schemas.entries })) },
  responses: asSet,
})

const remove = operation({
  method: 'delete',
  path: '/rule-lists/{name}',
  operationId: 'deleteRuleList',
  summary: 'Take out a list that no rule asks about',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params, query },
  responses: asSet,
})

const add = operation({
  method: 'post',
  path: '/rule-lists/{name}/entries',
  operationId: 'addRuleListEntries',
  summary: 'Put entries into a list; one that is there gets the new end',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params, query, body: json(z.strictObject({ entries: Schemas.entries.min(1) })) },
  responses: asSet,
})

const take = operation({
  method: 'post',
  path: '/rule-lists/{name}/remove',
  operationId: 'removeRuleListEntries',
  summary: 'Take values out of a list; one that is not there is left out',
  tags: TAGS,
  access: 'sentinel:write',
  request: {
    params,
    query,
    body: json(z.strictObject({ values: z.array(text(256)).min(1).max(Schemas.ENTRIES_MAX) })),
  },
  responses: asSet,
})

export function ruleListRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const { stored } = await whoseOf(c, c.req.valid('query'))
    const { revision, lists } = await standingOf(c.var.database, stored)
    return c.json({ revision, data: lists.map(showList) }, 200)
  })

  api.openapi(put, async (c) => {
    const { name } = c.req.valid('param')
    const { entries } = c.req.valid('json')
    const whose = await whoseOf(c, c.req.valid('query'))
    return changed(c, whose, undefined, ({ lists }) => ({
      lists: [...without(lists, name), { name, entries: entriesOf(entries) }],
    }))
  })

  api.openapi(remove, async (c) => {
    const { name } = c.req.valid('param')
    const whose = await whoseOf(c, c.req.valid('query'))
    return changed(c, whose, undefined, (now) => {
      found(now, name)
      return { lists: without(now.lists, name) }
    })
  })

  api.openapi(add, async (c) => {
    const { name } = c.req.valid('param')
    const given = entriesOf(c.req.valid('json').entries)
    const whose = await whoseOf(c, c.req.valid('query'))
    return changed(c, whose, undefined, (now) => {
      const values = new Set(given.map(({ value }) => value))
      const rest = found(now, name).entries.filter(({ value }) => !values.has(value))
      return { lists: replaced(now.lists, { name, entries: [...rest, ...given] }) }
    })
  })

  api.openapi(take, async (c) => {
    const { name } = c.req.valid('param')
    const values = new Set(c.req.valid('json').values)
    const whose = await whoseOf(c, c.req.valid('query'))
    return changed(c, whose, undefined, (now) => {
      const entries = found(now, name).entries.filter(({ value }) => !values.has(value))
      return { lists: replaced(now.lists, { name, entries }) }
    })
  })
}

/** @throws {Refusal} not_found */
function found({ lists }: Standing, name: string): List {
  const known = lists.find((each) => each.name === name)
  if (known === undefined) throw new Refusal('not_found')
  return known
}

function without(lists: readonly List[], name: string): List[] {
  return lists.filter((each) => each.name !== name)
}

function replaced(lists: readonly List[], by: List): List[] {
  return lists.map((each) => (each.name === by.name ? by : each))
}
