/** The quick starts of the docs as upstreams of the real gateway, paid by the official x402 client. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { loadCatalog, upsertRoute } from '@pbstream/db/Catalog'
import { root } from '@pbstream/local/Bundle'
import { Chain } from '@pbstream/local/Chain'
import { chargeOf } from '@pbstream/local/Payer'
import { verifyReceipt } from '@pbstream/local/Receipt'
import { testDelivery } from '@pbstream/sdk/webhooks'
import { x402Client } from '@x402/fetch'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { merchant } from '../support/standalone.ts'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { Example, Switch, workerScript } from './support/Example.ts'

const rates = {
  '/weather': { v: 1, kind: 'flat', amount: '2000' },
  '/shout': { v: 1, kind: 'metered', unit: 'reported', unitAmount: '3', per: '1', max: '10000' },
} as const
const paths = Object.keys(rates) as (keyof typeof rates)[]

let stack: Stack
let between: Switch
let payer: StackPayer
let jwks: { keys: JsonWebKey[] }

beforeAll(async () => {
  // The Worker is bound to the gateway, whose address it sees in its requests.
  const variables = '{ PB_GATEWAY_URL: new URL(request.url).origin, PB_AUDIENCE: "demo/*" }'
  const upstreams = { UPSTREAM_EXAMPLE: await workerScript('worker', variables) }
  stack = await startStack({ routes: paths.map((path) => ({ path, rate: rates[path] })), system: { upstreams } })
  between = await Switch.open()
  await lead({ kind: 'service', binding: 'UPSTREAM_EXAMPLE' })
  payer = await stack.payer({ scheme: 'batch-settlement' })
  jwks = (await (await fetch(`${stack.gateway}/.well-known/jwks.json`)).json()) as typeof jwks
})
afterAll(async () => {
  await between?.close()
  await stack?.stop()
})

type Origin = Parameters<typeof upsertRoute>[1]['origin']

/** Gives all routes this origin. Resolves when the gateway has taken it up. */
async function lead(origin: Origin): Promise<void> {
  for (const path of paths) {
    const route = {
      id: path.slice(1),
      providerId: 'demo',
      path,
      methods: ['*'],
      rate: rates[path],
      chainIds: [Chain.id],
    }
    await upsertRoute(stack.system.database, { ...route, origin }, { actor: 'test', at: Date.now() })
  }
  const { version: wanted } = await loadCatalog(stack.system.database)
  await until('the gateway knows the routes', async () => (await served()) >= wanted, 30_000)
}

/** The catalog version that the gateway decides by. */
async function served(): Promise<number> {
  const response = await fetch(`${stack.gateway}/.well-known/pbstream`)
  return ((await response.json()) as { catalogVersion: number }).catalogVersion
}

/** What every quick start does for a caller that pays. */
async function paysFor(url: string, sold: object): Promise<void> {
  const weather = await payer.fetch(`${url}/weather?city=Oslo`)
  expect([weather.status, await weather.json()]).toEqual([
    200,
    { weather: 'sunny', paidBy: payer.address.toLowerCase() },
  ])
  expect(chargeOf(weather)?.amount).toBe(2000n)
  const receipt = verifyReceipt(weather.headers.get('PBStream-Receipt') as string, jwks)
  expect(receipt).toMatchObject({ price: '2000', payer: payer.address.toLowerCase(), ...sold })
  const body = JSON.stringify({ text: 'seven words are worth twenty one units' })
  const headers = { 'content-type': 'application/json' }
  const shout = await payer.fetch(`${url}/shout`, { method: 'POST', body, headers })
  expect([shout.status, await shout.json()]).toEqual([200, { text: 'SEVEN WORDS ARE WORTH TWENTY ONE UNITS' }])
  const again = await payer.fetch(`${url}/weather?city=Oslo`)
  expect((chargeOf(again)?.total ?? 0n) - (chargeOf(weather)?.total ?? 0n)).toBe(2021n)
}

