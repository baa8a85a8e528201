/** `/audit`: who changed what, and whether that is still what was written. */
import { chainOf } from '@pbstream/db/Audit'
import { listAudit } from '@pbstream/db/AuditList'
import { verifyChain } from '@pbstream/db/AuditVerify'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, text, time, z } from '../api/Parts.ts'
import { type Api, callerOf } from '../api/Types.ts'

const TAGS = ['Audit']
const HASH = /^[0-9a-f]{64}$/

const Entry = z
  .object({
    seq: z.number().int(),
    at: time,
    actor: z.string().openapi({ description: 'The owner, the id of an API key, or `platform`.' }),
    action: z.string().openapi({ example: 'api_key.create' }),
    subject: z.string().openapi({ description: 'The id of what it was done to.' }),
    detail: z.record(z.string(), z.unknown()),
    prev: z.string().openapi({ description: 'The hash of the entry before; empty for the first.' }),
    hash: z.string().openapi({
      description:
        'SHA-256 of the JSON of {action, actor, at, chain, detail, prev, seq, subject}, keys sorted at every level, `at` in Unix milliseconds, `chain` = `<owner>/<mode>`.',
    }),
  })
  .openapi('AuditEntry')

const Verdict = z
  .object({
    ok: z.boolean(),
    checked: z.number().int().openapi({ description: 'How many entries were looked at.' }),
    head: z.object({ seq: z.number().int(), hash: z.string() }).openapi({
      description: 'The last of them. Kept elsewhere, it shows later that the chain was not written anew.',
    }),
    flaws: z.array(z.object({ seq: z.number().int(), what: z.enum(['edited', 'missing', 'unlinked', 'head_lost']) })),
    nextAfter: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'Ask again with this as `after`; null: all is done.' }),
  })
  .openapi('AuditVerdict')

const whole = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,14})$/)
  .transform(Number)
  .openapi({ type: 'integer', minimum: 0 })

const list = operation({
  method: 'get',
  path: '/audit',
  operationId: 'listAudit',
  summary: 'Who changed what in this mode, newest first',
  tags: TAGS,
  access: 'audit:read',
  request: { query: z.strictObject({ ...pageQuery, action: text(100).optional(), subject: text(200).optional() }) },
  responses: { 200: answer(pageOf(Entry), 'A page of entries.') },
})

const verify = operation({
  method: 'get',
  path: '/audit/verify',
  operationId: 'verifyAudit',
  summary: 'Whether the audit is as it was written: edits, deletions, insertions and cut ends show',
  tags: TAGS,
  access: 'audit:read',
  request: {
    query: z
      .strictObject({
        after: whole.optional().openapi({ description: 'Start after this entry.' }),
        keptSeq: whole.optional().openapi({ description: 'A head that you kept: it has to be in the chain.' }),
        keptHash: z.string().regex(HASH).optional(),
      })
      .refine(({ keptSeq, keptHash }) => (keptSeq === undefined) === (keptHash === undefined), {
        message: 'keptSeq and keptHash come together',
        path: ['keptHash'],
      }),
  },
  responses: { 200: answer(Verdict, 'What was found.') },
})

export function auditRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const { owner, mode } = callerOf(c)
    const query = c.req.valid('query')
    const { action, subject } = query
    const chain = chainOf(owner, mode)
    const shown = await page(
      c,
      query,
      (after, limit) => listAudit(c.var.database, chain, { action, subject, before: after?.[0] as number }, limit),
      ({ seq }) => [seq],
      ({ at, ...row }) => ({ ...row, at: at.toISOString() }),
    )
    return c.json(shown, 200)
  })

  api.openapi(verify, async (c) => {
    const { owner, mode } = callerOf(c)
    const { after, keptSeq, keptHash } = c.req.valid('query')
    const kept = keptSeq === undefined || keptHash === undefined ? undefined : { seq: keptSeq, hash: keptHash }
    const found = await verifyChain(c.var.database, chainOf(owner, mode), { ...(after && { after }), kept })
    const { flaws, checked, head, next } = found
    return c.json({ ok: flaws.length === 0, checked, head, flaws, nextAfter: next }, 200)
  })
}
