import { type ClientRequest, type IncomingMessage, request as send } from 'node:http'

/**
 * A request whose caller can vanish: the connection is reset. One that is only closed is not noticed on this machine until
 * something is written to it.
 */
export class Cut {
  bytes = 0
  readonly #request: ClientRequest
  readonly #answer: Promise<IncomingMessage>

  /** @param body of the request, which is not read from it. */
  constructor({ url, method, headers }: Request, body = '') {
    this.#request = send(url, { method, headers: Object.fromEntries(headers) })
    this.#answer = new Promise((resolve, reject) => this.#request.once('response', resolve).once('error', reject))
    this.#answer.catch(() => {})
    this.#request.end(body)
  }

  /** Reads until so many bytes have come. */
  async upTo(bytes: number): Promise<number> {
    const answer = await this.#answer
    for await (const chunk of answer.iterator({ destroyOnReturn: false })) {
      this.bytes += (chunk as Buffer).length
      if (this.bytes >= bytes) break
    }
    return answer.statusCode ?? 0
  }

  leave(): void {
    this.#request.on('error', () => {})
    this.#answer.then(
      (answer) => answer.on('error', () => {}),
      () => {},
    )
    this.#request.socket?.resetAndDestroy()
  }
}
