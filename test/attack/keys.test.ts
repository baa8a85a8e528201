/** Session keys through the API, as somebody who wants another's, or more than the wallet allows. */
import type { Hex } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { consent, escrow, managedPayer, now, Owner, type Reply, secret, terms } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'

let stack: Stack
let victim: Owner
let thief: Owner

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/a' }] })
  ;[victim, thief] = await Promise.all([Owner.signIn(stack), Owner.signIn(stack)])
})
afterAll(() => stack?.stop())

const said = ({ status, json }: Reply) => [status, json['code']]
const make = async (owner: Owner, over: Record<string, unknown> = {}) => {
  const reply = await owner.call('POST', '/session-keys', { body: terms(stack, { key: addressOf(secret()), ...over }) })
  expect(reply.status, JSON.stringify(reply.json)).toBe(201)
  return reply.json as Record<string, unknown> & { id: string; keyId: Hex; version: number; sign: Sign }
}
type Sign = { message: { deadline: string; permission: Record<string, unknown> } }

describe('another owner’s key', () => {
  const signature: Hex = `0x${'11'.repeat(65)}`
  const onChain = { signature, deadline: now() + 600, version: 1 }
  const authorization = { validAfter: '0', validBefore: '9', salt: `0x${'22'.repeat(32)}`, signature }
  const address = `0x${'5a'.repeat(20)}`
  const calls: [method: string, path: string, body?: object][] = [
    ['GET', ''],
    ['GET', '/signing-request?action=freeze'],
    ['PATCH', '', { name: 'mine' }],
    ['POST', '/freeze', {}],
    ['POST', '/freeze', { onChain }],
    ['POST', '/unfreeze', {}],
    ['POST', '/unfreeze', { onChain }],
    ['POST', '/revoke', {}],
    ['POST', '/register', { signature, deadline: now() + 600 }],
    ['POST', '/rotate', { key: address, expectedUsage: '0' }],
    [
      'POST',
      '/deposits',
      { receiver: address, receiverAuthorizer: address, withdrawDelay: 900, amount: '1', authorization },
    ],
  ]
  test.each(calls)('%s %s is answered like one that is not there', async (method, path, body) => {
    const { id } = await make(victim, { contract: 'escrow' })
    const call = { ...(body === undefined ? {} : { body }), headers: { 'if-match': '"1"' } }
    const [other, unknown] = await Promise.all(
      [id, 'sk_000000000000000000000000'].map((each) => thief.call(method, `/session-keys/${each}${path}`, call)),
    )
    expect(said(other!)).toEqual([404, 'not_found'])
    expect(other!.json).toEqual(unknown!.json)
    const { json } = await victim.call('GET', `/session-keys/${id}`)
    expect(json).toMatchObject({ status: 'draft', version: 1, name: 'agent' })
  })

  test('the address of a key that another account uses makes a key of one’s own and leaves the other as it is', async () => {
    const { owner, payer, sessionKey, id } = await managedPayer(stack, { perPaymentMax: '1000' })
    const own = await make(thief, { key: addressOf(sessionKey), perPaymentMax: '1' })
    await thief.call('POST', `/session-keys/${own.id}/revoke`, { body: {} })
    expect((await payer.fetch(`${stack.gateway}/a`)).status).toBe(200)
    const { json } = await owner.call('GET', `/session-keys/${id}`)
    expect(json).toMatchObject({ status: 'active', version: 1, perPaymentMax: '1000' })
    expect(own['account']).toBe(thief.address)
  })

  test('an account cannot be named: it is that of whoever signed in', async () => {
    const body = terms(stack, { key: addressOf(secret()), account: victim.address })
    expect(said(await thief.call('POST', '/session-keys', { body }))).toEqual([400, 'validation_failed'])
  })
})

