/** `/routes`: what is sold, where it comes from and what it costs. */
import { providerOf } from '@pbstream/db/Providers'
import * as Routes from '@pbstream/db/ProvidersRoutes'
import type { Orm, Statement } from '@pbstream/db/Database'
import { type RouteRow, standingOf, standings } from '@pbstream/db/RateCards'
import { canonical } from '@pbstream/db/Canonical'
import { chainById } from '../api/Chains.ts'
import { confirm } from '../auth/Confirm.ts'
import { newId } from '../api/Ids.ts'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, idParam, json, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { judged, made, revisionOf, tag, whoOf } from './Making.ts'
import { judgeOrigin, sealed } from './Origins.ts'
import * as Schemas from './Schemas.ts'

const TAGS = ['Routes']

const list = operation({
  method: 'get',
  path: '/routes',
  operationId: 'listRoutes',
  summary: 'Routes of one of your providers',
  tags: TAGS,
  access: 'providers:read',
  request: { query: z.strictObject({ ...pageQuery, provider: z.string().min(1).max(64) }) },
  responses: { 200: answer(pageOf(Schemas.Route), 'A page of routes.') },
})

const create = operation({
  method: 'post',
  path: '/routes',
  operationId: 'createRoute',
  summary: 'Sell something; in live mode with your signature',
  tags: TAGS,
  access: 'providers:write',
  request: { body: json(Schemas.NewRoute) },
  responses: { 201: answer(Schemas.Route, 'The route.') },
})

const get = operation({
  method: 'get',
  path: '/routes/{id}',
  operationId: 'getRoute',
  summary: 'One route; its credential is never shown',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam },
  responses: { 200: answer(Schemas.Route, 'The route.') },
})

const edit = operation({
  method: 'patch',
  path: '/routes/{id}',
  operationId: 'editRoute',
  summary: 'Edit a route; another upstream, path or credential of a live route needs your signature',
  tags: TAGS,
  access: 'providers:write',
  request: { params: idParam, body: json(Schemas.RoutePatch) },
  responses: { 200: answer(Schemas.Route, 'The route.') },
})

export function routeRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const query = c.req.valid('query')
    await judged(() => providerOf(c.var.database, callerOf(c), query.provider))
    const { data, nextCursor } = await page(
      c,
      query,
      (after, limit) => Routes.routesOf(c.var.database, query.provider, String(after?.[0] ?? ''), limit),
      (row) => [row.id],
      (row) => row,
    )
    return c.json({ data: await shown(c, data), nextCursor }, 200)
  })

  api.openapi(create, async (c) => {
    const { credential, adapter = null, ...asked } = c.req.valid('json')
    const { database } = c.var
    await judged(() => providerOf(database, callerOf(c), asked.providerId))
    permitted(c, asked.chainIds ?? [])
    await judgeOrigin(c, asked.origin)
    const id = await newId(c, 'route')
    const also = await signed(c, 'route.create', asked.providerId, {
      ...asked,
      credentialHeader: credential?.header ?? null,
    })
    const input: Routes.NewRoute = {
      ...defined(asked),
      providerId: asked.providerId,
      path: asked.path,
      origin: asked.origin,
      rate: asked.rate,
      chainIds: asked.chainIds ?? [],
      id,
      adapter,
      ...(credential === undefined ? {} : { credential: await sealed(c.env, credential) }),
    }
    const row = await made(c, () => Routes.createRoute(database, whoOf(c, also), input))
    return c.json(await shownOne(c, row), 201, tag(row))
  })

  api.openapi(get, async (c) => {
    const row = await judged(() => Routes.routeOf(c.var.database, callerOf(c), c.req.valid('param').id))
    return c.json(await shownOne(c, row), 200, tag(row))
  })

  api.openapi(edit, async (c) => {
    const { id } = c.req.valid('param')
    const { database } = c.var
    const revision = revisionOf(c)
    const { credential, ...asked } = c.req.valid('json')
    const old = await judged(() => Routes.routeOf(database, callerOf(c), id))
    if (old.revision !== revision) throw new Refusal('precondition_failed')
    permitted(c, asked.chainIds ?? [])
    const moved = asked.origin !== undefined && canonical(asked.origin) !== canonical(old.origin)
    if (moved && asked.origin !== undefined) await judgeOrigin(c, asked.origin)
    const elsewhere = moved || (asked.path !== undefined && asked.path !== old.path) || credential !== undefined
    const credentialHeader = credential === undefined ? old.credentialHeader : (credential?.header ?? null)
    const change = { revision, origin: asked.origin ?? old.origin, path: asked.path ?? old.path, credentialHeader }
    const also = elsewhere ? await signed(c, 'route.edit', id, change) : undefined
    const patch: Routes.RoutePatch = {
      ...defined(asked),
      ...(credential === undefined ? {} : { credential: credential === null ? null : await sealed(c.env, credential) }),
    }
    const row = await made(c, () => Routes.editRoute(database, whoOf(c, also), id, revision, patch))
    return c.json(await shownOne(c, row), 200, tag(row))
  })
}

/** Routes with the cards that are in force now. */
async function shown(c: ApiContext, rows: RouteRow[]) {
  const known = await standings(c.var.database, rows, new Date())
  return rows.map((row) => Schemas.showRoute(row, known.get(row.id) ?? { version: row.rateVersion, coming: [] }))
}

async function shownOne(c: ApiContext, row: RouteRow): Promise<ReturnType<typeof Schemas.showRoute>> {
  return Schemas.showRoute(row, await standingOf(c.var.database, row, new Date()))
}

/** Where calls and their payers' data go is the owner's word in live mode, whoever holds a key of his. */
async function signed(
  c: ApiContext,
  action: string,
  subject: string,
  change: Record<string, unknown>,
): Promise<((orm: Orm) => Statement[]) | undefined> {
  return callerOf(c).mode === 'live' ? confirm(c, { action, subject, change }) : undefined
}

/** @throws {Refusal} for a chain that is not of the caller's mode. */
function permitted(c: ApiContext, chainIds: number[]): void {
  const { mode } = callerOf(c)
  const stranger = chainIds.find((chainId) => chainById(c.env, mode, chainId) === undefined)
  if (stranger !== undefined) throw new Refusal('chain_not_permitted', { detail: `chain ${stranger}` })
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>
}
