/** `/decisions` and `/rule-results`: what Sentinel decided on the caller's keys, or by the rules of a provider. */
import {
  decisionById,
  type DecisionFilter,
  type DecisionRecord,
  decisionsOf,
  hitsByDay,
  type Whose,
} from '@pbstream/db/Decisions'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, idParam, time, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { csv, file } from '../exports/Routes.ts'
import type { Cell } from '../exports/Csv.ts'
import type { Page } from '../exports/Stream.ts'
import { parse, print, ROWS } from '../exports/Walk.ts'
import { Refusal } from '../Problem.ts'
import * as Schemas from './DecisionSchemas.ts'
import { chainIdsOf, rowsOf, whoseOf, whoseQuery } from './Whose.ts'

const TAGS = ['Sentinel decisions']
const DAY_MS = 86_400_000
const DAYS_MAX = 90

const list = operation({
  method: 'get',
  path: '/decisions',
  operationId: 'listDecisions',
  summary: 'Decisions with a hit, newest first; of your keys also those by the rules of the platform',
  tags: TAGS,
  access: 'sentinel:read',
  request: { query: z.strictObject({ ...whoseQuery, ...pageQuery, ...Schemas.filters }) },
  responses: { 200: answer(pageOf(Schemas.Decision), 'A page of decisions.') },
})

const get = operation({
  method: 'get',
  path: '/decisions/{id}',
  operationId: 'getDecision',
  summary: 'One decision: which rules, what they saw, and what each part of their conditions came to',
  tags: TAGS,
  access: 'sentinel:read',
  request: { params: idParam },
  responses: { 200: answer(Schemas.DecisionDetail, 'The decision.') },
})

const download = operation({
  ...csv,
  path: '/exports/decisions.csv',
  operationId: 'exportDecisions',
  summary: 'Decisions, newest first',
  access: 'sentinel:read',
  request: {
    query: z.strictObject({
      ...whoseQuery,
      ...Schemas.filters,
      cursor: z.string().min(1).max(1024).optional().openapi({
        description: 'The last cell of the last line you have: what follows it is sent.',
      }),
    }),
  },
})

const Result = z
  .object({
    day: z.string().openapi({ example: '2026-11-23' }),
    rule: z.string(),
    version: z.number().int(),
    action: z.string(),
    effect: z.string().openapi({ description: '`shadow`: what a rule in shadow would have done.' }),
    count: z.number().int().openapi({ description: 'Calls, repeats included.' }),
    keys: z.number().int(),
  })
  .openapi('RuleResult')

const results = operation({
  method: 'get',
  path: '/rule-results',
  operationId: 'listRuleResults',
  summary: 'By day and rule, how often it decided or, in shadow, would have',
  tags: TAGS,
  access: 'sentinel:read',
  request: {
    query: z.strictObject({
      ...whoseQuery,
      since: z.iso.datetime().optional().openapi({ description: 'From this time on; seven days ago if left out.' }),
      until: z.iso.datetime().optional().openapi({ description: 'Before this time; now if left out.' }),
    }),
  },
  responses: { 200: answer(z.object({ since: time, until: time, data: z.array(Result) }), 'The counts.') },
})