describe('signatures for the chain', () => {
  const register = (owner: Owner, id: string, body: object) =>
    owner.call('POST', `/session-keys/${id}/register`, { body })

  test('by another wallet, for another key, with other terms, or out of time register nothing', async () => {
    const [one, two] = [await make(victim, { contract: 'escrow' }), await make(victim, { contract: 'escrow' })]
    const deadline = Number(one.sign.message.deadline)
    const invalid = [422, 'key_signature_invalid']
    expect(said(await register(victim, one.id, { signature: await thief.sign(one.sign), deadline }))).toEqual(invalid)
    expect(said(await register(victim, one.id, { signature: await victim.sign(two.sign), deadline }))).toEqual(invalid)
    const permission = { ...one.sign.message.permission, spendCap: '1' }
    const other = { ...one.sign, message: { ...one.sign.message, permission } }
    expect(said(await register(victim, one.id, { signature: await victim.sign(other), deadline }))).toEqual(invalid)
    const signature = await victim.sign(one.sign)
    expect(said(await register(victim, one.id, { signature, deadline: deadline + 1 }))).toEqual(invalid)
    const late = { ...one.sign, message: { ...one.sign.message, deadline: String(now() - 1) } }
    const expired = { signature: await victim.sign(late), deadline: now() - 1 }
    expect(said(await register(victim, one.id, expired))).toEqual([422, 'key_signature_expired'])
    const { json } = await victim.call('GET', `/session-keys/${one.id}`)
    expect(json).toMatchObject({ status: 'draft', registration: 'none', onChain: null })
    expect(said(await register(victim, one.id, { signature, deadline }))).toEqual([200, undefined])
  })

  test('for another version are refused, and the freezer’s name lifts no freeze', async () => {
    const made = await make(victim, { contract: 'escrow' })
    const path = `/session-keys/${made.id}`
    const signed = { signature: await victim.sign(made.sign), deadline: Number(made.sign.message.deadline) }
    await register(victim, made.id, signed)
    const { json: ask } = await victim.call('GET', `${path}/signing-request?action=revoke`)
    const deadline = Number((ask['message'] as { deadline: string }).deadline)
    const early = { signature: await victim.sign(ask), deadline, version: 2 }
    const revoke = await victim.call('POST', `${path}/revoke`, { body: { onChain: early } })
    expect(said(revoke), 'on chain').toEqual([409, 'key_version_mismatch'])
    expect((await victim.call('GET', path)).json, 'but it stopped at the edge').toMatchObject({ status: 'revoked' })

    const next = await make(victim, { contract: 'escrow' })
    await register(victim, next.id, {
      signature: await victim.sign(next.sign),
      deadline: Number(next.sign.message.deadline),
    })
    await victim.call('POST', `/session-keys/${next.id}/freeze`, { body: {} })
    await frozenOnChain(next.id)
    const freezer = NobleSigner.create(stack.keys.freezer)
    const terms_ = { keyId: next.keyId, version: 2, deadline }
    const digest = SessionKey.unfreezeDigest(Voucher.escrowDomainSeparator(Chain.id, escrow), terms_)
    const onChain = { signature: await freezer.sign(digest), deadline, version: 2 }
    const lifted = await victim.call('POST', `/session-keys/${next.id}/unfreeze`, { body: { onChain } })
    expect(said(lifted)).toEqual([422, 'key_signature_invalid'])
    expect((await victim.call('GET', `/session-keys/${next.id}`)).json['status']).toBe('frozen')
  })

  test('that lifted one freeze lift no other: they are public by then', async () => {
    const made = await make(victim, { contract: 'escrow', freezer: null })
    const path = `/session-keys/${made.id}`
    const register_ = { signature: await victim.sign(made.sign), deadline: Number(made.sign.message.deadline) }
    await register(victim, made.id, register_)
    const sign = async (action: string) => {
      const { json } = await victim.call('GET', `${path}/signing-request?action=${action}`)
      const { deadline, version } = json['message'] as { deadline: string; version: string }
      return { signature: await victim.sign(json), deadline: Number(deadline), version: Number(version) }
    }
    await victim.call('POST', `${path}/freeze`, { body: { onChain: await sign('freeze') } })
    const onChain = await sign('unfreeze')
    expect((await victim.call('POST', `${path}/unfreeze`, { body: { onChain } })).status).toBe(200)
    // Frozen again, at the edge only.
    await victim.call('POST', `${path}/freeze`, { body: {} })
    for (const old of [onChain, { ...onChain, version: 0 }, { ...onChain, signature: `0x${'11'.repeat(65)}` }]) {
      const again = await victim.call('POST', `${path}/unfreeze`, { body: { onChain: old } })
      expect(said(again)).toEqual([403, 'signature_required'])
    }
    expect((await victim.call('GET', path)).json['status']).toBe('frozen')
  })

  async function frozenOnChain(id: string): Promise<void> {
    for (let i = 0; i < 100; i++) {
      await stack.system.scheduled('control')
      const { json } = await victim.call('GET', `/session-keys/${id}`)
      if ((json['onChain'] as { frozenAt: number }).frozenAt > 0) return
    }
    throw new Error('the freeze never came to the chain')
  }
})

/** As if the owner had used up what may be relayed today. */
async function relayedEnough(owner: Owner): Promise<void> {
  const { database } = stack.system
  const day = new Date().toISOString().slice(0, 10)
  await database.orm.insert(database.tables.relayUse).values({ owner: owner.address, day, count: 100 })
}

test('a key that is frozen and unfrozen again and again, to have dust claimed at our cost, stays frozen at last', async () => {
  const owner = await Owner.signIn(stack)
  const { id } = await make(owner)
  await owner.call('POST', `/session-keys/${id}/freeze`, { body: {} })
  await relayedEnough(owner)
  const reply = await owner.confirmed('POST', `/session-keys/${id}/unfreeze`, { body: {} })
  expect(said(reply)).toEqual([429, 'rate_limited'])
  expect((await owner.call('GET', `/session-keys/${id}`)).json).toMatchObject({ status: 'frozen' })
})

