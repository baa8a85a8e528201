/** secp256k1 signatures as Ethereum writes them: r, s and v in 65 bytes. */
import * as Eip712 from './Eip712.ts'
import { type Address, fromBytes, type Hex, lower } from './Hex.ts'

/** Who signed this 32-byte digest; `undefined` for anything that is no valid signature. Never throws. */
export type Recover = (digest: Uint8Array, signature: Hex) => Address | undefined

/** Signs a 32-byte digest. The answer is canonical: 65 bytes, low s, v 27 or 28. */
export type Sign = (digest: Uint8Array) => Promise<Hex>

/** A signature taken apart: r and s in 64 bytes, and which of the two keys it means. */
export type Parts = { compact: Uint8Array; recovery: 0 | 1 }

const CANONICAL = /^0x[0-9a-fA-F]{130}$/
/** Half the order of the curve: a larger s is the mirror image of a valid signature, and contracts refuse it. */
const HALF_ORDER = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'
const ZERO = '0'.repeat(64)

/**
 * Takes a signature apart. `undefined` unless it is 65 bytes of hex with 0 < s ≤ n/2, r ≠ 0 and v of 0, 1, 27 or 28.
 */
export function parse(signature: unknown): Parts | undefined {
  const canonical = normalise(signature)
  if (canonical === undefined) return undefined
  const compact = new Uint8Array(64)
  for (let i = 0; i < 64; i++) compact[i] = digit(canonical, 2 + 2 * i) * 16 + digit(canonical, 3 + 2 * i)
  return { compact, recovery: canonical.endsWith('c') ? 1 : 0 }
}

/**
 * The one form in which a signature is stored and sent to a contract: lower case, v 27 or 28. Contracts answer
 * v 0 and 1, which some signers produce, with a revert. `undefined` where `parse` says so.
 */
export function normalise(signature: unknown): Hex | undefined {
  if (typeof signature !== 'string' || !CANONICAL.test(signature)) return undefined
  const text = lower(signature as Hex)
  const r = text.slice(2, 66)
  const s = text.slice(66, 130)
  if (r === ZERO || s === ZERO || s > HALF_ORDER) return undefined
  const v = text.slice(130)
  if (v === '1b' || v === '1c') return text
  if (v === '00' || v === '01') return `${text.slice(0, 130)}${v === '00' ? '1b' : '1c'}` as Hex
  return undefined
}

/** Joins r, s and the recovery bit. */
export function join(parts: Parts): Hex {
  return `${fromBytes(parts.compact)}${parts.recovery === 0 ? '1b' : '1c'}` as Hex
}

/** The address of an uncompressed public key without its leading 4: 64 bytes. */
export function address(publicKey: Uint8Array): Address {
  return fromBytes(Eip712.keccak256(publicKey).subarray(12))
}

function digit(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code < 58 ? code - 48 : code - 87
}
