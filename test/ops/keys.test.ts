/** The life of session keys through the API: on the canonical contract, and in the escrow, relayed without gas. */
import { randomUUID } from 'node:crypto'
import * as Authorization from '@pbstream/core/Authorization'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { type Hex, lower } from '@pbstream/core/Hex'
import { sessionName } from '@pbstream/core/message/Session'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as Voucher from '@pbstream/core/Voucher'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonical, consent, escrow, managedPayer, now, Owner, secret, terms, usdc } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack
const get = (path: string) => stack.gateway + path

beforeAll(async () => {
  stack = await startStack({ routes: ['/a', '/b'].map((path) => ({ path })) })
})
afterAll(() => stack?.stop())

const code = async (response: Response) => ((await response.json()) as { code: string }).code

describe('a key of the canonical contract', () => {
  test('is kept to its limits from the answer on, shows what it used, and ends with a revocation', async () => {
    const { owner, payer, id, made } = await managedPayer(stack, {
      spendCap: '5000',
      perPaymentMax: '1000',
      periodAmount: '2000',
      periodDuration: 3_600,
    })
    expect(made).toMatchObject({
      status: 'active',
      version: 1,
      contract: 'canonical',
      keyId: null,
      secret: null,
      sign: null,
    })
    for (let i = 0; i < 2; i++) expect((await payer.fetch(get('/a'))).status).toBe(200)
    const third = await payer.fetch(get('/a'))
    expect([third.status, await code(third)]).toEqual([402, 'session_key_period_limit'])
    const { json } = await owner.call('GET', `/session-keys/${id}`)
    expect(json).toMatchObject({
      usage: { spent: '2000', reserved: '0', left: '3000', inFlight: 0, window: { spent: '2000', left: '0' } },
      onChain: null,
    })
    const revoked = await owner.call('POST', `/session-keys/${id}/revoke`, { body: {} })
    expect([revoked.status, revoked.json['status']]).toEqual([200, 'revoked'])
    expect(await code(await payer.fetch(get('/a')))).toBe('session_key_revoked')
  })

  test('made by the service: its secret is shown once, and it signs', async () => {
    const owner = await Owner.signIn(stack)
    const idempotencyKey = randomUUID()
    const body = terms(stack, { make: 'service' })
    const made = await owner.call('POST', '/session-keys', { body, idempotencyKey })
    expect(made.status).toBe(201)
    const sessionKey = made.json['secret'] as Hex
    expect(addressOf(sessionKey)).toBe(made.json['key'])
    const again = await owner.call('POST', '/session-keys', { body, idempotencyKey })
    expect([again.status, again.json]).toEqual([201, { ...made.json, secret: null }])
    const payer = await stack.payer({ key: owner.key, sessionKey, scheme: 'batch-settlement' })
    expect((await payer.fetch(get('/a'))).status).toBe(200)
    const { json } = await owner.call('GET', '/session-keys?limit=10')
    expect(JSON.stringify(json)).not.toContain(sessionKey.slice(2))
  })

  test('limits are lowered at once by an API key, and raised only with the wallet', async () => {
    const { owner, payer, id, made } = await managedPayer(stack)
    const path = `/session-keys/${id}`
    const match = (version: unknown) => ({ 'if-match': `"${String(version)}"` })
    const lowered = await owner.call('PATCH', path, { body: { perPaymentMax: '999' }, headers: match(made['version']) })
    expect([lowered.status, lowered.json['perPaymentMax']]).toEqual([200, '999'])
    expect(await code(await payer.fetch(get('/a')))).toBe('session_key_payment_max')
    expect((await owner.call('PATCH', path, { body: { perPaymentMax: '500' } })).status, 'no If-Match').toBe(428)
    const stale = await owner.call('PATCH', path, { body: { perPaymentMax: '500' }, headers: match(1) })
    expect(stale.status).toBe(412)
    const raise = { body: { perPaymentMax: '1000' }, headers: match(lowered.json['version']) }
    const raised = await owner.confirmed('PATCH', path, raise)
    expect([raised.status, raised.json['perPaymentMax']]).toEqual([200, '1000'])
    expect((await payer.fetch(get('/a'))).status).toBe(200)
  })

  test('is bound to its contract: the same key is refused on the other one', async () => {
    const { owner, sessionKey, made } = await managedPayer(stack)
    const key = addressOf(sessionKey)
    const other = await owner.call('POST', '/session-keys', { body: terms(stack, { key, contract: 'escrow' }) })
    expect([other.status, other.json['code']]).toEqual([409, 'session_key_exists'])
    const name = { chainId: Chain.id, contract: escrow, payer: owner.address, payerAuthorizer: made['key'] as Hex }
    expect(await (await stack.system.session(sessionName(name))).policy(1)).toMatchObject({ status: 'revoked' })
  })
})

