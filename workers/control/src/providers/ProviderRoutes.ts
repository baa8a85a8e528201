/** `/providers`: who sells, where the money goes, and the terms of its channels. */
import * as Providers from '@pbstream/db/Providers'
import * as Drains from '@pbstream/db/ProvidersDrain'
import { confirm } from '../auth/Confirm.ts'
import { newId } from '../api/Ids.ts'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, idParam, json, z } from '../api/Parts.ts'
import { type Api, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { judged, made, revisionOf, tag, whoOf } from './Making.ts'
import * as Schemas from './Schemas.ts'

const TAGS = ['Providers']

const list = operation({
  method: 'get',
  path: '/providers',
  operationId: 'listProviders',
  summary: 'Your providers in this mode',
  tags: TAGS,
  access: 'providers:read',
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(pageOf(Schemas.Provider), 'A page of providers.') },
})

const create = operation({
  method: 'post',
  path: '/providers',
  operationId: 'createProvider',
  summary: 'Make a provider',
  tags: TAGS,
  access: 'providers:write',
  request: { body: json(Schemas.NewProvider) },
  responses: { 201: answer(Schemas.Provider, 'The provider.') },
})

const get = operation({
  method: 'get',
  path: '/providers/{id}',
  operationId: 'getProvider',
  summary: 'One provider',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam },
  responses: { 200: answer(Schemas.Provider, 'The provider.') },
})

const dryRun = z.strictObject({
  dryRun: z.enum(['true', 'false']).optional().openapi({ description: 'true: only say what the change would close.' }),
})

const edit = operation({
  method: 'patch',
  path: '/providers/{id}',
  operationId: 'editProvider',
  summary: 'Edit a provider; another withdraw delay closes its channels',
  tags: TAGS,
  access: 'providers:write',
  request: { params: idParam, query: dryRun, body: json(Schemas.ProviderPatch) },
  responses: { 200: answer(Schemas.ProviderWithDrain, 'The provider, and what the edit closes.') },
})

const changePayout = operation({
  method: 'post',
  path: '/providers/{id}/payout-change',
  operationId: 'changePayout',
  summary: 'Ask for another payout address: it takes effect after 24 hours and closes the channels',
  tags: TAGS,
  access: 'providers:write',
  request: { params: idParam, query: dryRun, body: json(Schemas.PayoutChange) },
  responses: { 200: answer(Schemas.ProviderWithDrain, 'The provider with the change that waits.') },
})

const cancelPayout = operation({
  method: 'delete',
  path: '/providers/{id}/payout-change',
  operationId: 'cancelPayoutChange',
  summary: 'Cancel a payout change that waits',
  tags: TAGS,
  access: 'providers:write',
  request: { params: idParam },
  responses: { 200: answer(Schemas.Provider, 'The provider.') },
})

const drains = operation({
  method: 'get',
  path: '/providers/{id}/drains',
  operationId: 'listDrains',
  summary: 'Closings of old channels after changes of terms',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam, query: z.strictObject(pageQuery) },
  responses: { 200: answer(pageOf(Schemas.Drain), 'A page of drains.') },
})

export function providerRoutes(api: Api): void {
  termsRoutes(api)
  payoutRoutes(api)
}

function termsRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const shown = await page(
      c,
      c.req.valid('query'),
      (after, limit) => Providers.providersOf(c.var.database, callerOf(c), String(after?.[0] ?? ''), limit),
      (row) => [row.id],
      Schemas.showProvider,
    )
    return c.json(shown, 200)
  })

  api.openapi(create, async (c) => {
    const { name, payTo, withdrawDelay = null, settlement } = c.req.valid('json')
    const { address } = callerOf(c)
    const id = await newId(c, 'prov')
    const change = { name, payTo }
    // Money to the owner's own wallet needs no more than the owner's key; to another it needs his word.
    const also = payTo === address ? undefined : await confirm(c, { action: 'provider.create', subject: name, change })
    const input = { id, name, payTo, withdrawDelay, ...policy(settlement) }
    const row = await made(c, () => Providers.createProvider(c.var.database, whoOf(c, also), input))
    return c.json(Schemas.showProvider(row), 201, tag(row))
  })

  api.openapi(get, async (c) => {
    const row = await judged(() => Providers.providerOf(c.var.database, callerOf(c), c.req.valid('param').id))
    return c.json(Schemas.showProvider(row), 200, tag(row))
  })

  api.openapi(edit, async (c) => {
    const { id } = c.req.valid('param')
    const { database } = c.var
    const revision = revisionOf(c)
    const { settlement, confirmDrain = false, withdrawDelay, name, enabled } = c.req.valid('json')
    const old = await judged(() => Providers.providerOf(database, callerOf(c), id))
    const closes = withdrawDelay !== undefined && withdrawDelay !== old.withdrawDelay
    const drain = closes ? await Drains.preview(database, id, old.payTo) : null
    if (c.req.valid('query').dryRun === 'true') return c.json(Schemas.showChange(old, drain), 200, tag(old))
    confirmed(drain, confirmDrain)
    const patch: Providers.ProviderPatch = {
      ...(name === undefined ? {} : { name }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(withdrawDelay === undefined ? {} : { withdrawDelay }),
      ...(settlement === undefined ? {} : policy(settlement)),
    }
    const { row } = await made(c, () => Providers.editProvider(database, whoOf(c), id, revision, patch))
    return c.json(Schemas.showChange(row, drain), 200, tag(row))
  })
}

function payoutRoutes(api: Api): void {
  api.openapi(changePayout, async (c) => {
    const { id } = c.req.valid('param')
    const { database } = c.var
    const revision = revisionOf(c)
    const { payTo, confirmDrain = false } = c.req.valid('json')
    const old = await judged(() => Providers.providerOf(database, callerOf(c), id))
    const drain = await Drains.preview(database, id, old.payTo)
    if (c.req.valid('query').dryRun === 'true') return c.json(Schemas.showChange(old, drain), 200, tag(old))
    if (old.revision !== revision) throw new Refusal('precondition_failed')
    confirmed(drain, confirmDrain)
    const also = await confirm(c, { action: 'provider.payout', subject: id, change: { payTo, revision } })
    const row = await made(c, () => Providers.requestPayout(database, whoOf(c, also), id, revision, payTo))
    return c.json(Schemas.showChange(row, drain), 200, tag(row))
  })

  api.openapi(cancelPayout, async (c) => {
    const { id } = c.req.valid('param')
    const revision = revisionOf(c)
    const row = await made(c, () => Providers.cancelPayout(c.var.database, whoOf(c), id, revision))
    return c.json(Schemas.showProvider(row), 200, tag(row))
  })

  api.openapi(drains, async (c) => {
    const { id } = c.req.valid('param')
    await judged(() => Providers.providerOf(c.var.database, callerOf(c), id))
    const shown = await page(
      c,
      c.req.valid('query'),
      (after, limit) => Drains.drainsOf(c.var.database, callerOf(c), id, String(after?.[0] ?? ''), limit),
      (row) => [row.id],
      Schemas.showDrain,
    )
    return c.json(shown, 200)
  })
}

/** @throws {Refusal} when channels would be closed and the caller has not said that he knows. */
function confirmed(drain: Drains.Preview | null, said: boolean): void {
  if (drain === null || drain.channels === 0 || said) return
  throw new Refusal('drain_confirmation_needed', { detail: `${drain.channels} channels`, members: { drain } })
}

function policy(settlement: z.infer<typeof Schemas.NewProvider>['settlement']): Providers.Settlement {
  return { settleAmount: settlement?.amount ?? null, settleAgeMs: settlement?.ageMs ?? null }
}
