const encoder = new TextEncoder()

/** A text as UTF-8. The bytes have a buffer of their own, which the types of some platforms do not say. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text) as Uint8Array<ArrayBuffer>
}
