/** A session key made in the page. Loaded when it is needed: the curve weighs more than everything else. */
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'

export type NewKey = { address: Hex; secret: Hex }

export function newKey(): NewKey {
  for (;;) {
    const secret = fromBytes(crypto.getRandomValues(new Uint8Array(32)))
    try {
      return { address: NobleSigner.create(secret).address, secret }
    } catch {
      // Outside the curve's order: one in 2^128.
    }
  }
}
