/** `/session-keys`: reading and making them. What is done with one is in `ActRoutes`. */
import type { Address } from '@pbstream/core/Hex'
import * as KeyStatus from '@pbstream/core/KeyStatus'
import type { PolicyStanding } from '@pbstream/core/message/Session'
import { keysOf, type ManagedKey, managed } from '@pbstream/db/SessionKeys'
import { chainById } from '../api/Chains.ts'
import { etag } from '../api/Etag.ts'
import { once } from '../api/Idempotent.ts'
import { newId } from '../api/Ids.ts'
import { later } from '../api/Later.ts'
import { operation } from '../api/Operation.ts'
import { page, pageOf } from '../api/Page.ts'
import { answer, idParam, json, type z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { heldOf } from '../sentinel/KeyStops.ts'
import { showMoneyBreaker } from '../sentinel/MoneyBreaker.ts'
import { showStop } from '../sentinel/StopSchemas.ts'
import { actRoutes } from './ActRoutes.ts'
import { by, found, freezerOf, inAnHour, maker, randomSalt, TAGS, typed } from './Common.ts'
import { create } from './Create.ts'
import * as Edge from './Edge.ts'
import { kindOf, refOf } from './Model.ts'
import { stateOf, toChange, toRegister } from './OnChain.ts'
import { delaysOf } from './PayeeDelays.ts'
import * as Schemas from './Schemas.ts'
import { show, showChain, showUsage } from './Show.ts'
import { finish, heal, healLater, placeOf, platform } from './Sweep.ts'

const make = operation({
  method: 'post',
  path: '/session-keys',
  operationId: 'createSessionKey',
  summary: 'Have a session key kept to limits',
  tags: TAGS,
  access: 'session_keys:write',
  request: { body: json(Schemas.NewSessionKey) },
  responses: { 201: answer(Schemas.MadeSessionKey, 'The key; in the escrow a draft, with what to sign.') },
})

const list = operation({
  method: 'get',
  path: '/session-keys',
  operationId: 'listSessionKeys',
  summary: 'Session keys of this mode',
  tags: TAGS,
  access: 'session_keys:read',
  request: { query: Schemas.listQuery },
  responses: { 200: answer(pageOf(Schemas.SessionKey), 'A page of session keys.') },
})

const get = operation({
  method: 'get',
  path: '/session-keys/{id}',
  operationId: 'getSessionKey',
  summary: 'One session key, what it has used, and how it stands on chain',
  tags: TAGS,
  access: 'session_keys:read',
  request: { params: idParam },
  responses: { 200: answer(Schemas.SessionKeyDetail, 'The key.') },
})

const ask = operation({
  method: 'get',
  path: '/session-keys/{id}/signing-request',
  operationId: 'getSessionKeySigningRequest',
  summary: 'What the account signs to change the key on chain',
  tags: TAGS,
  access: 'session_keys:read',
  request: { params: idParam, query: Schemas.signingQuery },
  responses: { 200: answer(Schemas.TypedData, 'The parameter of eth_signTypedData_v4.') },
})

export function keyRoutes(api: Api): void {
  api.openapi(make, async (c) => {
    const { key, secret } = maker(c.req.valid('json'))
    const { row, repeated } = await createAsked(c, key)
    once(c, 'secret')
    c.header('etag', etag(row.version))
    const sign = row.status === 'draft' ? typed(toRegister(row, inAnHour())) : null
    // What was made by the request before is not known any more.
    return c.json({ ...show(row, new Date()), secret: repeated ? null : secret, sign }, 201)
  })

  api.openapi(list, async (c) => {
    const query = c.req.valid('query')
    const { status, chainId } = query
    const filter = { status, chainId }
    const shown = await page(
      c,
      query,
      (after, limit) => keysOf(c.var.database, callerOf(c), filter, after?.[0] as string | undefined, limit),
      (row) => [row.publicId ?? ''],
      (row) => show(managed(row), new Date()),
    )
    return c.json(shown, 200)
  })

  api.openapi(get, async (c) => {
    const row = await detailed(c, c.req.valid('param').id)
    c.header('etag', etag(row.version))
    return c.json({ ...row, payeeDelays: await delaysOf(c, row.payees) }, 200)
  })

  api.openapi(ask, async (c) => {
    const row = await found(c, c.req.valid('param').id)
    const { action, deadline = inAnHour() } = c.req.valid('query')
    if (action === 'register') return c.json(typed(toRegister(row, deadline)), 200)
    const state = await stateOf(c.env, row)
    if (state === undefined) throw new Refusal('key_not_registered')
    return c.json(typed(toChange(row, action, { version: state.version, deadline })), 200)
  })

  actRoutes(api)
}

async function createAsked(c: ApiContext, key: Address) {
  const { mode, address, chainId: home } = callerOf(c)
  const asked = (c.req as unknown as { valid(of: 'json'): z.output<typeof Schemas.NewSessionKey> }).valid('json')
  const chain = chainById(c.env, mode, asked.chainId)
  // An account that is a contract is the owner's on its own chain only.
  if (chain === undefined || (home !== null && home !== asked.chainId)) {
    throw new Refusal('chain_not_permitted')
  }
  const { payees, spendCap, periodAmount = '0', periodDuration = 0, perPaymentMax = '0', expiry } = asked
  const { start = Math.floor(Date.now() / 1_000), salt = randomSalt(), freezer } = asked
  const limits = { payees, spendCap, periodAmount, periodDuration, perPaymentMax, start, expiry }
  return create(by(c), {
    publicId: await newId(c, 'sk'),
    chain,
    kind: asked.contract,
    account: address,
    key,
    madeBy: asked.key === undefined ? 'service' : 'client',
    name: asked.name,
    routes: asked.routes ?? null,
    terms: { ...limits, salt, freezer: await freezerOf(c, freezer) },
  })
}

/** One key with what its object and the chain say of it. */
export async function detailed(
  c: ApiContext,
  id: string,
): Promise<Omit<z.infer<typeof Schemas.SessionKeyDetail>, 'payeeDelays'>> {
  const row = await found(c, id)
  const standing = await quietly(() => Edge.standing(c.env, refOf(row)))
  const place = placeOf(standing, row)
  // Where a change was cut off between object and row, whoever looks has it seen to.
  const clock = platform({ env: c.env, database: c.var.database, now: () => new Date() }, row)
  if (place === 'behind' && standing !== undefined) await quietly(() => heal(clock, row))
  if (place === 'ahead') await later(c, () => healLater(clock, id))
  // A freeze that is complete is so for whoever looks, before the clock has written it down.
  const settles = row.status === 'freezing' && place === 'same' && standing !== undefined && KeyStatus.isQuiet(standing)
  if (settles) await later(c, () => finish(clock, row))
  const state = kindOf(row) === 'escrow' ? await quietly(() => stateOf(c.env, row)) : undefined
  const held = await quietly(() => heldOf(c.env, row))
  const seen = place === 'ahead' && standing !== undefined ? stricter(row, standing) : row
  return {
    ...show(settles ? { ...row, status: 'frozen' } : seen, new Date()),
    usage: standing === undefined ? null : showUsage(standing),
    onChain: state === undefined ? null : showChain(state),
    stops: held === undefined ? null : held.stops.map((stop) => showStop(stop, 'payer')),
    breakers: held === undefined ? null : held.breakers.flatMap(showMoneyBreaker),
  }
}

/** The key as its object has it, where that is stopped and the row does not say so yet. */
function stricter(row: ManagedKey, standing: PolicyStanding): ManagedKey {
  const { policy } = standing
  if (policy.status === 'revoked') return { ...row, status: 'revoked' }
  if (policy.status !== 'frozen' || row.status !== 'active') return row
  return { ...row, status: KeyStatus.isQuiet(standing) ? 'frozen' : 'freezing' }
}

async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}
