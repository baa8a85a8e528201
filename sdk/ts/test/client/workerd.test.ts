import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { FakeGateway } from './FakeGateway.ts'
import { randomKey } from './payer.ts'

// Signatures in plain JavaScript take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let server: Server
let gateway: FakeGateway
let worker: Miniflare

beforeAll(async () => {
  server = createServer(getRequestListener((request) => gateway.fetch(request)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  gateway = new FakeGateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: join(import.meta.dirname, '../../src'), loader: 'ts' },
    ...{ bundle: true, write: false, format: 'esm', platform: 'neutral', target: 'es2024' },
  })
  worker = new Miniflare(
    convertV4MiniflareOptions({
      ...{ modules: true, script: outputFiles[0]?.text ?? '', compatibilityDate: '2026-01-01' },
      bindings: { KEY: randomKey() },
    }),
  )
  await worker.ready
})
afterAll(async () => {
  await worker.dispose()
  server.closeAllConnections()
  server.close()
})

const SCRIPT = `
  import { createPayer } from './client.ts'
  export default {
    async fetch(request: Request, env: { KEY: \`0x\${string}\` }) {
      const url = new URL(request.url).searchParams.get('url') ?? ''
      const algorithm = new URL(request.url).searchParams.get('algorithm') as 'ed25519'
      const pay = createPayer({ key: env.KEY, algorithm, salt: algorithm === 'ed25519' ? '0x${'01'.repeat(32)}' : undefined })
      const answers = await Promise.all([1, 2, 3].map((n) => pay.fetch(url, { method: 'POST', body: 'call ' + n })))
      return Response.json(answers.map(({ status }) => status))
    },
  }
`

test.each(['hmac-sha256', 'ed25519'])('a Worker pays in session mode, signing with %s', async (algorithm) => {
  gateway.channel = undefined
  gateway.accepted = 0n
  gateway.served.length = 0
  const url = `http://payer/?algorithm=${algorithm}&url=${encodeURIComponent(`${gateway.origin}/a`)}`
  const response = await worker.dispatchFetch(url)
  expect(await response.json()).toEqual([200, 200, 200])
  expect(gateway.served.map(({ body }) => body).sort()).toEqual(['call 1', 'call 2', 'call 3'])
})
