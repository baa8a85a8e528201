/** `/grants`: a site asks for a session key, the wallet of its visitor grants it. Called by pages of any origin. */
import { parseSessionName } from '@pbstream/core/message/Session'
import { keyByPublicId } from '@pbstream/db/Grants'
import { ownerOf } from '@pbstream/db/Owners'
import type { ManagedKey } from '@pbstream/db/SessionKeys'
import { operation } from '../api/Operation.ts'
import { gatewayOrigin } from '../api/Origin.ts'
import { answer, idParam, json } from '../api/Parts.ts'
import { addressKey, limited } from '../api/RateLimit.ts'
import type { Api, ApiContext } from '../api/Types.ts'
import { freezeKey, revokeKey, unfreezeKey } from '../keys/ActRoutes.ts'
import { found, inAnHour, relayAddresses, typed } from '../keys/Common.ts'
import { detailed } from '../keys/KeyRoutes.ts'
import { stateOf, toChange } from '../keys/OnChain.ts'
import { TypedData } from '../keys/Schemas.ts'
import { Refusal } from '../Problem.ts'
import { signedReceipt } from '../reports/SignedReceipt.ts'
import { heldToEnd, isFree } from '../sentinel/KeyStops.ts'
import { cors } from './Cors.ts'
import { callerFor, grant } from './Make.ts'
import { chargeOf, receiptsOf } from './Receipts.ts'
import * as Schemas from './Schemas.ts'
import { type Act, requireSigned } from './Signed.ts'
import { termsOf } from './Terms.ts'
import { newToken, readToken } from './Token.ts'

const { TAGS } = Schemas

const terms = operation({
  method: 'get',
  path: '/grants/terms',
  operationId: 'getGrantTerms',
  summary: 'Chains on which a key can be granted, with contracts and tokens',
  tags: TAGS,
  access: 'public',
  request: { query: Schemas.termsQuery },
  responses: { 200: answer(Schemas.Terms, 'The terms.') },
})

const make = operation({
  method: 'post',
  path: '/grants',
  operationId: 'createGrant',
  summary: 'Make and register the key that a wallet has signed for',
  tags: TAGS,
  access: 'grant',
  idempotent: false,
  request: { body: json(Schemas.NewGrant) },
  responses: { 201: answer(Schemas.MadeGrant, 'The id of the key, and a token that reads it.') },
})

const get = operation({
  method: 'get',
  path: '/grants/{id}',
  operationId: 'getGrant',
  summary: 'The key of a token: its limits, what it has used, what it paid last',
  tags: TAGS,
  access: 'grant',
  request: { params: idParam },
  responses: { 200: answer(Schemas.Grant, 'The key.') },
})

const receipt = operation({
  method: 'get',
  path: '/grants/{id}/receipts/{payment}',
  operationId: 'getGrantReceipt',
  summary: 'The signed receipt of one payment of the key',
  tags: TAGS,
  access: 'grant',
  request: { params: Schemas.receiptParams },
  responses: { 200: answer(Schemas.SignedReceipt, 'The receipt.') },
})

const ask = operation({
  method: 'get',
  path: '/grants/{id}/signing-request',
  operationId: 'getGrantSigningRequest',
  summary: 'What the account signs to freeze, unfreeze or revoke the key',
  tags: TAGS,
  access: 'grant',
  request: { params: idParam, query: Schemas.actionQuery },
  responses: { 200: answer(TypedData, 'The parameter of eth_signTypedData_v4.') },
})

const act = <A extends Act>(name: A, summary: string) =>
  operation({
    method: 'post',
    path: `/grants/{id}/${name}`,
    operationId: `${name}Grant`,
    summary,
    tags: TAGS,
    access: 'grant',
    idempotent: false,
    request: { params: idParam, body: json(Schemas.GrantChange) },
    responses: { 200: answer(Schemas.ChangedGrant, 'The key as it is now.') },
  })

const freeze = act('freeze', 'Stop the key until it is unfrozen, by a signature of the wallet')
const unfreeze = act('unfreeze', 'Let the key go on, by a signature of the wallet')
const revoke = act('revoke', 'Stop the key for good, by a signature of the wallet')

