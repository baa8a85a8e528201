/** `/ops/rules`: the rules of the platform, by operators only. */
import { loadVersions } from '@pbstream/db/Catalog'
import { seeds } from '@pbstream/core/Rule'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'
import { bindings, db, empty, hex } from './support.ts'

const KEY = 'operator-key-of-the-tests'
const on: Env = { ...bindings, OPERATOR_KEY: KEY }
const session = `84532:${hex('c0', 20)}:${hex('a1', 20)}:${hex('41', 20)}`

async function ops(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, key = KEY) {
  const request = new Request(`https://control.example/ops${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const response = await worker.fetch(request, on)
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    json: (await response.json()) as Record<string, unknown>,
  }
}

const from = (revision: number) => ({ 'if-match': `"${revision}"` })
const dear = { id: 'dear', name: 'Dear', when: 'amount > 500', severity: 'high', action: 'block', fail: 'open' }

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await empty()
  const { ruleset, rulesetHead, ruleVersion, sessionKey, sentinelDecision } = db.tables
  for (const table of [ruleset, rulesetHead, ruleVersion, sessionKey, sentinelDecision]) await db.orm.delete(table)
  return () => vi.restoreAllMocks()
})

describe('the rules of the platform', () => {
  test('begin with those of the product, at revision 1', async () => {
    const { json, etag } = await ops('GET', '/rules')
    expect(etag).toBe('"1"')
    expect(json).toMatchObject({ scope: 'platform', revision: 1, author: null })
    expect((json['rules'] as { id: string }[]).map(({ id }) => id)).toEqual(seeds.map(({ id }) => id))
  })

  test('are changed whole, gateways hear of it, and the audit has it', async () => {
    const before = (await loadVersions(db)).sentinel
    expect((await ops('PUT', '/rules', { rules: [dear] }, from(2))).status).toBe(412)
    const { status, json } = await ops('PUT', '/rules', { rules: [dear] }, from(1))
    expect([status, json['revision']]).toEqual([200, 2])
    expect((await loadVersions(db)).sentinel).toBe(before + 1)
    const audit = await db.orm.select().from(db.tables.audit)
    expect(audit).toMatchObject([
      { chain: 'platform', actor: 'operator', action: 'ruleset.change', subject: 'platform' },
    ])
    expect(audit[0]?.detail).toMatchObject({ revision: 2, added: ['dear@1'] })
  })

  test('never give the version of a rule of the product to another text', async () => {
    await ops('PUT', '/rules', { rules: [] }, from(1))
    const { json } = await ops('PUT', '/rules', { rules: [{ ...dear, id: 'anomaly' }] }, from(2))
    expect(json['rules']).toMatchObject([{ id: 'anomaly', version: 2 }])
  })

  test('that do not hold are told so, and leave those in force', async () => {
    const wrong = { rules: [{ ...dear, when: 'amount > ' }] }
    expect((await ops('POST', '/rules/validate', wrong)).json).toMatchObject({
      ok: false,
      errors: [{ field: '/rules/0/when' }],
    })
    expect((await ops('PUT', '/rules', wrong, from(1))).json['code']).toBe('validation_failed')
    expect((await ops('PUT', '/rules', { rules: [dear] })).json['code']).toBe('precondition_required')
    expect((await ops('PUT', '/rules', '{', from(1))).json['code']).toBe('malformed_body')
    expect((await ops('PUT', '/rules', { rules: [dear], more: 1 }, from(1))).json['code']).toBe('validation_failed')
    expect((await ops('GET', '/rules')).json['revision']).toBe(1)
  })

  test('are nobody’s without the key', async () => {
    for (const [method, path] of [
      ['GET', '/rules'],
      ['PUT', '/rules'],
      ['GET', '/decisions'],
      ['PUT', '/snoozes'],
    ] as const)
      expect([path, (await ops(method, path, method === 'PUT' ? {} : undefined, from(1), 'wrong')).status]).toEqual([
        path,
        401,
      ])
  })
})

test('a draft for the platform is tried on what everybody paid', async () => {
  const { microPayment } = db.tables
  await db.orm.delete(microPayment)
  const at = new Date()
  const row = (who: string, seq: number, amount: string) => ({
    ...{ session: who, seq, channelId: hex('01', 32), providerId: `p${seq}`, debit: 'a', credit: 'b', amount, at },
  })
  const paid = Array.from({ length: 1_200 }, (_, i) => row(`of ${i % 7}`, i, i % 2 === 0 ? '900' : '100'))
  for (let i = 0; i < paid.length; i += 10) await db.orm.insert(microPayment).values(paid.slice(i, i + 10))
  const body = { rules: [dear], until: new Date(at.getTime() + 1).toISOString() }
  expect((await ops('POST', '/rules/backtest', body)).json).toMatchObject({
    ...{ scope: 'platform', payments: 1_200, keys: 7, stopped: 600, complete: true },
  })
  const many = Array.from({ length: 100 }, (_, i) => ({ ...dear, id: `r${i}`, when: `amount > ${600 + i}` }))
  expect((await ops('POST', '/rules/backtest', { ...body, rules: many, limit: 10 })).json).toMatchObject({
    ...{ payments: 10, complete: false },
  })
  expect((await ops('POST', '/rules/backtest', { rules: 1 })).json['code']).toBe('validation_failed')
})

test('operators see all decisions', async () => {
  const at = new Date()
  const row = (id: string, number: number, scope: string) => ({
    ...{ session, number, id, scope, at, lastAt: at, rule: 'dear', version: 1 },
    ...({ action: 'block', effect: 'done' } as const),
    detail: { hits: [] },
  })
  await db.orm.insert(db.tables.sentinelDecision).values([row('dec_1', 1, 'owner'), row('dec_2', 2, 'provider:x')])
  const { json } = await ops('GET', '/decisions?rule=dear')
  expect((json['decisions'] as unknown[]).length).toBe(2)
  expect((await ops('GET', '/decisions?rule=other')).json['decisions']).toEqual([])
  expect((await ops('GET', '/decisions?colour=red')).json['code']).toBe('malformed_query')
  expect((await ops('GET', '/decisions/dec_2')).json).toMatchObject({ scope: 'provider:x', hits: [] })
  expect((await ops('GET', '/decisions/dec_3')).status).toBe(404)
})

test('a rule of the platform is snoozed on a key that is there, and that is written down', async () => {
  const order = { session, rule: 'anomaly-drain', seconds: 60 }
  expect((await ops('PUT', '/snoozes', order)).status).toBe(404)
  const [, contract, payer, key] = session.split(':') as [string, `0x${string}`, `0x${string}`, `0x${string}`]
  await db.orm.insert(db.tables.sessionKey).values({ id: session, session, chainId: 84532, contract, payer, key })
  expect((await ops('PUT', '/snoozes', order)).status).toBe(200)
  expect((await ops('PUT', '/snoozes', { ...order, rule: 'no-such' })).status).toBe(404)
  expect(await db.orm.select().from(db.tables.audit)).toMatchObject([
    { action: 'rule.snooze', subject: session, detail: { scope: 'platform', rule: 'anomaly-drain' } },
  ])
})
