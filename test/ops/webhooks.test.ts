/** Money that moves is told: from a caller's deposit through queues and projection to its owner's server, signed. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Owner } from '../support/keysApi.ts'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack
let payer: StackPayer
let owner: Owner
let server: Server
const came: { headers: Record<string, string>; body: string }[] = []
/** What the server answers next; 200 when there is nothing. */
const answers: number[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    void read(request).then((body) => {
      came.push({ headers: request.headers as Record<string, string>, body })
      response.writeHead(answers.shift() ?? 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack = await startStack({ routes: [{ path: '/cheap' }] })
  payer = await stack.payer({ scheme: 'batch-settlement' })
  owner = await Owner.signIn(stack, payer.key)
})
afterAll(async () => {
  await stack.stop()
  server.close()
})

test('a deposit arrives at the owner’s server, again after a 500 and under the same id, and at nobody else’s', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`
  const body = { url, events: ['deposit.confirmed'] }
  const made = await owner.asPerson('POST', '/webhook-endpoints', { body })
  expect(made.status).toBe(201)
  const stranger = await Owner.signIn(stack)
  const other = await stranger.asPerson('POST', '/webhook-endpoints', { body: { url: `${url}/other`, events: ['*'] } })
  expect(other.status).toBe(201)
  answers.push(500)
  expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  await until('the deposit is told twice', () => came.length >= 2, 60_000)
  const webhook = new Webhook(made.json['secret'] as string)
  const told = came.map(({ headers, body: text }) => webhook.verify(text, headers))
  expect(told[0]).toMatchObject({
    type: 'deposit.confirmed',
    mode: 'test',
    data: { payer: payer.address.toLowerCase() },
  })
  expect(new Set(came.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  const log = await until('the delivery is written down', async () => {
    const { json } = await owner.asPerson('GET', '/webhook-deliveries?status=delivered')
    return (json['data'] as { attempts: number; event: string }[])[0]
  })
  expect(log).toMatchObject({ attempts: 2, event: 'deposit.confirmed', lastStatus: 200 })
  expect((await stranger.asPerson('GET', '/webhook-deliveries')).json).toEqual({ data: [], nextCursor: null })
  expect(stack.logs.join()).not.toContain(String(made.json['secret']).slice(6))
})

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
