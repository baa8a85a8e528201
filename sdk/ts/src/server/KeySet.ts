/** The gateway's public keys: `/.well-known/jwks.json`, kept for a while, asked for again when a new one turns up. */
import * as Base64 from '@pbstream/core/Base64'
import * as Jwk from '@pbstream/core/Jwk'
import type { VerifyBytes } from '@pbstream/core/Jws'

/** Younger than this, keys are used without a question. What the gateway's answer says of its age. */
const FRESH_MS = 300_000
/** Younger than this, they are used while the question is under way, or fails. Then nothing is verified. */
const STALE_MS = 3_600_000
/** Nothing makes this server ask more often: not a flood of made-up key names, and not a gateway that is away. */
const PAUSE_MS = 5_000
const TIMEOUT_MS = 5_000
/** More than any key set of ours has. */
const MAX_BYTES = 65_536

export type KeySetOptions = {
  /** The whole address of the key set. */
  url: string
  fetch: typeof fetch
  /** Unix milliseconds. */
  now(): number
  /** Whether requests may wait for each other's question. Not on Workers, where each waits for its own I/O only. */
  shares: boolean
}

type Known = { keys: ReadonlyMap<string, VerifyBytes>; at: number }

export class KeySet {
  readonly #options: KeySetOptions
  #known: Known | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<boolean> | undefined

  constructor(options: KeySetOptions) {
    this.#options = options
  }

  /** The keys by name; `undefined` when there are none that are young enough. Never rejects. */
  async keys(): Promise<ReadonlyMap<string, VerifyBytes> | undefined> {
    const age = this.#age()
    if (age >= STALE_MS) await this.#ask()
    // In the background: the keys in hand are good for longer than a question takes.
    else if (age >= FRESH_MS) void this.#ask()
    return this.#age() < STALE_MS ? this.#known?.keys : undefined
  }

  /** After a token named a key that is not known: asks again, unless it was just asked. True: there are newer keys. */
  renew(): Promise<boolean> {
    return this.#ask()
  }

  /** A clock that was put back makes no key young. */
  #age(): number {
    return this.#known === undefined ? Number.POSITIVE_INFINITY : Math.abs(this.#options.now() - this.#known.at)
  }

  async #ask(): Promise<boolean> {
    const { shares, now } = this.#options
    if (shares && this.#asking !== undefined) return this.#asking
    const asked = now()
    if (Math.abs(asked - this.#askedAt) < PAUSE_MS && (shares || this.#known !== undefined)) return false
    this.#askedAt = asked
    const asking = this.#load(asked).finally(() => (this.#asking = undefined))
    this.#asking = asking
    return asking
  }

  async #load(asked: number): Promise<boolean> {
    try {
      const response = await this.#options.fetch(this.#options.url, {
        // Not followed: Workers know no redirect that is an error.
        redirect: 'manual',
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (!response.ok) {
        await response.body?.cancel()
        return false
      }
      const keys = await importAll(await readJson(response))
      if (keys.size === 0) return false
      this.#known = { keys, at: asked }
      return true
    } catch {
      // Whoever waits sees that there are no keys; texts of network failures may name what is inside.
      return false
    }
  }
}

async function readJson(response: Response): Promise<unknown> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  return bytes.length > MAX_BYTES ? undefined : Base64.parseJson(bytes)
}

/** The keys of a key set. Keys of other kinds are left out, so that a set may hold them. The first of a name counts. */
export async function importAll(set: unknown): Promise<Map<string, VerifyBytes>> {
  const listed = (set as { keys?: unknown } | null | undefined)?.keys
  const keys = new Map<string, VerifyBytes>()
  for (const each of Array.isArray(listed) ? listed : []) {
    const jwk = publicKeyOf(each)
    if (jwk !== undefined && !keys.has(jwk.kid)) keys.set(jwk.kid, await verifierOf(jwk))
  }
  return keys
}

function publicKeyOf(value: unknown): Jwk.PublicKey | undefined {
  try {
    return Jwk.parsePublic(value)
  } catch {
    return undefined
  }
}

async function verifierOf(jwk: Jwk.PublicKey): Promise<VerifyBytes> {
  const raw = Base64.decodeUrl(jwk.x) as Uint8Array<ArrayBuffer>
  const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
  return (bytes, signature) =>
    crypto.subtle.verify('Ed25519', key, signature as Uint8Array<ArrayBuffer>, bytes as Uint8Array<ArrayBuffer>)
}
