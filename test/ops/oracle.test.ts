/** Prices that move, on the whole system with two gateways: pushed and read signals, silence, and a card with a time. */
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import { Chain } from '@pbstream/local/Chain'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeJwt } from '../support/decodeJwt.ts'
import { Owner, now, usdc } from '../support/keysApi.ts'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

/** While the database answers, what a gateway goes by is at most so old. */
const BOUND_MS = 10_000
/** `decimals()` of the token: 6. */
const DECIMALS = '0x313ce567'

type Oracle = { id: string; secret: string; revision: number }

let stack: Stack
let owner: Owner
let payer: StackPayer
let providerId: string
let routeId: string
let pushed: Oracle

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/seeded' }], system: { gateways: 2 } })
  owner = await Owner.signIn(stack)
  payer = await stack.payer({ scheme: 'batch-settlement' })
  const { host } = new URL(stack.upstream.url)
  const { token } = await made('/upstream-hosts', { host })
  stack.upstream.on('/.well-known/pbstream-verification', (_, response) => void response.end(token))
  expect((await owner.call('POST', `/upstream-hosts/${host}/verify`, { body: {} })).status).toBe(200)
  providerId = (await made('/providers', { name: 'Shop', payTo: owner.address }))['id'] as string
  pushed = await oracle({ kind: 'push' })
  const origin = { kind: 'url', url: `${stack.upstream.url}/base` }
  const route = await made('/routes', {
    providerId,
    path: '/shop/*',
    origin,
    chainIds: [Chain.id],
    rate: card(pushed.id),
  })
  routeId = route['id'] as string
})
afterAll(() => stack?.stop())

async function made(path: string, body: object): Promise<Record<string, unknown>> {
  const { status, json } = await owner.call('POST', path, { body })
  expect([status, json]).toEqual([201, json])
  return json
}

const oracle = async (source: object) =>
  (await made('/oracles', {
    ...{ providerId, name: 'load', min: '0', max: '100', staleSeconds: 60, source },
  })) as unknown as Oracle

/** 1000 for a call, and the signal on top; 5 where there is none. */
const card = (oracleId: string, amount = '1000') => ({
  ...{ v: 2, kind: 'card', formula: 'base + signal.load', maximum: '9000' },
  components: [{ unit: 'request', price: { model: 'per_unit', amount } }],
  signals: { load: { oracle: oracleId, min: '0', max: '50', fallback: '5' } },
})

/** What a call of the shop costs at a gateway. */
async function offer(gateway = stack.gateway): Promise<string | undefined> {
  const response = await fetch(`${gateway}/shop/item`)
  await response.body?.cancel()
  const header = response.headers.get('payment-required')
  if (header === null) return undefined
  return (JSON.parse(atob(header)) as { accepts: { amount: string }[] }).accepts[0]?.amount
}

const everywhere = async (amount: string) => {
  for (const gateway of stack.system.gateways)
    await until(`${gateway} asks for ${amount}`, async () => (await offer(gateway)) === amount)
}

function push({ id, secret }: Oracle, value: string, timestamp = now()): Promise<Response> {
  const body = JSON.stringify({ value })
  const bytes = WebhookSignature.parseSecret(secret) as Uint8Array
  const signed = WebhookSignature.headers([bytes], { id: `msg_${value}_${timestamp}`, timestamp, body })
  const headers = { ...signed, 'content-type': 'application/json' }
  return fetch(`${stack.system.urls.control}/v1/oracles/${id}/values`, { method: 'POST', headers, body })
}

async function publish(rule: object, effectiveAt?: string): Promise<void> {
  const { json } = await owner.call('GET', `/routes/${routeId}`)
  const headers = { 'if-match': `"${json['revision'] as number}"` }
  const body = { rule, ...(effectiveAt === undefined ? {} : { effectiveAt }) }
  const reply = await owner.call('POST', `/routes/${routeId}/rate-cards`, { body, headers })
  expect([reply.status, reply.json]).toEqual([201, reply.json])
}

