/**
 * What an API key looks like: `pb_live_` or `pb_test_`, 43 characters of base 62 (32 random bytes), and 6 of a checksum.
 * With the checksum a scanner of public code knows a key from a text that only looks like one, and a wrong key is refused
 * without a look into the database.
 *
 * Pattern for secret scanners: `\bpb_(?:live|test)_[0-9A-Za-z]{49}\b`.
 */
import { sha256 } from './Canonical.ts'
import type { Mode } from './Mode.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BODY = 43
const CHECK = 6
const FORM = /^pb_(live|test)_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/
/** How much of a key is shown for people to know it by. */
const SHOWN = 'pb_live_'.length + 4

/** A new key: its text for the caller, its hash and its beginning for the database. */
export async function newApiKey(mode: Mode): Promise<{ text: string; hash: string; prefix: string }> {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  const head = `pb_${mode}_${base62(number, BODY)}`
  const text = head + (await checksum(head))
  return { text, hash: await sha256(text), prefix: text.slice(0, SHOWN) }
}

/** The mode and the hash of a key; undefined when it is none. */
export async function readApiKey(text: string | undefined): Promise<{ mode: Mode; hash: string } | undefined> {
  const [, mode, , check] = FORM.exec(text ?? '') ?? []
  if (text === undefined || mode === undefined || check === undefined) return undefined
  if ((await checksum(text.slice(0, -CHECK))) !== check) return undefined
  return { mode: mode as Mode, hash: await sha256(text) }
}

/** No secret: anybody can compute it. The first 32 bits of SHA-256. */
async function checksum(head: string): Promise<string> {
  return base62(BigInt(`0x${(await sha256(head)).slice(0, 8)}`), CHECK)
}

function base62(number: bigint, length: number): string {
  let text = ''
  for (let rest = number; text.length < length; rest /= 62n) text = (BASE62[Number(rest % 62n)] ?? '') + text
  return text
}
