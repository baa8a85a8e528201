/** A grant becomes a key of the account that signed it: made and registered as its owner would, for nobody who signed in. */
import { zeroAddress } from '@pbstream/core/Hex'
import { sessionName } from '@pbstream/core/message/Session'
import * as SessionKey from '@pbstream/core/SessionKey'
import { canonical, sha256 } from '@pbstream/db/Canonical'
import { begin, finish, forget, type Name } from '@pbstream/db/Idempotency'
import type { Owner } from '@pbstream/db/Owners'
import { countRelay, type ManagedKey, managed, rowOfSession } from '@pbstream/db/SessionKeys'
import { type Chain, chains } from '../api/Chains.ts'
import { newId } from '../api/Ids.ts'
import { mac } from '../api/Mac.ts'
import type { z } from '../api/Parts.ts'
import { addressKey } from '../api/RateLimit.ts'
import type { ApiContext, Caller } from '../api/Types.ts'
import { by, relayAddresses } from '../keys/Common.ts'
import { create } from '../keys/Create.ts'
import { register } from '../keys/Register.ts'
import { Refusal } from '../Problem.ts'
import type * as Schemas from './Schemas.ts'
import { granterOf } from './Signed.ts'

type Asked = z.output<typeof Schemas.NewGrant>
type EscrowChain = Chain & { escrow: NonNullable<Chain['escrow']> }
type Grant = { asked: Asked; chain: EscrowChain; permission: SessionKey.Permission }

/** Long enough that nobody guesses it: who sends it again gets the token again. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{16,255}$/
/** Grants from one address in a day: each is a transaction at our cost, for wallets that cost nothing to make. */
const A_DAY = 50
/** From everywhere, where the deployment says nothing else. */
const ALL_A_DAY = 2_000
const GRACE_S = 60

/** The caller whose wallet signed; the audit calls it by its owner, who it is. */
export function callerFor({ id: owner, address, chainId }: Owner, mode: Caller['mode']): Caller {
  return { owner, address, chainId, mode, scopes: new Set(), actor: owner, via: 'key' }
}

/** Id and end of the key that was granted: now, or by the same request before. */
export async function grant(c: ApiContext, asked: Asked): Promise<{ id: string; expiry: number }> {
  const chain = chainOf(c, asked.chainId)
  const permission = await permissionOf(c, chain, asked)
  const owner = await granterOf(c.env, chain, permission, asked)
  c.set('caller', callerFor(owner, chain.testnet ? 'test' : 'live'))
  const id = await onceOnly(c, asked, () => made(c, { asked, chain, permission }))
  return { id, expiry: permission.expiry }
}

/** The id that `make` answered for this Idempotency-Key. Without one a request cannot be repeated. */
async function onceOnly(c: ApiContext, asked: Asked, make: () => Promise<string>): Promise<string> {
  const given = c.req.header('idempotency-key')
  if (given !== undefined && !IDEMPOTENCY_KEY.test(given)) {
    throw new Refusal('idempotency_key_missing', { detail: 'for a grant it has 16 characters or more' })
  }
  const { owner, mode } = by(c)
  const { database } = c.var
  const name: Name = { owner, mode, key: `grant ${given ?? crypto.randomUUID()}` }
  const begun = await begin(database, name, await sha256(canonical(asked)), new Date())
  if (begun.kind === 'running') throw new Refusal('idempotency_in_progress')
  if (begun.kind === 'other') throw new Refusal('idempotency_key_reused')
  if (begun.kind === 'done') return begun.answer.body
  c.set('seed', begun.seed)
  try {
    const id = await make()
    await finish(database, name, begun.at, { status: 201, headers: {}, body: id })
    return id
  } catch (error) {
    await forget(database, name, begun.at)
    throw error
  }
}

