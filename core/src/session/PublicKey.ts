/** Which Ed25519 public keys a session may have. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { type Hex, isBytes32, toBytes } from '../Hex.ts'

/**
 * True for the one encoding of a point of the curve that is not of small order. Under a key of small order one signature
 * would be good for many requests; a second encoding of a key would be a second session of the same one.
 */
export function isUsable(publicKey: Hex): boolean {
  if (!isBytes32(publicKey)) return false
  try {
    return !ed25519.Point.fromBytes(toBytes(publicKey), false).isSmallOrder()
  } catch {
    return false
  }
}
