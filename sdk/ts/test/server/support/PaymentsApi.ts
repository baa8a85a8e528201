/** What a stand-alone server sees of the gateway: an API that authorises what brings `PAYMENT-SIGNATURE: good`. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AuthorizeBody, AuthorizeReply, CaptureReply } from '@pbstream/core/standalone/Wire'
import { PAYER } from './Gate.ts'

export const SECRET_KEY = `pb_test_${'1'.repeat(49)}`
/** In base64 JSON, as x402 has them. */
export const OFFERS = { x402Version: 2, error: 'payment_required', accepts: [{ scheme: 'batch-settlement' }] }
const offersFor = (url: string) => ({ ...OFFERS, resource: { url } })
export const PAID = { success: true, transaction: '', network: 'eip155:31337', payer: PAYER }

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

/** The order in which a server asked for things, with the amounts. */
export type Asked = { what: 'authorize' | 'capture' | 'mark' | 'void'; amount?: string; freesId?: boolean }

export class PaymentsApi {
  readonly url: string
  readonly asked: Asked[] = []
  /** What came with the calls to `authorize`. */
  readonly bodies: AuthorizeBody[] = []
  /** Whether captures are refused. */
  refuses = false
  /** Waited for before a capture is answered. */
  before: Promise<void> = Promise.resolve()
  readonly #server: Server
  readonly #waiting: { isOver: () => boolean; seen: () => void }[] = []
  #count = 0

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request: IncomingMessage, response) => {
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
    })
  }

  static async start(): Promise<PaymentsApi> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new PaymentsApi(server)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Forgets what was asked so far. */
  forget(): void {
    this.asked.length = 0
    this.bodies.length = 0
    this.refuses = false
    this.before = Promise.resolve()
  }

  /** Resolves when this has been asked for, so many times. */
  until(what: Asked['what'], times = 1): Promise<void> {
    const isOver = () => this.asked.filter((each) => each.what === what).length >= times
    return isOver() ? Promise.resolve() : new Promise((seen) => this.#waiting.push({ isOver, seen }))
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const what = request.url?.split('/').at(-1) as Asked['what']
    const asked = JSON.parse(Buffer.concat(chunks).toString('utf8')) as AuthorizeBody & Asked
    if (request.headers.authorization !== `Bearer ${SECRET_KEY}`) return { status: 401, body: { code: 'unauthorized' } }
    this.#note({
      what,
      ...(asked.amount === undefined ? {} : { amount: asked.amount }),
      ...(asked.freesId === undefined ? {} : { freesId: asked.freesId }),
    })
    if (what === 'authorize') return { status: 200, body: this.#authorize(asked) }
    if (what === 'void') return { status: 200, body: { kind: 'voided' } }
    if (what === 'mark') return { status: 200, body: { kind: 'marked', expiresAt: 0 } }
    await this.before
    if (this.refuses) return { status: 409, body: { code: 'payment_ended', retryable: false } }
    const headers = { 'payment-response': base64(PAID), 'pbstream-receipt': 'a.receipt' }
    const body: CaptureReply = { kind: 'captured', amount: asked.amount as string, receipt: 'a.receipt', headers }
    return { status: 200, body }
  }

  #authorize(body: AuthorizeBody): AuthorizeReply {
    this.bodies.push(body)
    const payment = body.headers['payment-signature']
    if (payment === undefined) {
      const headers = { 'payment-required': base64(offersFor(body.url)), 'content-type': 'application/problem+json' }
      return { kind: 'response', status: 402, headers, body: '{"code":"payment_required"}' }
    }
    return {
      kind: 'authorized',
      id: `p${++this.#count}`,
      payer: PAYER,
      session: 'eip155:31337/session',
      network: 'eip155:31337',
      ceiling: body.price,
      expiresAt: 0,
      headers: { 'pbstream-request-id': 'abc' },
    }
  }

  #note(asked: Asked): void {
    this.asked.push(asked)
    for (const { isOver, seen } of this.#waiting) if (isOver()) seen()
  }
}
