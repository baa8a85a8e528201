/** Where bodies are when a payment is checked: before and after parsers, in chunks, large, gone. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { keepBody, paid, payment, paywall } from '@pbstream/sdk/express'
import * as sdkFastify from '@pbstream/sdk/fastify'
import * as sdkHono from '@pbstream/sdk/hono'
import express, { type Express } from 'express'
import fastify, { type FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AUDIENCE, Gate } from './support/Gate.ts'

let gate: Gate
const servers: Server[] = []
beforeEach(async () => void (gate = await Gate.start()))
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await gate.stop()
})

const options = () => ({ gateway: gate.url, audience: AUDIENCE })
const json = { 'content-type': 'application/json' }
const named = (body: string) => import('node:crypto').then(({ hash }) => `sha-256=:${hash('sha256', body, 'base64')}:`)

async function listen(app: Express): Promise<string> {
  const server = createServer(app)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Hangs up when the request has come in; resolves when the server has noticed. */
async function gone(socket: Socket, server: Server): Promise<void> {
  const [request] = (await once(server, 'request')) as [IncomingMessage]
  await new Promise((resolve) => {
    request.once('close', resolve)
    socket.destroy()
  })
}

const post = (body: string) => ({ method: 'POST', path: '/in', body })

describe('express', () => {
  const answer: express.RequestHandler = (req, res) => void res.json({ body: req.body, content: payment(req).content })

  test('a parser before everything else, without the bytes: refused, and it says why', async () => {
    const app = express().use(express.json()).use(paywall(options())).post('/in', paid('$0.002'), answer)
    const response = await gate.send(await listen(app), post('{"a":1}'), json)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'origin_body_unavailable' })
  })

  test('the same with Content-Digest: served, and flagged', async () => {
    const app = express().use(express.json()).use(paywall(options())).post('/in', paid('$0.002'), answer)
    const url = await listen(app)
    const headers = { ...json, 'content-digest': await named('{"a":1}') }
    const response = await gate.send(url, post('{"a":1}'), headers)
    expect(await response.json()).toEqual({ body: { a: 1 }, content: 'named' })
    const swapped = { ...json, 'content-digest': await named('{"a":2}') }
    expect((await gate.send(url, post('{"a":1}'), swapped)).status).toBe(403)
  })

  test('the same with a parser that keeps the bytes', async () => {
    const app = express()
      .use(express.json({ verify: keepBody }))
      .use(paywall(options()))
      .post('/in', paid('$0.002'), answer)
    const response = await gate.send(await listen(app), post('{ "a" : 1 }'), json)
    expect(await response.json()).toEqual({ body: { a: 1 }, content: 'verified' })
  })

  test('paid() before the parser of the route; a raw parser', async () => {
    const app = express().use(paywall(options()))
    app.post('/in', paid('$0.002'), express.json(), answer)
    app.post('/raw', express.raw({ type: '*/*' }), paid('$0.002'), (req, res) => {
      res.json({ bytes: (req.body as Buffer).length, content: payment(req).content })
    })
    const url = await listen(app)
    const parsed = await gate.send(url, post('{"a":1}'), json)
    expect(await parsed.json()).toEqual({ body: { a: 1 }, content: 'verified' })
    const raw = await gate.send(url, { method: 'POST', path: '/raw', body: 'abc' })
    expect(await raw.json()).toEqual({ bytes: 3, content: 'verified' })
  })

  test('a handler that reads the stream itself', async () => {
    const app = express().post('/in', paywall(options()), paid('$0.002'), async (req, res) => {
      let size = 0
      for await (const chunk of req) size += (chunk as Buffer).length
      res.json({ size })
    })
    const body = 'x'.repeat(900_000)
    expect(await (await gate.send(await listen(app), post(body))).json()).toEqual({ size: 900_000 })
  })

  test('chunks that come slowly, and an empty chunked body', async () => {
    const app = express().use(paywall(options())).use(express.json()).post('/in', paid('$0.002'), answer)
    const { port } = new URL(await listen(app))
    const send = async (body: string, chunks: string[]) => {
      const token = await gate.token(post(body))
      const head = `POST /in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nPBStream-Payment: ${token}\r\n\r\n`
      const socket = connect(Number(port), '127.0.0.1')
      socket.write(head)
      for (const chunk of chunks) {
        await new Promise((resolve) => setImmediate(resolve))
        socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)
      }
      socket.write('0\r\n\r\n')
      let text = ''
      for await (const data of socket) text += String(data)
      return text
    }
    const slow = await send('{"a":[1,2]}', ['{"a"', ':[1,', '2]}'])
    expect(slow).toContain('{"body":{"a":[1,2]},"content":"verified"}')
    expect(await send('', [])).toContain('"content":"verified"')
    expect(await send('{"a":1}', ['{"a":2}'])).toContain('403 Forbidden')
  })

  test('a stream without an end gets to a free handler at once', async () => {
    const app = express()
      .use(paywall(options()))
      .post('/free', (req, res) => void req.once('data', () => res.end('heard')))
    const { port } = new URL(await listen(app))
    const socket = connect(Number(port), '127.0.0.1')
    socket.write('POST /free HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(String(answer)).toContain('200 OK')
    socket.destroy()
  })

  test('a large body passes as a stream, bound by its name', async () => {
    const app = express().post('/in', paywall(options()), paid('$0.002'), async (req, res) => {
      let size = 0
      for await (const chunk of req) size += (chunk as Buffer).length
      res.json({ size, content: payment(req).content })
    })
    const body = 'x'.repeat(3_000_000)
    const response = await gate.send(await listen(app), post(body), { 'content-digest': await named(body) })
    expect(await response.json()).toEqual({ size: 3_000_000, content: 'named' })
  })

  test('a host or target that would bend the URL is refused', async () => {
    const app = express().use(paywall(options())).get('/{*any}', paid('$0.002'), answer)
    const { port } = new URL(await listen(app))
    const call = { path: '/cheap?/dear' }
    const send = async (target: string, host: string) => {
      const socket = connect(Number(port), '127.0.0.1')
      const token = await gate.token(call)
      socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nPBStream-Payment: ${token}\r\n\r\n`)
      let text = ''
      for await (const data of socket) text += String(data)
      return text.split('\r\n')[0]
    }
    expect(await send('/cheap?/dear', 'origin.test')).toBe('HTTP/1.1 200 OK')
    expect(await send('/dear', 'origin.test/cheap?')).toBe('HTTP/1.1 400 Bad Request')
    expect(await send('http://origin.test/cheap?/dear', 'x')).toBe('HTTP/1.1 400 Bad Request')
  })

  test('two paid() on one route are an error, not a choice', async () => {
    const app = express().use(paywall(options()), paid('$0.001'))
    app.get('/in', paid('$0.002'), answer)
    const failed: express.ErrorRequestHandler = (error: Error, _req, res, _next) =>
      void res.status(500).end(error.message)
    app.use(failed)
    const response = await gate.send(await listen(app), { path: '/in' })
    expect([response.status, await response.text()]).toEqual([500, 'this route has two paid(): leave one'])
  })
})

describe('fastify', () => {
  async function start(make: (app: FastifyInstance) => void): Promise<string> {
    const app = fastify()
    servers.push(app.server)
    await app.register(sdkFastify.paywall, options())
    make(app)
    return app.listen({ port: 0, host: '127.0.0.1' })
  }

  test('hooks of the route run beside those of paid(), after it', async () => {
    const order: string[] = []
    const url = await start((app) => {
      const hooks = { preHandler: () => Promise.resolve(void order.push('hook')), bodyLimit: 100 }
      app.post('/in', sdkFastify.paid('$0.002', hooks), (request) => {
        order.push(sdkFastify.payment(request).content)
        return request.body
      })
    })
    expect((await fetch(`${url}/in`, { method: 'POST', body: '{"a":1}', headers: json })).status).toBe(402)
    expect(order).toEqual([])
    expect(await (await gate.send(url, post('{"a":1}'), json)).json()).toEqual({ a: 1 })
    expect(order).toEqual(['hook', 'verified'])
    expect((await gate.send(url, post(JSON.stringify('x'.repeat(200))), json)).status).toBe(413)
  })

  test('a parser that leaves the body unread: small ones are verified, large ones bound by their name', async () => {
    const url = await start((app) => {
      app.addContentTypeParser('text/raw', (_request, payload, done) => done(null, payload))
      app.post('/in', sdkFastify.paid('$0.002', { bodyLimit: 10_000_000 }), async (request) => {
        let size = 0
        for await (const chunk of request.body as AsyncIterable<Buffer>) size += chunk.length
        return { size, content: sdkFastify.payment(request).content }
      })
    })
    const raw = { 'content-type': 'text/raw' }
    const small = 'x'.repeat(1024 * 1024)
    expect(await (await gate.send(url, post(small), raw)).json()).toEqual({ size: small.length, content: 'verified' })
    const token = await gate.token(post('abc'))
    const swapped = { method: 'POST', body: 'abd', headers: { ...raw, 'pbstream-payment': token } }
    expect((await fetch(`${url}/in`, swapped)).status).toBe(403)
    const large = 'x'.repeat(2_000_000)
    const response = await gate.send(url, post(large), { ...raw, 'content-digest': await named(large) })
    expect(await response.json()).toEqual({ size: 2_000_000, content: 'named' })
    expect((await gate.send(url, post(large), raw)).status).toBe(403)
  })

  test('a body that breaks off is no call', async () => {
    let runs = 0
    const url = await start((app) => {
      app.addContentTypeParser('text/raw', (_request, payload, done) => done(null, payload))
      app.post('/in', sdkFastify.paid('$0.002'), () => void runs++)
    })
    const token = await gate.token(post('abc'))
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(
      `POST /in HTTP/1.1\r\nHost: x\r\nContent-Type: text/raw\r\nContent-Length: 3\r\nPBStream-Payment: ${token}\r\n\r\nab`,
    )
    await gone(socket, servers.at(-1) as Server)
    expect(runs).toBe(0)
  })
})

describe('hono', () => {
  test('a body that a middleware has read already', async () => {
    const app = new Hono()
    app.use(sdkHono.paywall(options()))
    app.use(async (c, next) => {
      await c.req.json()
      await next()
    })
    app.post('/in', sdkHono.paid('$0.002'), async (c) =>
      c.json({ body: (await c.req.json()) as unknown, content: sdkHono.payment(c).content }),
    )
    const headers = { ...json, 'pbstream-payment': await gate.token(post('{ "a":1 }')) }
    const response = await app.request('/in', { method: 'POST', body: '{ "a":1 }', headers })
    expect(await response.json()).toEqual({ body: { a: 1 }, content: 'verified' })
  })

  test('HEAD of a paid GET', async () => {
    const app = new Hono()
    app.get('/in', sdkHono.paywall(options()), sdkHono.paid('$0.002'), (c) => c.text('hello'))
    const headers = { 'pbstream-payment': await gate.token({ method: 'HEAD', path: '/in' }) }
    expect((await app.request('/in', { method: 'HEAD', headers })).status).toBe(200)
    expect((await app.request('/in', { method: 'GET', headers })).status).toBe(403)
  })
})
