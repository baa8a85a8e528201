/** A `0x`-prefixed hex string, lower case wherever this code makes one. */
export type Hex = `0x${string}`

/** A 20-byte address. Inside PB-Stream always lower case, so that equality is `===`. */
export type Address = Hex

const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const BYTES32 = /^0x[0-9a-fA-F]{64}$/

/** The zero address: in x402 terms "nobody". */
export const zeroAddress: Address = '0x0000000000000000000000000000000000000000'

/** True when `value` is an address in any case. */
export function isAddress(value: unknown): value is Address {
  return typeof value === 'string' && ADDRESS.test(value)
}

/** True when `value` is 32 bytes of hex in any case. */
export function isBytes32(value: unknown): value is Hex {
  return typeof value === 'string' && BYTES32.test(value)
}

/** Lower-cases a hex string: the one form that PB-Stream compares and stores. */
export function lower<T extends Hex>(value: T): T {
  return value.toLowerCase() as T
}

/** Bytes to lower-case hex. */
export function fromBytes(bytes: Uint8Array): Hex {
  let out = '0x'
  for (const byte of bytes) out += HEX_OF_BYTE[byte]
  return out as Hex
}

/**
 * Hex to bytes.
 *
 * @throws {TypeError} when the string has an odd length or a non-hex digit.
 */
export function toBytes(hex: Hex): Uint8Array<ArrayBuffer> {
  if (hex.length % 2 !== 0) throw new TypeError('hex has an odd number of digits')
  const out = new Uint8Array((hex.length - 2) / 2)
  for (let i = 0; i < out.length; i++) {
    const high = nibble(hex.charCodeAt(2 + 2 * i))
    const low = nibble(hex.charCodeAt(3 + 2 * i))
    out[i] = high * 16 + low
  }
  return out
}

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  if (code >= 65 && code <= 70) return code - 55
  throw new TypeError('not a hex digit')
}
