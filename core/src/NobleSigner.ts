/** A signer from a private key in memory, for Workers that hold one, SDKs and tests. */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { type Address, type Hex, isBytes32, toBytes } from './Hex.ts'
import * as Signature from './Signature.ts'

export type Signer = { address: Address; sign: Signature.Sign }

/**
 * Deterministic (RFC 6979), low s.
 *
 * @throws {TypeError} when the key is not 32 bytes of hex within the curve's order. The message does not hold it.
 */
export function create(privateKey: Hex): Signer {
  if (!isBytes32(privateKey)) throw new TypeError('not a private key')
  const key = toBytes(privateKey)
  if (!secp256k1.utils.isValidSecretKey(key)) throw new TypeError('not a private key')
  return {
    address: Signature.address(secp256k1.getPublicKey(key, false).subarray(1)),
    sign: async (digest) => {
      const bytes = secp256k1.sign(digest, key, { prehash: false, lowS: true, format: 'recovered' })
      return Signature.join({ compact: bytes.subarray(1), recovery: bytes[0] === 1 ? 1 : 0 })
    },
  }
}
