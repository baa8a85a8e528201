/** `/session-keys/{id}/…`: what is done with a session key. */
import { type Hex, lower } from '@pbstream/core/Hex'
import type { KeyChange, KeyOnChain } from '@pbstream/core/message/KeyRelay'
import type { ManagedKey } from '@pbstream/db/SessionKeys'
import { etag, requireMatch } from '../api/Etag.ts'
import { once } from '../api/Idempotent.ts'
import { newId } from '../api/Ids.ts'
import { chainById } from '../api/Chains.ts'
import { operation } from '../api/Operation.ts'
import { answer, idParam, json, type z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { confirm } from '../auth/Confirm.ts'
import { Refusal } from '../Problem.ts'
import { type Held, heldToEnd, isFree, letGo, said, type Said } from '../sentinel/KeyStops.ts'
import * as Acts from './Acts.ts'
import { create } from './Create.ts'
import { by, found, freezerOf, inAnHour, maker, randomSalt, relayAddresses, TAGS, typed } from './Common.ts'
import { kindOf, refOf } from './Model.ts'
import { count, refusal, relay, relayOf, signedOf, stateOf, toChange, toRotate, WAIT_MS } from './OnChain.ts'
import { requireDelay } from './PayeeDelays.ts'
import { register } from './Register.ts'
import { leftOf, rotatable, succeed, usedAtMost } from './Rotate.ts'
import * as Schemas from './Schemas.ts'
import { show } from './Show.ts'
import { freezeOnChain } from './Sweep.ts'

const GRACE_S = 60

const one = { 200: answer(Schemas.SessionKey, 'The key.') }
const act = (path: 'freeze' | 'revoke', summary: string) =>
  operation({
    method: 'post',
    path: `/session-keys/{id}/${path}`,
    operationId: `${path}SessionKey`,
    summary,
    tags: TAGS,
    access: 'session_keys:write',
    request: { params: idParam, body: json(Schemas.OnChainChange) },
    responses: one,
  })

const freeze = act('freeze', 'Stop a session key until it is unfrozen: in force when this answers')
const revoke = act('revoke', 'Stop a session key for good: in force when this answers')

const unfreeze = operation({
  method: 'post',
  path: '/session-keys/{id}/unfreeze',
  operationId: 'unfreezeSessionKey',
  summary: 'Lift a freeze, and let a key go on that rules have stopped; needs a signature of the wallet',
  tags: TAGS,
  access: 'session_keys:write',
  request: { params: idParam, body: json(Schemas.Unfreezing) },
  responses: one,
})

const edit = operation({
  method: 'patch',
  path: '/session-keys/{id}',
  operationId: 'updateSessionKey',
  summary: 'Change name and limits; a higher limit needs a signature of the wallet',
  tags: TAGS,
  access: 'session_keys:write',
  request: { params: idParam, body: json(Schemas.EditSessionKey) },
  responses: one,
})

const enrol = operation({
  method: 'post',
  path: '/session-keys/{id}/register',
  operationId: 'registerSessionKey',
  summary: 'Put a draft on chain by the account’s signature, at no cost for you',
  tags: TAGS,
  access: 'session_keys:write',
  request: { params: idParam, body: json(Schemas.Registration) },
  responses: one,
})

const rotate = operation({
  method: 'post',
  path: '/session-keys/{id}/rotate',
  operationId: 'rotateSessionKey',
  summary: 'Put another key in the place of one, which goes on for a grace',
  tags: TAGS,
  access: 'session_keys:write',
  request: { params: idParam, body: json(Schemas.Rotation) },
  responses: { 201: answer(Schemas.MadeSessionKey, 'The new key; in the escrow a draft, with what to sign.') },
})

const fund = operation({
  method: 'post',
  path: '/session-keys/{id}/deposits',
  operationId: 'depositUnderSessionKey',
  summary: 'Money into a channel of the escrow that the key governs, by EIP-3009, at no cost for you',
  tags: TAGS,
  access: 'session_keys:write',
  request: { params: idParam, body: json(Schemas.Deposit) },
  responses: { 200: answer(Schemas.Deposited, 'The deposit.') },
})

export function actRoutes(api: Api): void {
  api.openapi(freeze, async (c) => {
    return answered(c, await freezeKey(c, c.req.valid('param').id, c.req.valid('json').onChain))
  })

  api.openapi(unfreeze, async (c) => {
    return answered(c, await unfreezeKey(c, c.req.valid('param').id, c.req.valid('json')))
  })

  api.openapi(revoke, async (c) => {
    return answered(c, await revokeKey(c, c.req.valid('param').id, c.req.valid('json').onChain))
  })

  api.openapi(edit, async (c) => {
    const { id } = c.req.valid('param')
    const wanted = c.req.valid('json')
    const { after } = await Acts.edit(by(c), id, wanted, async (row, raised) => {
      requireMatch(c, row.version)
      if (raised.length === 0) return undefined
      return confirm(c, { action: 'session_key.raise', subject: id, change: { ...wanted, version: row.version } })
    })
    return answered(c, after)
  })

  api.openapi(enrol, async (c) => {
    const { maxUsage = '0', version = 0, graceSeconds = GRACE_S, ...signed } = c.req.valid('json')
    const registration = { ...signed, version, maxUsage, graceS: graceSeconds }
    return answered(c, await register(by(c), c.req.valid('param').id, registration))
  })

  api.openapi(rotate, async (c) => {
    const made = await rotated(c, c.req.valid('param').id, c.req.valid('json'))
    once(c, 'secret')
    return c.json(made, 201)
  })

  api.openapi(fund, async (c) => {
    const row = await found(c, c.req.valid('param').id)
    const { authorization, amount, ...terms } = c.req.valid('json')
    const { keyId } = signedOf(row)
    await requireDelay(c, { chainId: row.chainId, ...terms })
    await count(by(c))
    const config = { ...terms, payer: row.payer, payerAuthorizer: row.key, token: row.permission.token, salt: keyId }
    const reply = await relayOf(c.env).deposit(1, {
      chainId: row.chainId,
      config,
      amount,
      authorization,
      waitMs: WAIT_MS,
    })
    if (reply.kind === 'refused') throw refusal(reply)
    const { kind: status, channelId, transaction = null } = reply
    return c.json({ status, channelId, transaction }, 200)
  })
}

function answered(c: ApiContext, row: ManagedKey) {
  c.header('etag', etag(row.version))
  return c.json(show(row, new Date()), 200)
}

type OnChain = z.infer<typeof Schemas.Unfreezing>['onChain']

/** Freezes a key; on chain too, by its account's signature or by our freezer. */
export async function freezeKey(c: ApiContext, id: string, onChain: OnChain): Promise<ManagedKey> {
  const { after } = await Acts.freeze(by(c), id, (await relayAddresses(c)).freezer)
  if (onChain !== undefined) {
    await relay(by(c), after, { kind: 'freeze', keyId: signedOf(after).keyId, signer: after.payer, ...onChain })
  }
  // Should it not be made now, the sweep makes it.
  if (after.registered === 'pending') await freezeOnChain(by(c), after).catch(() => {})
  return found(c, id)
}

/** Revokes a key; on chain too, by its account's signature. */
export async function revokeKey(c: ApiContext, id: string, onChain: OnChain): Promise<ManagedKey> {
  const { after } = await Acts.revoke(by(c), id)
  if (onChain !== undefined) await relay(by(c), after, { kind: 'revoke', keyId: signedOf(after).keyId, ...onChain })
  return after
}

/** Lets a key go on, with what rules have stopped, by its account's signature. */
export async function unfreezeKey(
  c: ApiContext,
  id: string,
  { onChain, reason, snoozeSeconds }: z.output<typeof Schemas.Unfreezing>,
): Promise<ManagedKey> {
  const row = await found(c, id)
  const state = kindOf(row) === 'escrow' ? await stateOf(c.env, row) : undefined
  const held = await heldToEnd(c.env, row)
  const runs = row.status === 'active' && (state === undefined || state.frozenAt === 0)
  if (runs && isFree(held)) return row
  if (row.status !== 'active' && row.status !== 'freezing' && row.status !== 'frozen') {
    throw new Refusal('session_key_conflict', { detail: `it is ${row.status}` })
  }
  const also = await consentToUnfreeze(c, row, state, held, { onChain, reason, snoozeSeconds })
  const { after, changed } = await Acts.unfreeze(by(c), row.publicId, also)
  // A key that only rules had stopped is not changed itself: then the signature is used up with what it lets go.
  await letGo(c, row, held, { reason, snoozeSeconds, consent: changed ? undefined : also })
  return after
}

/**
 * What stopped a key may be that it was stolen: neither a cookie nor an API key is enough to start it again. A key that is
 * frozen on chain is unfrozen there, by the account's signature; for all others the wallet confirms.
 */
async function consentToUnfreeze(
  c: ApiContext,
  row: ManagedKey,
  state: KeyOnChain | undefined,
  held: Held,
  { onChain, ...why }: Said & { onChain: OnChain },
): Promise<Acts.Consent | undefined> {
  const { publicId: subject, version } = row
  const { stops, breakers } = held
  // A signature that has lifted a freeze on chain is public since: it is no consent to lift another one.
  if (state === undefined || state.frozenAt === 0) {
    if (row.registered === 'pending') {
      throw new Refusal('session_key_conflict', { detail: 'its freeze is on the way to the chain' })
    }
    const change = {
      ...{ status: 'active', version },
      ...(stops.length === 0 ? {} : { stops: stops.map(({ id }) => id) }),
      ...(breakers.length === 0 ? {} : { breakers }),
      ...(isFree(held) ? {} : said(why)),
    }
    const consent = await confirm(c, { action: 'session_key.unfreeze', subject, change })
    // The next freeze claims what the key has earned by then, whatever it is worth: that is gas of ours too.
    await count(by(c))
    return consent
  }
  if (onChain === undefined) {
    const typedData = toChange(row, 'unfreeze', { version: state.version, deadline: inAnHour() })
    throw new Refusal('signature_required', { members: { typedData } })
  }
  const change: KeyChange = { kind: 'unfreeze', keyId: signedOf(row).keyId, ...onChain }
  const reply = await relay(by(c), row, change)
  if (reply.kind === 'pending') throw new Refusal('temporarily_unavailable', { detail: 'the transaction is under way' })
  return undefined
}

async function rotated(
  c: ApiContext,
  id: string,
  asked: z.output<typeof Schemas.Rotation>,
): Promise<z.infer<typeof Schemas.MadeSessionKey>> {
  const nextId = await newId(c, 'sk')
  const who = by(c)
  const old = await rotatable(who, id, nextId)
  const { mode } = callerOf(c)
  const chain = chainById(c.env, mode, old.chainId)
  if (chain === undefined) throw new Refusal('relay_unavailable')
  const kind = kindOf(old)
  const expected = BigInt(asked.expectedUsage)
  const used = old.replacedBy === nextId ? 0n : await usedAtMost(who, refOf(old), expected)
  const state = kind === 'escrow' ? await stateOf(c.env, old) : undefined
  if (kind === 'escrow' && state === undefined) throw new Refusal('key_not_registered')
  if (state !== undefined && state.usage > expected && state.revokedAt === 0) {
    throw new Refusal('key_usage_above_maximum', { detail: `the usage is ${state.usage}` })
  }
  const {
    name = old.name,
    routes = old.routes,
    key: _,
    make: _make,
    expectedUsage: _usage,
    graceSeconds,
    ...given
  } = asked
  const { freezer, ...over } = given
  const set = Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined))
  const salt: Hex = over.salt ?? randomSalt()
  const terms = { ...leftOf(old, used), ...set, salt, freezer: await freezerOf(c, freezer) }
  const { key, secret, madeBy } = maker(asked)
  if (lower(key) === old.key) throw new Refusal('session_key_exists')
  const account = old.payer
  const next = { publicId: nextId, chain, kind, account, key, madeBy, name, routes, terms, replaces: id }
  const { row, repeated } = await create(who, next)
  if (kind === 'canonical') await succeed(who, id, nextId, graceSeconds ?? GRACE_S)
  const version = state?.version ?? 0
  const sign =
    row.status === 'draft' ? typed(toRotate(old, row, { maxUsage: expected, version, deadline: inAnHour() })) : null
  return { ...show(row, new Date()), secret: repeated ? null : secret, sign }
}
