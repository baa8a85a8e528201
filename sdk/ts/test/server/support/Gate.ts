/** What a server sees of the gateway: its keys over HTTP, and requests with tokens that it signed. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as Jwk from '@pbstream/core/Jwk'
import type * as Jws from '@pbstream/core/Jws'
import * as PaymentToken from '@pbstream/core/PaymentToken'
import * as RequestBinding from '@pbstream/core/RequestBinding'

export type Key = { jwk: Jwk.PublicKey; signer: Jws.Signer }

export async function makeKey(kid: string): Promise<Key> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const { x } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as { x: string }
  const sign = async (bytes: Uint8Array) =>
    new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, bytes as Uint8Array<ArrayBuffer>))
  return { jwk: { kty: 'OKP', crv: 'Ed25519', kid, x }, signer: { kid, sign } }
}

export const AUDIENCE = 'acme/weather'
export const PAYER = '0x00000000000000000000000000000000000000aa'

/** A call as the gateway would send it on. */
export type Call = {
  method?: string
  /** With its query. */
  path: string
  body?: string | Uint8Array
  /** What the digest stands for, if that is not the body. */
  digestBody?: `0x${string}`
  host?: string
  claims?: Partial<PaymentToken.Claims>
  key?: Key
}

let count = 0

export class Gate {
  readonly url: string
  readonly host: string
  readonly key: Key
  /** What the key set holds now; undefined: the gateway is away. */
  published: unknown[] | undefined
  /** How often the key set was asked for. */
  asked = 0
  /** Unix milliseconds. */
  now: () => number = Date.now
  readonly #server: Server

  private constructor(server: Server, key: Key) {
    this.#server = server
    this.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    this.url = `http://${this.host}`
    this.key = key
    this.published = Jwk.keySet(key.jwk).keys
    server.on('request', (request, response) => {
      this.asked++
      const found = request.url === '/.well-known/jwks.json' && this.published !== undefined
      response.writeHead(found ? 200 : 503, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ keys: this.published ?? [] }))
    })
  }

  static async start(): Promise<Gate> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Gate(server, await makeKey('gateway-1'))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** The token of a call: good, but for what is asked to be otherwise. */
  token({
    method = 'GET',
    path,
    body,
    digestBody,
    host = this.host,
    claims = {},
    key = this.key,
  }: Call): Promise<string> {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array())
    const content = digestBody ?? RequestBinding.bodyDigest(bytes)
    const now = Math.floor(this.now() / 1000)
    const good: PaymentToken.Claims = {
      aud: AUDIENCE,
      payer: PAYER,
      session: 'eip155:31337/session',
      rid: `r${++count}`,
      m: method,
      path: path.split('?')[0] as string,
      digest: RequestBinding.digest(method, host + path, content),
      ceiling: '2000',
      iat: now,
      exp: now + 60,
    }
    return PaymentToken.sign({ ...good, ...claims }, key.signer)
  }

  /** Sends a call to a server as the gateway does; `headers` join the token. */
  async send(server: string, call: Call, headers: Record<string, string> = {}): Promise<Response> {
    const { method = 'GET', path, body } = call
    return fetch(server + path, {
      method,
      headers: { 'pbstream-payment': await this.token(call), ...headers },
      ...(body === undefined ? {} : { body: body as string }),
    })
  }
}
