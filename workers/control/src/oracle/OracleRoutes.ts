/** `/oracles`: where signals for prices come from, and how they are judged. */
import * as Changes from '@pbstream/db/OracleChanges'
import { oracleOf, oraclesOf, sourceOf } from '@pbstream/db/OracleRows'
import { providerOf } from '@pbstream/db/Providers'
import { chainById } from '../api/Chains.ts'
import { newId } from '../api/Ids.ts'
import { once } from '../api/Idempotent.ts'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, idParam, json, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { judged, made, revisionOf, tag, whoOf } from '../providers/Making.ts'
import { judge } from './Gate.ts'
import { endSilence } from './News.ts'
import * as Schemas from './Schemas.ts'
import { makeSecret, sealHeader } from './Secrets.ts'

const TAGS = ['Oracles']

const list = operation({
  method: 'get',
  path: '/oracles',
  operationId: 'listOracles',
  summary: 'Oracles of one of your providers',
  tags: TAGS,
  access: 'providers:read',
  request: { query: z.strictObject({ ...pageQuery, provider: z.string().min(1).max(64) }) },
  responses: { 200: answer(pageOf(Schemas.Oracle), 'A page of oracles.') },
})

const create = operation({
  method: 'post',
  path: '/oracles',
  operationId: 'createOracle',
  summary: 'Make an oracle; the secret of one that is pushed is shown once',
  tags: TAGS,
  access: 'providers:write',
  request: { body: json(Schemas.NewOracle) },
  responses: { 201: answer(Schemas.OracleWithSecret, 'The oracle, switched on.') },
})

const get = operation({
  method: 'get',
  path: '/oracles/{id}',
  operationId: 'getOracle',
  summary: 'One oracle: what it says, and whether it does',
  tags: TAGS,
  access: 'providers:read',
  request: { params: idParam },
  responses: { 200: answer(Schemas.Oracle, 'The oracle.') },
})

const edit = operation({
  method: 'patch',
  path: '/oracles/{id}',
  operationId: 'editOracle',
  summary: 'Edit an oracle; other bounds hold for the value in force too; needs If-Match',
  tags: TAGS,
  access: 'providers:write',
  request: { params: idParam, body: json(Schemas.OraclePatch) },
  responses: { 200: answer(Schemas.Oracle, 'The oracle as it is now.') },
})

const rotate = operation({
  method: 'post',
  path: '/oracles/{id}/rotate-secret',
  operationId: 'rotateOracleSecret',
  summary: 'A new secret for pushed values; the one before is good for 24 hours more; needs If-Match',
  tags: TAGS,
  access: 'providers:write',
  request: { params: idParam },
  responses: { 200: answer(Schemas.OracleWithSecret, 'The oracle with its new secret.') },
})

const remove = operation({
  method: 'delete',
  path: '/oracles/{id}',
  operationId: 'deleteOracle',
  summary: 'Delete an oracle that no card names; its values are kept',
  tags: TAGS,
  access: 'providers:write',
  request: { params: idParam },
  responses: { 204: { description: 'It is gone.' } },
})

export function oracleRoutes(api: Api): void {
  reading(api)

  api.openapi(create, async (c) => {
    const { source, smoothing = 0, fallback = null, ...rest } = c.req.valid('json')
    const { database } = c.var
    await judged(() => providerOf(database, callerOf(c), rest.providerId))
    const id = await newId(c, 'orc')
    judgeSource(c, source, rest.staleSeconds)
    const secret = source.kind === 'push' ? await makeSecret(c.env, id) : undefined
    const secretSealed = secret?.sealed ?? (await headerOf(c, id, source)) ?? null
    const input = { ...rest, id, smoothing, fallback, kind: source.kind, config: configOf(source), secretSealed }
    const row = await made(c, () => Changes.createOracle(database, whoOf(c), input))
    // Of two attempts to make it the secret of the first is in force, and that of this one is none.
    const shown = secret === undefined || row.secretSealed !== secret.sealed ? null : secret.shown
    once(c, 'secret')
    return c.json({ ...Schemas.showOracle(row, new Date()), secret: shown }, 201, tag(row))
  })

  api.openapi(edit, async (c) => {
    const { id } = c.req.valid('param')
    const { database } = c.var
    const revision = revisionOf(c)
    const { source, ...asked } = c.req.valid('json')
    const old = await judged(() => oracleOf(database, callerOf(c), id))
    if (old.revision !== revision) throw new Refusal('precondition_failed')
    const before = sourceOf(old)
    if (source !== undefined && source.kind !== before.kind)
      throw new Refusal('malformed_body', { detail: 'source.kind cannot change: make another oracle' })
    const staleSeconds = asked.staleSeconds ?? old.staleSeconds
    judgeSource(c, source ?? before, staleSeconds, source !== undefined)
    const patch = { ...defined(asked), ...(await sourcePatch(c, id, source, before)) }
    const row = await made(c, () => Changes.editOracle(database, whoOf(c), id, revision, patch))
    if (!row.enabled) await endSilence(database, id, new Date())
    return c.json(Schemas.showOracle(row, new Date()), 200, tag(row))
  })

  api.openapi(rotate, async (c) => {
    const { id } = c.req.valid('param')
    const revision = revisionOf(c)
    const { shown, sealed } = await makeSecret(c.env, id)
    const row = await judged(() => Changes.rotateSecret(c.var.database, whoOf(c), id, revision, sealed))
    once(c, 'secret')
    return c.json({ ...Schemas.showOracle(row, new Date()), secret: shown }, 200, tag(row))
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    await made(c, () => Changes.deleteOracle(c.var.database, whoOf(c), id))
    await endSilence(c.var.database, id, new Date())
    return c.body(null, 204)
  })
}