/** The first token that the gateway sent to the example that runs now. */
function stolen(): string {
  const sent = between.sent.join('')
  between.sent.length = 0
  return /^pbstream-payment: (\S+)/im.exec(sent)?.[1] as string
}

/** Whoever gets hold of a token of the gateway can do nothing with it. */
async function isSafeFrom(token: string, { url }: Example): Promise<void> {
  const headers = { 'pbstream-payment': token }
  expect((await fetch(`${url}/weather?city=Oslo`, { headers })).status).toBe(409)
  expect((await fetch(`${url}/weather?city=Rome`, { headers })).status).toBe(403)
  expect((await fetch(`${url}/shout`, { method: 'POST', headers, body: '{}' })).status).toBe(403)
}

test('worker.ts in workerd, by a service binding', async () => {
  await paysFor(stack.gateway, { route: 'weather' })
})

describe('by its URL', () => {
  beforeAll(() => lead({ kind: 'url', url: between.url }))

  test.each(['hono', 'express', 'fastify', 'nest'])('%s.ts', async (name) => {
    const env = { PB_GATEWAY_URL: stack.gateway, PB_AUDIENCE: 'demo/*' }
    const example = await Example.start(name, env)
    between.to(example.url)
    await paysFor(stack.gateway, { route: 'weather' })
    await isSafeFrom(stolen(), example)
    const direct = await fetch(`${example.url}/weather`)
    expect([direct.status, await direct.json()]).toEqual([402, expect.objectContaining({ code: 'payment_required' })])
    expect(example.printed).toEqual([])
    await example.stop()
  })
})

test.each(['hono', 'express', 'fastify', 'nest'])('%s.ts, stand-alone: callers come to it directly', async (name) => {
  const { apiKey, provider } = await merchant(stack)
  const example = await Example.start(name, { PB_GATEWAY_URL: stack.gateway, PB_SECRET_KEY: apiKey })
  await paysFor(example.url, { route: `${provider}/api` })
  expect(example.printed).toEqual([])
  await example.stop()
})

test('mcp.ts, stand-alone: its tool is paid for in x402’s way', async () => {
  const { apiKey } = await merchant(stack)
  const env = { PATH: process.env['PATH'] as string, PB_GATEWAY_URL: stack.gateway, PB_SECRET_KEY: apiKey }
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [`${root}/sdk/ts/examples/mcp.ts`],
    env,
  })
  const caller = new Client({ name: 'caller', version: '1.0.0' })
  await caller.connect(transport)
  const call = { name: 'weather', arguments: { city: 'Oslo' } }
  const asked = await caller.callTool(call)
  expect(asked).toMatchObject({ isError: true, structuredContent: { x402Version: 2 } })
  const wallet = new x402Client().register('eip155:*', payer.channels)
  const payment = await wallet.createPaymentPayload(asked.structuredContent as never)
  const paid = await caller.callTool({ ...call, _meta: { 'x402/payment': payment } })
  expect(paid).toMatchObject({ content: [{ type: 'text', text: 'sunny in Oslo' }] })
  expect(paid._meta?.['x402/payment-response']).toMatchObject({ success: true, payer: payer.address.toLowerCase() })
  expect(verifyReceipt(paid._meta?.['pbstream/receipt'] as string, jwks)).toMatchObject({ price: '2000' })
  await caller.close()
})

test('webhooks.ts takes what is signed, and nothing else', async () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const example = await Example.start('webhooks', { PB_WEBHOOK_SECRET: secret })
  const url = `${example.url}/webhooks`
  const event = { type: 'settlement.confirmed', data: { amount: '1000' } } as const
  expect((await fetch(testDelivery(event, { secret, url }))).status).toBe(204)
  const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
  expect((await fetch(testDelivery(event, { secret: other, url }))).status).toBe(400)
  expect(example.printed.join('')).toContain('paid out')
  await example.stop()
})