export function decisionRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const query = c.req.valid('query')
    const whose = rowsOf(c, await whoseOf(c, query))
    const shown = await page(
      c,
      query,
      (after, limit) => decisionsOf(c.var.database, whose, filterOf(query), placeOf(after), limit),
      ({ at, session, number }) => [at.getTime(), session, number],
      Schemas.showDecision,
    )
    return c.json(shown, 200)
  })

  api.openapi(get, async (c) => {
    const row = await decisionById(c.var.database, c.req.valid('param').id)
    if (row === undefined || !(await isCallers(c, row))) throw new Refusal('not_found')
    return c.json(Schemas.showDetail(row), 200)
  })

  api.openapi(download, async (c) => {
    const query = c.req.valid('query')
    const whose = rowsOf(c, await whoseOf(c, query))
    const cursor = query.cursor === undefined ? undefined : parse(query.cursor)
    if (query.cursor !== undefined && cursor?.place === undefined) throw new Refusal('cursor_invalid')
    const { place } = cursor ?? {}
    const after = place === undefined ? undefined : { at: new Date(place.at), session: place.of, number: place.seq }
    return file(c, 'decisions', HEADER, () => filePage(c, whose, filterOf(query), after))
  })

  api.openapi(results, async (c) => {
    const { since: from, until: to, ...query } = c.req.valid('query')
    const until = to === undefined ? new Date() : new Date(to)
    const since = from === undefined ? new Date(until.getTime() - 7 * DAY_MS) : new Date(from)
    if (until.getTime() - since.getTime() > DAYS_MAX * DAY_MS) {
      throw new Refusal('malformed_body', { detail: `more than ${DAYS_MAX} days at once` })
    }
    const whose = rowsOf(c, await whoseOf(c, query))
    const rows = await hitsByDay(c.var.database, whose, since, until)
    const data = rows.map(({ day, ...row }) => ({ ...row, day: day.toISOString().slice(0, 10) }))
    return c.json({ since: since.toISOString(), until: until.toISOString(), data }, 200)
  })
}

type After = Parameters<typeof decisionsOf>[3]
type Asked = { [K in keyof typeof Schemas.filters]?: z.infer<(typeof Schemas.filters)[K]> }

function filterOf({ rule, action, effect, session, since, until }: Asked): DecisionFilter {
  return {
    ...{ rule, action, effect, session },
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  }
}

function placeOf(after: readonly (string | number)[] | undefined): After {
  if (after === undefined) return undefined
  return { at: new Date(Number(after[0])), session: String(after[1]), number: Number(after[2]) }
}

/** By the rules of one of the caller's providers; or of the platform or the owner on a key that the caller pays with. */
async function isCallers(c: ApiContext, { scope, payer, chainId }: DecisionRecord): Promise<boolean> {
  if (scope.startsWith('provider:')) {
    const found = await whoseOf(c, { provider: scope.slice('provider:'.length) }).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'not_found') return undefined
      throw error
    })
    return found !== undefined
  }
  return payer === callerOf(c).address && chainId !== null && chainIdsOf(c).includes(chainId)
}

const HEADER = [
  'time',
  'decision',
  'scope',
  'session',
  'action',
  'effect',
  'rule',
  'version',
  'severity',
  'granted',
  'provider',
  'route',
  'amount_atomic_units_6_decimals',
  'country',
  'repeats',
  'last_time',
  'stop',
  'inputs',
  'cursor',
]

async function filePage(c: ApiContext, whose: Whose, filter: DecisionFilter, after: After): Promise<Page> {
  const rows: DecisionRecord[] = await decisionsOf(c.var.database, whose, filter, after, ROWS)
  const lines = rows.map((row): Cell[] => {
    const shown = Schemas.showDetail(row)
    const inputs = shown.hits.map((hit) => ({ rule: hit.rule, version: hit.version, inputs: hit.inputs }))
    return [
      ...[shown.at, shown.id, shown.scope, shown.session, shown.action, shown.effect, shown.rule, shown.version],
      ...[shown.severity, shown.granted === null ? null : String(shown.granted), shown.provider, shown.route],
      ...[shown.amount, shown.country, shown.repeats, shown.lastAt, shown.stop, JSON.stringify(inputs)],
      print({ part: '', place: { at: row.at.getTime(), of: row.session, seq: row.number } }),
    ]
  })
  const last = rows.at(-1)
  const place = last === undefined ? undefined : { at: last.at, session: last.session, number: last.number }
  return {
    lines,
    next: rows.length === ROWS && place !== undefined ? () => filePage(c, whose, filter, place) : undefined,
  }
}
