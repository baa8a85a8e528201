/** Freeze and rotation through the API while calls run, and changes of one key that race each other. */
import { randomUUID } from 'node:crypto'
import { chargeOf } from '@pbstream/local/Payer'
import { addressOf } from '@pbstream/local/Keys'
import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { managedPayer, type Owner, secret } from '../support/keysApi.ts'
import { SessionClient } from '../support/SessionClient.ts'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({ routes: ['/load', '/slow', '/old', '/new'].map((path) => ({ path })) })
})
afterAll(() => stack?.stop())

type Call = { at: number; status: number; code: string | undefined; charged: bigint }

/** Callers that go on until they are told to stop; what became of each call, by when it began. */
function load(payer: StackPayer, path: string, callers: number) {
  const calls: Call[] = []
  let going = true
  const one = async () => {
    while (going) {
      const at = performance.now()
      const response = await payer.fetch(stack.gateway + path)
      const body = response.ok ? undefined : ((await response.json()) as { code: string })
      calls.push({ at, status: response.status, code: body?.code, charged: chargeOf(response)?.amount ?? 0n })
    }
  }
  const running = Promise.all(Array.from({ length: callers }, one))
  return {
    calls,
    async stop() {
      going = false
      await running
    },
  }
}

type Seen = { status: string; usage: { spent: string; inFlight: number } }

const see = async (owner: Owner, id: string) => {
  const { json } = await owner.call('GET', `/session-keys/${id}`)
  const { status, usage } = json as unknown as Seen
  return { status, inFlight: usage.inFlight, spent: BigInt(usage.spent) }
}

/** What was charged in the end: a charge is told to its caller before the object has heard of it. */
const spent = (owner: Owner, id: string) =>
  until('nothing is in flight', async () => {
    const seen = await see(owner, id)
    return seen.inFlight === 0 && seen
  })

test('freeze under load: nothing that began after `frozen` is charged; unfreeze resumes; both are in the audit', async () => {
  const { owner, payer, id } = await managedPayer(stack)
  expect((await payer.fetch(`${stack.gateway}/load`)).status).toBe(200)
  const running = load(payer, '/load', 8)
  await until('calls are paid', () => running.calls.filter(({ status }) => status === 200).length >= 20)

  const answer = await owner.call('POST', `/session-keys/${id}/freeze`, { body: {} })
  expect(answer.status).toBe(200)
  expect(['freezing', 'frozen']).toContain(answer.json['status'])
  const since = performance.now()
  await until('it is frozen', async () => {
    await stack.system.scheduled('control')
    return (await see(owner, id)).status === 'frozen'
  })
  const frozen = await see(owner, id)
  const before = running.calls.length
  await until('more calls are refused', () => running.calls.length >= before + 30)
  const after = running.calls.filter(({ at }) => at > since)
  expect(after.length).toBeGreaterThan(0)
  expect(new Set(after.map(({ code }) => code))).toEqual(new Set(['session_key_frozen']))
  expect((await see(owner, id)).spent, 'not an atomic unit more').toBe(frozen.spent)

  const unfrozen = await owner.confirmed('POST', `/session-keys/${id}/unfreeze`, { body: {} })
  expect([unfrozen.status, unfrozen.json['status']]).toEqual([200, 'active'])
  const resumed = performance.now()
  await until('calls are paid again', () => running.calls.some(({ at, status }) => at > resumed && status === 200))
  await running.stop()
  const charged = running.calls.reduce((sum, call) => sum + call.charged, 1_000n)
  expect((await spent(owner, id)).spent, 'every charge was told of, and none twice').toBe(charged)

  const rows = await auditOf(owner, id)
  expect(rows.filter((action) => /freeze|frozen/.test(action))).toEqual(
    answer.json['status'] === 'frozen'
      ? ['session_key.freeze', 'session_key.unfreeze']
      : ['session_key.freeze', 'session_key.frozen', 'session_key.unfreeze'],
  )
  const verified = async () => (await owner.call('GET', '/audit/verify')).json['ok']
  expect(await verified()).toBe(true)
  const { database } = stack.system
  const { audit } = database.tables
  const freeze = and(eq(audit.subject, id), eq(audit.action, 'session_key.freeze'))
  await database.orm.update(audit).set({ actor: 'somebody else' }).where(freeze)
  expect(await verified(), 'an edit shows').toBe(false)
})

test('a call that is being served when the key is frozen is `freezing`, is paid for, and only then `frozen` is said', async () => {
  const { owner, payer, id } = await managedPayer(stack)
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  stack.upstream.on('/slow', async (_, response) => {
    await held
    response.writeHead(200).end('done')
  })
  const running = payer.fetch(`${stack.gateway}/slow`)
  await until('the upstream is called', () => stack.upstream.calls('/slow') === 1)
  const answer = await owner.call('POST', `/session-keys/${id}/freeze`, { body: {} })
  expect(answer.json['status']).toBe('freezing')
  await stack.system.scheduled('control')
  expect((await see(owner, id)).status, 'while it runs').toBe('freezing')
  release()
  expect((await running).status).toBe(200)
  const end = await until('it is frozen', async () => {
    await stack.system.scheduled('control')
    const now = await see(owner, id)
    return now.status === 'frozen' && now
  })
  expect(end.spent).toBe(1_000n)
})

