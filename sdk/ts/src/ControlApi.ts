/** The API of the control Worker, as its owner calls it: with an API key, or signed in with a wallet. */
import { randomUUID } from 'node:crypto'
import type { PrivateKeyAccount } from 'viem/accounts'
import { createSiweMessage } from 'viem/siwe'
import { Failure } from './Failure.ts'
import { isObject } from './validate/Offers.ts'

type Json = Record<string, unknown>

const API_KEY = /^pb_(?:live|test)_[0-9A-Za-z]{49}$/

export class ControlApi {
  readonly #origin: string
  readonly #who: Record<string, string>

  private constructor(origin: string, who: Record<string, string>) {
    this.#origin = origin
    this.#who = who
  }

  /** @throws {Failure} when it has not the form of an API key. It is not quoted. */
  static withKey(origin: string, key: string): ControlApi {
    if (!API_KEY.test(key))
      throw new Failure('The API key is none: pb_live_… or pb_test_… with 49 characters after it.')
    return new ControlApi(origin, { authorization: `Bearer ${key}` })
  }

  /** Signs in with a message of EIP-4361, for this host only. @throws {Failure} */
  static async signIn(origin: string, account: PrivateKeyAccount, mode: 'live' | 'test'): Promise<ControlApi> {
    const nobody = new ControlApi(origin, {})
    const offer = await nobody.call('POST', '/sign-in/nonce')
    const { host } = new URL(origin)
    const { domain, uri, nonce, chainIds } = offer.json
    // What is signed is for the host that was named, whatever it says of itself.
    if (domain !== host || URL.parse(String(uri))?.origin !== origin || typeof nonce !== 'string') {
      throw new Failure(`${host} calls itself ${String(domain).slice(0, 100)}: nothing was signed. Check --url.`)
    }
    const [chainId] = Array.isArray(chainIds) ? (chainIds as unknown[]) : []
    const message = createSiweMessage({
      address: account.address,
      chainId: Number(chainId),
      domain: host,
      nonce,
      uri: origin,
      version: '1',
      issuedAt: new Date(),
    })
    const signature = await account.signMessage({ message })
    const entered = await nobody.call('POST', '/sign-in', { message, signature })
    const [cookie = ''] = (entered.headers.get('set-cookie') ?? '').split(';')
    return new ControlApi(origin, { cookie, origin, 'pbstream-mode': mode })
  }

  /** Ends the sign-in; an API key is left as it is. Never throws. */
  async end(): Promise<void> {
    if (this.#who['cookie'] !== undefined) await this.call('POST', '/sign-out', {}).catch(() => undefined)
  }

  /** One call. @throws {Failure} with what the API says when it is refused. */
  async call(method: string, path: string, body?: Json): Promise<{ headers: Headers; json: Json }> {
    const response = await fetch(`${this.#origin}/v1${path}`, {
      method,
      redirect: 'error',
      headers: {
        ...this.#who,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch(() => {
      throw new Failure(`${this.#origin} does not answer.`)
    })
    const value: unknown = await response.json().catch(() => undefined)
    const json = isObject(value) ? value : {}
    if (response.ok) return { headers: response.headers, json }
    const { title, detail, hint } = json
    const said = [title, detail, hint].filter((text) => typeof text === 'string').join('. ')
    throw new Failure(
      `${this.#origin} answered ${response.status}: ${said === '' ? 'Is it the control Worker?' : said}`,
    )
  }
}
