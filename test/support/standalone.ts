/** Providers with servers of their own: an owner, a provider without any route, a key for payments, and the server. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStandalone, type PaymentAsk, type Standalone, StandaloneError } from '@pbstream/sdk/server/Standalone'
import { Owner } from './keysApi.ts'
import type { Stack } from './Stack.ts'

export type Merchant = { owner: Owner; provider: string; apiKey: string; keyId: string; gate: Standalone }

/** An API key with these scopes. */
export async function keyOf(owner: Owner, scopes: string[]): Promise<{ id: string; secret: string }> {
  const { status, json } = await owner.asPerson('POST', '/api-keys', { body: { name: 'server', scopes } })
  if (status !== 201) throw new Error(`no API key: ${JSON.stringify(json)}`)
  return { id: json['id'] as string, secret: json['secret'] as string }
}

/** Somebody who sells with a server of his own, and has no route at all. */
export async function merchant(stack: Stack): Promise<Merchant> {
  const owner = await Owner.signIn(stack)
  const { status, json } = await owner.call('POST', '/providers', {
    body: { name: 'Corner shop', payTo: owner.address },
  })
  if (status !== 201) throw new Error(`no provider: ${JSON.stringify(json)}`)
  const { id, secret } = await keyOf(owner, ['payments:write'])
  const gate = createStandalone({ gateway: stack.gateway, apiKey: secret })
  return { owner, provider: json['id'] as string, apiKey: secret, keyId: id, gate }
}

export type Sold = { status: number; body: string; cost: bigint }

/** A plain Node server that asks the gateway about each request, and sells what `work` makes of it. */
export class Shop {
  readonly url: string
  readonly served: string[] = []
  work: (path: string) => Sold | Promise<Sold> = () => ({ status: 200, body: 'sold', cost: this.price })
  readonly price = 2_000n
  /** Neither captures nor voids: `work` does, or leaves the payment open. */
  keeps = false
  readonly #server: Server
  readonly #gate: Standalone

  private constructor(server: Server, gate: Standalone) {
    this.#server = server
    this.#gate = gate
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch((error: unknown) => {
        // Nothing is served that could not be charged.
        response.writeHead(503).end(error instanceof StandaloneError ? error.code : 'failure')
      })
    })
  }

  static async open(gate: Standalone): Promise<Shop> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Shop(server, gate)
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  ask(request: IncomingMessage): PaymentAsk {
    const { method = 'GET', url = '/', headers } = request
    return { route: 'goods', method, url: this.url + url, price: this.price, headers }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verdict = await this.#gate.authorize(this.ask(request))
    if (verdict.kind === 'response') {
      response.writeHead(verdict.status, verdict.headers).end(verdict.body)
      return
    }
    this.served.push(verdict.id)
    const { status, body, cost } = await this.work(request.url ?? '/')
    if (this.keeps) {
      response.writeHead(status).end(body)
      return
    }
    if (status < 200 || status > 299) {
      await this.#gate.void(verdict.id, true)
      response.writeHead(status).end(body)
      return
    }
    const { headers } = await this.#gate.capture(verdict.id, cost)
    response.writeHead(status, { ...verdict.headers, ...headers }).end(body)
  }
}
