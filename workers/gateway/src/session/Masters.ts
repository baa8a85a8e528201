/** The keys behind session tokens, derived and imported once an isolate: for each master secret, and for each token. */
import { type Hex, toBytes } from '@pbstream/core/Hex'
import * as Master from '@pbstream/core/session/Master'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import type { Verifier } from '@pbstream/core/session/SignedRequest'
import { Lru } from '../Lru.ts'

const HMAC = { name: 'HMAC', hash: 'SHA-256' }
const ED25519 = { name: 'Ed25519' }
const KEY_BITS = 256
/** Sessions whose keys an isolate keeps at hand. */
const SESSIONS_MAX = 4096

/** What a token of this gateway says, and what verifies the requests that it pays for. */
export type Known = {
  decoded: SessionToken.Decoded
  verify: Verifier
}

type Keys = { kid: string; token: Master.Mac; nonce: Master.Mac; derive: CryptoKey }

export class Masters {
  readonly #signer: Keys
  readonly #all: ReadonlyMap<string, Keys>
  readonly #known = new Lru<string, Known>(SESSIONS_MAX)

  private constructor(all: readonly [Keys, ...Keys[]]) {
    this.#signer = all[0]
    this.#all = new Map(all.map((keys) => [keys.kid, keys]))
  }

  /**
   * Reads the secret SESSION_MASTER.
   *
   * @throws {Master.InvalidMasterError} the message quotes nothing of it.
   */
  static async load(text: string): Promise<Masters> {
    const [first, ...others] = Master.parse(text)
    return new Masters([await keysOf(first), ...(await Promise.all(others.map(keysOf)))])
  }

  /** The name of the master that signs. */
  get kid(): string {
    return this.#signer.kid
  }

  /** Makes nonces. */
  get nonce(): Master.Mac {
    return this.#signer.nonce
  }

  /** Verify nonces: one of them made it. */
  get nonces(): Master.Mac[] {
    return [...this.#all.values()].map(({ nonce }) => nonce)
  }

  /** Makes a session's token, and its request key where it has one. */
  async issue(payload: SessionToken.Payload): Promise<{ token: string; key?: Uint8Array }> {
    const token = await SessionToken.sign(payload, this.#signer.token)
    return payload.a === 'hmac' ? { token, key: await requestKey(this.#signer, payload) } : { token }
  }

  /** Reads a token without trust; one that was seen lately is not read again. */
  decode(token: string): SessionToken.Decoded | undefined {
    return this.#known.get(token)?.decoded ?? SessionToken.decode(token)
  }

  /** The session of a token, if this gateway made it and it has not run out. `now` in Unix seconds. */
  async session(
    token: string,
    decoded: SessionToken.Decoded,
    at: { gateway: string; now: number },
  ): Promise<Known | { code: SessionToken.Failure }> {
    const known = this.#known.get(token)
    if (known !== undefined) {
      const { gw, x } = known.decoded.payload
      if (gw !== at.gateway) return { code: 'session_token_invalid' }
      return at.now < x ? known : { code: 'session_expired' }
    }
    const code = await SessionToken.check(decoded, (kid) => this.#all.get(kid)?.token, at)
    if (code !== undefined) return { code }
    const session = { decoded, verify: await this.#verifier(decoded.payload) }
    // Only what we have made is kept: nobody else can push sessions out.
    this.#known.set(token, session)
    return session
  }

  async #verifier(payload: SessionToken.Payload): Promise<Verifier> {
    if (payload.a !== 'hmac') return ed25519(payload.a)
    const secret = await requestKey(this.#all.get(payload.kid)!, payload)
    const key = await crypto.subtle.importKey('raw', secret, HMAC, false, ['verify'])
    return (bytes, signature) => crypto.subtle.verify('HMAC', key, signature, bytes)
  }
}

async function ed25519(publicKey: Hex): Promise<Verifier> {
  const key = await crypto.subtle.importKey('raw', toBytes(publicKey), ED25519, false, ['verify'])
  return (bytes, signature) => crypto.subtle.verify(ED25519, key, signature, bytes)
}

async function keysOf({ kid, secret }: Master.Master): Promise<Keys> {
  const derive = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const [token, nonce] = await Promise.all([Master.TOKEN_KEY, Master.NONCE_KEY].map((info) => macOf(derive, info)))
  return { kid, token: token!, nonce: nonce!, derive }
}

async function macOf(derive: CryptoKey, info: Uint8Array<ArrayBuffer>): Promise<Master.Mac> {
  const key = await crypto.subtle.importKey('raw', await hkdf(derive, info), HMAC, false, ['sign', 'verify'])
  return {
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes as Uint8Array<ArrayBuffer>)),
    verify: (bytes, signature) =>
      crypto.subtle.verify('HMAC', key, signature as Uint8Array<ArrayBuffer>, bytes as Uint8Array<ArrayBuffer>),
  }
}

function requestKey({ derive }: Keys, payload: SessionToken.Payload): Promise<Uint8Array<ArrayBuffer>> {
  return hkdf(derive, Master.requestKey(SessionToken.signingBytes(payload)))
}

async function hkdf(derive: CryptoKey, info: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  return new Uint8Array(await crypto.subtle.deriveBits(how, derive, KEY_BITS))
}
