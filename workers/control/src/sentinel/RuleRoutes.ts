/** `/rules`: the set of a scope, read, replaced, and changed rule by rule. A change is another set, never half of one. */
import { chainOf } from '@pbstream/db/Audit'
import { revisionRow, revisionsOf, versionsOf } from '@pbstream/db/Rulesets'
import { eventStatements } from '@pbstream/db/Webhooks'
import { etag } from '../api/Etag.ts'
import { later } from '../api/Later.ts'
import { operation } from '../api/Operation.ts'
import { page, pageQuery } from '../api/Page.ts'
import { answer, json, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { publishCatalog } from '../cache/Publish.ts'
import { Refusal } from '../Problem.ts'
import { problemsOf, readsOf } from './RuleCheck.ts'
import { pushScope } from './RulePush.ts'
import * as Schemas from './RuleSchemas.ts'
import {
  type Author,
  changeSet,
  listsOf,
  made,
  showRule,
  showSet,
  type Standing,
  standingOf,
  type WantedSet,
} from './RuleSet.ts'
import { isSame } from './RuleVersions.ts'
import { type Whose, whoseOf, whoseQuery } from './Whose.ts'

export const TAGS = ['Sentinel rules']
const query = z.strictObject(whoseQuery)
/** The id of a rule in a path: one that cannot be is one that is not there. */
const rulePath = z.object({ id: Schemas.ruleId.openapi({ param: { name: 'id', in: 'path' } }) })
const paged = z.strictObject({ ...whoseQuery, ...pageQuery })
const asSet = { 200: answer(Schemas.Ruleset, 'The set in force; its revision is the ETag.') }

const get = operation({
  method: 'get',
  path: '/rules',
  operationId: 'getRules',
  summary: 'Rules, lists and money breaker that are in force',
  tags: TAGS,
  access: 'sentinel:read',
  request: { query },
  responses: asSet,
})

const put = operation({
  method: 'put',
  path: '/rules',
  operationId: 'setRules',
  summary: 'Put another set in force, whole or not at all; needs If-Match (`"0"` where there is none yet)',
  tags: TAGS,
  access: 'sentinel:write',
  request: { query, body: json(Schemas.NewRuleset) },
  responses: asSet,
})

const putOne = operation({
  method: 'put',
  path: '/rules/{id}',
  operationId: 'setRule',
  summary: 'Add a rule, or put another text in its place; needs If-Match of the set',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params: rulePath, query, body: json(Schemas.RuleText) },
  responses: asSet,
})

const remove = operation({
  method: 'delete',
  path: '/rules/{id}',
  operationId: 'deleteRule',
  summary: 'Take a rule out; its versions are kept; needs If-Match of the set',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params: rulePath, query },
  responses: asSet,
})

const validate = operation({
  method: 'post',
  path: '/rules/validate',
  operationId: 'validateRules',
  summary: 'Whether a set would be taken, and where not; nothing is changed',
  tags: TAGS,
  access: 'sentinel:read',
  idempotent: false,
  request: { query, body: json(Schemas.NewRuleset) },
  responses: { 200: answer(Schemas.Verdict, 'What was found.') },
})

const versions = operation({
  method: 'get',
  path: '/rules/{id}/versions',
  operationId: 'listRuleVersions',
  summary: 'Every text that a rule had, newest first; of one that was taken out too',
  tags: TAGS,
  access: 'sentinel:read',
  request: { params: rulePath, query: paged },
  responses: { 200: answer(Schemas.RuleVersions, 'A page of versions.') },
})

const revisions = operation({
  method: 'get',
  path: '/rule-revisions',
  operationId: 'listRuleRevisions',
  summary: 'The last hundred sets, newest first',
  tags: TAGS,
  access: 'sentinel:read',
  request: { query: paged },
  responses: { 200: answer(Schemas.Revisions, 'A page of revisions.') },
})

const revision = operation({
  method: 'get',
  path: '/rule-revisions/{revision}',
  operationId: 'getRuleRevision',
  summary: 'One set as it was',
  tags: TAGS,
  access: 'sentinel:read',
  request: {
    params: z.object({
      revision: z
        .string()
        .regex(/^[1-9][0-9]{0,14}$/)
        .transform(Number)
        .openapi({ type: 'integer', minimum: 1, param: { name: 'revision', in: 'path' } }),
    }),
    query,
  },
  responses: { 200: answer(Schemas.Ruleset, 'The set.') },
})

