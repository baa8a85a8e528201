/** Base64 and base64url of bytes and of JSON: what x402 headers and JWS are made of. */

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const INVALID = 255
/** The form of most texts; it has no spaces, which the native decoder would skip. */
const STANDARD_FORM = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const STRICT = { alphabet: 'base64', lastChunkHandling: 'strict' }

/** Value of each ASCII character in either alphabet. */
const VALUE = new Uint8Array(128).fill(INVALID)
for (let i = 0; i < 64; i++) VALUE[STANDARD.charCodeAt(i)] = i
VALUE[45] = 62
VALUE[95] = 63

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What newer engines do by themselves, ten times as fast (ECMAScript 2026; workerd has it, Node from 25 on). */
type Native = { toBase64(options?: { alphabet?: string; omitPadding?: boolean }): string }
const isNative = 'toBase64' in Uint8Array.prototype
const fromNative = (
  Uint8Array as unknown as { fromBase64?: (text: string, options: object) => Uint8Array<ArrayBuffer> }
).fromBase64

/** Standard base64 with padding: the form x402 clients decode. */
export function encode(bytes: Uint8Array): string {
  if (isNative) return (bytes as unknown as Native).toBase64()
  let binary = ''
  for (let i = 0; i < bytes.length; i += 4096) binary += String.fromCharCode(...bytes.subarray(i, i + 4096))
  return btoa(binary)
}

/** Base64url without padding: the form of JWS. */
export function encodeUrl(bytes: Uint8Array): string {
  if (isNative) return (bytes as unknown as Native).toBase64({ alphabet: 'base64url', omitPadding: true })
  return encode(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/**
 * Bytes of base64 in either alphabet, padded or not. `undefined` for other characters, wrong padding or a length
 * that no bytes have, and when the bits beyond the last byte are not zero (so bytes have one text per form).
 */
export function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (fromNative !== undefined && STANDARD_FORM.test(text)) {
    try {
      return fromNative(text, STRICT)
    } catch {
      return undefined
    }
  }
  let length = text.length
  if (length % 4 === 0 && length > 0 && text.charCodeAt(length - 1) === 61) {
    length -= text.charCodeAt(length - 2) === 61 ? 2 : 1
  }
  if (length % 4 === 1) return undefined
  const out = new Uint8Array((length * 3) >> 2)
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? (VALUE[code] as number) : INVALID
    if (value === INVALID) return undefined
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      out[at++] = held >> bits
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? out : undefined
}

/** As `decode`, for unpadded base64url only. */
export function decodeUrl(text: string): Uint8Array<ArrayBuffer> | undefined {
  return /^[A-Za-z0-9_-]*$/.test(text) ? decode(text) : undefined
}

/** A value as JSON in standard base64. */
export function encodeJson(value: unknown): string {
  return encode(encoder.encode(JSON.stringify(value)))
}

/** The JSON value of base64 text in any form; `undefined` when it is none. */
export function decodeJson(text: string): unknown {
  const bytes = decode(text)
  return bytes === undefined ? undefined : parseJson(bytes)
}

/** The JSON value of UTF-8 bytes; `undefined` when they hold none. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown
  } catch {
    return undefined
  }
}
