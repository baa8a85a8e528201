/** A caller that hangs up is heard, however long ago it called. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPayer } from '../../src/client.ts'
import { randomKey } from './payer.ts'

vi.setConfig({ testTimeout: 30_000 })

let server: Server
let origin: string
let closed: Promise<void>

beforeEach(async () => {
  closed = new Promise((resolve) => {
    server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      response.once('close', () => resolve())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

/** Takes away all that nobody holds any more. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) {
    gc()
    // Finalisers run in turns of their own.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test.each(['in the options', 'in a request'])(
  'by its signal %s, after the request itself is forgotten',
  async (where) => {
    const pay = createPayer({ key: randomKey() })
    const hangUp = new AbortController()
    const { signal } = hangUp
    const request = new Request(origin, { signal })
    const response = await (where === 'in a request' ? pay.fetch(request) : pay.fetch(origin, { signal }))
    const reader = response.body?.getReader()
    await reader?.read()
    await collectGarbage()
    hangUp.abort()
    await expect(reader?.read()).rejects.toThrow()
    await closed
    expect(request.signal.aborted).toBe(true)
  },
)

test('a signal that is taken out of a request does not end it', async () => {
  const pay = createPayer({ key: randomKey() })
  const hangUp = new AbortController()
  const request = new Request(origin, { signal: hangUp.signal })
  const response = await pay.fetch(request, { signal: null })
  hangUp.abort()
  const read = await response.body?.getReader().read()
  expect(read?.done).toBe(false)
})
