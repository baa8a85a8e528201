/**
 * Vitest global setup, in Node: somebody's server that takes webhooks. `POST /in/<name>` is answered as `PUT /script/<name>`
 * said, a list of `{status?, hang?, location?}` of which the last stays; `GET /seen/<name>` is what came, each judged by the
 * official library with the secret `?secret=`.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { TestProject } from 'vitest/node'

export type Step = { status?: number; hang?: true; location?: string; body?: string }
export type Seen = { headers: Record<string, string>; body: string; method: string; verified: boolean }

export default async function setup(project: TestProject) {
  const scripts = new Map<string, Step[]>()
  const seen = new Map<string, Omit<Seen, 'verified'>[]>()
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://receiver')
    const [, what = '', name = ''] = pathname.split('/')
    void read(request).then((body) => {
      if (what === 'script') {
        scripts.set(name, JSON.parse(body) as Step[])
        seen.delete(name)
        return response.end()
      }
      if (what === 'seen') {
        const secret = searchParams.get('secret')
        const all = (seen.get(name) ?? []).map((each) => ({ ...each, verified: verifies(secret, each) }))
        return response.end(JSON.stringify(all))
      }
      const { method = '', headers } = request
      const record = { method, headers: headers as Record<string, string>, body }
      seen.set(name, [...(seen.get(name) ?? []), record])
      const script = scripts.get(name) ?? []
      const step = (script.length > 1 ? script.shift() : script[0]) ?? {}
      if (step.hang === true) return undefined
      const location = step.location === undefined ? {} : { location: step.location }
      response.writeHead(step.status ?? 200, location)
      return response.end(step.body ?? 'the words of the receiver')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  project.provide('receiverUrl' as never, `http://127.0.0.1:${(server.address() as AddressInfo).port}` as never)
  return () => {
    server.closeAllConnections()
    server.close()
  }
}

function verifies(secret: string | null, { headers, body }: Omit<Seen, 'verified'>): boolean {
  if (secret === null) return false
  try {
    new Webhook(secret).verify(body, headers)
    return true
  } catch {
    return false
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
