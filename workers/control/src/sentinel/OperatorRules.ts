/** `/ops/rules` and what belongs to them: the rules of the platform, for operators. Each change is written into the audit. */
import { PLATFORM, record } from '@pbstream/db/Audit'
import { decisionById, decisionsOf } from '@pbstream/db/Decisions'
import { type Database, open } from '@pbstream/db/Database'
import { parseSessionName } from '@pbstream/core/message/Session'
import { PLATFORM_SCOPE } from '@pbstream/db/Rulesets'
import { Refused } from '@pbstream/db/ProvidersScope'
import { rowOfSession } from '@pbstream/db/SessionKeys'
import { type Context, Hono } from 'hono'
import { etag } from '../api/Etag.ts'
import { text, z } from '../api/Parts.ts'
import { publishCatalog } from '../cache/Publish.ts'
import type { Env } from '../Env.ts'
import { Refusal, refuse } from '../Problem.ts'
import { tried, Wanted } from './BacktestRoutes.ts'
import * as Decisions from './DecisionSchemas.ts'
import { inObject } from './Objects.ts'
import { problemsOf } from './RuleCheck.ts'
import * as Schemas from './RuleSchemas.ts'
import { changeSet, listsOf, made, showSet, type Standing, standingOf, type WantedSet } from './RuleSet.ts'

type App = { Bindings: Env }

const BODY_MAX = 256 * 1_024
const LIST_MAX = 100
const SECONDS_MAX = 604_800

/** Mounted behind the bearer key of operators. */
export const operatorRules = new Hono<App>()

operatorRules.get('/rules', async (c) => shown(c, await standingOf(open(c.env), PLATFORM_SCOPE)))

/** The whole set; `If-Match` names the revision that it starts from. */
operatorRules.put('/rules', async (c) =>
  answering(async () => {
    const expected = /^"(0|[1-9][0-9]{0,14})"$/.exec(c.req.header('if-match') ?? '')?.[1]
    if (expected === undefined) throw new Refusal('precondition_required')
    const wanted = wantedOf(await read(c, Schemas.NewRuleset))
    const database = open(c.env)
    const by = { chain: PLATFORM, actor: 'operator', at: new Date() }
    const set = await changeSet(database, by, PLATFORM_SCOPE, Number(expected), () => wanted)
    await publishCatalog(c.env, database)
    return shown(c, set)
  }),
)

operatorRules.post('/rules/validate', async (c) =>
  answering(async () => {
    const wanted = wantedOf(await read(c, Schemas.NewRuleset))
    const database = open(c.env)
    const now = await standingOf(database, PLATFORM_SCOPE)
    const errors = problemsOf(await made(database, PLATFORM_SCOPE, now, wanted, new Date()))
    return json(c, { ok: errors.length === 0, errors })
  }),
)

/** What a set of the platform would have done to everybody's payments. */
operatorRules.post('/rules/backtest', async (c) =>
  answering(async () => {
    const asked = await read(c, Wanted)
    const of = { side: { side: 'all' }, stops: 'all' } as const
    return json(c, await tried(open(c.env), { scope: PLATFORM_SCOPE, stored: PLATFORM_SCOPE }, of, asked))
  }),
)

/** The newest decisions of all sessions; `?rule=`, `?action=`, `?effect=`, `?session=` narrow them down. */
operatorRules.get('/decisions', async (c) => {
  const asked = z.strictObject(Decisions.filters).safeParse(c.req.query())
  if (!asked.success) return refuse('malformed_query')
  const { since, until, ...filter } = asked.data
  const rows = await decisionsOf(
    open(c.env),
    'all',
    {
      ...filter,
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    },
    undefined,
    LIST_MAX,
  )
  return json(c, { decisions: rows.map(Decisions.showDecision) })
})

operatorRules.get('/decisions/:id', async (c) => {
  const row = await decisionById(open(c.env), c.req.param('id'))
  return row === undefined ? refuse('not_found') : json(c, Decisions.showDetail(row))
})

const Order = z.strictObject({
  session: text(256),
  rule: Schemas.ruleId,
  seconds: z.number().int().min(0).max(SECONDS_MAX),
})

/** A rule of the platform does not act on a key for a while; 0 seconds ends it. */
operatorRules.put('/snoozes', async (c) =>
  answering(async () => {
    const { session, rule, seconds } = await read(c, Order)
    const database = open(c.env)
    const ref = parseSessionName(session)
    if (ref === undefined || (await rowOfSession(database, session)) === undefined) throw new Refusal('not_found')
    const { rules } = await standingOf(database, PLATFORM_SCOPE)
    if (seconds > 0 && !rules.some(({ id }) => id === rule)) throw new Refusal('not_found')
    const until = seconds === 0 ? 0 : Date.now() + 1_000 * seconds
    await noted(database, 'rule.snooze', session, { scope: PLATFORM_SCOPE, rule, until })
    await inObject(c.env, ref, (object) => object.snooze(1, ref, { scope: PLATFORM_SCOPE, rule, until }))
    return json(c, { session, rule, until: new Date(until).toISOString() })
  }),
)

function wantedOf({ rules, lists, breaker }: Schemas.NewRuleset): WantedSet {
  return { rules, lists: lists === undefined ? undefined : listsOf(lists), breaker }
}

/** The body, held against a schema. @throws {Refusal} payload_too_large, malformed_body, validation_failed */
export async function read<T extends z.ZodType>(c: Context<App>, schema: T): Promise<z.output<T>> {
  const body = await c.req.text()
  if (body.length > BODY_MAX) throw new Refusal('payload_too_large')
  const parsed = schema.safeParse(parse(body))
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.slice(0, 20).map(({ path, message }) => ({ field: `/${path.join('/')}`, message }))
  throw new Refusal('validation_failed', { members: { errors } })
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal('malformed_body')
  }
}

export async function answering(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return error.response()
    if (error instanceof Refused) return refuse(error.code, error.detail === undefined ? {} : { detail: error.detail })
    throw error
  }
}

function shown(c: Context<App>, set: Standing): Response {
  return c.json(showSet(set, PLATFORM_SCOPE), 200, { 'cache-control': 'no-store', etag: etag(set.revision) })
}

async function noted(database: Database, action: string, subject: string, detail: Record<string, unknown>) {
  await record(database, { actor: 'operator', action, subject, detail, at: new Date() })
}

export function json(c: Context<App>, body: object): Response {
  return c.json(body, 200, { 'cache-control': 'no-store' })
}