function reading(api: Api): void {
  api.openapi(list, async (c) => {
    const query = c.req.valid('query')
    const now = new Date()
    await judged(() => providerOf(c.var.database, callerOf(c), query.provider))
    const shown = await page(
      c,
      query,
      (after, limit) => oraclesOf(c.var.database, query.provider, String(after?.[0] ?? ''), limit),
      (row) => [row.id],
      (row) => Schemas.showOracle(row, now),
    )
    return c.json(shown, 200)
  })

  api.openapi(get, async (c) => {
    const row = await judged(() => oracleOf(c.var.database, callerOf(c), c.req.valid('param').id))
    return c.json(Schemas.showOracle(row, new Date()), 200, tag(row))
  })
}

type Judgeable = Pick<Schemas.NewSource, 'kind'> & Partial<{ url: string; chainId: number; everySeconds: number }>

/**
 * Whether this may be read, by this deployment and in the caller's mode. `isNew`: where it leads is judged too.
 *
 * @throws {Refusal}
 */
function judgeSource(c: ApiContext, source: Judgeable, staleSeconds: number, isNew = true): void {
  const { everySeconds = 0, url, chainId } = source
  if (everySeconds > staleSeconds)
    throw new Refusal('malformed_body', {
      detail: 'staleSeconds is below everySeconds: it would be stale between reads',
    })
  if (!isNew) return
  if (url !== undefined) {
    // On one machine everything has one name, and only ports differ.
    const own = c.env.INSECURE_UPSTREAMS === 'true' ? [] : [new URL(c.env.PUBLIC_URL ?? c.req.url).hostname]
    const found = judge(c.env, url, own)
    if (!found.ok) throw new Refusal('upstream_refused', { detail: found.why })
  }
  if (chainId !== undefined && chainById(c.env, callerOf(c).mode, chainId) === undefined)
    throw new Refusal('chain_not_permitted', { detail: `chain ${chainId}` })
}

/** What the row keeps of a source: of a header only the name. */
function configOf(source: Schemas.NewSource, kept: string | null = null): Record<string, unknown> {
  const { kind: _kind, ...config } = source
  return source.kind === 'url' ? { ...config, header: source.header?.name ?? kept } : config
}

async function headerOf(c: ApiContext, id: string, source: Schemas.NewSource): Promise<string | undefined> {
  if (source.kind !== 'url' || source.header === undefined) return undefined
  return sealHeader(c.env, id, source.header.value)
}

/** A header does not follow to another host: it has to come again. */
async function sourcePatch(
  c: ApiContext,
  id: string,
  source: Schemas.NewSource | undefined,
  before: ReturnType<typeof sourceOf>,
): Promise<Changes.OraclePatch> {
  if (source === undefined) return {}
  const secretSealed = await headerOf(c, id, source)
  if (source.kind !== 'url' || before.kind !== 'url') return { config: configOf(source) }
  if (secretSealed !== undefined) return { config: configOf(source), secretSealed }
  const stays = new URL(source.url).origin === new URL(before.url).origin
  if (before.header !== null && !stays) throw new Refusal('credential_needed')
  return { config: configOf(source, before.header) }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>
}
