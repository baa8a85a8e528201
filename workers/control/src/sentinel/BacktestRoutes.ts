/** `/rules/backtest`: what a set would have done to the payments of the past, before it is put in force. */
import * as Rule from '@pbstream/core/Rule'
import type { Database } from '@pbstream/db/Database'
import type { Whose as StopsOf } from '@pbstream/db/Recorded'
import { operation } from '../api/Operation.ts'
import { answer, json, text, time, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { type Mark, recorded, type Side } from './Backtest.ts'
import { play } from './Play.ts'
import { problemsOf } from './RuleCheck.ts'
import { TAGS } from './RuleRoutes.ts'
import * as Schemas from './RuleSchemas.ts'
import { listsOf, made, standingOf } from './RuleSet.ts'
import { chainIdsOf, rowsOf, type Whose, whoseOf, whoseQuery } from './Whose.ts'

const DAY_MS = 86_400_000
const LOOK_BACK = 7 * DAY_MS
const DAYS_MAX = 92
const PAYMENTS_MAX = 10_000
/** Payments times rules of one answer: a second of work or so. */
const WORK_MAX = 400_000
const MARKS_MAX = 100

export const Wanted = z
  .strictObject({
    rules: z.array(Schemas.NewRule).max(Schemas.RULES_MAX).optional().openapi({
      description: 'Instead of those in force. Rules in shadow count as if they were enabled.',
    }),
    lists: z.array(Schemas.NewList).max(Schemas.LISTS_MAX).optional(),
    since: z.iso.datetime().optional().openapi({ description: 'From this time on; seven days ago if left out.' }),
    until: z.iso.datetime().optional().openapi({ description: 'Before this time; now if left out.' }),
    limit: z.number().int().min(1).max(PAYMENTS_MAX).optional().openapi({
      description: 'Payments at most; of more than 40 rules there are fewer in one answer.',
    }),
    abuse: z
      .array(
        z.strictObject({
          session: text(256).openapi({ description: 'As in exports of payments.' }),
          since: z.iso.datetime().optional(),
          until: z.iso.datetime().optional(),
        }),
      )
      .max(MARKS_MAX)
      .optional()
      .openapi({ description: 'Payments that were abuse, as you know.' }),
    stopMinutes: z.number().int().min(0).max(1_440).optional().openapi({
      description: 'Payments of so many minutes before a stop that nobody released count as abuse; 60 if left out.',
    }),
  })
  .openapi('NewBacktest')

const outcome = {
  delayed: z.number().int().openapi({ description: 'Told to come later; not counted as stopped.' }),
  stopped: z.number().int(),
  stoppedAmount: z.string(),
  saved: z.string().openapi({ description: 'Of what was stopped: the money of abuse.' }),
  honestStopped: z.number().int(),
  honestStoppedAmount: z.string(),
}
const Report = z
  .object({
    scope: z.string(),
    since: time,
    until: time,
    complete: z.boolean().openapi({
      description:
        'False: there are more payments than were asked for. Of a provider those from `until` on are left out, of a payer the last keys.',
    }),
    payments: z.number().int(),
    amount: z.string(),
    keys: z.number().int(),
    frozenKeys: z.number().int(),
    abuse: z.number().int().openapi({ description: 'Payments that were marked.' }),
    ...outcome,
    rules: z.array(
      z.object({
        rule: z.string(),
        version: z.number().int(),
        action: z.string(),
        matches: z.number().int(),
        keys: z.number().int(),
        withoutValue: z.number().int(),
        ...outcome,
      }),
    ),
    byKey: z
      .array(
        z.object({
          session: z.string().openapi({ description: 'As in exports of payments.' }),
          payments: z.number().int(),
          amount: z.string(),
          frozen: z.boolean().openapi({ description: 'A rule would have frozen it.' }),
          ...outcome,
        }),
      )
      .openapi({
        description:
          'The 50 keys of which most payments would have been stopped, most first; untouched ones are left out.',
      }),
    passedOver: z.array(z.string()).openapi({ description: 'Rules over many keys: they cannot be tried on payments.' }),
  })
  .openapi('RuleBacktest')

const backtest = operation({
  method: 'post',
  path: '/rules/backtest',
  operationId: 'backtestRules',
  summary: 'What rules would have done to recorded payments; amounts held and balances were not recorded',
  tags: TAGS,
  access: 'sentinel:read',
  idempotent: false,
  request: { query: z.strictObject(whoseQuery), body: json(Wanted) },
  responses: { 200: answer(Report, 'The report.') },
})

export function ruleBacktestRoutes(api: Api): void {
  api.openapi(backtest, async (c) => {
    const whose = await whoseOf(c, c.req.valid('query'))
    const of = { side: sideOf(c, whose), stops: rowsOf(c, whose) }
    return c.json(await tried(c.var.database, whose, of, c.req.valid('json')), 200)
  })
}

/** A backtest of the set of a scope over these payments. @throws {Refusal} malformed_body, validation_failed */
export async function tried(
  database: Database,
  { scope, stored }: { scope: string; stored: string },
  { side, stops }: { side: Side; stops: StopsOf },
  asked: Asked,
): Promise<z.infer<typeof Report>> {
  const { since, until } = between(asked)
  const { set, lists, passedOver } = await setOf(database, stored, asked)
  const found = await recorded(database, side, stops, {
    ...{ since, until, limit: limitOf(asked, set), marks: marksOf(asked.abuse ?? []) },
    stopMs: 60_000 * (asked.stopMinutes ?? 60),
  })
  const report = await play(found.payments, set, lists)
  const times = { since: since.toISOString(), until: found.until.toISOString() }
  return { ...report, scope, ...times, complete: found.complete, abuse: found.marked, passedOver }
}

type Asked = z.infer<typeof Wanted>

/** Of many rules fewer payments: others of this isolate wait meanwhile. */
function limitOf({ limit = PAYMENTS_MAX }: Asked, { rules }: Rule.Ruleset): number {
  return Math.min(limit, Math.floor(WORK_MAX / Math.max(1, rules.length)))
}

function between({ since, until }: Asked): { since: Date; until: Date } {
  const end = until === undefined ? Date.now() : Date.parse(until)
  const start = since === undefined ? end - LOOK_BACK : Date.parse(since)
  if (end - start > DAYS_MAX * DAY_MS) {
    throw new Refusal('malformed_body', { detail: `more than ${DAYS_MAX} days at once` })
  }
  return { since: new Date(start), until: new Date(end) }
}

/** The set to try: as it is asked for, where that is left out as it stands. @throws {Refusal} validation_failed */
async function setOf(database: Database, stored: string, { rules, lists }: Asked) {
  const now = await standingOf(database, stored)
  const wanted = { rules, lists: lists === undefined ? undefined : listsOf(lists) }
  const text = await made(database, stored, now, wanted, new Date())
  const errors = problemsOf(text)
  const [first] = errors
  if (first !== undefined) {
    throw new Refusal('validation_failed', {
      detail: `${first.field}: ${first.message}`,
      members: { errors: errors.slice(0, 20) },
    })
  }
  const of = new Rule.Lists(text.lists)
  const set = Rule.parse(text.rules, of.names)
  return { set, lists: of, passedOver: text.rules.filter(({ over }) => over === 'cross').map(({ id }) => id) }
}

function marksOf(given: NonNullable<Asked['abuse']>): Mark[] {
  return given.map(({ session, since, until }) => ({
    session,
    since: since === undefined ? -Infinity : Date.parse(since),
    until: until === undefined ? Infinity : Date.parse(until),
  }))
}

function sideOf(c: ApiContext, { scope }: Whose): Side {
  if (scope !== 'owner') return { side: 'provider', provider: scope.slice('provider:'.length) }
  const { owner, mode, address } = callerOf(c)
  return { side: 'payer', whose: { owner, mode, address, chainIds: chainIdsOf(c) } }
}
