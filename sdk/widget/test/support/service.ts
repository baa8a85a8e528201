/**
 * The service as far as the widget knows it: `/v1/grants` over HTTP, with one chain and grants in memory. `/rpc` is the
 * node of a wallet of that chain, where every account has 12.50 of the token.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as WalletRequest from '@pbstream/core/WalletRequest'
import * as Voucher from '@pbstream/core/Voucher'
import { verifyTypedData } from 'viem'
import type { Grant, NewGrant } from '../../src/grant/Service.ts'

export const CHAIN = 31337
export const ESCROW = `0x${'5c'.repeat(20)}` as const
export const FREEZER = `0x${'f2'.repeat(20)}` as const
export const TOKEN = { address: `0x${'03'.repeat(20)}`, symbol: 'USDC', decimals: 6 } as const

export type Seen = { method: string; path: string; headers: IncomingMessage['headers']; body: Record<string, unknown> }
type Answer = { status: number; body: unknown }

export class TestService implements AsyncDisposable {
  url = ''
  escrow: string | null = ESCROW
  token: object = TOKEN
  /** Unix seconds. */
  clock = () => Math.floor(Date.now() / 1_000)
  readonly seen: Seen[] = []
  readonly grants = new Map<string, Grant & { readToken: string }>()
  /** Signed receipts by id of the payment. */
  readonly receipts = new Map<string, string>()
  /** Answers that are given in the place of the next ones to POST; `undefined`: the connection is cut. */
  readonly instead: (Answer | undefined)[] = []
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #made = new Map<string, Answer>()

  static async start(): Promise<TestService> {
    const service = new TestService()
    await new Promise<void>((done) => service.#server.listen(0, '127.0.0.1', done))
    service.url = `http://127.0.0.1:${(service.#server.address() as AddressInfo).port}`
    return service
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'authorization, content-type, idempotency-key')
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const { method = 'GET', url: path = '/', headers } = request
    if (path === '/rpc') return send(response, { status: 200, body: rpc(JSON.parse(text) as Rpc) })
    const seen = { method, path, headers, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
    this.seen.push(seen)
    if (method === 'POST' && this.instead.length > 0) {
      const answer = this.instead.shift()
      if (answer === undefined) return void request.socket.destroy()
      return send(response, answer)
    }
    send(response, await this.#answer(seen))
  }

  async #answer({ method, path, headers, body }: Seen): Promise<Answer> {
    if (path.startsWith('/v1/grants/terms')) {
      const chain = { chainId: CHAIN, testnet: true, escrow: this.escrow, freezer: FREEZER, tokens: [this.token] }
      return { status: 200, body: { chains: [chain], now: this.clock() } }
    }
    if (method === 'POST' && path === '/v1/grants') return this.#create(headers, body as unknown as NewGrant)
    const [, id = '', act] = /^\/v1\/grants\/([^/?]+)\/?([\w-]*)/.exec(path) ?? []
    const grant = this.grants.get(id)
    if (grant === undefined || headers.authorization !== `Bearer ${grant.readToken}`) return problem(404, 'not_found')
    if (method === 'GET' && act === '') return { status: 200, body: grant }
    if (act === 'receipts') return { status: 200, body: { jws: this.receipts.get(path.split('/').at(-1)!) ?? null } }
    if (act === 'signing-request') return { status: 200, body: toSign(path) }
    grant.status = ({ freeze: 'frozen', unfreeze: 'active', revoke: 'revoked' } as const)[act as 'freeze']
    return { status: 200, body: { status: grant.status } }
  }

  async #create(headers: IncomingMessage['headers'], grant: NewGrant): Promise<Answer> {
    const idempotencyKey = String(headers['idempotency-key'])
    const before = this.#made.get(idempotencyKey)
    if (before !== undefined) return before
    const { permission, deadline, signature, chainId, name, routes } = grant
    const domain = Voucher.escrowDomain(chainId, ESCROW)
    const amounts = ['spendCap', 'periodAmount', 'perPaymentMax'] as const
    const message = { ...permission, ...Object.fromEntries(amounts.map((each) => [each, BigInt(permission[each])])) }
    const request = WalletRequest.typedData(domain, 'RegisterKey', { permission: message as never, deadline })
    const valid = await verifyTypedData({
      ...(request as never as object),
      address: permission.account,
      signature,
    } as never)
    if (!valid) return problem(403, 'signature_refused')
    const id = `sk_${this.grants.size + 1}`
    const usage = { spent: '0', reserved: '0', left: permission.spendCap, inFlight: 0, window: null }
    const known = { id, name, chainId, status: 'active', routes, usage, receipts: [], readToken: `pbg_${id}` } as const
    this.grants.set(id, { ...permission, ...known, onChain: { usage: '0' } })
    const expiresAt = new Date(permission.expiry * 1_000).toISOString()
    const answer = { status: 201, body: { id, token: `pbg_${id}`, expiresAt } }
    this.#made.set(idempotencyKey, answer)
    return answer
  }
}

type Rpc = { id: unknown; method: string }

function rpc({ id, method }: Rpc): object {
  const result =
    method === 'eth_chainId' ? `0x${CHAIN.toString(16)}` : `0x${(12_500_000).toString(16).padStart(64, '0')}`
  return { jsonrpc: '2.0', id, result }
}

const FORMS = { freeze: 'FreezeKey', unfreeze: 'UnfreezeKey', revoke: 'RevokeKey' } as const

function toSign(path: string): unknown {
  const action = new URL(path, 'http://localhost').searchParams.get('action') as 'freeze'
  const message = { keyId: `0x50425354${'11'.repeat(28)}`, version: 3, deadline: 2_000_000_000 } as const
  return WalletRequest.typedData(Voucher.escrowDomain(CHAIN, ESCROW), FORMS[action], message)
}

export function problem(status: number, code: string, more: object = {}): Answer {
  return { status, body: { type: 'about:blank', title: code, status, code, ...more } }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}