export function ruleRoutes(api: Api): void {
  api.openapi(get, async (c) => {
    const whose = await whoseOf(c, c.req.valid('query'))
    return answered(c, whose, await standingOf(c.var.database, whose.stored))
  })

  api.openapi(put, async (c) => {
    const { rules, lists, breaker } = c.req.valid('json')
    const whose = await whoseOf(c, c.req.valid('query'))
    return changed(c, whose, startOf(c), () => ({
      rules,
      lists: lists === undefined ? undefined : listsOf(lists),
      breaker,
    }))
  })

  api.openapi(putOne, async (c) => {
    const { id } = c.req.valid('param')
    const text = c.req.valid('json')
    const whose = await whoseOf(c, c.req.valid('query'))
    return changed(c, whose, startOf(c), (now) => {
      const others = now.rules.filter((rule) => rule.id !== id).map(showRule)
      if (others.length >= Schemas.RULES_MAX)
        throw new Refusal('limit_reached', { detail: `${Schemas.RULES_MAX} rules` })
      return { rules: [...others, { ...text, id }] }
    })
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    const whose = await whoseOf(c, c.req.valid('query'))
    return changed(c, whose, startOf(c), (now) => {
      if (!now.rules.some((rule) => rule.id === id)) throw new Refusal('not_found')
      return { rules: now.rules.filter((rule) => rule.id !== id).map(showRule) }
    })
  })

  api.openapi(validate, async (c) => {
    const whose = await whoseOf(c, c.req.valid('query'))
    return c.json(await verdictOf(c, whose, c.req.valid('json')), 200)
  })

  history(api)
}

function history(api: Api): void {
  api.openapi(versions, async (c) => {
    const { id } = c.req.valid('param')
    const asked = c.req.valid('query')
    const whose = await whoseOf(c, asked)
    const { database } = c.var
    const [any] = await versionsOf(database, whose.stored, id, undefined, 1)
    if (any === undefined) throw new Refusal('not_found')
    const shown = await page(
      c,
      asked,
      (after, limit) => versionsOf(database, whose.stored, id, after?.[0] as number | undefined, limit),
      ({ version }) => [version],
      ({ rule, revision: first, author, createdAt }) => ({
        rule: showRule(rule),
        revision: first,
        author,
        createdAt: createdAt.toISOString(),
      }),
    )
    return c.json(shown, 200)
  })

  api.openapi(revisions, async (c) => {
    const asked = c.req.valid('query')
    const whose = await whoseOf(c, asked)
    const shown = await page(
      c,
      asked,
      (after, limit) => revisionsOf(c.var.database, whose.stored, after?.[0] as number | undefined, limit),
      (row) => [row.revision],
      ({ revision: number, author, createdAt, rules, lists, breaker }) => ({
        revision: number,
        author,
        createdAt: createdAt.toISOString(),
        rules: rules.map(({ id, version, state = 'enabled' }) => ({ id, version, state })),
        lists: lists.map(({ name, entries }) => ({ name, entries: entries.length })),
        breaker: breaker !== null,
      }),
    )
    return c.json(shown, 200)
  })

  api.openapi(revision, async (c) => {
    const whose = await whoseOf(c, c.req.valid('query'))
    const row = await revisionRow(c.var.database, whose.stored, c.req.valid('param').revision)
    if (row === undefined) throw new Refusal('not_found')
    const { scope: _, ...set } = row
    return c.json(showSet({ ...set, onItsWay: false }, whose.scope), 200)
  })
}

/** The revision that an edit starts from; the change compares. @throws {Refusal} precondition_required, precondition_failed */
function startOf(c: ApiContext): number {
  const given = c.req.header('if-match')
  if (given === undefined) throw new Refusal('precondition_required')
  const digits = /^"(0|[1-9][0-9]{0,14})"$/.exec(given)?.[1]
  if (digits === undefined) throw new Refusal('precondition_failed')
  return Number(digits)
}

/** Makes a change of the caller's and tells who has to know. */
export async function changed(
  c: ApiContext,
  whose: Whose,
  expected: number | undefined,
  plan: (now: Standing) => WantedSet,
) {
  const set = await changeSet(c.var.database, authorOf(c, whose), whose.stored, expected, plan)
  await later(c, async () => {
    if (whose.scope === 'owner') await pushScope(c.env, c.var.database, whose.stored)
    else await publishCatalog(c.env, c.var.database)
  })
  return answered(c, whose, set)
}

function authorOf(c: ApiContext, { scope }: Whose): Author {
  const { owner, mode, actor } = callerOf(c)
  const { database } = c.var
  const at = new Date()
  return {
    ...{ chain: chainOf(owner, mode), actor, at },
    also: (orm, { revision: to, added, changed: texts, removed }) => {
      const news = { scope, revision: to, added, changed: texts, removed }
      return eventStatements(database, orm, owner, mode, 'ruleset.changed', news, at)
    },
  }
}

function answered(c: ApiContext, { scope }: Whose, set: Standing) {
  c.header('etag', etag(set.revision))
  return c.json(showSet(set, scope), 200)
}

async function verdictOf(
  c: ApiContext,
  { stored }: Whose,
  { rules, lists, breaker }: z.infer<typeof Schemas.NewRuleset>,
): Promise<z.infer<typeof Schemas.Verdict>> {
  const now = await standingOf(c.var.database, stored)
  const wanted = { rules, lists: lists === undefined ? undefined : listsOf(lists), breaker }
  const set = await made(c.var.database, stored, now, wanted, new Date())
  const errors = problemsOf(set)
  if (errors.length > 0) return { ok: false, errors: errors.slice(0, 100), rules: [] }
  const reads = readsOf(set)
  const before = new Map(now.rules.map((rule) => [rule.id, rule]))
  return {
    ok: true,
    errors: [],
    rules: set.rules.map((rule) => {
      const old = before.get(rule.id)
      return { id: rule.id, reads: reads.get(rule.id) ?? [], changed: old === undefined || !isSame(old, rule) }
    }),
  }
}