describe('a key of the escrow', () => {
  /** A draft and the owner's signature that registers it. */
  async function draft(owner: Owner, over: Record<string, unknown> = {}) {
    const sessionKey = secret()
    const body = terms(stack, { contract: 'escrow', key: addressOf(sessionKey), spendCap: '1000000', ...over })
    const { json, status } = await owner.call('POST', '/session-keys', { body })
    expect([status, json['status'], json['registration']]).toEqual([201, 'draft', 'none'])
    const sign = json['sign'] as { message: { deadline: string } }
    const signed = { signature: await owner.sign(sign), deadline: Number(sign.message.deadline) }
    return { sessionKey, id: json['id'] as string, json, signed }
  }

  async function asked(owner: Owner, id: string, action: string) {
    const { json } = await owner.call('GET', `/session-keys/${id}/signing-request?action=${action}`)
    const { deadline, version } = json['message'] as { deadline: string; version: string }
    return { signature: await owner.sign(json), deadline: Number(deadline), version: Number(version) }
  }

  async function deposit(owner: Owner, json: Record<string, unknown>, amount: bigint) {
    const terms_ = {
      receiver: (json['payees'] as Hex[])[0]!,
      receiverAuthorizer: addressOf(stack.keys.receiverAuthorizer),
      withdrawDelay: 900,
    }
    const config = {
      ...terms_,
      payer: owner.address,
      payerAuthorizer: json['key'] as Hex,
      token: usdc,
      salt: json['keyId'] as Hex,
    }
    const channelId = ChannelConfig.id(config, Voucher.escrowDomainSeparator(Chain.id, escrow))
    const domain = Authorization.domainSeparator({
      chainId: Chain.id,
      token: usdc,
      tokenName: 'USDC',
      tokenVersion: '2',
    })
    const times = { validAfter: 0n, validBefore: BigInt(now() + 3_600) }
    const salt = secret()
    const nonce = Authorization.depositNonce(channelId, salt)
    const digest = Authorization.receiveDigest(domain, {
      from: owner.address,
      to: escrow,
      value: amount,
      nonce,
      ...times,
    })
    const signature = await NobleSigner.create(owner.key).sign(digest)
    const authorization = { validAfter: '0', validBefore: String(times.validBefore), salt, signature }
    const body = { ...terms_, amount: String(amount), authorization }
    return { channelId, reply: await owner.call('POST', `/session-keys/${json['id'] as string}/deposits`, { body }) }
  }

  test('is not funded in a channel that its payee does not sell under', async () => {
    const owner = await Owner.signIn(stack)
    const payTo = lower(addressOf(secret()))
    const provider = await owner.confirmed('POST', '/providers', {
      body: { name: 'Slow', payTo, withdrawDelay: 86_400 },
    })
    expect(provider.status).toBe(201)
    const { id, json } = await draft(owner, { payees: [payTo] })
    const { json: shown } = await owner.call('GET', `/session-keys/${id}`)
    expect(shown['payeeDelays']).toEqual([{ payee: payTo, withdrawDelay: 86_400 }])
    const { reply } = await deposit(owner, json, 1_000n)
    expect([reply.status, reply.json['code'], reply.json['detail']]).toEqual([
      402,
      'withdraw_delay_mismatch',
      'this receiver is paid from channels with a withdrawDelay of 86400 seconds',
    ])
  })

  test('is registered, funded, frozen, unfrozen and revoked, and its owner never has ether', async () => {
    const owner = await Owner.signIn(stack)
    await stack.chain.fund([owner.address], { eth: 0n, usdc: 1_000_000n } as never)
    await listen(owner)
    const { id, json, signed } = await draft(owner)
    const idempotencyKey = randomUUID()
    const registered = await owner.call('POST', `/session-keys/${id}/register`, { body: signed, idempotencyKey })
    expect([registered.status, registered.json]).toEqual([
      200,
      expect.objectContaining({ status: 'active', registration: 'registered' }),
    ])
    const again = await owner.call('POST', `/session-keys/${id}/register`, { body: signed })
    expect([again.status, again.json['status']]).toEqual([200, 'active'])

    const { reply, channelId } = await deposit(owner, json, 400_000n)
    expect([reply.status, reply.json]).toEqual([200, { status: 'done', channelId, transaction: expect.any(String) }])
    const { json: funded } = await owner.call('GET', `/session-keys/${id}`)
    expect(funded).toMatchObject({ onChain: { version: 1, usage: '400000', frozenAt: 0 }, usage: { spent: '0' } })
    const tooMuch = await deposit(owner, json, 600_001n)
    expect([tooMuch.reply.status, tooMuch.reply.json['code']]).toEqual([422, 'key_deposit_above_cap'])

    const frozen = await owner.call('POST', `/session-keys/${id}/freeze`, { body: {} })
    expect([frozen.status, frozen.json['status']]).toEqual([200, 'frozen'])
    // Our freezer brings it to the chain, without another word of the owner.
    await until('the chain has the freeze', async () => {
      await stack.system.scheduled('control')
      const { json: seen } = await owner.call('GET', `/session-keys/${id}`)
      return (seen['onChain'] as { frozenAt: number }).frozenAt > 0
    })
    const unsigned = await owner.call('POST', `/session-keys/${id}/unfreeze`, { body: {} })
    expect([unsigned.status, unsigned.json['code']]).toEqual([403, 'signature_required'])
    const onChain = { signature: await owner.sign(unsigned.json['typedData']), ...numbers(unsigned.json['typedData']) }
    const unfrozen = await owner.call('POST', `/session-keys/${id}/unfreeze`, { body: { onChain } })
    expect([unfrozen.status, unfrozen.json['status']]).toEqual([200, 'active'])
    const { json: lifted } = await owner.call('GET', `/session-keys/${id}`)
    expect(lifted).toMatchObject({ status: 'active', onChain: { frozenAt: 0, version: 3 } })

    const revoked = await owner.call('POST', `/session-keys/${id}/revoke`, {
      body: { onChain: await asked(owner, id, 'revoke') },
    })
    expect(await told(owner)).toEqual(['activated', 'created', 'frozen', 'revoked', 'unfrozen'])
    expect([revoked.status, revoked.json['status']]).toEqual([200, 'revoked'])
    const { json: over } = await owner.call('GET', `/session-keys/${id}`)
    expect(over).toMatchObject({ status: 'revoked', onChain: { version: 4, revokedAt: expect.any(Number) } })
    expect(await stack.chain.client.getBalance({ address: owner.address })).toBe(0n)
    expect(await stack.chain.client.getTransactionCount({ address: owner.address })).toBe(0)
  })

  test('is rotated in one step on chain, if no more than expected lies under it', async () => {
    const owner = await Owner.signIn(stack)
    const { id, signed } = await draft(owner)
    await owner.call('POST', `/session-keys/${id}/register`, { body: signed })
    const body = { key: addressOf(secret()), expectedUsage: '0' }
    const next = await owner.call('POST', `/session-keys/${id}/rotate`, { body })
    expect([next.status, next.json['status'], next.json['replaces']]).toEqual([201, 'draft', id])
    const sign = next.json['sign'] as { primaryType: string; message: { deadline: string; version: string } }
    expect(sign.primaryType).toBe('RotateKey')
    const { deadline, version } = sign.message
    const registration = {
      signature: await owner.sign(sign),
      deadline: Number(deadline),
      version: Number(version),
      maxUsage: '0',
      graceSeconds: 0,
    }
    const nextId = next.json['id'] as string
    const done = await owner.call('POST', `/session-keys/${nextId}/register`, { body: registration })
    expect([done.status, done.json['status']]).toEqual([200, 'active'])
    await stack.system.scheduled('control')
    const { json: old } = await owner.call('GET', `/session-keys/${id}`)
    expect(old).toMatchObject({ status: 'rotated', replacedBy: nextId, onChain: { revokedAt: expect.any(Number) } })
  })

  test('cannot be let do more at the edge than its account signed, wallet or not', async () => {
    const owner = await Owner.signIn(stack)
    const { id, json } = await draft(owner)
    const headers = { 'if-match': `"${json['version'] as number}"` }
    const reply = await owner.call('PATCH', `/session-keys/${id}`, { body: { spendCap: '1000001' }, headers })
    expect([reply.status, reply.json['code']]).toEqual([422, 'session_key_beyond_permission'])
  })
})