export function grantRoutes(api: Api): void {
  api.use('/grants/*', cors)

  api.openapi(terms, async (c) => {
    const chains = termsOf(c.env, c.req.valid('query').chainId, await relayAddresses(c))
    return c.json({ now: seconds(), gateway: gatewayOrigin(c.env), chains }, 200)
  })

  api.openapi(make, async (c) => {
    await limited(c.env, 'sign_in', addressKey(c.req.raw))
    const { id, expiry } = await grant(c, c.req.valid('json'))
    const { token, expiresAt } = await newToken(c.env, id, expiry, seconds())
    return c.json({ id, token, expiresAt: expiresAt.toISOString() }, 201)
  })

  api.openapi(get, async (c) => {
    const { id } = c.req.valid('param')
    const { expiresAt, row } = await admitted(c, id)
    // What rules of the owner have stopped is not for the site.
    const { stops: _stops, breakers: _breakers, ...key } = await detailed(c, id)
    return c.json({ ...key, receipts: await receiptsOf(c.var.database, row), expiresAt: expiresAt.toISOString() }, 200)
  })

  api.openapi(receipt, async (c) => {
    const { id, payment } = c.req.valid('param')
    const { row } = await admitted(c, id)
    const charge = await chargeOf(c.var.database, row, payment)
    return c.json({ id: payment, jws: await signedReceipt(c.env, charge) }, 200)
  })

  api.openapi(ask, async (c) => {
    const { row } = await admitted(c, c.req.valid('param').id)
    const state = await stateOf(c.env, row)
    if (state === undefined) throw new Refusal('key_not_registered')
    const { action } = c.req.valid('query')
    return c.json(typed(toChange(row, action, { version: state.version, deadline: inAnHour() })), 200)
  })

  api.openapi(freeze, async (c) => {
    const { id } = c.req.valid('param')
    const { row } = await admitted(c, id)
    if (row.status === 'freezing' || row.status === 'frozen') return c.json({ id, status: row.status }, 200)
    const signed = c.req.valid('json')
    await requireSigned(c.env, row, 'freeze', signed)
    return c.json({ id, status: (await freezeKey(c, id, signed)).status }, 200)
  })

  api.openapi(unfreeze, async (c) => {
    const { id } = c.req.valid('param')
    const { row } = await admitted(c, id)
    if (row.status === 'active') return c.json({ id, status: row.status }, 200)
    const signed = c.req.valid('json')
    await requireSigned(c.env, row, 'unfreeze', signed)
    // The site and its visitor do not see what rules have stopped, so it is not let go by a signature that was made there.
    if (!isFree(await heldToEnd(c.env, row))) {
      throw new Refusal('session_key_conflict', {
        detail: 'rules have stopped it: its owner lets it go on after signing in',
      })
    }
    return c.json({ id, status: (await unfreezeKey(c, id, { onChain: signed })).status }, 200)
  })

  api.openapi(revoke, async (c) => {
    const { id } = c.req.valid('param')
    const { row } = await admitted(c, id)
    if (row.status === 'revoked') return c.json({ id, status: row.status }, 200)
    const signed = c.req.valid('json')
    await requireSigned(c.env, row, 'revoke', signed)
    return c.json({ id, status: (await revokeKey(c, id, signed)).status }, 200)
  })
}

/**
 * The key of the token that the request brings; its owner is the caller from here on.
 *
 * @throws {Refusal} not_found, whatever is wrong with the token, and where there is no such key.
 */
async function admitted(c: ApiContext, id: string): Promise<{ row: ManagedKey; expiresAt: Date }> {
  const expiresAt = await readToken(c.env, id, c.req.header('authorization'), seconds())
  if (expiresAt === undefined) throw new Refusal('not_found')
  await limited(c.env, 'api', `grant:${id}`)
  const row = await keyByPublicId(c.var.database, id)
  const ref = row && parseSessionName(row.id)
  if (row === undefined || ref === undefined) throw new Refusal('not_found')
  // The id of an account that is a contract names its chain.
  const owner = ownerOf(ref.payer, row.owner.includes(':') ? row.chainId : null)
  c.set('caller', callerFor(owner, row.mode))
  return { row: await found(c, id), expiresAt }
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000)
}
