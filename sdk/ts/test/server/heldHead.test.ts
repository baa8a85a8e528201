/** Node answers whose head waits for a decision: whatever is written, however, leaves whole and in order afterwards. */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { Refusal } from '../../src/server/Deployment.ts'
import { onHead } from '../../src/server/HeldHead.ts'
import type { Head } from '../../src/server/Passage.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const head: Head = { set: [['x-receipt', 'r']], defaults: [['cache-control', 'private']] }
const refusal: Refusal = { kind: 'refused', status: 503, headers: [['x-why', 'no']], body: 'refused' }

/** Serves what `write` writes, with this decision a moment later, or at once. */
async function answer(write: (res: ServerResponse) => unknown, decision: Head | Refusal = head, isHeld = true) {
  const statuses: number[] = []
  const url = await serve((_, res) => {
    onHead(res, (status) => {
      statuses.push(status)
      const later = new Promise<Head | Refusal>((resolve) => setImmediate(() => resolve(decision)))
      return isHeld ? later : (decision as Head)
    })
    void write(res)
  })
  const response = await fetch(url)
  return { response, text: await response.text(), statuses }
}

const ways: Record<string, (res: ServerResponse) => unknown> = {
  'end alone': (res) => res.end('hello'),
  'writeHead and end': (res) => res.writeHead(200, { 'content-length': '5' }).end('hello'),
  'a reason and headers': (res) => res.writeHead(200, 'Fine', ['X-Own', '1']).end('hello'),
  'write and end': (res) => (res.write('hel'), res.end('lo')),
  'flushHeaders first': (res) => (res.flushHeaders(), res.write('hel'), res.end('lo')),
  'a pipe with more than a buffer': (res) => pipeline(Readable.from([Buffer.alloc(300_000, 97)]), res),
  'an asynchronous writer': async (res) => {
    res.write('hel')
    await new Promise((resolve) => setImmediate(resolve))
    res.end('lo')
  },
}

describe.each([true, false])('held: %s', (isHeld) => {
  test.each(Object.entries(ways))('%s', async (name, write) => {
    const { response, text, statuses } = await answer(write, head, isHeld)
    expect([response.status, response.headers.get('x-receipt')]).toEqual([200, 'r'])
    expect(response.headers.get('cache-control')).toBe('private')
    expect(text).toBe(name.startsWith('a pipe') ? 'a'.repeat(300_000) : 'hello')
    expect(statuses).toEqual([200])
  })

  test('an answer in one piece keeps its length', async () => {
    const { response } = await answer((res) => res.end('hello'), head, isHeld)
    expect(response.headers.get('content-length')).toBe('5')
  })

  test('what the answer says of caching is left to it', async () => {
    const set = await answer((res) => res.setHeader('cache-control', 'no-store').end(), head, isHeld)
    expect(set.response.headers.get('cache-control')).toBe('no-store')
    const given = await answer((res) => res.writeHead(200, { 'Cache-Control': 'no-store' }).end(), head, isHeld)
    expect(given.response.headers.get('cache-control')).toBe('no-store')
    const listed = await answer((res) => res.writeHead(200, ['Cache-Control', 'no-store']).end(), head, isHeld)
    expect(listed.response.headers.get('cache-control')).toBe('no-store')
  })

  test('the status is that which leaves', async () => {
    const { statuses } = await answer((res) => ((res.statusCode = 404), res.end()), head, isHeld)
    expect(statuses).toEqual([404])
  })
})

test('a refusal leaves instead, and nothing of the answer but who may read it', async () => {
  const { response, text } = await answer((res) => {
    res.setHeader('access-control-allow-origin', '*').setHeader('x-secret', '1')
    res.writeHead(200, { 'content-length': '6' })
    res.write('sec')
    res.end('ret')
  }, refusal)
  expect([response.status, text]).toEqual([503, 'refused'])
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  expect([response.headers.get('x-secret'), response.headers.get('x-why')]).toEqual([null, 'no'])
})

test('nobody can begin a second answer while the first one waits', async () => {
  let error: unknown
  let seen: boolean | undefined
  const { response, text } = await answer((res) => {
    res.writeHead(200).end('first')
    seen = res.headersSent
    try {
      res.writeHead(500)
    } catch (thrown) {
      error = thrown
    }
  })
  expect([response.status, text, seen]).toEqual([200, 'first', true])
  expect(error).toMatchObject({ code: 'ERR_HTTP_HEADERS_SENT' })
})

test('writers are told to wait, and when to go on', async () => {
  const told: unknown[] = []
  await answer((res) => {
    told.push(res.write('a'))
    res.once('drain', () => {
      told.push('drain')
      res.end()
    })
  })
  expect(told).toEqual([false, 'drain'])
})
