/** Paid tools before the official MCP client, in x402's way. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { ConfigurationError, type McpPaywall, paidTool, paywall } from '@pbstream/sdk/mcp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { PAYER } from './support/Gate.ts'
import { OFFERS, PAID, PaymentsApi, SECRET_KEY } from './support/PaymentsApi.ts'

let api: PaymentsApi
let client: Client
let server: McpServer
let wall: McpPaywall
let runs = 0

beforeAll(async () => void (api = await PaymentsApi.start()))
afterAll(() => api.stop())
beforeEach(async () => {
  api.forget()
  runs = 0
  wall = paywall({ gateway: api.url, secretKey: SECRET_KEY })
  server = new McpServer({ name: 'test', version: '1.0.0' })
  register()
  client = new Client({ name: 'caller', version: '1.0.0' })
  const [a, b] = InMemoryTransport.createLinkedPair()
  await Promise.all([server.connect(a), client.connect(b)])
})
afterEach(async () => {
  await client.close()
  vi.unstubAllEnvs()
})

const text = (value: string) => [{ type: 'text' as const, text: value }]

function register(): void {
  const inputSchema = { city: z.string(), days: z.number().default(1) }
  wall.paidTool(server, 'weather', { price: '$0.002', inputSchema }, ({ city, days }, { payment }) => {
    runs++
    return { content: text(`${city} ${days} for ${payment.payer}`) }
  })
  wall.paidTool(server, 'tokens', { price: { max: '$0.01' } }, (_, { meter }) => {
    meter(700)
    meter(34)
    return { content: [] }
  })
  wall.paidTool(server, 'sorry', { price: '$0.002' }, () => ({ isError: true, content: text('no such city') }))
  wall.paidTool(server, 'throws', { price: '$0.002' }, () => Promise.reject(new Error('broken')))
  const outputSchema = { temperature: z.number() }
  wall.paidTool(server, 'typed', { price: '$0.002', outputSchema }, () => {
    return { content: [], structuredContent: { temperature: 7 } }
  })
}

const paying = { 'x402/payment': { x402Version: 2, payload: {} } }

function call(name: string, args: Record<string, unknown> = {}, meta: Record<string, unknown> = paying) {
  return client.callTool({ name, arguments: args, _meta: meta })
}

describe('a tool call without payment', () => {
  test('is answered with the offers, as data and as text; the tool does not run', async () => {
    const result = await call('weather', { city: 'Oslo' }, {})
    const offers = { ...OFFERS, resource: { url: 'mcp://tool/weather' } }
    expect(result).toMatchObject({ isError: true, structuredContent: offers })
    expect(JSON.parse((result.content as { text: string }[])[0]?.text as string)).toEqual(offers)
    expect(runs).toBe(0)
    expect(api.bodies[0]).toMatchObject({
      method: 'POST',
      url: 'https://mcp.invalid/tool/weather',
      route: 'weather',
      price: '2000',
    })
  })

  test('also of a tool with an output schema, which clients hold results against', async () => {
    const result = await call('typed', {}, {})
    expect(result.isError).toBe(true)
    expect(JSON.parse((result.content as { text: string }[])[0]?.text as string)).toMatchObject(OFFERS)
  })

  test('is for its arguments: in whatever order, and for no others', async () => {
    await call('weather', { city: 'Oslo', days: 2 }, {})
    await call('weather', { days: 2, city: 'Oslo' }, {})
    await call('weather', { city: 'Oslo', days: 3 }, {})
    const digests = api.bodies.map(({ bodyDigest }) => bodyDigest)
    expect(digests[0]).toBe(digests[1])
    expect(digests[0]).not.toBe(digests[2])
    await call('tokens', {}, {})
    await call('sorry', {}, {})
    expect(api.bodies[3]?.bodyDigest).not.toBe(api.bodies[4]?.bodyDigest)
  })
})

describe('a paid call', () => {
  test('runs the tool, is charged, and says so', async () => {
    const result = await call('weather', { city: 'Oslo' })
    expect(result.content).toEqual(text(`Oslo 1 for ${PAYER}`))
    expect(result._meta).toEqual({ 'x402/payment-response': PAID, 'pbstream/receipt': 'a.receipt' })
    const payment = Buffer.from(api.bodies[0]?.headers['payment-signature'] as string, 'base64').toString()
    expect(JSON.parse(payment)).toEqual(paying['x402/payment'])
    expect(api.asked).toEqual([{ what: 'authorize' }, { what: 'capture', amount: '2000' }])
  })

  test('is charged what was metered', async () => {
    await call('tokens')
    expect(api.asked).toEqual([{ what: 'authorize' }, { what: 'capture', amount: '734' }])
  })

  test('keeps what the tool says by its schema', async () => {
    expect(await call('typed')).toMatchObject({ structuredContent: { temperature: 7 } })
  })

  test('is not charged when the tool reports an error, or throws', async () => {
    expect(await call('sorry')).toMatchObject({ isError: true, content: text('no such city') })
    expect(await call('throws')).toMatchObject({ isError: true, content: text('broken') })
    await api.until('void', 2)
    expect(api.asked.filter(({ what }) => what !== 'authorize')).toEqual([
      { what: 'void', freesId: true },
      { what: 'void', freesId: true },
    ])
  })

  test('gives nothing away when the charge could not be recorded', async () => {
    api.refuses = true
    const result = await call('weather', { city: 'Oslo' })
    expect(result).toMatchObject({ isError: true, structuredContent: { code: 'temporarily_unavailable' } })
    expect(JSON.stringify(result)).not.toContain('Oslo')
  })
})

test('settings that cannot work fail when the tool is registered', () => {
  vi.stubEnv('PB_GATEWAY_URL', 'https://gw.test')
  vi.stubEnv('PB_AUDIENCE', 'acme/weather')
  vi.stubEnv('PB_SECRET_KEY', '')
  const add = () => paidTool(server, 'more', { price: '$0.002' }, () => ({ content: [] }))
  expect(add).toThrow(ConfigurationError)
  expect(add).toThrow(/PB_SECRET_KEY/)
})
