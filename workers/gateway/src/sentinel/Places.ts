import { fromBytes } from '@pbstream/core/Hex'
import type { Origin } from '@pbstream/core/message/Sentinel'
import * as Utf8 from '@pbstream/core/Utf8'
import { Lru } from '../Lru.ts'
import { networkOf } from './Network.ts'

/** Fewer bytes are no secret: whoever guesses it can tell every network by its hash. */
const SECRET_MIN = 32
const PLACE_DIGITS = 16
/** What the edge says of an address that it cannot place. */
const UNKNOWN = 'XX'

/** What is known of nobody. */
export const nowhere: Origin = { country: '', place: '' }

/**
 * Where calls come from, as Sentinel may know it: the country, and a keyed hash in place of the network. Both come from the
 * edge: `request.cf` cannot be sent by a caller, and `CF-Connecting-IP` is replaced at Cloudflare whatever a caller sends.
 */
export class Places {
  readonly #key: CryptoKey | undefined
  readonly #known = new Lru<string, string>(4096)

  private constructor(key: CryptoKey | undefined) {
    this.#key = key
  }

  /** @throws {TypeError} for a secret of less than 32 bytes. Without one places stay unknown. */
  static async load(secret: string | undefined): Promise<Places> {
    if (secret === undefined) return new Places(undefined)
    const bytes = Utf8.encode(secret)
    if (bytes.length < SECRET_MIN) throw new TypeError(`PLACE_SECRET has less than ${SECRET_MIN} bytes`)
    return new Places(await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']))
  }

  /** A value at once for networks that were seen lately. */
  of(request: Request): Origin | Promise<Origin> {
    const country = countryOf(request)
    const address = request.headers.get('cf-connecting-ip')
    const network = address === null || this.#key === undefined ? undefined : networkOf(address)
    if (network === undefined) return country === '' ? nowhere : { country, place: '' }
    const place = this.#known.get(network)
    return place === undefined ? this.#hash(this.#key as CryptoKey, network, country) : { country, place }
  }

  async #hash(key: CryptoKey, network: string, country: string): Promise<Origin> {
    const mac = await crypto.subtle.sign('HMAC', key, Utf8.encode(`pbstream place ${network}`))
    const place = fromBytes(new Uint8Array(mac)).slice(2, 2 + PLACE_DIGITS)
    this.#known.set(network, place)
    return { country, place }
  }
}

/** ISO 3166, or `T1` for Tor; empty where the edge does not know. */
function countryOf(request: Request): string {
  const { cf } = request as Request & { cf?: { country?: unknown } | null }
  const country = cf?.country
  if (typeof country !== 'string' || !/^[A-Z][A-Z0-9]$/.test(country) || country === UNKNOWN) return ''
  return country
}