test('an owner has so many transactions relayed in a day, and no more', async () => {
  const owner = await Owner.signIn(stack)
  const made = await make(owner, { contract: 'escrow' })
  await relayedEnough(owner)
  const body = { signature: await owner.sign(made.sign), deadline: Number(made.sign.message.deadline) }
  const reply = await owner.call('POST', `/session-keys/${made.id}/register`, { body })
  expect(said(reply)).toEqual([429, 'rate_limited'])
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await owner.call('GET', `/session-keys/${made.id}`)).json).toMatchObject({
    status: 'draft',
    registration: 'none',
  })
})

describe('more than the wallet allows', () => {
  test('neither an API key nor a cookie lifts a freeze or raises a limit, nor does another wallet', async () => {
    const { id, version } = await make(victim, { perPaymentMax: '5' })
    const path = `/session-keys/${id}`
    const raise = { body: { perPaymentMax: '6' }, headers: { 'if-match': `"${version}"` } }
    const required = [403, 'signature_required']
    expect(said(await victim.call('PATCH', path, raise))).toEqual(required)
    expect(said(await victim.asPerson('PATCH', path, raise))).toEqual(required)
    expect(said(await victim.confirmed('PATCH', path, raise, thief.wallet))).toEqual([403, 'signature_refused'])
    await victim.call('POST', `${path}/freeze`, { body: {} })
    expect(said(await victim.call('POST', `${path}/unfreeze`, { body: {} }))).toEqual(required)
    expect(said(await victim.asPerson('POST', `${path}/unfreeze`, { body: {} }))).toEqual(required)
    expect((await victim.call('GET', path)).json).toMatchObject({ status: 'frozen', perPaymentMax: '5' })
  })

  test('every way to widen a key asks for the wallet', async () => {
    const { id, version } = await make(victim, {
      spendCap: '10',
      periodAmount: '5',
      periodDuration: 60,
      perPaymentMax: '5',
      routes: ['r1'],
    })
    const payee = `0x${'77'.repeat(20)}`
    const wider = [
      { spendCap: '11' },
      { periodAmount: '6' },
      { periodDuration: 30 },
      { periodAmount: '0', periodDuration: 0 },
      { perPaymentMax: '0' },
      { expiry: now() + 10 * 86_400 },
      { payees: [payee] },
      { routes: null },
      { routes: ['r1', 'r2'] },
      { spendCap: '9', routes: ['r2'] },
    ]
    for (const body of wider) {
      const reply = await victim.call('PATCH', `/session-keys/${id}`, { body, headers: { 'if-match': `"${version}"` } })
      expect(said(reply), JSON.stringify(body)).toEqual([403, 'signature_required'])
    }
  })

  test('a consent is good for its change and once', async () => {
    const { id, version } = await make(victim, { perPaymentMax: '5' })
    const path = `/session-keys/${id}`
    const call = (perPaymentMax: string, at = version) => ({
      body: { perPaymentMax },
      headers: { 'if-match': `"${at}"` },
    })
    const header = await consent(await victim.call('PATCH', path, call('6')), victim.wallet)
    const send = (what: ReturnType<typeof call>) =>
      victim.call('PATCH', path, { ...what, headers: { ...what.headers, ...header } })
    expect(said(await send(call('7')))).toEqual([403, 'signature_refused'])
    const raised = await send(call('6'))
    expect([raised.status, raised.json['perPaymentMax']]).toEqual([200, '6'])
    const lowered = await victim.call('PATCH', path, call('5', version + 1))
    expect(lowered.status).toBe(200)
    expect(said(await send(call('6', version + 2)))).toEqual([403, 'signature_refused'])
  })

  test('a key that was revoked is not made again with other limits', async () => {
    const key = addressOf(secret())
    const { id } = await make(victim, { key, spendCap: '1' })
    await victim.call('POST', `/session-keys/${id}/revoke`, { body: {} })
    const again = await victim.call('POST', '/session-keys', { body: terms(stack, { key }) })
    expect(said(again)).toEqual([409, 'session_key_exists'])
    const path = `/session-keys/${id}`
    const raise = { body: { name: 'x' }, headers: { 'if-match': '"2"' } }
    expect(said(await victim.call('PATCH', path, raise))).toEqual([409, 'session_key_conflict'])
    expect(said(await victim.call('POST', `${path}/unfreeze`, { body: {} }))).toEqual([409, 'session_key_conflict'])
  })

  test('an API key without the scope, a chain of the other mode and an unknown chain are refused', async () => {
    const scopes = ['session_keys:read']
    const { json } = await victim.asPerson('POST', '/api-keys', { body: { name: 'reader', scopes } })
    const headers = { authorization: `Bearer ${json['secret'] as string}` }
    const body = terms(stack, { key: addressOf(secret()) })
    expect(said(await victim.call('POST', '/session-keys', { body, headers }))).toEqual([403, 'scope_missing'])
    const live = await victim.asPerson('POST', '/session-keys', { body, headers: { 'pbstream-mode': 'live' } })
    expect(said(live)).toEqual([422, 'chain_not_permitted'])
    const nowhere = await victim.call('POST', '/session-keys', { body: { ...body, chainId: 1 } })
    expect(said(nowhere)).toEqual([422, 'chain_not_permitted'])
  })
})
