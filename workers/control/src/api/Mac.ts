/** Texts that go out and come back, and must be our own: MACs under a secret of this Worker, one key a purpose. */
import type { Env } from '../Env.ts'

const MIN_SECRET = 32
const keys = new Map<string, Promise<CryptoKey>>()

/** Whether the Worker has the secret that the API needs. */
export function hasSecret(env: Env): boolean {
  return env.AUTH_SECRET !== undefined && env.AUTH_SECRET.length >= MIN_SECRET
}

/** HMAC-SHA256 in base64url. `purpose` keeps a text of one kind from passing for another. */
export async function mac(env: Env, purpose: string, text: string): Promise<string> {
  const signature = await crypto.subtle.sign('HMAC', await keyOf(env), encode(`${purpose}\0${text}`))
  return base64url(new Uint8Array(signature))
}

/** In constant time. */
export async function isMac(env: Env, purpose: string, text: string, given: string): Promise<boolean> {
  return isSame(await mac(env, purpose, text), given)
}

/** Whether two texts are the same, in a time that says nothing but their length. */
export function isSame(a: string, b: string): boolean {
  const [one, other] = [encode(a), encode(b)]
  return one.length === other.length && crypto.subtle.timingSafeEqual(one, other)
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function keyOf(env: Env): Promise<CryptoKey> {
  const secret = env.AUTH_SECRET
  if (secret === undefined || !hasSecret(env)) throw new TypeError(`AUTH_SECRET has to be ${MIN_SECRET} characters`)
  const known = keys.get(secret)
  if (known !== undefined) return known
  const made = crypto.subtle.importKey('raw', encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  keys.set(secret, made)
  return made
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text))
}
