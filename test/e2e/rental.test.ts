/** A machine that is rented out by its owner's own server, as docs/rentals.md shows it, on the whole system. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RentalState } from '@pbstream/core/rental/Wire'
import { root } from '@pbstream/local/Bundle'
import { Chain } from '@pbstream/local/Chain'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeJwt } from '../support/decodeJwt.ts'
import { openOn, signedRequest } from '../support/openOn.ts'
import { type Merchant, merchant } from '../support/standalone.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { Example } from './support/Example.ts'

/** 1,000 units a second, up to 100,000 a rental. */
const CARD = {
  v: 2,
  kind: 'card',
  components: [{ unit: 'second', price: { model: 'per_unit', amount: '1000' } }],
  maximum: '100000',
}

let stack: Stack
let seller: Merchant
let machines: Example
let route: string

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/seeded' }], system: { gateways: 2 } })
  seller = await merchant(stack)
  // A route leads to a host that is shown to be its owner's, though the gateway need not call it.
  const { host } = new URL(stack.upstream.url)
  const { json: named } = await seller.owner.call('POST', '/upstream-hosts', { body: { host } })
  stack.upstream.on('/.well-known/pbstream-verification', (_, response) => void response.end(named['token']))
  await seller.owner.call('POST', `/upstream-hosts/${host}/verify`, { body: {} })
  const { status, json } = await seller.owner.call('POST', '/routes', {
    body: {
      providerId: seller.provider,
      path: '/gpu/*',
      origin: { kind: 'url', url: `${stack.upstream.url}/gpu` },
      chainIds: [Chain.id],
      rate: CARD,
    },
  })
  if (status !== 201) throw new Error(`no route: ${JSON.stringify(json)}`)
  route = json['id'] as string
  machines = await Example.start('rental', {
    PB_GATEWAY_URL: stack.gateway,
    PB_SECRET_KEY: seller.apiKey,
    PB_ROUTE: route,
  })
  // Gateways look for changes every two seconds.
  await until('the route is known', async () => (await fetch(`${machines.url}/machines`)).status === 402)
})
afterAll(async () => {
  await machines?.stop()
  await stack?.stop()
})

test('the page shows the server that runs here', async () => {
  const page = await readFile(join(root, 'docs/rentals.md'), 'utf8')
  expect(page).toContain(await readFile(join(root, 'sdk/ts/examples/rental.ts'), 'utf8'))
})

type Shown = { machine: string; kind: string; cost: string }
const told = async (path: string): Promise<Shown> => (await fetch(machines.url + path)).json() as Promise<Shown>

test('a session rents a machine, pauses and stops it, and is charged the time that it ran', async () => {
  const { caller, session } = await openOn(stack, { path: '/machines', site: machines.url })
  const began = Date.now()
  const answer = await fetch(await signedRequest(machines.url, session, '/machines', { maxPrice: 100_000n }))
  expect(answer.status).toBe(200)
  const { machine } = (await answer.json()) as Shown
  const object = await stack.system.session(caller.name)
  // Two minutes are set aside, though it is not allowed to cost more than 100 seconds.
  expect(await object.view(1, caller.channelId)).toMatchObject({ reserved: 100_000n, spent: 0n })
  expect(await told(`/machines/${machine}/pause`)).toMatchObject({ kind: 'paused' })
  const { cost: paused } = await told(`/machines/${machine}/pause`)
  expect(await told(`/machines/${machine}/resume`)).toMatchObject({ kind: 'running', cost: paused })
  const { kind, cost } = await told(`/machines/${machine}/stop`)
  expect(kind).toBe('ended')
  expect(BigInt(cost) > 0n && BigInt(cost) <= BigInt(Date.now() - began)).toBe(true)
  const numbers = await object.view(1, caller.channelId)
  expect(numbers).toMatchObject({ reserved: 0n, spent: BigInt(cost) })
  expect(await told(`/machines/${machine}/stop`)).toMatchObject({ kind: 'ended', cost })
  await until('its server knows', async () => machines.printed.join('').includes(`${machine} is free: stopped`))
})

test('what the API answers: the offers, the receipt of the charge, and a rental that goes on at another gateway', async () => {
  const { caller, session } = await openOn(stack, { path: '/machines', site: machines.url })
  const site = 'https://gpu.example'
  const signed = await signedRequest(site, session, '/gpu', { method: 'POST', maxPrice: 5_000n })
  const headers = Object.fromEntries(signed.headers)
  const { gateways } = stack.system
  // The session was opened at the first one.
  let turn = 0
  const say = async (operation: string, body: object) => {
    const response = await fetch(`${gateways[turn]}/.well-known/pbstream/rentals/${operation}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${seller.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ v: 1, ...body }),
    })
    return {
      status: response.status,
      json: (await response.json()) as Record<string, unknown> & { state: RentalState },
    }
  }
  const start = { route, seconds: 5, method: 'POST', url: `${site}/gpu`, headers }
  const { json: unpaid } = await say('start', { ...start, headers: {} })
  expect(unpaid).toMatchObject({ kind: 'response', status: 402 })
  const { json } = await say('start', start)
  expect(json).toMatchObject({ kind: 'started', ceiling: '5000', state: { kind: 'running', hold: '5000' } })
  turn = 1
  const { json: beat } = await say('heartbeat', { id: json['id'] })
  expect(beat).toMatchObject({ kind: 'running' })
  const { json: end } = await say('stop', { id: json['id'] })
  const receipt = decodeJwt(end['receipt'] as string)
  expect(receipt).toMatchObject({ scheme: 'session', route, price: end['amount'] })
  expect(receipt['use']).toMatchObject({ second: String(end['milliseconds']) })
  const { json: again } = await say('stop', { id: json['id'] })
  expect(again).toMatchObject({ kind: 'ended', amount: end['amount'], receipt: end['receipt'] })
  const object = await stack.system.session(caller.name)
  expect(await object.view(1, caller.channelId)).toMatchObject({ reserved: 0n, spent: BigInt(end['amount'] as string) })
})