test('every change repeated with its Idempotency-Key gives the same answer and changes nothing', async () => {
  const { owner, id } = await managedPayer(stack)
  const twice = async (method: string, path: string, body: object, headers: Record<string, string> = {}) => {
    const call = { body, headers, idempotencyKey: randomUUID() }
    const first = await owner.call(method, path, call)
    const second = await owner.call(method, path, call)
    expect(first.status, path).toBeLessThan(300)
    expect([second.status, second.json], path).toEqual([first.status, { ...first.json, ...shownOnce(first.json) }])
    const other = await owner.call(method, path, { ...call, body: { ...body, unknown: 1 } })
    expect(other.status, 'another body').toBe(422)
    return first.json
  }
  const path = `/session-keys/${id}`
  const edited = await twice('PATCH', path, { name: 'renamed' }, { 'if-match': '"1"' })
  await twice('POST', `${path}/freeze`, {})
  const asked = await owner.call('POST', `${path}/unfreeze`, { body: {} })
  await twice('POST', `${path}/unfreeze`, {}, await consent(asked, owner.wallet))
  const next = await twice('POST', `${path}/rotate`, { make: 'service', expectedUsage: '0', graceSeconds: 0 })
  await twice('POST', `/session-keys/${next['id'] as string}/revoke`, {})
  const { json } = await owner.call('GET', '/session-keys')
  expect((json['data'] as unknown[]).length, 'two keys, none twice').toBe(2)
  expect(edited['version']).toBe(2)
})