async function made(c: ApiContext, asked: Grant): Promise<string> {
  await requireFewer(c)
  const { publicId } = await drafted(c, asked)
  const { signature, deadline } = asked.asked
  await register(by(c), publicId, { signature, deadline, version: 0, maxUsage: '0', graceS: GRACE_S })
  return publicId
}

async function drafted(c: ApiContext, { asked, chain, permission }: Grant): Promise<ManagedKey> {
  const { account, key, token: _token, ...terms } = SessionKey.toJson(permission)
  const { name, routes } = asked
  const publicId = await newId(c, 'sk')
  try {
    const wanted = { publicId, chain, kind: 'escrow', account, key, madeBy: 'client', name, routes, terms } as const
    return (await create(by(c), wanted)).row
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'session_key_exists') throw error
    return await begunBefore(c, { asked, chain, permission }, error)
  }
}

/** A draft of the same grant, whose registration has not been sent: nobody else can have seen its signature on chain. */
async function begunBefore(c: ApiContext, { asked, chain, permission }: Grant, error: Refusal): Promise<ManagedKey> {
  const { account: payer, key: payerAuthorizer } = permission
  const session = sessionName({ chainId: chain.chainId, contract: chain.escrow, payer, payerAuthorizer })
  const found = await rowOfSession(c.var.database, session)
  if (found === undefined || found.owner !== by(c).owner || found.permission === null) throw error
  const row = managed(found)
  const { signed } = row.permission
  if (signed === undefined || canonical(signed) !== canonical(SessionKey.toJson(permission))) throw error
  if (row.status !== 'draft' || row.registered !== 'none') {
    throw new Refusal('signature_refused', { detail: 'the signature has been used' })
  }
  const same = row.name === asked.name && canonical(row.routes) === canonical(asked.routes)
  if (!same || row.replaces !== null) throw error
  return row
}

/** @throws {Refusal} chain_not_permitted */
function chainOf(c: ApiContext, chainId: number): EscrowChain {
  const chain = chains(c.env).find((each) => each.chainId === chainId)
  if (chain === undefined || chain.escrow === null) {
    throw new Refusal('chain_not_permitted', { detail: 'no keys are granted on this chain' })
  }
  return { ...chain, escrow: chain.escrow }
}

/** @throws {Refusal} key_permission_invalid for one that the contract would not take, or that is beyond the terms. */
async function permissionOf(c: ApiContext, chain: Chain, asked: Asked): Promise<SessionKey.Permission> {
  const permission = parsed(asked.permission)
  const invalid = (detail: string) => new Refusal('key_permission_invalid', { detail })
  if (permission.token !== chain.token) throw invalid('token is not that of the chain')
  if (permission.freezer !== zeroAddress && permission.freezer !== (await relayAddresses(c)).freezer) {
    throw invalid('freezer is neither that of the terms nor the zero address')
  }
  if (permission.expiry * 1_000 <= Date.now()) throw invalid('expiry has passed')
  return permission
}

function parsed(given: Asked['permission']): SessionKey.Permission {
  try {
    return SessionKey.parse(given)
  } catch (error) {
    if (!(error instanceof SessionKey.InvalidPermissionError)) throw error
    throw new Refusal('key_permission_invalid', { detail: error.message })
  }
}

/** @throws {Refusal} rate_limited */
async function requireFewer(c: ApiContext): Promise<void> {
  const { database } = c.var
  const day = new Date().toISOString().slice(0, 10)
  // No address is written down.
  const from = `grants from ${await mac(c.env, 'grants', addressKey(c.req.raw))}`
  if ((await countRelay(database, from, day)) > A_DAY) {
    throw new Refusal('rate_limited', { detail: `${A_DAY} grants a day from one network` })
  }
  // Those who have many networks: what pays for grants pays for freezes too, and must not run dry.
  if ((await countRelay(database, 'grants', day)) > Number(c.env.GRANTS_A_DAY ?? ALL_A_DAY)) {
    throw new Refusal('rate_limited', { detail: 'no more grants today' })
  }
}