test('a pushed signal moves the price of calls in every gateway within the bound, and the charge with it', async () => {
  await everywhere('1005')
  const began = Date.now()
  expect((await push(pushed, '40')).status).toBe(200)
  await everywhere('1040')
  expect(Date.now() - began).toBeLessThan(BOUND_MS)
  const response = await payer.fetch(`${stack.gateway}/shop/item`)
  expect([response.status, await response.text()]).toEqual([200, '{"ok":true}'])
  expect(decodeJwt(response.headers.get('pbstream-receipt') ?? '')).toMatchObject({ price: '1040' })
})

test('one that nobody signed moves nothing, and one out of all bounds no further than the card lets it', async () => {
  const forged = await push({ ...pushed, secret: WebhookSignature.formatSecret(new Uint8Array(32)) }, '1')
  expect(forged.status).toBe(401)
  await until('a second is over', async () => (await push(pushed, '9000000')).status === 200)
  // The oracle's maximum is 100, the card's 50.
  await everywhere('1050')
})

test('one that is too old does not count any more: the fallback does, and somebody is told', async () => {
  // Sent so long ago that it will be too old in two seconds; the ones before it must not be newer.
  const silent = await oracle({ kind: 'push' })
  await publish(card(silent.id))
  expect((await push(silent, '30', now() - 57)).status).toBe(200)
  await everywhere('1005')
  await stack.system.scheduled('control')
  const { json } = await owner.call('GET', `/oracles/${silent.id}`)
  expect(json).toMatchObject({ status: 'stale', value: '30', inForce: null })
  const { json: values } = await owner.call('GET', `/oracles/${silent.id}/values`)
  expect(values['data']).toMatchObject([
    { status: 'fallback', source: 'clock' },
    { status: 'accepted', value: '30' },
  ])
  expect((await push(silent, '31')).status).toBe(200)
  await everywhere('1031')
})

test('a JSON document and a contract are read by the clock', async () => {
  stack.upstream.on('/load', (_, response) => void response.end('{"zones":[{"load":"12.6"}]}'))
  const path = '$.zones[0].load'
  const url = `${stack.upstream.url}/load`
  const read = await oracle({ kind: 'url', url, path, decimals: 0, everySeconds: 60 })
  const chain = { chainId: Chain.id, contract: usdc, data: DECIMALS, word: 0, signed: false }
  const contract = await oracle({ kind: 'chain', ...chain, decimals: 0, everySeconds: 60 })
  await stack.system.scheduled('control')
  expect((await owner.call('GET', `/oracles/${read.id}`)).json).toMatchObject({ value: '13', status: 'fresh' })
  expect((await owner.call('GET', `/oracles/${contract.id}`)).json).toMatchObject({ value: '6', lastError: null })
  await publish(card(contract.id))
  await everywhere('1006')
  await publish(card(read.id))
  await everywhere('1013')
})

test('a card with a time is in force in every gateway from its instant on, and in none before', async () => {
  await publish({ v: 1, kind: 'flat', amount: '700' })
  await everywhere('700')
  const instant = Date.now() + BOUND_MS + 4_000
  await publish({ v: 1, kind: 'flat', amount: '900' }, new Date(instant).toISOString())
  const seen = await Promise.all(
    stack.system.gateways.map(async (gateway) => {
      const samples: { began: number; ended: number; amount: string | undefined }[] = []
      await until('the time has come', async () => {
        const began = Date.now()
        const amount = await offer(gateway)
        samples.push({ began, ended: Date.now(), amount })
        return began >= instant + 500
      })
      return samples
    }),
  )
  for (const samples of seen) {
    const before = samples.filter(({ ended }) => ended < instant)
    const after = samples.filter(({ began }) => began >= instant)
    expect(new Set(before.map(({ amount }) => amount))).toEqual(new Set(['700']))
    expect(new Set(after.map(({ amount }) => amount))).toEqual(new Set(['900']))
  }
  const { json } = await owner.call('GET', `/routes/${routeId}/prices?since=${new Date(instant - 500).toISOString()}`)
  const data = (json['data'] as { at: string; charge: string }[]).map(({ at, charge }) => [at, charge])
  expect(data).toEqual([
    [new Date(instant - 500).toISOString(), '700'],
    [new Date(instant).toISOString(), '900'],
  ])
})
