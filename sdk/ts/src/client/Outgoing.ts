/** A request that may have to be sent more than once: its body is held, its answers are not. */
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import { fromBytes } from '@pbstream/core/Hex'

/** Not for another origin. */
const PRIVATE = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key']

export class Outgoing {
  readonly url: URL
  readonly method: string
  /** The caller's `Idempotency-Key`, if it has one. */
  readonly id: string | undefined
  readonly #template: Request
  /** The caller's own: that of a request which was made from another one no longer ends when the other one is gone. */
  readonly #signal: AbortSignal | undefined
  readonly #body: Uint8Array<ArrayBuffer> | undefined
  #contentDigest: Promise<string | undefined> | undefined
  #wasMoved = false

  private constructor(template: Request, body: Uint8Array<ArrayBuffer> | undefined, signal: AbortSignal | undefined) {
    this.url = new URL(template.url)
    this.url.hash = ''
    this.method = template.method
    this.id = template.headers.get('idempotency-key') ?? undefined
    this.#template = template
    this.#body = body
    this.#signal = signal
  }

  /** @throws {TypeError} as `new Request` does. */
  static async from(input: string | URL | Request, init: RequestInit | undefined): Promise<Outgoing> {
    const template = new Request(input, init)
    const body = template.body === null ? undefined : new Uint8Array(await template.arrayBuffer())
    const signal = init?.signal === undefined && input instanceof Request ? input.signal : init?.signal
    return new Outgoing(template, body, signal ?? undefined)
  }

  /** True when the caller pays by itself. */
  get isPaid(): boolean {
    return ['payment-signature', 'x-payment', 'pbstream-session'].some((name) => this.#template.headers.has(name))
  }

  get signal(): AbortSignal {
    return this.#signal ?? this.#template.signal
  }

  /** To be given along with each request that is made of it. */
  get init(): RequestInit {
    return { signal: this.signal }
  }

  /** What is signed of the body; `undefined` for none. */
  contentDigest(): Promise<string | undefined> {
    this.#contentDigest ??= digest(this.#body)
    return this.#contentDigest
  }

  /**
   * The request with more headers. A redirect of a paid request is not followed: what was signed is for this URL.
   *
   * Headers that only the network layer may set are left to it.
   */
  with(headers: Record<string, string> = {}): Request {
    const all = new Headers(this.#template.headers)
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    const isPaid = Object.keys(headers).length > 0
    return new Request(this.#template, {
      headers: all,
      ...(this.#body === undefined ? {} : { body: this.#body }),
      ...(isPaid && this.#template.redirect === 'follow' ? { redirect: 'manual' } : {}),
    })
  }

  /** The request that a redirect leads to, unpaid; `undefined` when the answer is none, or the caller follows by itself. */
  redirected(response: Response): Outgoing | undefined {
    const { status } = response
    const location = [301, 302, 303, 307, 308].includes(status) ? response.headers.get('location') : null
    if (location === null || this.#template.redirect !== 'follow' || !URL.canParse(location, this.url)) return undefined
    const url = new URL(location, this.url)
    const headers = new Headers(this.#template.headers)
    if (url.origin !== this.url.origin) for (const name of PRIVATE) headers.delete(name)
    // As browsers do: a redirected POST becomes a GET, unless the answer says that it stays what it is.
    const becomesGet = status === 303 ? this.method !== 'HEAD' : status < 303 && this.method === 'POST'
    if (becomesGet) for (const name of ['content-type', 'content-length', 'content-encoding']) headers.delete(name)
    const body = becomesGet ? undefined : this.#body
    return this.#at(url, becomesGet ? 'GET' : this.method, headers, body)
  }

  /** The same request to where the network layer was redirected; `undefined` the second time. */
  movedTo(target: string): Outgoing | undefined {
    if (this.#wasMoved) return undefined
    const url = new URL(target)
    const headers = new Headers(this.#template.headers)
    if (url.origin !== this.url.origin) for (const name of PRIVATE) headers.delete(name)
    const moved = this.#at(url, this.method, headers, this.#body)
    moved.#wasMoved = true
    return moved
  }

  #at(url: URL, method: string, headers: Headers, body: Uint8Array<ArrayBuffer> | undefined): Outgoing {
    const { signal } = this
    const template = new Request(url, { method, headers, signal, ...(body === undefined ? {} : { body }) })
    return new Outgoing(template, body, signal)
  }
}

async function digest(body: Uint8Array<ArrayBuffer> | undefined): Promise<string | undefined> {
  if (body === undefined || body.length === 0) return undefined
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
  return HttpSignature.contentDigest(fromBytes(hash))
}
