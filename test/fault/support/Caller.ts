import { chargeOf } from '@pbstream/local/Payer'
import type { Stack, StackPayer } from '../../support/Stack.ts'

/** A payer with the official client who keeps count of what it was told. */
export class Caller {
  readonly payer: StackPayer
  /** Atomic units in the receipts of served calls. */
  acknowledged = 0n
  readonly statuses: number[] = []
  /** Every paid request that went out. */
  readonly paid: Request[] = []
  readonly #stack: Stack
  #held: ((request: Request) => void) | undefined

  private constructor(stack: Stack, payer: StackPayer) {
    this.#stack = stack
    this.payer = payer
  }

  static async create(stack: Stack, options: Parameters<Stack['payer']>[0] = {}): Promise<Caller> {
    const carry: typeof fetch = async (input, init) => caller.#carry(new Request(input, init))
    const caller = new Caller(stack, await stack.payer({ scheme: 'batch-settlement', ...options, fetch: carry }))
    return caller
  }

  /** One paid call; its status. */
  async call(path = '/work', init: RequestInit = {}): Promise<number> {
    const response = await this.payer.fetch(`${this.#stack.gateway}${path}`, init)
    this.count(response)
    await response.text()
    return response.status
  }

  /** Calls one after another until `times` were served. What was turned away is tried again. */
  async calls(times: number, path = '/work'): Promise<void> {
    for (let served = 0, tries = 0; served < times; tries++) {
      if (tries > 20 * times) throw new Error(`only ${served} of ${times} calls were served`)
      if ((await this.call(path)) === 200) served++
    }
  }

  /** The paid request that the client would send next, kept back. */
  async sign(path = '/work'): Promise<Request> {
    const held = new Promise<Request>((resolve) => (this.#held = resolve))
    await this.payer.fetch(`${this.#stack.gateway}${path}`)
    return held
  }

  /** Counts an answer that came another way. */
  count(response: Response): void {
    this.statuses.push(response.status)
    if (response.status === 200) this.acknowledged += chargeOf(response)?.amount ?? 0n
  }

  async #carry(request: Request): Promise<Response> {
    if (!request.headers.has('PAYMENT-SIGNATURE')) return fetch(request)
    const hold = this.#held
    this.#held = undefined
    if (hold !== undefined) {
      hold(request)
      return new Response(null, { status: 204 })
    }
    this.paid.push(request.clone())
    return fetch(request)
  }
}