describe('a change that was cut off', () => {
  const objectOf = (made: Record<string, unknown>, owner: Owner) => {
    const session = {
      chainId: Chain.id,
      contract: canonical,
      payer: owner.address,
      payerAuthorizer: made['key'] as Hex,
    }
    return { session, object: stack.system.session(sessionName(session)) }
  }

  test('after the object was frozen: whoever looks finds it frozen, the audit says so, and the wallet can lift it', async () => {
    const { owner, payer, id, made } = await managedPayer(stack)
    const { session, object } = objectOf(made, owner)
    const { policy } = (await (await object).policy(1))!
    await (await object).setPolicy(1, session, { ...policy, version: 2, status: 'frozen' })
    expect((await owner.call('GET', `/session-keys/${id}`)).json).toMatchObject({ status: 'frozen' })
    const acts = await until('the row says so too', async () => {
      const { json } = await owner.call('GET', `/audit?subject=${id}`)
      const rows = json['data'] as { action: string; actor: string }[]
      return rows.length > 1 && rows
    })
    expect(acts.map(({ action, actor }) => [action, actor])).toContainEqual(['session_key.freeze', 'platform'])
    expect((await owner.confirmed('POST', `/session-keys/${id}/unfreeze`, { body: {} })).status).toBe(200)
    expect((await payer.fetch(get('/a'))).status).toBe(200)
  })

  test('after the row was written: the next look of the clock puts it in force', async () => {
    const { owner, payer, id, made } = await managedPayer(stack)
    const { database } = stack.system
    const { sessionKey } = database.tables
    const changed = { status: 'revoked', version: 2, updatedAt: new Date(Date.now() - 6_000) } as const
    await database.orm.update(sessionKey).set(changed).where(eq(sessionKey.publicId, id))
    const { object } = objectOf(made, owner)
    expect(await (await object).policy(1), 'cut off before').toMatchObject({ status: 'active' })
    await stack.system.scheduled('control')
    expect(await (await object).policy(1)).toMatchObject({ status: 'revoked' })
    expect(await code(await payer.fetch(get('/a')))).toBe('session_key_revoked')
  })
})

test('a list is of its owner and mode only, in pages, by status', async () => {
  const owner = await Owner.signIn(stack)
  for (let i = 0; i < 3; i++) {
    await owner.call('POST', '/session-keys', { body: terms(stack, { key: addressOf(secret()), name: `k${i}` }) })
  }
  const { json: first } = await owner.call('GET', '/session-keys?limit=2&status=active')
  const { json: rest } = await owner.call(
    'GET',
    `/session-keys?limit=2&status=active&cursor=${first['nextCursor'] as string}`,
  )
  const names = [first, rest].flatMap((page) => (page['data'] as { name: string }[]).map(({ name }) => name))
  expect(names.sort()).toEqual(['k0', 'k1', 'k2'])
  expect((await owner.call('GET', '/session-keys?status=frozen')).json).toEqual({ data: [], nextCursor: null })
  const live = await owner.asPerson('GET', '/session-keys', { headers: { 'pbstream-mode': 'live' } })
  expect(live.json).toEqual({ data: [], nextCursor: null })
  expect(canonical).not.toBe(escrow)
})

/** A webhook endpoint of the owner: what it is to be told is a row each. */
async function listen(owner: Owner): Promise<void> {
  const { database } = stack.system
  const at = new Date(Date.now() - 1_000)
  await database.orm.insert(database.tables.webhookEndpoint).values({
    id: `we_${owner.address.slice(2, 26)}`,
    owner: owner.address,
    mode: 'test',
    url: 'https://hooks.example/keys',
    events: ['*'],
    secretSealed: 'unused',
    enabled: true,
    createdAt: at,
    updatedAt: at,
  })
}

async function told(owner: Owner): Promise<string[]> {
  const { webhookDelivery } = stack.system.database.tables
  const rows = await stack.system.database.orm
    .select()
    .from(webhookDelivery)
    .where(eq(webhookDelivery.owner, owner.address))
  return rows
    .map(({ event }) => event)
    .filter((event) => event.startsWith('session_key.'))
    .map((event) => event.slice('session_key.'.length))
    .sort()
}

function numbers(typedData: unknown): { deadline: number; version: number } {
  const { deadline, version } = (typedData as { message: { deadline: string; version: string } }).message
  return { deadline: Number(deadline), version: Number(version) }
}

function shownOnce(json: Record<string, unknown>): object {
  return 'secret' in json ? { secret: null } : {}
}
