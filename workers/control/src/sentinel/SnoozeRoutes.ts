/**
 * `/snoozes`: for how long a rule does not act on one key. An owner snoozes rules of his own and, with a signature of his
 * wallet, those of the platform; a provider those of its own, on keys that paid it.
 */
import type { Scope } from '@pbstream/core/message/Sentinel'
import type { SessionRef } from '@pbstream/core/message/Session'
import * as Audit from '@pbstream/db/Audit'
import type { Orm, Statement } from '@pbstream/db/Database'
import { eventStatements } from '@pbstream/db/Webhooks'
import { operation } from '../api/Operation.ts'
import { answer, json, text, time, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { confirm } from '../auth/Confirm.ts'
import { Refusal } from '../Problem.ts'
import { inObject } from './Objects.ts'
import { TAGS } from './RuleRoutes.ts'
import * as Schemas from './RuleSchemas.ts'
import { standingOf } from './RuleSet.ts'
import { sessionOf } from './Sessions.ts'
import { whoseOf, whoseQuery } from './Whose.ts'

const SECONDS_MAX = 604_800
const key = text(256).openapi({ description: 'A session key of yours (`sk_…`), or a session as in exports.' })

const Snooze = z.object({ scope: z.string(), rule: z.string(), until: time }).openapi('Snooze')
const Snoozes = z.object({ session: z.string(), data: z.array(Snooze) })

const list = operation({
  method: 'get',
  path: '/snoozes',
  operationId: 'listSnoozes',
  summary: 'Rules that do not act on a key for now',
  tags: TAGS,
  access: 'sentinel:read',
  request: { query: z.strictObject({ ...whoseQuery, session: key }) },
  responses: { 200: answer(Snoozes, 'The snoozes of the key that are yours to see.') },
})

const put = operation({
  method: 'put',
  path: '/snoozes',
  operationId: 'snoozeRule',
  summary: 'Have a rule not act on a key for a while; 0 seconds ends it',
  tags: TAGS,
  access: 'sentinel:write',
  request: {
    query: z.strictObject(whoseQuery),
    body: json(
      z.strictObject({
        session: key,
        rule: Schemas.ruleId,
        seconds: z.number().int().min(0).max(SECONDS_MAX),
        of: z.literal('platform').optional().openapi({
          description: 'A rule of the platform on a key of yours: needs a signature of the wallet, but to end it.',
        }),
      }),
    ),
  },
  responses: { 200: answer(Snooze.extend({ session: z.string() }), 'The snooze.') },
})

export function snoozeRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const { session: named, ...query } = c.req.valid('query')
    const whose = await whoseOf(c, query)
    const { session, ref } = await sessionOf(c, whose, named)
    const { snoozes } = await inObject(c.env, ref, (object) => object.sentinel(1))
    const seen: Scope[] = whose.scope === 'owner' ? ['owner', 'platform'] : [whose.scope]
    const data = snoozes
      .filter(({ scope }) => seen.includes(scope))
      .map(({ scope, rule, until }) => ({ scope, rule, until: new Date(until).toISOString() }))
    return c.json({ session, data }, 200)
  })

  api.openapi(put, async (c) => {
    const { session: named, rule, seconds, of } = c.req.valid('json')
    const whose = await whoseOf(c, c.req.valid('query'))
    if (of === 'platform' && whose.scope !== 'owner') throw new Refusal('not_found')
    const { session, ref } = await sessionOf(c, whose, named)
    const scope: Scope = of ?? whose.scope
    const { rules } = await standingOf(c.var.database, of ?? whose.stored)
    if (seconds > 0 && !rules.some(({ id }) => id === rule)) throw new Refusal('not_found')
    // A thief with a cookie or an API key is not to switch off what is to stop him.
    const also =
      of === 'platform' && seconds > 0
        ? await confirm(c, { action: 'rule.snooze', subject: named, change: { scope, rule, seconds, session } })
        : undefined
    const until = Date.now() + 1_000 * seconds
    await snooze(c, { session: named, ref, scope, rule, until: seconds === 0 ? 0 : until }, also)
    return c.json({ session, scope, rule, until: new Date(until).toISOString() }, 200)
  })
}

type Order = { session: string; ref: SessionRef; scope: Scope; rule: string; until: number }

/** Written down first: what loosens a rule is not done without its author. */
async function snooze(
  c: ApiContext,
  { session, ref, scope, rule, until }: Order,
  also: ((orm: Orm) => Statement[]) | undefined,
): Promise<void> {
  const { owner, mode, actor } = callerOf(c)
  const { database } = c.var
  const at = new Date()
  const news = { scope, rule, session, until: until === 0 ? null : new Date(until).toISOString() }
  await Audit.change(database, Audit.chainOf(owner, mode), () =>
    Promise.resolve({
      acts: [{ actor, action: 'rule.snooze', subject: session, detail: { scope, rule, until }, at }],
      statements: (orm) => [
        ...(also?.(orm) ?? []),
        ...eventStatements(database, orm, owner, mode, 'rule.snoozed', news, at),
      ],
      result: undefined,
    }),
  )
  await inObject(c.env, ref, (object) => object.snooze(1, ref, { scope, rule, until }))
}