test('a lease that is out when the key is frozen: `freezing` until its isolate is done with it, and then `frozen`', async () => {
  const { owner, sessionKey, id } = await managedPayer(stack)
  const { gateway } = stack
  const money = { deposit: 5_000_000n, max: 1_000_000n }
  const client = await SessionClient.open({ gateway, path: '/load', wallet: owner.key, sessionKey, ...money })
  const lease = await until('a lease is offered', async () => {
    await Promise.all(Array.from({ length: 8 }, () => client.strict('/load')))
    return client.nextOfLease()
  })
  const answer = await owner.call('POST', `/session-keys/${id}/freeze`, { body: {} })
  expect([answer.status, answer.json['status']]).toEqual([200, 'freezing'])
  await until('it is frozen', async () => (await see(owner, id)).status === 'frozen', 15_000)
  const frozen = await see(owner, id)
  expect((await fetch(await client.request('/load', { lease }))).status).not.toBe(200)
  expect((await client.strict('/load')).status).not.toBe(200)
  expect(await see(owner, id)).toEqual(frozen)
  await until('it is written down', async () => {
    await stack.system.scheduled('control')
    return (await auditOf(owner, id)).includes('session_key.frozen')
  })
})

test('rotation under load loses no request: the old key serves while the new one takes over', async () => {
  const { owner, payer, id } = await managedPayer(stack)
  expect((await payer.fetch(`${stack.gateway}/old`)).status).toBe(200)
  const old = load(payer, '/old', 6)
  await until('calls are paid', () => old.calls.filter(({ status }) => status === 200).length >= 12)

  const sessionKey = secret()
  const body = { key: addressOf(sessionKey), expectedUsage: '1000000' }
  const rotated = await owner.call('POST', `/session-keys/${id}/rotate`, { body })
  expect([rotated.status, rotated.json['status']]).toEqual([201, 'active'])
  const since = performance.now()
  // The agent takes the new key, and only then lets go of the old one.
  const next = await stack.payer({ key: owner.key, sessionKey, scheme: 'batch-settlement' })
  expect((await next.fetch(`${stack.gateway}/new`)).status).toBe(200)
  const fresh = load(next, '/new', 6)
  await until('both keys are paid with', () => {
    const paid = (calls: Call[]) => calls.filter(({ at, status }) => at > since && status === 200).length >= 6
    return paid(old.calls) && paid(fresh.calls)
  })
  await old.stop()
  await fresh.stop()
  const lost = [...old.calls, ...fresh.calls].filter(({ status }) => status !== 200)
  expect(lost, 'no request was refused').toEqual([])
  const { json } = await owner.call('GET', `/session-keys/${id}`)
  expect(json).toMatchObject({ status: 'active', replacedBy: rotated.json['id'], graceUntil: expect.any(String) })
  const charges = (calls: Call[], first: bigint) => calls.reduce((sum, { charged }) => sum + charged, first)
  expect((await spent(owner, id)).spent).toBe(charges(old.calls, 1_000n))
  expect((await spent(owner, rotated.json['id'] as string)).spent).toBe(charges(fresh.calls, 1_000n))
})

test('the grace ends by itself, and the new key has what the old one’s cap left', async () => {
  const { owner, payer, id } = await managedPayer(stack, { spendCap: '5000' })
  expect((await payer.fetch(`${stack.gateway}/old`)).status).toBe(200)
  const low = await owner.call('POST', `/session-keys/${id}/rotate`, {
    body: { make: 'service', expectedUsage: '999' },
  })
  expect([low.status, low.json['code']]).toEqual([409, 'key_usage_above_maximum'])
  const body = { make: 'service', expectedUsage: '1000', graceSeconds: 1 }
  const rotated = await owner.call('POST', `/session-keys/${id}/rotate`, { body })
  expect([rotated.status, rotated.json['spendCap']]).toEqual([201, '4000'])
  // No job of the clock has run: the object knows the time by itself.
  await until('the grace is over', async () => {
    const response = await payer.fetch(`${stack.gateway}/old`)
    return !response.ok && ((await response.json()) as { code: string }).code === 'session_key_expired'
  })
  await stack.system.scheduled('control')
  expect((await owner.call('GET', `/session-keys/${id}`)).json).toMatchObject({ status: 'rotated', graceUntil: null })
  const sessionKey = rotated.json['secret'] as `0x${string}`
  const next = await stack.payer({ key: owner.key, sessionKey, scheme: 'batch-settlement' })
  expect((await next.fetch(`${stack.gateway}/new`)).status).toBe(200)
})

test('20 different changes of one key at once end in one state that row, object and audit agree on', async () => {
  const { owner, id } = await managedPayer(stack)
  const path = `/session-keys/${id}`
  const replies = await Promise.all([
    ...Array.from({ length: 8 }, (_, i) =>
      owner.call('PATCH', path, { body: { name: `name ${i}` }, headers: { 'if-match': '"1"' } }),
    ),
    ...Array.from({ length: 11 }, () => owner.call('POST', `${path}/freeze`, { body: {} })),
    owner.call('POST', `${path}/revoke`, { body: {}, idempotencyKey: randomUUID() }),
  ])
  for (const { status, json } of replies) expect([200, 409, 412], JSON.stringify(json)).toContain(status)
  expect(replies.at(-1)?.status, 'a revocation is never lost').toBe(200)
  const { json } = await owner.call('GET', path)
  expect(json['status']).toBe('revoked')
  const rows = await auditOf(owner, id)
  expect(rows.filter((action) => action === 'session_key.revoke')).toHaveLength(1)
  expect(rows.filter((action) => action === 'session_key.update').length).toBeLessThanOrEqual(1)
  expect(rows.filter((action) => action === 'session_key.freeze').length).toBeLessThanOrEqual(1)
})

/** What the audit has of a key, in order. */
async function auditOf(owner: Owner, id: string): Promise<string[]> {
  const { audit } = stack.system.database.tables
  const rows = await stack.system.database.orm.select().from(audit)
  return rows
    .filter(({ chain, subject }) => chain === `${owner.address}/test` && subject === id)
    .sort((a, b) => a.seq - b.seq)
    .map(({ action }) => action)
}
