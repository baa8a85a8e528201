/**
 * Nonces that need no row until they are used: the time they end, randomness, and a MAC over both. Letters and digits
 * only, as EIP-4361 wants. Single use comes from the row that `useNonce` makes.
 */
import { sha256 } from '@pbstream/db/Canonical'
import { isSame, mac } from '../api/Mac.ts'
import type { Env } from '../Env.ts'

/** How long a nonce can be used. */
export const NONCE_MS = 600_000

const FORM = /^([0-9a-f]{12})([0-9a-f]{32})([0-9a-f]{32})$/

export async function newNonce(env: Env, now: number): Promise<string> {
  const head = (now + NONCE_MS).toString(16).padStart(12, '0') + randomHex()
  return head + (await check(env, head))
}

/** When it ends; undefined when it is not ours or has ended. */
export async function nonceEnd(env: Env, nonce: string, now: number): Promise<Date | undefined> {
  const [, end, random, given] = FORM.exec(nonce) ?? []
  if (end === undefined || random === undefined || given === undefined) return undefined
  const at = Number.parseInt(end, 16)
  if (at <= now || at > now + NONCE_MS) return undefined
  return isSame(await check(env, end + random), given) ? new Date(at) : undefined
}

async function check(env: Env, head: string): Promise<string> {
  return (await sha256(await mac(env, 'sign-in nonce', head))).slice(0, 32)
}

export function randomHex(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
