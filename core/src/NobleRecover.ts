/** Signature recovery in plain JavaScript: the reference that `WasmRecover` is tested against, about 5 times slower. */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Address, Hex } from './Hex.ts'
import * as Signature from './Signature.ts'

export const recover: Signature.Recover = (digest: Uint8Array, signature: Hex): Address | undefined => {
  const parts = Signature.parse(signature)
  if (parts === undefined || digest.length !== 32) return undefined
  try {
    const point = secp256k1.Signature.fromBytes(parts.compact, 'compact')
      .addRecoveryBit(parts.recovery)
      .recoverPublicKey(digest)
    return Signature.address(point.toBytes(false).subarray(1))
  } catch {
    // r or s outside the curve's order, or no point with that r: noble says so by throwing.
    return undefined
  }
}
