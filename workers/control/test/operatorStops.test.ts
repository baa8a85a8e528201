/** `/ops/stops`, `/ops/breakers` and `/ops/alert-channels`: by operators only, with a reason, written down. */
import type { SentinelSessionApi } from '@pbstream/core/message/Sentinel'
import { parseSessionName, type SessionRef } from '@pbstream/core/message/Session'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'
import { type Belongings, belongingsOf, clear } from './belongings.ts'
import { person } from './people.ts'
import { bindings, db, empty, settlement } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const KEY = 'operator-key-of-the-tests'
const on: Env = { ...bindings, OPERATOR_KEY: KEY, ALERT_SECRET: 'alert-secret-of-the-tests-0123456789' }
const sentinel = bindings.SENTINEL as unknown as { say(words: object): Promise<void>; done(): Promise<object[]> }

async function ops(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, key = KEY) {
  const request = new Request(`https://control.example/ops${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const response = await worker.fetch(request, on)
  return { status: response.status, text: await response.clone().text(), json: (await response.json()) as never }
}

const acts = async () => {
  const rows = await db.orm.select().from(db.tables.audit)
  return rows.filter(({ chain }) => chain === 'platform').map(({ actor, action, subject }) => [actor, action, subject])
}

let hers: Belongings

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await clear()
  await empty()
  await settlement.say({})
  await sentinel.say({})
  hers = await belongingsOf(await person(), 'live')
  return () => vi.restoreAllMocks()
})

test.each([
  ['GET', '/stops'],
  ['POST', '/stops/st_1/release'],
  ['GET', '/breakers'],
  ['POST', '/breakers/global/open'],
  ['GET', '/alert-channels'],
  ['POST', '/alert-channels'],
  ['DELETE', '/alert-channels/alc_1'],
])('%s %s is 401 without the key', async (method, path) => {
  const { status } = await ops(
    method,
    path,
    method === 'GET' ? undefined : { reason: 'x' },
    {},
    'another-key-of-the-tests',
  )
  expect(status).toBe(401)
  expect(await sentinel.done()).toEqual([])
})

test('a stop of any kind and scope is released for a reason; payers are not named', async () => {
  const ref = parseSessionName(hers.session) as SessionRef
  const object = bindings.STREAM_SESSION?.getByName(hers.session) as unknown as SentinelSessionApi
  const order = { scope: 'platform', kind: 'signature', rule: 'too-dear', version: 1, cause: 'x' } as const
  const { id } = (await object.stop(1, ref, { ...order, decisionId: 'dec_of_operator' }))!
  const { chainId, payer, payerAuthorizer: key } = ref
  const row = { session: hers.session, chainId, payer, key, at: new Date(), decisionId: 'dec_of_operator' }
  await db.orm.insert(db.tables.sentinelStop).values({ id, ...order, ...row })
  const list = await ops('GET', '/stops?open=true')
  expect(list.text).toContain(id)
  expect(list.text).not.toContain(payer)
  expect((await ops('GET', '/stops?open=x')).status).toBe(400)
  expect((await ops('POST', `/stops/${id}/release`, { reason: '' })).status).toBe(400)
  expect((await ops('POST', '/stops/st_none/release', { reason: 'x' })).status).toBe(404)
  const { json } = await ops('POST', `/stops/${id}/release`, { reason: 'a mistake of ours', snoozeSeconds: 0 })
  expect(json).toMatchObject({ id, releasedBy: 'operator', reason: 'a mistake of ours' })
  expect(((await object.sentinel(1)) as { stops: unknown[] }).stops).toEqual([])
  expect(await acts()).toEqual([['operator', 'sentinel_stop.release', id]])
})

test('breakers of everything, of a provider and of a route are opened and closed for a reason', async () => {
  expect((await ops('GET', '/breakers')).json).toMatchObject({
    breakers: [{ scope: `provider:${hers.provider}`, subject: `upstream:${hers.route}`, cause: 'mine' }],
  })
  expect((await ops('POST', '/breakers/global/open', {})).status).toBe(400)
  expect((await ops('POST', '/breakers/everything/open', { reason: 'x' })).status).toBe(404)
  expect((await ops('POST', '/breakers/upstream:route_none/open', { reason: 'x' })).status).toBe(404)
  await ops('POST', '/breakers/global/open', { reason: 'an attack' })
  await ops('POST', `/breakers/upstream:${hers.route}/close`, { reason: 'mended' })
  expect(await sentinel.done()).toEqual([
    { breaker: { scope: 'platform', subject: 'global', act: 'open', reason: 'an attack' } },
    {
      breaker: {
        ...{ scope: `provider:${hers.provider}`, subject: `upstream:${hers.route}`, act: 'close', reason: 'mended' },
      },
    },
  ])
  expect((await acts()).map(([, action]) => action)).toEqual(['breaker.open', 'breaker.close'])
})

describe('alert channels of the platform', () => {
  test('are made, edited, tried and deleted; those of owners are none of them', async () => {
    const target = { kind: 'webhook', url: 'https://hooks.example.com/' }
    const made = await ops('POST', '/alert-channels', { name: 'pager', target })
    const { id, secret } = made.json as { id: string; secret: string }
    expect([made.status, secret.slice(0, 6)]).toEqual([201, 'whsec_'])
    const list = await ops('GET', '/alert-channels')
    expect(list.json).toMatchObject({ channels: [{ id, scope: 'platform', revision: 1 }] })
    expect(list.text).not.toContain(hers.keyChannel)
    expect((await ops('PATCH', `/alert-channels/${id}`, { name: 'x' })).status).toBe(428)
    expect((await ops('PATCH', `/alert-channels/${id}`, { name: 'x' }, { 'if-match': '"1"' })).status).toBe(200)
    expect((await ops('POST', `/alert-channels/${id}/test`)).json).toMatchObject({ status: 'sent' })
    expect((await ops('POST', `/alert-channels/${hers.keyChannel}/test`)).status).toBe(404)
    expect((await ops('DELETE', `/alert-channels/${hers.channel}`)).status).toBe(404)
    expect((await ops('DELETE', `/alert-channels/${id}`)).status).toBe(200)
    expect((await acts()).map(([, action]) => action)).toEqual(
      ['create', 'update', 'delete'].map((act) => `alert_channel.${act}`),
    )
  })
})
