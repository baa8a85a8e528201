/** `/stops`: keys that Sentinel has stopped, and how they go on. */
import { providerOf, type Scope } from '@pbstream/core/message/Sentinel'
import { chainOf } from '@pbstream/db/Audit'
import { stopById, type StopRow as StopRecord, stopsOf } from '@pbstream/db/Stops'
import { managed, rowOfSession } from '@pbstream/db/SessionKeys'
import { chainsOf } from '../api/Chains.ts'
import { operation } from '../api/Operation.ts'
import { page, pageOf } from '../api/Page.ts'
import { answer, idParam, json, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { confirm as confirmed } from '../auth/Confirm.ts'
import { stateOf } from '../keys/OnChain.ts'
import { Refusal } from '../Problem.ts'
import { release as released } from './StopRelease.ts'
import * as Schemas from './StopSchemas.ts'
import { whoseOf } from './Whose.ts'

const TAGS = ['Sentinel stops']

const list = operation({
  method: 'get',
  path: '/stops',
  operationId: 'listStops',
  summary: 'Stops of keys that you pay with, or by the rules of a provider of yours; newest first',
  tags: TAGS,
  access: 'sentinel:read',
  request: { query: Schemas.listQuery },
  responses: { 200: answer(pageOf(Schemas.StopOfKey), 'A page of stops.') },
})

const get = operation({
  method: 'get',
  path: '/stops/{id}',
  operationId: 'getStop',
  summary: 'One stop',
  tags: TAGS,
  access: 'sentinel:read',
  request: { params: idParam },
  responses: { 200: answer(Schemas.StopOfKey, 'The stop.') },
})

const release = operation({
  method: 'post',
  path: '/stops/{id}/release',
  operationId: 'releaseStop',
  summary: 'Let a frozen key go on, for a reason; its payer signs it with the wallet',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params: idParam, body: json(Schemas.Release) },
  responses: { 200: answer(Schemas.StopOfKey, 'The stop, released.') },
})

const confirm = operation({
  method: 'post',
  path: '/stops/{id}/confirm',
  operationId: 'confirmStop',
  summary: 'Confirm a key that a rule wants confirmed: with a fresh signature of the wallet',
  tags: TAGS,
  access: 'sentinel:write',
  request: { params: idParam, body: json(Schemas.Confirmation) },
  responses: { 200: answer(Schemas.StopOfKey, 'The stop, released.') },
})

export function stopRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const query = c.req.valid('query')
    const { open, kind, session, provider } = query
    const whose = await whoseOf(c, query)
    const of = whose.scope === 'owner' ? payerOf(c) : { scope: whose.scope }
    const filter = { ...(open === undefined ? {} : { open: open === 'true' }), kind, session }
    const shown = await page(
      c,
      query,
      (after, limit) => {
        const before = after === undefined ? undefined : { at: new Date(Number(after[0])), id: String(after[1]) }
        return stopsOf(c.var.database, of, filter, before, limit)
      },
      ({ at, id }) => [at.getTime(), id],
      (row) => Schemas.showRow(row, provider === undefined ? 'payer' : 'provider'),
    )
    return c.json(shown, 200)
  })

  api.openapi(get, async (c) => {
    const { row, side } = await found(c, c.req.valid('param').id)
    return c.json(Schemas.showRow(row, side), 200)
  })

  api.openapi(release, async (c) => {
    const { row, side } = await found(c, c.req.valid('param').id)
    if (row.kind === 'signature') throw new Refusal('stop_needs_signature')
    return c.json(await ended(c, row, side, c.req.valid('json'), side === 'payer'), 200)
  })

  api.openapi(confirm, async (c) => {
    const { row, side } = await found(c, c.req.valid('param').id)
    if (row.kind === 'frozen') throw new Refusal('stop_needs_reason')
    return c.json(await ended(c, row, side, c.req.valid('json'), true), 200)
  })
}

/** Neither a cookie nor an API key is enough to let a key of one's own go on: it may be stolen, and so may they. */
async function ended(
  c: ApiContext,
  row: StopRecord,
  side: 'payer' | 'provider',
  { reason = 'confirmed by the wallet', snoozeSeconds = Schemas.SNOOZE_SECONDS }: z.output<typeof Schemas.Confirmation>,
  signs: boolean,
): Promise<z.infer<typeof Schemas.StopOfKey>> {
  const stop = Schemas.stopOf(row)
  if (stop.releasedAt !== undefined) return Schemas.showRow(row, side)
  if (side === 'payer' && row.kind === 'frozen') await notOnChain(c, row)
  const change = { reason, snoozeSeconds, scope: row.scope, rule: row.rule, key: row.key }
  const action = row.kind === 'frozen' ? 'sentinel_stop.release' : 'sentinel_stop.confirm'
  const consent = signs ? await confirmed(c, { action, subject: row.id, change }) : undefined
  const { owner, mode, actor } = callerOf(c)
  const order = {
    ...{ env: c.env, database: c.var.database, chain: chainOf(owner, mode), actor, consent, reason, snoozeSeconds },
    by: side === 'payer' ? ('owner' as const) : ('provider' as const),
  }
  const [after] = await released(order, Schemas.refOfStop(row), [stop])
  return Schemas.showRow(row, side, after)
}

/** What is served for a key that is frozen on chain cannot be claimed: there the account has to sign first. */
async function notOnChain(c: ApiContext, row: StopRecord): Promise<void> {
  const key = await rowOfSession(c.var.database, row.session)
  if (key === undefined || key.owner === null || key.keyId === null) return
  const state = await stateOf(c.env, managed(key))
  if (state !== undefined && state.frozenAt !== 0) throw new Refusal('stop_frozen_on_chain')
}

function payerOf(c: ApiContext) {
  const { address, chainId, mode } = callerOf(c)
  // An account that is a contract is the caller's on its own chain only.
  const chainIds = chainsOf(c.env, mode).flatMap((chain) =>
    chainId === null || chainId === chain.chainId ? [chain.chainId] : [],
  )
  return { payer: address, chainIds }
}

/**
 * A stop that the caller may see and end: of a key that he pays with, by the platform's rules or his own; or by the rules
 * of a provider of his. What a provider stopped is the provider's alone.
 *
 * @throws {Refusal} not_found
 */
async function found(c: ApiContext, id: string): Promise<{ row: StopRecord; side: 'payer' | 'provider' }> {
  const row = await stopById(c.var.database, id)
  if (row === undefined) throw new Refusal('not_found')
  const provider = providerOf(row.scope as Scope)
  if (provider !== undefined) {
    await whoseOf(c, { provider })
    return { row, side: 'provider' }
  }
  const { payer, chainIds } = payerOf(c)
  if (row.payer !== payer || !chainIds.includes(row.chainId)) throw new Refusal('not_found')
  return { row, side: 'payer' }
}
